/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What reading one expression needs, for parse.c and for ast.c, which makes its nodes. */
#include "policy/cel/env.h"
#include "policy/cel/lex.h"

struct sk_cel_parser {
	struct sk_cel_lexer lex;
	const struct sk_cel_env *env;
	struct sk_cel_arena *arena;
	struct sk_cel_issues *issues;
	unsigned depth, nodes, fresh;
	bool full;		    /* a limit is reached: nothing more is made */
	size_t told_at;		    /* where something unexpected stood last: it is said once */
	struct sk_cel_node **stack; /* operands that are being collected: `few`, or malloc's */
	uint32_t stack_used, stack_cap;
	struct sk_cel_node *few[64];
	struct sk_cel_node *none; /* stands for what there was no memory for */
};

/* The node is as deep as what it holds, and one more. */
struct sk_cel_node *sk_cel_node_deepen(struct sk_cel_parser *p, struct sk_cel_node *n,
				       const struct sk_cel_node *child);
/* Operands are copied. */
void sk_cel_node_set_args(struct sk_cel_parser *p, struct sk_cel_node *n,
			  struct sk_cel_node *const *args, uint32_t count);
