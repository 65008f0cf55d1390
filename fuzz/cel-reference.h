/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The expression language once more, slowly: walks the tree, looks names up as
 * text, searches maps from the front, chooses every overload by the values.
 * It shares the parser and the functions' own code with the library, and
 * nothing of its checker, plans and evaluator: what the two say differs only
 * where one of them is wrong.
 */
#include "policy/cel/ast.h"
#include "policy/cel/env.h"

/*
 * The result; SK_CEL_ABSENT when it does not parse or takes more than
 * max_steps, or memory. Values and errors are made in eval. Slots as for sk_cel_run.
 * *ret_trouble: some part was an error or unknown, whatever became of it.
 */
struct sk_cel_value sk_cel_reference(const struct sk_cel_env *env, struct sk_cel_eval *eval,
				     const char *text, size_t len, const struct sk_cel_value *slots,
				     uint32_t count, unsigned max_steps, bool *ret_trouble);
