/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/graph-internal.h"

#include "base/limits.h"

#include <stdlib.h>

struct sk_graph_eval *sk_graph_eval_new(const struct sk_graph *g)
{
	struct sk_graph_eval *e = sk_alloc(sizeof(*e));

	e->g = g;
	e->slots = sk_alloc((g->slots.len + 1) * sizeof(*e->slots));
	e->node_stamps = sk_alloc((g->nodes.len + 1) * sizeof(*e->node_stamps));
	e->scratch.cap = SK_SCRATCH_BYTES;
	e->scratch.memory = sk_alloc(SK_SCRATCH_BYTES);
	return e;
}

void sk_graph_eval_free(struct sk_graph_eval *e)
{
	if (!e)
		return;
	free(e->slots);
	free(e->node_stamps);
	free(e->may);
	free(e->scratch.memory);
	sk_cel_regex_scratch_release(&e->regex);
	sk_vec_release(&e->fired);
	free(e);
}

/* ---- slots ---- */

static struct sk_slot_state *read_slot(struct sk_graph_eval *e, const struct sk_event *event, uint32_t n);

static bool transform(struct sk_graph_eval *e, const struct sk_event *event, const struct sk_slot *slot,
		      const struct sk_field_arg *arg, struct sk_field_value *ret_value)
{
	struct sk_field_value operands[SK_MAX_TRANSFORM_OPERANDS];

	for (uint32_t i = 0; i < slot->from_count; i++) {
		const struct sk_slot_state *from;

		if (slot->from[i] == SK_NO_SLOT) {
			operands[i] = slot->constants[i];
			continue;
		}
		from = read_slot(e, event, slot->from[i]);
		if (!from->present)
			return false;
		operands[i] = from->value;
	}
	return sk_transform_apply(slot->transform, operands, slot->from_count, arg, &e->scratch, ret_value);
}

bool sk_graph_nth_value(struct sk_graph_eval *e, const struct sk_event *event, const struct sk_slot *slot, unsigned n,
			struct sk_field_value *ret_value)
{
	struct sk_field_arg arg = { slot->arg.text, n };

	if (slot->kind == SK_SLOT_TRANSFORM)
		return transform(e, event, slot, &arg, ret_value);
	return slot->field->get(event, &slot->arg, n, &e->scratch, ret_value);
}

/* The slot's (first) value, read once an event. */
static struct sk_slot_state *read_slot(struct sk_graph_eval *e, const struct sk_event *event, uint32_t n)
{
	const struct sk_slot *slot = &e->g->slots.data[n];
	struct sk_slot_state *s = &e->slots[n];

	if (s->stamp == e->stamp)
		return s;
	s->stamp = e->stamp;
	s->number_known = false;
	s->value.type = slot->type;
	s->present = slot->kind == SK_SLOT_FIELD ? slot->field->get(event, &slot->arg, 0, &e->scratch, &s->value) :
						   transform(e, event, slot, &slot->arg, &s->value);
	/* An argument may be a number in one type of event and a text in another. */
	if (s->present && slot->kind == SK_SLOT_FIELD && (slot->field->flags & SK_FIELD_ARG_TYPE))
		s->present = s->value.type == slot->type;
	return s;
}

static uint32_t value_number(const struct sk_graph_eval *e, uint32_t slot, const struct sk_field_value *value)
{
	void *known = sk_map_get(&e->g->slots.data[slot].dictionary, sk_slot_key(value));

	return known ? (uint32_t)(uintptr_t)known - 1 : SK_NO_NUMBER;
}

const struct sk_field_value *sk_graph_slot(struct sk_graph_eval *e, const struct sk_event *event, uint32_t slot)
{
	const struct sk_slot_state *s = read_slot(e, event, slot);

	return s->present ? &s->value : NULL;
}

uint32_t sk_graph_slot_number(struct sk_graph_eval *e, const struct sk_event *event, uint32_t n)
{
	struct sk_slot_state *s = &e->slots[n];

	if (s->stamp == e->stamp && s->number_known)
		return s->number;
	read_slot(e, event, n);
	s->number = s->present ? value_number(e, n, &s->value) : SK_NO_NUMBER;
	s->number_known = true;
	return s->number;
}

/* ---- checks and nodes ---- */

static bool has_id(const struct sk_check *c, uint32_t number)
{
	return number / 64 < c->id_words && c->ids[number / 64] >> number % 64 & 1;
}

/* Several values: one that fits is enough, but != may want all to differ. */
static __attribute__((noinline)) bool check_all_values(struct sk_graph_eval *e, const struct sk_event *event, const struct sk_check *c,
			     const struct sk_field_value *right)
{
	const struct sk_slot *slot = &e->g->slots.data[c->slot];
	struct sk_field_value value = { .type = slot->type };
	bool wants_all = c->op == SK_OP_NE && slot->kind == SK_SLOT_FIELD && (slot->field->flags & SK_FIELD_NE_ALL);
	unsigned n = 0;

	for (; sk_graph_nth_value(e, event, slot, n, &value); n++) {
		bool fits = c->ids ? has_id(c, value_number(e, c->slot, &value)) :
				     sk_check_value(c, &value, right, &e->regex);

		if (fits != wants_all)
			return !wants_all;
	}
	return wants_all && n > 0;
}

bool sk_graph_check(struct sk_graph_eval *e, const struct sk_event *event, const struct sk_check *c)
{
	const struct sk_slot *slot = &e->g->slots.data[c->slot];
	const struct sk_field_value *right = NULL;
	const struct sk_slot_state *s;

	if (c->ids && !sk_slot_has_many(slot))
		return has_id(c, sk_graph_slot_number(e, event, c->slot));
	if (c->right_slot >= 0) {
		s = read_slot(e, event, (uint32_t)c->right_slot);
		if (!s->present)
			return false;
		right = &s->value;
	}
	if (sk_slot_has_many(slot))
		return check_all_values(e, event, c, right);
	s = read_slot(e, event, c->slot);
	return s->present && sk_check_value(c, &s->value, right, &e->regex);
}

static bool decide(struct sk_graph_eval *e, const struct sk_event *event, uint32_t n);

/* Most nodes are asked for more than once an event. */
static inline bool is_true(struct sk_graph_eval *e, const struct sk_event *event, uint32_t n)
{
	uint32_t known = e->node_stamps[n];

	return known >> 1 == e->stamp ? known & 1 : decide(e, event, n);
}

static bool decide(struct sk_graph_eval *e, const struct sk_event *event, uint32_t n)
{
	const struct sk_graph_node *node = &e->g->nodes.data[n];
	bool result = false;

	switch (node->op) {
	case SK_GRAPH_TRUE:
		result = true;
		break;
	case SK_GRAPH_CHECK:
		result = sk_graph_check(e, event, &e->g->checks.data[node->check]);
		break;
	case SK_GRAPH_NOT:
		result = !is_true(e, event, node->child);
		break;
	case SK_GRAPH_AND:
		result = true;
		for (uint32_t i = 0; result && i < node->count; i++)
			result = is_true(e, event, node->children[i]);
		break;
	case SK_GRAPH_OR:
		for (uint32_t i = 0; !result && i < node->count; i++)
			result = is_true(e, event, node->children[i]);
		break;
	}
	e->node_stamps[n] = e->stamp << 1 | result;
	return result;
}

/* ---- events ---- */

void sk_graph_eval_next(struct sk_graph_eval *e)
{
	e->scratch.used = 0;
	e->fired.len = 0;
	if (++e->stamp < UINT32_MAX / 2)
		return;
	e->stamp = 1; /* once in two thousand million events */
	memset(e->slots, 0, e->g->slots.len * sizeof(*e->slots));
	memset(e->node_stamps, 0, e->g->nodes.len * sizeof(*e->node_stamps));
}

static void try_roots(struct sk_graph_eval *e, const struct sk_event *event, const struct sk_graph_root *roots,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (is_true(e, event, roots[i].node))
			*sk_vec_push(&e->fired) = roots[i].rule;
}

static int by_rule(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

size_t sk_graph_match(struct sk_graph_eval *e, const struct sk_event *event, const struct sk_detection **ret_rules,
		      size_t max)
{
	const struct sk_graph_type *t = &e->g->types[event->type];
	size_t n = 0;

	sk_graph_eval_next(e);
	try_roots(e, event, t->always, t->always_count);
	for (uint32_t i = 0; i < t->index_count; i++) {
		const struct sk_graph_index *index = &t->indexes[i];
		uint32_t number = sk_graph_slot_number(e, event, index->slot);

		if (number != SK_NO_NUMBER)
			try_roots(e, event, index->roots + index->starts[number],
				  index->starts[number + 1] - index->starts[number]);
	}
	if (e->fired.len > 1)
		qsort(e->fired.data, e->fired.len, sizeof(uint32_t), by_rule);
	for (; n < e->fired.len && n < max; n++)
		ret_rules[n] = e->g->rules->rules.data[e->fired.data[n]];
	return n;
}

bool sk_graph_wants(const struct sk_graph *g, enum sk_event_type type)
{
	return g->types[type].always_count || g->types[type].index_count;
}
