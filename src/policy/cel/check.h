/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The checker: gives every node its type, every name its slot and every call
 * its overload. Dynamic, it does the same without types: what it cannot know
 * is decided while evaluating.
 */
#include "policy/cel/env.h"

struct sk_cel_checked {
	const struct sk_cel_type *type;
	uint32_t locals; /* slots of loops and bindings that are needed at once */
	uint64_t *reads; /* bit for each variable that is read */
};

/* False with issues. `flags` as for sk_cel_compile. */
bool sk_cel_check(const struct sk_cel_env *env, struct sk_cel_node *root, const char *text,
		  size_t len, unsigned flags, struct sk_cel_arena *arena,
		  struct sk_cel_checked *ret, struct sk_cel_issues *issues);
