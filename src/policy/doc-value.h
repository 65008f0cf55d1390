/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Documents as values of the expression language. */
#include "doc/doc.h"
#include "policy/cel/cel.h"

/*
 * The tree under n, copied into arena: objects are maps with strings as keys
 * (of a repeated key the last value stays), whole numbers of 64 bits are int,
 * other numbers double, TOML's times text as written; NULL is null. Fails with
 * SK_ELIMIT when the arena is full, with SK_EINVAL for text that is no UTF-8.
 */
int sk_doc_value(const struct sk_node *n, struct sk_cel_arena *arena,
		 struct sk_cel_value *ret_value, struct sk_err *err);
