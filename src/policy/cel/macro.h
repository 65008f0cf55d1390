/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Macros: calls that are rewritten while parsing. Libraries bring theirs in a table. */
#include "policy/cel/ast.h"

struct sk_cel_macro {
	const char *name; /* NULL ends a table; "cel.bind" is a call on the name `cel` */
	bool member;	  /* range.all(x, ...), not has(...) */
	int min_args, max_args;
	/*
	 * The new tree, a BAD node (sk_cel_node_bad), or NULL: it is an ordinary call.
	 * target is NULL for global macros and for qualified ones.
	 */
	struct sk_cel_node *(*expand)(struct sk_cel_parser *p, struct sk_cel_node *target,
				      struct sk_cel_node *const *args, uint32_t count,
				      uint32_t offset);
};

extern const struct sk_cel_macro sk_cel_standard_macros[];
