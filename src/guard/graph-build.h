/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What building a graph needs and matching does not. */
#include "guard/graph-internal.h"

struct sk_graph_builder {
	struct sk_graph *g;
	struct sk_map slots, checks; /* written forms to numbers + 1 */
	struct sk_map filters;	     /* macros by name to nodes + 1 */
	const struct sk_rule_text *text; /* being compiled: a rule's condition or output, a macro's condition */
	struct sk_err err;
	uint32_t err_offset; /* in text */
	unsigned depth;	     /* of macros and negations in each other */
	bool failed;
};

/* The slot of a field or transformer; SK_NO_SLOT with b->failed. */
uint32_t sk_build_operand(struct sk_graph_builder *b, const struct sk_operand *o);

/* graph-output.c */
void sk_build_output(struct sk_graph_builder *b, const struct sk_rule_text *text, struct sk_output *ret_output);
