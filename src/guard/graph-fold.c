/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/graph-fold.h"

#include "base/buf.h"

#include <stdlib.h>

/* ---- making nodes ---- */

static uint32_t new_node(struct sk_graph *g, const struct sk_graph_node *node, struct sk_span key)
{
	void *known = sk_map_get(&g->node_numbers, key);
	uint32_t n = (uint32_t)g->nodes.len;

	if (known)
		return (uint32_t)(uintptr_t)known - 1;
	sk_map_put(&g->node_numbers, sk_span(sk_arena_dup(&g->arena, key), key.len), (void *)(uintptr_t)(n + 1));
	*sk_vec_push(&g->nodes) = *node;
	return n;
}

void sk_fold_init(struct sk_graph *g)
{
	new_node(g, &(struct sk_graph_node){ .op = SK_GRAPH_FALSE }, SK_SPAN_LIT("f"));
	new_node(g, &(struct sk_graph_node){ .op = SK_GRAPH_TRUE }, SK_SPAN_LIT("t"));
}

void sk_fold_release(struct sk_graph *g)
{
	for (int i = 0; i < SK_EVENT_COUNT; i++) {
		struct sk_graph_type *t = &g->types[i];

		for (uint32_t k = 0; k < t->index_count; k++) {
			free(t->indexes[k].starts);
			free(t->indexes[k].roots);
		}
		free(t->indexes);
		free(t->always);
	}
	sk_map_release(&g->node_numbers);
}

/* Rough nanoseconds; what counts is the order. */
static uint32_t check_cost(const struct sk_graph *g, const struct sk_check *c)
{
	const struct sk_slot *slot = &g->slots.data[c->slot];
	uint32_t each = 4, cost;

	switch (c->op) {
	case SK_OP_CONTAINS:
	case SK_OP_BCONTAINS:
		each = 15;
		break;
	case SK_OP_ICONTAINS:
	case SK_OP_GLOB:
	case SK_OP_IGLOB:
		each = 60;
		break;
	case SK_OP_REGEX:
		each = 200;
		break;
	default:
		break;
	}
	cost = c->ids ? 3 : 2 + each * (c->count ? c->count : 1);
	if (slot->kind == SK_SLOT_TRANSFORM)
		cost += 50;
	else if (slot->field->flags & SK_FIELD_ANY)
		cost *= 4;
	return cost;
}

uint32_t sk_fold_check(struct sk_graph *g, uint32_t check)
{
	struct sk_graph_node node = { .op = SK_GRAPH_CHECK, .check = check,
				      .cost = check_cost(g, &g->checks.data[check]) };
	char key[5] = "c";

	memcpy(key + 1, &check, sizeof(check));
	return new_node(g, &node, sk_span(key, sizeof(key)));
}

uint32_t sk_fold_not(struct sk_graph *g, uint32_t child)
{
	struct sk_graph_node node = { .op = SK_GRAPH_NOT, .child = child, .cost = g->nodes.data[child].cost + 1 };
	char key[5] = "n";

	if (child <= SK_GRAPH_TRUE)
		return !child;
	if (g->nodes.data[child].op == SK_GRAPH_NOT)
		return g->nodes.data[child].child;
	memcpy(key + 1, &child, sizeof(child));
	return new_node(g, &node, sk_span(key, sizeof(key)));
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int by_cost(const void *a, const void *b, void *graph)
{
	const struct sk_graph *g = graph;
	uint32_t x = g->nodes.data[*(const uint32_t *)a].cost, y = g->nodes.data[*(const uint32_t *)b].cost;

	return x == y ? by_number(a, b) : (x > y) - (x < y);
}

/* Children of the same operator are this one's own; what changes nothing is dropped. */
static bool flatten(const struct sk_graph *g, enum sk_graph_op op, const uint32_t *children, uint32_t count,
		    struct sk_buf *flat)
{
	uint32_t neutral = op == SK_GRAPH_AND ? SK_GRAPH_TRUE : SK_GRAPH_FALSE;

	for (uint32_t i = 0; i < count; i++) {
		const struct sk_graph_node *n = &g->nodes.data[children[i]];

		if (children[i] == !neutral)
			return false;
		if (children[i] == neutral)
			continue;
		if (n->op == op)
			sk_buf_put(flat, n->children, n->count * sizeof(uint32_t));
		else
			sk_buf_put(flat, &children[i], sizeof(uint32_t));
	}
	return true;
}

uint32_t sk_fold_series(struct sk_graph *g, enum sk_graph_op op, uint32_t *children, uint32_t count)
{
	sk_cleanup(sk_buf_release) struct sk_buf flat = { 0 }, key = { 0 };
	struct sk_graph_node node = { .op = (uint8_t)op };
	uint32_t *kept, *own, n = 0;
	void *known;

	if (!flatten(g, op, children, count, &flat))
		return op == SK_GRAPH_AND ? SK_GRAPH_FALSE : SK_GRAPH_TRUE;
	kept = (uint32_t *)(void *)flat.data;
	count = (uint32_t)(flat.len / sizeof(uint32_t));
	if (count > 1)
		qsort(kept, count, sizeof(*kept), by_number);
	for (uint32_t i = 0; i < count; i++)
		if (n == 0 || kept[n - 1] != kept[i])
			kept[n++] = kept[i];
	if (n == 0)
		return op == SK_GRAPH_AND ? SK_GRAPH_TRUE : SK_GRAPH_FALSE;
	if (n == 1)
		return kept[0];
	sk_buf_putc(&key, op == SK_GRAPH_AND ? 'a' : 'o');
	sk_buf_put(&key, kept, n * sizeof(*kept));
	known = sk_map_get(&g->node_numbers, sk_buf_view(&key));
	if (known)
		return (uint32_t)(uintptr_t)known - 1;
	own = sk_arena_alloc(&g->arena, n * sizeof(*own));
	memcpy(own, kept, n * sizeof(*own));
	qsort_r(own, n, sizeof(*own), by_cost, g);
	node.children = own;
	node.count = n;
	for (uint32_t i = 0; i < n; i++)
		node.cost += g->nodes.data[own[i]].cost / (i + 1); /* later ones are often not asked */
	return new_node(g, &node, sk_buf_view(&key));
}

/* ---- what remains for one type of event ---- */

static bool has_arg(enum sk_event_type type, struct sk_span name)
{
	for (const struct sk_arg_desc *a = sk_event_descs[type].args; a && a->name; a++)
		if (sk_span_is(name, a->name))
			return true;
	return false;
}

/* 0 or 1 where the type decides; else -1. */
static int decided(const struct sk_graph *g, const struct sk_check *c, enum sk_event_type type)
{
	const struct sk_slot *slot = &g->slots.data[c->slot];
	struct sk_event event = { .type = type };
	struct sk_field_value value;

	if (slot->kind != SK_SLOT_FIELD)
		return -1;
	if ((slot->field->flags & SK_FIELD_OF_FILE) && !sk_event_descs[type].uses_file)
		return 0;
	if ((slot->field->flags & SK_FIELD_OF_ARG) && slot->arg.index < 0 && slot->arg.text.ptr &&
	    !has_arg(type, slot->arg.text))
		return 0;
	if (!(slot->field->flags & SK_FIELD_OF_TYPE) || c->right_slot >= 0)
		return -1;
	return slot->field->get(&event, &slot->arg, 0, NULL, &value) && sk_check_value(c, &value, NULL, NULL);
}

static uint32_t residual(struct sk_graph *g, uint32_t node, const uint32_t *of, enum sk_event_type type)
{
	const struct sk_graph_node n = g->nodes.data[node]; /* a copy: folding makes new ones */
	sk_autofree uint32_t *children = NULL;
	int verdict;

	switch (n.op) {
	case SK_GRAPH_CHECK:
		verdict = decided(g, &g->checks.data[n.check], type);
		return verdict < 0 ? node : (uint32_t)verdict;
	case SK_GRAPH_NOT:
		return sk_fold_not(g, of[n.child]);
	case SK_GRAPH_AND:
	case SK_GRAPH_OR:
		children = sk_alloc(n.count * sizeof(*children));
		for (uint32_t i = 0; i < n.count; i++)
			children[i] = of[n.children[i]];
		return sk_fold_series(g, (enum sk_graph_op)n.op, children, n.count);
	default:
		return node;
	}
}

/* The check of an equality that must hold for the node, the one of fewest texts; or NULL. */
static const struct sk_check *key_of(const struct sk_graph *g, uint32_t node)
{
	const struct sk_graph_node *n = &g->nodes.data[node];
	const struct sk_check *best = NULL;
	uint32_t one = node;
	const uint32_t *children = n->op == SK_GRAPH_AND ? n->children : &one;

	for (uint32_t i = 0; i < (n->op == SK_GRAPH_AND ? n->count : 1); i++) {
		const struct sk_graph_node *child = &g->nodes.data[children[i]];
		const struct sk_check *c = child->op == SK_GRAPH_CHECK ? &g->checks.data[child->check] : NULL;

		if (c && c->ids && !sk_slot_has_many(&g->slots.data[c->slot]) && (!best || c->count < best->count))
			best = c;
	}
	return best;
}

static struct sk_graph_index *index_of(struct sk_graph_type *t, uint32_t slot)
{
	for (uint32_t i = 0; i < t->index_count; i++)
		if (t->indexes[i].slot == slot)
			return &t->indexes[i];
	t->indexes = sk_realloc(t->indexes, t->index_count + 1, sizeof(*t->indexes));
	t->indexes[t->index_count] = (struct sk_graph_index){ .slot = slot };
	return &t->indexes[t->index_count++];
}

/* Calls for each text that the check names. */
#define each_id(c, id) \
	for (uint32_t id = next_id(c, 0); id < (c)->id_words * 64; id = next_id(c, id + 1))

static uint32_t next_id(const struct sk_check *c, uint32_t from)
{
	for (uint32_t word = from / 64; word < c->id_words; word++) {
		uint64_t bits = c->ids[word] & (word == from / 64 ? ~0ull << from % 64 : ~0ull);

		if (bits)
			return word * 64 + (uint32_t)__builtin_ctzll(bits);
	}
	return c->id_words * 64;
}

/* For each text of the slot, the roots whose key names it; roots with another key are passed over. */
static void fill_index(struct sk_graph *g, struct sk_graph_index *index, const struct sk_graph_root *roots,
		       const struct sk_check *const *keys, uint32_t count)
{
	uint32_t texts = (uint32_t)g->slots.data[index->slot].dictionary.entries.len;

	index->starts = sk_alloc((texts + 2) * sizeof(*index->starts));
	for (uint32_t i = 0; i < count; i++)
		if (keys[i] && keys[i]->slot == index->slot)
			each_id(keys[i], id)
				index->starts[id + 2]++;
	for (uint32_t id = 2; id < texts + 2; id++)
		index->starts[id] += index->starts[id - 1];
	index->roots = sk_alloc((index->starts[texts + 1] + 1) * sizeof(*index->roots));
	/* starts[id + 1] is where the next root of id goes; at the end it is where id + 1 begins. */
	for (uint32_t i = 0; i < count; i++)
		if (keys[i] && keys[i]->slot == index->slot)
			each_id(keys[i], id)
				index->roots[index->starts[id + 1]++] = roots[i];
}

static void fill_type(struct sk_graph *g, struct sk_graph_type *t, const struct sk_graph_root *roots, uint32_t count)
{
	sk_autofree const struct sk_check **keys = sk_alloc((count + 1) * sizeof(*keys));

	t->always = sk_alloc((count + 1) * sizeof(*t->always));
	for (uint32_t i = 0; i < count; i++) {
		keys[i] = key_of(g, roots[i].node);
		if (keys[i])
			index_of(t, keys[i]->slot);
		else
			t->always[t->always_count++] = roots[i];
		g->reach.data[roots[i].rule].types++;
		g->reach.data[roots[i].rule].unindexed += !keys[i];
	}
	for (uint32_t i = 0; i < t->index_count; i++)
		fill_index(g, &t->indexes[i], roots, keys, count);
}

void sk_fold_type(struct sk_graph *g, enum sk_event_type type)
{
	uint32_t known = 0, count = 0;
	sk_autofree uint32_t *of = NULL;
	sk_autofree struct sk_graph_root *roots = sk_alloc((g->roots.len + 1) * sizeof(*roots));

	for (size_t i = 0; i < g->roots.len; i++)
		if (g->roots.data[i] >= known)
			known = g->roots.data[i] + 1;
	of = sk_alloc((known + 1) * sizeof(*of));
	for (uint32_t i = 0; i < known; i++)
		of[i] = residual(g, i, of, type);
	for (size_t i = 0; i < g->roots.len; i++)
		if (of[g->roots.data[i]] != SK_GRAPH_FALSE)
			roots[count++] = (struct sk_graph_root){ (uint32_t)i, of[g->roots.data[i]] };
	fill_type(g, &g->types[type], roots, count);
}
