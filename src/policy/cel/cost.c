/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an expression costs, told before it runs. The least is exact for what
 * always happens; the most is unbounded as soon as the input's size counts: a
 * loop over anything but a literal, or a function that looks at a whole text.
 */
#include "policy/cel/plan.h"

struct range {
	uint64_t min, max;
};

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t times(uint64_t a, uint64_t n)
{
	return n && a > UINT64_MAX / n ? UINT64_MAX : a * n;
}

static struct range sum(struct range a, struct range b)
{
	return (struct range){ add(a.min, b.min), add(a.max, b.max) };
}

static struct range estimate(const struct sk_cel_node *n);

static struct range of_args(const struct sk_cel_node *n)
{
	struct range r = { 0, 0 };

	for (uint32_t i = 0; i < n->count; i++)
		if (n->args[i])
			r = sum(r, estimate(n->args[i]));
	return r;
}

/* The most that looking at the whole of it costs. */
static uint64_t bound(const struct sk_cel_node *n)
{
	const struct sk_cel_type *t = n->type ? sk_cel_type_resolve(n->type) : NULL;

	if (n->kind == SK_CEL_NODE_CONST &&
	    (n->value.kind == SK_CEL_STRING || n->value.kind == SK_CEL_BYTES))
		return n->value.len / 10 + 1;
	if (n->kind == SK_CEL_NODE_CONST && n->value.kind < SK_CEL_STRING)
		return 0;
	return t && t->kind >= SK_CEL_T_NULL && t->kind <= SK_CEL_T_DURATION &&
			       t->kind != SK_CEL_T_STRING && t->kind != SK_CEL_T_BYTES
		       ? 0
		       : UINT64_MAX;
}

/* How many elements it has; only literals tell. */
static uint64_t rounds_of(const struct sk_cel_node *n)
{
	return n->kind == SK_CEL_NODE_LIST  ? n->count
	       : n->kind == SK_CEL_NODE_MAP ? n->count / 2
					    : UINT64_MAX;
}

/* Logic, and x ? y : z: what stands behind the first may never be asked. */
static struct range estimate_choice(const struct sk_cel_node *n)
{
	struct range first = estimate(n->args[0]), r = first;

	for (uint32_t i = 1; i < n->count; i++)
		r.max = add(r.max, estimate(n->args[i]).max);
	return r;
}

static struct range estimate_call(const struct sk_cel_node *n)
{
	struct range r, own = { 1, 1 };
	bool sized = n->callee ? n->callee->decl->cost != SK_CEL_COST_ONE : n->op == SK_CEL_OP_NONE;

	if (n->op == SK_CEL_OP_AND || n->op == SK_CEL_OP_OR || n->op == SK_CEL_OP_CHOICE)
		return estimate_choice(n);
	r = of_args(n);
	if (n->target)
		r = sum(r, estimate(n->target));
	if (n->op == SK_CEL_OP_IN)
		own.max = add(1, times(add(1, bound(n->args[0])), rounds_of(n->args[1])));
	else if (n->op == SK_CEL_OP_ADD)
		own.max = add(1, add(bound(n->args[0]), bound(n->args[1])));
	else if (n->op >= SK_CEL_OP_EQ && n->op <= SK_CEL_OP_GE)
		own.max = add(1, bound(n->args[0]) < bound(n->args[1]) ? bound(n->args[0])
								       : bound(n->args[1]));
	else if (sized)
		own.max = UINT64_MAX;
	return sum(r, own);
}

static struct range estimate_loop(const struct sk_cel_node *n)
{
	struct range r = estimate(n->target), each = of_args(n);
	uint64_t rounds = rounds_of(n->target);

	if (rounds == UINT64_MAX)
		return (struct range){ r.min, UINT64_MAX };
	return (struct range){ r.min, add(r.max, times(add(each.max, 1), rounds)) };
}

static struct range estimate(const struct sk_cel_node *n)
{
	struct range one = { 1, 1 };

	switch (n->kind) {
	case SK_CEL_NODE_IDENT:
		return n->slot_kind == SK_CEL_SLOT_VARIABLE ? one : (struct range){ 0, 0 };
	case SK_CEL_NODE_SELECT:
	case SK_CEL_NODE_HAS:
		return sum(one, estimate(n->target));
	case SK_CEL_NODE_CALL:
		return estimate_call(n);
	case SK_CEL_NODE_LIST:
		return sum((struct range){ 10 + n->count, 10 + n->count }, of_args(n));
	case SK_CEL_NODE_MAP:
		return sum((struct range){ 30 + n->count, 30 + n->count }, of_args(n));
	case SK_CEL_NODE_STRUCT:
		return sum((struct range){ 40 + n->count, 40 + n->count }, of_args(n));
	case SK_CEL_NODE_LOOP:
		return estimate_loop(n);
	case SK_CEL_NODE_BIND:
		return sum(estimate(n->target), of_args(n));
	default:
		return (struct range){ 0, 0 };
	}
}

void sk_cel_estimate(const struct sk_cel_node *root, uint64_t *ret_min, uint64_t *ret_max)
{
	struct range r = estimate(root);

	*ret_min = r.min;
	*ret_max = r.max;
}
