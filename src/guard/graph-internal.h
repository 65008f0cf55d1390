/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What graph-build.c makes and graph-match.c reads. */
#include "base/map.h"
#include "guard/check.h"
#include "guard/graph.h"

enum sk_slot_kind { SK_SLOT_FIELD, SK_SLOT_TRANSFORM };

struct sk_transform;
/* transform.c: has it several values, which the index of the argument tells apart? */
bool sk_transform_has_many(const struct sk_transform *transform, const struct sk_field_arg *arg);

struct sk_slot {
	enum sk_slot_kind kind;
	enum sk_field_type type;
	const struct sk_field *field;
	struct sk_field_arg arg;
	const struct sk_transform *transform; /* TRANSFORM: what is done to the slots `from` */
	const uint32_t *from;
	const struct sk_field_value *constants; /* TRANSFORM: where from[i] is SK_NO_SLOT */
	uint32_t from_count;
	struct sk_map dictionary; /* values that equalities name, see sk_slot_key: number + 1 */
};
#define SK_NO_SLOT UINT32_MAX

/* Has it several values? */
static inline bool sk_slot_has_many(const struct sk_slot *slot)
{
	if (slot->kind == SK_SLOT_TRANSFORM)
		return sk_transform_has_many(slot->transform, &slot->arg);
	return (slot->field->flags & SK_FIELD_ANY) && !slot->arg.text.ptr;
}

/* A value as a key of its slot's dictionary: the text, or the bytes of the number. */
static inline struct sk_span sk_slot_key(const struct sk_field_value *value)
{
	return value->type == SK_FIELD_TEXT ? value->text : sk_span(&value->i, sizeof(value->i));
}

/* A piece of a rule's output: text, or the value of a slot. */
struct sk_output_piece {
	struct sk_span text; /* the slot's name, "proc.aname[2]", where there is one */
	uint32_t slot;	     /* SK_NO_SLOT: text as it is */
	uint32_t field;	     /* which of the output's fields it is */
	bool is_clock;	     /* a time of day */
	uint32_t width;	     /* cut or filled up to so many bytes; 0: as long as it is */
};

struct sk_output {
	struct sk_output_piece *pieces;
	uint32_t count;
	struct sk_output_piece **fields; /* those with a slot, each name once, sorted */
	uint32_t field_count;
};

/* An addition that was compiled, in the same numbers. */
struct sk_output_addition {
	const struct sk_addition *addition;
	struct sk_output output;
};

enum sk_graph_op { SK_GRAPH_FALSE, SK_GRAPH_TRUE, SK_GRAPH_CHECK, SK_GRAPH_AND, SK_GRAPH_OR, SK_GRAPH_NOT };

struct sk_graph_node {
	uint8_t op;	       /* enum sk_graph_op */
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

/* How many types of events a rule looks at, and how many of these have no key to find it by. */
struct sk_graph_reach {
	uint32_t types, unindexed;
};

struct sk_graph {
	struct sk_arena arena;
	struct sk_rules *rules;
	SK_VEC(struct sk_slot) slots;
	SK_VEC(struct sk_check) checks;
	SK_VEC(struct sk_graph_node) nodes;
	SK_VEC(uint32_t) roots; /* by rule: its node over all types; 0 (FALSE): none */
	SK_VEC(struct sk_output) outputs; /* by rule; and last what every alert says of the container */
	SK_VEC(struct sk_output_addition) additions;
	SK_VEC(struct sk_graph_reach) reach; /* by rule */
	struct sk_map node_numbers; /* written forms of nodes to numbers + 1: equal nodes are one */
	struct sk_graph_type types[SK_EVENT_COUNT];
};

#define SK_NO_NUMBER UINT32_MAX

/* What is known of a slot in this event. */
struct sk_slot_state {
	uint32_t stamp;	   /* of the event that it was read for */
	bool present;
	bool number_known;
	uint32_t number;   /* in the dictionary, or SK_NO_NUMBER */
	struct sk_field_value value;
};

struct sk_graph_eval {
	const struct sk_graph *g;
	uint32_t stamp;
	struct sk_slot_state *slots;
	uint32_t *node_stamps; /* 2 * stamp + value */
	uint8_t *may;	       /* graph-may.c: by node */
	struct sk_scratch scratch;
	struct sk_cel_regex_scratch regex;
	SK_VEC(uint32_t) fired;
};

/* graph-match.c: forgets what was read of the last event. */
void sk_graph_eval_next(struct sk_graph_eval *eval);
bool sk_graph_check(struct sk_graph_eval *eval, const struct sk_event *event, const struct sk_check *check);
/* The slot's value as a number of its dictionary, or SK_NO_NUMBER. */
uint32_t sk_graph_slot_number(struct sk_graph_eval *eval, const struct sk_event *event, uint32_t slot);
/* Value number n of a slot that has several; false: there are no more. */
bool sk_graph_nth_value(struct sk_graph_eval *eval, const struct sk_event *event, const struct sk_slot *slot, unsigned n,
			struct sk_field_value *ret_value);
/* graph-match.c: the slot's (first) value in the event that was matched last; NULL: absent. */
const struct sk_field_value *sk_graph_slot(struct sk_graph_eval *eval, const struct sk_event *event, uint32_t slot);

/* transform.c */
const struct sk_transform *sk_transform_find(struct sk_span name);
/* The type of the result; -1 with err where the operands do not fit. */
int sk_transform_type(const struct sk_transform *t, const struct sk_operand *operand,
		      const enum sk_field_type *operands, uint32_t count, struct sk_err *err);
/* The operands are what was written, lists spread; they may be changed. */
bool sk_transform_apply(const struct sk_transform *t, struct sk_field_value *operands, uint32_t count,
			const struct sk_field_arg *arg, struct sk_scratch *scratch, struct sk_field_value *ret_value);
