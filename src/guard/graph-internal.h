/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What graph-build.c makes and graph-match.c reads. */
#include "base/map.h"
#include "guard/check.h"
#include "guard/graph.h"

enum sk_slot_kind { SK_SLOT_FIELD, SK_SLOT_TRANSFORM };

struct sk_transform;

struct sk_slot {
	enum sk_slot_kind kind;
	enum sk_field_type type;
	const struct sk_field *field;
	struct sk_field_arg arg;
	const struct sk_transform *transform; /* TRANSFORM: what is done to the slots `from` */
	const uint32_t *from;
	const struct sk_field_value *constants; /* TRANSFORM: where from[i] is SK_NO_SLOT */
	uint32_t from_count;
	struct sk_map dictionary; /* texts that equalities name: number + 1 */
};
#define SK_NO_SLOT UINT32_MAX

enum sk_node_op { SK_NODE_FALSE, SK_NODE_TRUE, SK_NODE_CHECK, SK_NODE_AND, SK_NODE_OR, SK_NODE_NOT };

struct sk_graph_node {
	uint8_t op;	       /* enum sk_node_op */
	uint32_t count;
	union {
		uint32_t check;
		uint32_t child;		  /* NOT */
		const uint32_t *children; /* AND, OR: sorted by cost, cheap first */
	};
	uint32_t cost;	       /* rough nanoseconds */
};

/* A rule as one type of event sees it. */
struct sk_graph_root {
	uint32_t rule; /* number in the rules' order */
	uint32_t node;
};

/* The rules that a value of a slot may fire. */
struct sk_graph_index {
	uint32_t slot;
	uint32_t *starts; /* by string number: where its roots begin; the end is the next one's start */
	struct sk_graph_root *roots;
};

struct sk_graph_type {
	struct sk_graph_root *always;
	uint32_t always_count;
	struct sk_graph_index *indexes;
	uint32_t index_count;
};

struct sk_graph {
	struct sk_arena arena;
	struct sk_rules *rules;
	SK_VEC(struct sk_slot) slots;
	SK_VEC(struct sk_check) checks;
	SK_VEC(struct sk_graph_node) nodes;
	SK_VEC(uint32_t) roots; /* by rule: its node over all types; 0 (FALSE): none */
	struct sk_map node_numbers; /* written forms of nodes to numbers + 1: equal nodes are one */
	struct sk_graph_type types[SK_EVENT_COUNT];
};

/* transform.c */
const struct sk_transform *sk_transform_find(struct sk_span name);
/* The type of the result; -1 with err where the operands do not fit. */
int sk_transform_type(const struct sk_transform *t, const enum sk_field_type *operands, uint32_t count,
		      struct sk_err *err);
bool sk_transform_apply(const struct sk_transform *t, const struct sk_field_value *operands, uint32_t count,
			const struct sk_field_arg *arg, struct sk_scratch *scratch, struct sk_field_value *ret_value);
