/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A plan: the tree once more, each node with the function that runs it and
 * what that function wants at hand (hashes, slots, positions of fields). Made
 * once, read-only after, so that threads share it. A plan is as deep as its
 * tree, which is bounded.
 */
#include "policy/cel/check.h"
#include "policy/cel/regex-cache.h"

struct sk_cel_plan;
typedef struct sk_cel_value sk_cel_run_fn(const struct sk_cel_plan *p, struct sk_cel_eval *ev);

struct sk_cel_plan {
	sk_cel_run_fn *run;
	uint32_t offset; /* in the text, for errors */
	uint32_t count;	 /* of args */
	const struct sk_cel_plan *target;
	const struct sk_cel_plan *const *args;
	struct sk_cel_value value; /* a constant; SELECT: the name as a key */
	uint32_t hash;		   /* of that key */
	int32_t slot;		   /* variable or local; SELECT of a known struct: the field */
	uint8_t name_count;	   /* loops: 1 or 2 */
	bool optional;
	uint8_t op;
	union {
		sk_cel_fn *fn;			       /* calls of one overload */
		const struct sk_cel_struct_type *decl; /* STRUCT, SELECT of a known struct */
		const struct sk_cel_regex *regex;
		const uint8_t *marks; /* LIST, MAP: which elements are optional */
	};
	const struct sk_cel_callee *callee;
	const struct sk_cel_function *function;
	const struct sk_cel_node *node; /* for names in messages */
};

/* The plan of a checked tree; NULL where memory has run out. */
const struct sk_cel_plan *sk_cel_plan(const struct sk_cel_node *root, struct sk_cel_arena *arena,
				      struct sk_cel_program *program);

struct sk_cel_program {
	struct sk_cel_arena arena;
	const struct sk_cel_plan *plan;
	struct sk_cel_checked checked;
	char type[160];
	uint64_t min_cost, max_cost;
	uint32_t variables;
	struct sk_cel_regex *regexes[16]; /* constant patterns, compiled */
	uint32_t regex_count;
};

/* Bounds of the cost, from the tree alone (cost.c). */
void sk_cel_estimate(const struct sk_cel_node *root, uint64_t *ret_min, uint64_t *ret_max);

struct sk_cel_eval {
	struct sk_cel_arena arena;
	uint64_t left, limit; /* of cost */
	int64_t deadline;
	uint32_t ticks;	 /* until the clock is looked at */
	bool late;	 /* the deadline is over */
	uint32_t offset; /* of the call that runs: where its error is */
	const struct sk_cel_activation *activation;
	struct sk_cel_value *resolved; /* by slot: what `resolve` has given in this run */
	struct sk_cel_value *locals;   /* of this run */
	struct sk_cel_regex_cache regexes;
	unsigned nesting; /* runs inside runs */
};

/* Runs inside runs: policies' variables that need each other. */
#define SK_CEL_MAX_RUNS 100u

/* ---- what running has in common ---- */

static inline struct sk_cel_value sk_cel_do(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return p->run(p, ev);
}

/* An error at this node. */
struct sk_cel_value sk_cel_fail_at(const struct sk_cel_plan *p, struct sk_cel_eval *ev, int code,
				   const char *fmt, ...)
	__attribute__((format(printf, 4, 5), cold));
struct sk_cel_value sk_cel_no_overload(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				       const char *name, const struct sk_cel_value *args,
				       uint32_t count);

static inline bool sk_cel_spend(struct sk_cel_eval *ev, uint64_t cost)
{
	if (ev->left < cost)
		return false;
	ev->left -= cost;
	return true;
}

/* False when the time is over; looks at the clock every few hundred calls. */
bool sk_cel_look_at_clock(struct sk_cel_eval *ev);
static inline bool sk_cel_in_time(struct sk_cel_eval *ev)
{
	return !ev->deadline || (!ev->late && --ev->ticks) || sk_cel_look_at_clock(ev);
}

/* Unknowns of both; an unknown wins over an error, a limit over all; the first error stays. */
struct sk_cel_value sk_cel_merge_bad(struct sk_cel_eval *ev, struct sk_cel_value a,
				     struct sk_cel_value b);

/* run-*.c: what the planner puts into plans */
sk_cel_run_fn sk_cel_run_const, sk_cel_run_variable, sk_cel_run_local, sk_cel_run_no_name,
	sk_cel_run_select, sk_cel_run_field, sk_cel_run_has, sk_cel_run_has_field,
	sk_cel_run_has_variable, sk_cel_run_opt_select, sk_cel_run_index, sk_cel_run_opt_index, sk_cel_run_list,
	sk_cel_run_map, sk_cel_run_struct, sk_cel_run_bind;
sk_cel_run_fn sk_cel_run_and, sk_cel_run_or, sk_cel_run_not, sk_cel_run_choice, sk_cel_run_equal,
	sk_cel_run_unequal, sk_cel_run_equal_const, sk_cel_run_order, sk_cel_run_in,
	sk_cel_run_arithmetic, sk_cel_run_negate;
sk_cel_run_fn sk_cel_run_call, sk_cel_run_dispatch, sk_cel_run_missing, sk_cel_run_matches;
sk_cel_run_fn sk_cel_run_all, sk_cel_run_exists, sk_cel_run_exists_one, sk_cel_run_collect,
	sk_cel_run_collect_map, sk_cel_run_collect_entries;

/* a op b for two good values: the functions behind + - * / %. */
struct sk_cel_value sk_cel_arithmetic(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				      enum sk_cel_op op, struct sk_cel_value a,
				      struct sk_cel_value b);
