/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The decision graph: the conditions of all rules as one graph in which every
 * field is read once an event, every check asked once, and every combination
 * decided once, however many rules share it.
 *
 *	slots   a field with its argument, or a transformer of slots
 *	checks  comparisons of slots with constants or slots
 *	nodes   and, or, not over checks and nodes; equal ones are the same one
 *
 * For each type of event the graph is folded on its own: what that type
 * decides (evt.type, fields that it never has) is gone, and so are the rules
 * that it cannot fire. What remains is found by its first equality: of five
 * hundred rules that name a program each, an event looks at the few that name
 * its program.
 */
#include "guard/event.h"
#include "guard/rules.h"

struct sk_graph;

/*
 * Adds the conditions of all rules that are not left out or disabled. What
 * cannot be compiled (a field that nobody knows, a number that is none) becomes
 * a problem of `rules` and leaves the rule out. The graph borrows from rules.
 */
struct sk_graph *sk_graph_new(struct sk_rules *rules);
void sk_graph_free(struct sk_graph *graph);

/* One thread's working memory for a graph. */
struct sk_graph_eval;
struct sk_graph_eval *sk_graph_eval_new(const struct sk_graph *graph);
void sk_graph_eval_free(struct sk_graph_eval *eval);

/*
 * The rules that the event fires, in the order of the rule files, at most
 * `max`; returns how many.
 */
size_t sk_graph_match(struct sk_graph_eval *eval, const struct sk_event *event, const struct sk_detection **ret_rules,
		      size_t max);

/* Can an event of that type fire any rule? Sensors attach to nothing else. */
bool sk_graph_wants(const struct sk_graph *graph, enum sk_event_type type);

/*
 * Can an open that succeeded fire any rule, going by what does not depend on who
 * opened (type, flags, file), while everything else may be anything? Where it
 * says no, no other process fires one by opening that file in that way either.
 */
bool sk_graph_may_match_open(struct sk_graph_eval *eval, const struct sk_event *event);
/* Can a call of that type that failed fire any rule? */
bool sk_graph_wants_failed(const struct sk_graph *graph, enum sk_event_type type);

/* Does any condition or output read the field of that name? */
bool sk_graph_uses(const struct sk_graph *graph, const char *field);

/* What a rule costs: for `guard check`. */
struct sk_graph_cost {
	uint32_t types;	 /* of events that reach it */
	uint32_t checks; /* different comparisons in it */
	uint32_t shared; /* of these, ones that other rules ask too */
	bool indexed;	 /* found by an equality; else asked at every event of its types */
};
struct sk_graph_cost sk_graph_cost(const struct sk_graph *graph, const struct sk_detection *rule);

struct sk_graph_size {
	size_t slots, checks, nodes;
};
struct sk_graph_size sk_graph_size(const struct sk_graph *graph);
