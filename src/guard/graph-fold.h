/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nodes of the graph, each in its simplest form and only once. Node 0 is false,
 * node 1 is true; children have smaller numbers than their parents.
 */
#include "guard/graph-internal.h"

void sk_fold_init(struct sk_graph *g);
void sk_fold_release(struct sk_graph *g);

uint32_t sk_fold_check(struct sk_graph *g, uint32_t check);
uint32_t sk_fold_not(struct sk_graph *g, uint32_t node);
/* `children` is reordered. */
uint32_t sk_fold_series(struct sk_graph *g, enum sk_graph_op op, uint32_t *children, uint32_t count);

/* Fills g->types[type]: what remains of each rule for events of that type. After the last rule. */
void sk_fold_type(struct sk_graph *g, enum sk_event_type type);
