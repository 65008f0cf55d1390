/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of rules when only a part of an event is known: each check
 * is true, false or open (Kleene's three values), and so is each combination.
 * What comes out false is false for every event with that part.
 */
#include "guard/graph-internal.h"

#include <limits.h>

enum verdict { UNDECIDED, NO, YES, MAYBE };

struct may {
	const struct sk_graph *g;
	uint8_t *verdicts; /* by node: enum verdict */
	enum verdict (*check)(const struct may *may, const struct sk_check *check);
	struct sk_graph_eval *eval; /* of an open; else NULL */
	const struct sk_event *event;
	bool makes_fd; /* of a failure: the call would have returned a descriptor */
};

static enum verdict of(bool truth)
{
	return truth ? YES : NO;
}

/* AND ends at NO, OR at YES; where there is none, MAYBE wins over the rest. */
static enum verdict decide(struct may *m, uint32_t n)
{
	const struct sk_graph_node *node = &m->g->nodes.data[n];
	enum verdict result, end = node->op == SK_GRAPH_AND ? NO : YES;

	if (m->verdicts[n] != UNDECIDED)
		return (enum verdict)m->verdicts[n];
	switch (node->op) {
	case SK_GRAPH_CHECK:
		result = m->check(m, &m->g->checks.data[node->check]);
		break;
	case SK_GRAPH_NOT:
		result = decide(m, node->child);
		result = result == MAYBE ? MAYBE : of(result == NO);
		break;
	case SK_GRAPH_AND:
	case SK_GRAPH_OR:
		result = of(end == NO);
		for (uint32_t i = 0; result != end && i < node->count; i++) {
			enum verdict child = decide(m, node->children[i]);

			if (child == end || child == MAYBE)
				result = child;
		}
		break;
	default:
		result = of(node->op == SK_GRAPH_TRUE);
	}
	m->verdicts[n] = (uint8_t)result;
	return result;
}

static bool any(struct may *m, const struct sk_graph_root *roots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (decide(m, roots[i].node) != NO)
			return true;
	return false;
}

/* ---- opens ---- */

/* Flags are in the tag of an open; the mode is not where nothing is made. */
static bool is_known(const struct sk_graph *g, uint32_t n)
{
	const struct sk_slot *slot = &g->slots.data[n];

	if (slot->kind == SK_SLOT_FIELD)
		return slot->field->flags & (SK_FIELD_OF_OPEN | SK_FIELD_OF_TYPE) ||
		       ((slot->field->flags & SK_FIELD_OF_ARG) && sk_span_is(slot->arg.text, "flags"));
	for (uint32_t i = 0; i < slot->from_count; i++)
		if (slot->from[i] != SK_NO_SLOT && !is_known(g, slot->from[i]))
			return false;
	return true;
}

static enum verdict check_open(const struct may *m, const struct sk_check *c)
{
	if (!is_known(m->g, c->slot) || (c->right_slot >= 0 && !is_known(m->g, (uint32_t)c->right_slot)))
		return MAYBE;
	return of(sk_graph_check(m->eval, m->event, c));
}

bool sk_graph_may_match_open(struct sk_graph_eval *e, const struct sk_event *event)
{
	const struct sk_graph *g = e->g;
	const struct sk_graph_type *t = &g->types[event->type];
	struct may m = { .g = g, .check = check_open, .eval = e, .event = event };

	if (!e->may)
		e->may = sk_alloc(g->nodes.len + 1);
	memset(e->may, UNDECIDED, g->nodes.len);
	m.verdicts = e->may;
	sk_graph_eval_next(e);
	if (any(&m, t->always, t->always_count))
		return true;
	for (uint32_t i = 0; i < t->index_count; i++) {
		const struct sk_graph_index *index = &t->indexes[i];
		uint32_t from = 0, to = index->starts[g->slots.data[index->slot].dictionary.entries.len], number;

		if (is_known(g, index->slot)) {
			number = sk_graph_slot_number(e, event, index->slot);
			if (number == SK_NO_NUMBER)
				continue;
			from = index->starts[number];
			to = index->starts[number + 1];
		}
		if (any(&m, index->roots + from, to - from))
			return true;
	}
	return false;
}

/* ---- failures ---- */

enum { LEAST_ERROR = -4095 }; /* MAX_ERRNO of the kernel */

/* Of a number of which no more is known than from where to where it goes. */
static enum verdict check_range(const struct sk_check *c, int64_t from, int64_t to)
{
	int64_t n = c->count == 1 ? c->numbers[0] : 0;

	switch (c->op) {
	case SK_OP_EXISTS:
		return YES;
	case SK_OP_EQ:
	case SK_OP_IN:
		for (uint32_t i = 0; i < c->count; i++)
			if (c->numbers[i] >= from && c->numbers[i] <= to)
				return from == to ? YES : MAYBE;
		return NO;
	default:
		break;
	}
	if (c->count != 1)
		return MAYBE;
	switch (c->op) {
	case SK_OP_NE: return n < from || n > to ? YES : from == to ? NO : MAYBE;
	case SK_OP_LT: return to < n ? YES : from >= n ? NO : MAYBE;
	case SK_OP_LE: return to <= n ? YES : from > n ? NO : MAYBE;
	case SK_OP_GT: return from > n ? YES : to <= n ? NO : MAYBE;
	case SK_OP_GE: return from >= n ? YES : to < n ? NO : MAYBE;
	default: return MAYBE;
	}
}

/* evt.res: the name of some error, which is not this one. */
static enum verdict check_name(const struct sk_check *c)
{
	bool only_success = c->count > 0;

	for (uint32_t i = 0; i < c->count; i++)
		only_success &= sk_span_is(c->texts[i], "SUCCESS");
	if (!only_success)
		return MAYBE;
	return c->op == SK_OP_NE ? YES : c->op == SK_OP_EQ || c->op == SK_OP_IN ? NO : MAYBE;
}

static enum verdict check_failed(const struct may *m, const struct sk_check *c)
{
	const struct sk_slot *slot = &m->g->slots.data[c->slot];
	const char *name = slot->kind == SK_SLOT_FIELD ? slot->field->name : "";

	if (c->right_slot >= 0 || c->modifier != SK_MODIFIER_NONE)
		return MAYBE;
	if (strcmp(name, "evt.failed") == 0)
		return check_range(c, 1, 1);
	if (strcmp(name, "evt.rawres") == 0)
		return check_range(c, LEAST_ERROR, -1);
	if (strcmp(name, "evt.res") == 0)
		return check_name(c);
	if (strcmp(name, "fd.num") == 0 && m->makes_fd)
		return check_range(c, -1, -1);
	return MAYBE;
}

bool sk_graph_wants_failed(const struct sk_graph *g, enum sk_event_type type)
{
	const struct sk_graph_type *t = &g->types[type];
	sk_autofree uint8_t *verdicts = sk_alloc(g->nodes.len + 1);
	struct may m = { .g = g, .verdicts = verdicts, .check = check_failed,
			 .makes_fd = sk_event_descs[type].args[0].type == SK_ARG_FD };

	if (any(&m, t->always, t->always_count))
		return true;
	for (uint32_t i = 0; i < t->index_count; i++)
		if (any(&m, t->indexes[i].roots,
			t->indexes[i].starts[g->slots.data[t->indexes[i].slot].dictionary.entries.len]))
			return true;
	return false;
}
