/* SPDX-License-Identifier: Apache-2.0 */
/* What rules cost, for those who write them. */
#include "guard/graph-internal.h"

#include "base/mem.h"

static void mark_checks(const struct sk_graph *g, uint32_t root, uint8_t *seen, uint32_t *counts)
{
	const struct sk_graph_node *n = &g->nodes.data[root];

	if (seen[root])
		return;
	seen[root] = 1;
	if (n->op == SK_GRAPH_CHECK)
		counts[n->check]++;
	else if (n->op == SK_GRAPH_NOT)
		mark_checks(g, n->child, seen, counts);
	else
		for (uint32_t i = 0; i < n->count; i++)
			mark_checks(g, n->children[i], seen, counts);
}

struct sk_graph_cost sk_graph_cost(const struct sk_graph *g, const struct sk_detection *rule)
{
	sk_autofree uint8_t *seen = sk_alloc(g->nodes.len + 1);
	sk_autofree uint32_t *counts = sk_alloc((g->checks.len + 1) * sizeof(*counts));
	sk_autofree uint32_t *own = sk_alloc((g->checks.len + 1) * sizeof(*own));
	struct sk_graph_cost cost = { 0 };

	for (uint32_t i = 0; i < g->roots.len; i++) {
		bool mine = g->rules->rules.data[i] == rule;

		memset(seen, 0, g->nodes.len);
		mark_checks(g, g->roots.data[i], seen, mine ? own : counts);
		if (mine) {
			cost.types = g->reach.data[i].types;
			cost.indexed = cost.types > 0 && g->reach.data[i].unindexed == 0;
		}
	}
	for (size_t i = 0; i < g->checks.len; i++) {
		cost.checks += own[i] > 0;
		cost.shared += own[i] > 0 && counts[i] > 0;
	}
	return cost;
}

struct sk_graph_size sk_graph_size(const struct sk_graph *g)
{
	return (struct sk_graph_size){ g->slots.len, g->checks.len, g->nodes.len };
}
