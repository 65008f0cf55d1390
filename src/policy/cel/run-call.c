/* SPDX-License-Identifier: Apache-2.0 */
/* Calls, and arithmetic. */
#include "policy/cel/plan.h"
#include "policy/cel/text.h"

#include <math.h>

/* Values of one call; the checker allows no more. */
#define MAX_VALUES (SK_CEL_MAX_ARGS * 2 + 1)

/* ---- arguments ---- */

/* SK_CEL_ABSENT, or what the call gives because an argument is bad. */
static struct sk_cel_value run_args(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				    bool lenient, struct sk_cel_value *args)
{
	struct sk_cel_value bad = { 0 };

	for (uint32_t i = 0; i < p->count; i++) {
		args[i] = sk_cel_do(p->args[i], ev);
		if (!sk_cel_is_bad(args[i]))
			continue;
		if (sk_cel_is_fatal(args[i]))
			return args[i];
		if (!lenient)
			bad = sk_cel_merge_bad(ev, bad, args[i]);
	}
	return bad;
}

static uint64_t size_of(struct sk_cel_value v)
{
	switch (v.kind) {
	case SK_CEL_STRING:
	case SK_CEL_BYTES:
		return v.len / 10 + 1;
	case SK_CEL_LIST:
		return v.list->count;
	case SK_CEL_MAP:
		return v.map->count;
	default:
		return 0;
	}
}

static uint64_t call_cost(enum sk_cel_cost_model model, const struct sk_cel_value *args,
			  uint32_t count)
{
	uint64_t cost = 1, product = 1;

	if (model == SK_CEL_COST_SCAN)
		for (uint32_t i = 0; i < count; i++)
			cost += size_of(args[i]);
	if (model == SK_CEL_COST_PAIR) {
		for (uint32_t i = 0; i < count && i < 2; i++)
			product *= 1 + size_of(args[i]);
		cost += product;
	}
	return cost;
}

static struct sk_cel_value call(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				const struct sk_cel_callee *callee, const struct sk_cel_value *args)
{
	struct sk_cel_value v;

	if (!sk_cel_spend(ev, call_cost(callee->decl->cost, args, p->count)) || !sk_cel_in_time(ev))
		return sk_cel_full(ev);
	ev->offset = p->offset;
	v = callee->decl->fn(ev, args, p->count);
	return v.kind == SK_CEL_ABSENT ? sk_cel_full(ev) : v;
}

static bool same_name(struct sk_cel_value v, const struct sk_cel_type *t)
{
	if (v.kind == SK_CEL_STRUCT && t->kind == SK_CEL_T_STRUCT)
		return strcmp(v.object->type->name, t->name) == 0;
	return v.kind != SK_CEL_OPAQUE || t->kind != SK_CEL_T_OPAQUE ||
	       strcmp(v.opaque->type->name, t->name) == 0;
}

/* Are the values of the kinds that the overload takes? */
static inline bool kinds_fit(const struct sk_cel_callee *c, const struct sk_cel_value *args,
			     uint32_t count)
{
	bool lenient = c->decl->flags & SK_CEL_LENIENT;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = i < c->count ? i : c->count - 1u;

		if (lenient && sk_cel_is_bad(args[i]))
			continue;
		if (!(c->kinds[at] >> args[i].kind & 1) || !same_name(args[i], c->args[at]))
			return false;
	}
	return true;
}

/* The checker has seen types, and what it took for a string may be dyn: the kinds are looked at again. */
struct sk_cel_value sk_cel_run_call(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value args[MAX_VALUES],
		bad = run_args(p, ev, p->callee->decl->flags & SK_CEL_LENIENT, args);

	if (bad.kind != SK_CEL_ABSENT)
		return bad;
	if (!kinds_fit(p->callee, args, p->count))
		return sk_cel_no_overload(p, ev, p->node->name, args, p->count);
	return call(p, ev, p->callee, args);
}

/* ---- choosing by what the values are ---- */

static bool callee_fits(const struct sk_cel_callee *c, bool member, const struct sk_cel_value *args,
			uint32_t count)
{
	bool variadic = c->decl->flags & SK_CEL_VARIADIC;

	return c->member == member && (variadic ? count >= c->count : count == c->count) &&
	       kinds_fit(c, args, count);
}

struct sk_cel_value sk_cel_run_dispatch(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value args[MAX_VALUES] = { 0 }, bad;
	bool member = p->node->target != NULL;

	if (p->count > MAX_VALUES)
		return sk_cel_no_overload(p, ev, p->node->name, args, 0);
	bad = run_args(p, ev, false, args);
	if (sk_cel_is_fatal(bad))
		return bad;
	for (const struct sk_cel_callee *c = p->function->first; c; c = c->next) {
		if (bad.kind != SK_CEL_ABSENT && !(c->decl->flags & SK_CEL_LENIENT))
			continue;
		if (!callee_fits(c, member, args, p->count))
			continue;
		if (!c->decl->fn)
			return sk_cel_fail_at(p, ev, SK_CEL_EMISSING,
					      "%s is declared, and there is no such function here",
					      p->node->name);
		return call(p, ev, c, args);
	}
	return bad.kind != SK_CEL_ABSENT ? bad
					 : sk_cel_no_overload(p, ev, p->node->name, args, p->count);
}

struct sk_cel_value sk_cel_run_missing(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return sk_cel_fail_at(p, ev, SK_CEL_ENO_OVERLOAD, "unbound function: %s", p->node->name);
}

struct sk_cel_value sk_cel_run_matches(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = sk_cel_do(p->target, ev);
	struct sk_cel_regex_scratch *scratch = &ev->regexes.scratch;
	bool found;

	if (v.kind != SK_CEL_STRING)
		return sk_cel_is_bad(v) ? v : sk_cel_no_overload(p, ev, "matches", &v, 1);
	if (!sk_cel_spend(ev,
			  1 + (uint64_t)(v.len / 10 + 1) * (sk_cel_regex_size(p->regex) / 4 + 1)) ||
	    !sk_cel_in_time(ev))
		return sk_cel_full(ev);
	scratch->work = 0;
	scratch->limit = 1 << 27; /* about a second */
	found = sk_cel_regex_test(p->regex, scratch, v.str, v.len);
	return scratch->failed ? sk_cel_full(ev) : sk_cel_bool(found);
}

/* ---- arithmetic ---- */

static struct sk_cel_value overflow(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				    const char *what)
{
	return sk_cel_fail_at(p, ev, SK_CEL_EVALUE, "%s overflow", what);
}

static struct sk_cel_value of_ints(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				   enum sk_cel_op op, int64_t a, int64_t b)
{
	int64_t n = 0;
	bool over;

	if ((op == SK_CEL_OP_DIV || op == SK_CEL_OP_MOD) && b == 0)
		return sk_cel_fail_at(p, ev, SK_CEL_EVALUE,
				      op == SK_CEL_OP_DIV ? "division by zero" : "modulus by zero");
	switch (op) {
	case SK_CEL_OP_ADD:
		over = __builtin_add_overflow(a, b, &n);
		break;
	case SK_CEL_OP_SUB:
		over = __builtin_sub_overflow(a, b, &n);
		break;
	case SK_CEL_OP_MUL:
		over = __builtin_mul_overflow(a, b, &n);
		break;
	default:
		over = a == INT64_MIN && b == -1;
		n = over ? 0 : op == SK_CEL_OP_DIV ? a / b : a % b;
		break;
	}
	return over ? overflow(p, ev, "integer") : sk_cel_int(n);
}

static struct sk_cel_value of_uints(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				    enum sk_cel_op op, uint64_t a, uint64_t b)
{
	uint64_t n = 0;
	bool over = false;

	if ((op == SK_CEL_OP_DIV || op == SK_CEL_OP_MOD) && b == 0)
		return sk_cel_fail_at(p, ev, SK_CEL_EVALUE,
				      op == SK_CEL_OP_DIV ? "division by zero" : "modulus by zero");
	switch (op) {
	case SK_CEL_OP_ADD:
		over = __builtin_add_overflow(a, b, &n);
		break;
	case SK_CEL_OP_SUB:
		over = __builtin_sub_overflow(a, b, &n);
		break;
	case SK_CEL_OP_MUL:
		over = __builtin_mul_overflow(a, b, &n);
		break;
	case SK_CEL_OP_DIV:
		n = a / b;
		break;
	default:
		n = a % b;
		break;
	}
	return over ? overflow(p, ev, "unsigned integer") : sk_cel_uint(n);
}

static struct sk_cel_value join_texts(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				      struct sk_cel_value a, struct sk_cel_value b)
{
	size_t len = (size_t)a.len + b.len;
	char *out = NULL;
	struct sk_cel_value v;

	if (!sk_cel_spend(ev, 1 + len / 10))
		return sk_cel_full(ev);
	v = sk_cel_new_string(ev, len, &out);
	if (sk_cel_is_bad(v))
		return v;
	if (a.len)
		memcpy(out, a.str, a.len);
	if (b.len)
		memcpy(out + a.len, b.str, b.len);
	v.kind = a.kind;
	v.flags = a.flags & b.flags;
	return v;
}

static struct sk_cel_value join_lists(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				      const struct sk_cel_list *a, const struct sk_cel_list *b)
{
	uint64_t count = (uint64_t)a->count + b->count;
	struct sk_cel_value *items, list;

	if (count > UINT32_MAX || !sk_cel_spend(ev, 1 + count))
		return sk_cel_full(ev);
	list = sk_cel_new_list(ev, (uint32_t)count, &items);
	if (sk_cel_is_bad(list))
		return list;
	if (a->count)
		memcpy(items, a->items, a->count * sizeof(*items));
	if (b->count)
		memcpy(items + a->count, b->items, b->count * sizeof(*items));
	return list;
}

static struct sk_cel_value time_result(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				       uint8_t kind, sk_cel_wide nanos)
{
	sk_cel_wide seconds = nanos / 1000000000, rest = nanos % 1000000000;

	if (kind == SK_CEL_DURATION) {
		if (seconds > SK_CEL_DURATION_MAX || seconds < -SK_CEL_DURATION_MAX)
			return overflow(p, ev, "duration");
		return sk_cel_duration((int64_t)seconds, (int32_t)rest);
	}
	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	if (seconds < SK_CEL_TIME_MIN || seconds > SK_CEL_TIME_MAX)
		return overflow(p, ev, "timestamp");
	return sk_cel_timestamp((int64_t)seconds, (int32_t)rest);
}

static sk_cel_wide nanos_of(struct sk_cel_value v)
{
	return (sk_cel_wide)v.i * 1000000000 + v.nanos;
}

/* timestamp ± duration, timestamp - timestamp, duration ± duration, duration + timestamp. */
static struct sk_cel_value of_times(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				    enum sk_cel_op op, struct sk_cel_value a, struct sk_cel_value b)
{
	struct sk_cel_value args[2] = { a, b };
	bool two_times = a.kind == SK_CEL_TIMESTAMP && b.kind == SK_CEL_TIMESTAMP;
	sk_cel_wide nanos =
		op == SK_CEL_OP_ADD ? nanos_of(a) + nanos_of(b) : nanos_of(a) - nanos_of(b);

	if ((op != SK_CEL_OP_ADD && op != SK_CEL_OP_SUB) || (two_times && op == SK_CEL_OP_ADD) ||
	    (a.kind == SK_CEL_DURATION && b.kind == SK_CEL_TIMESTAMP && op == SK_CEL_OP_SUB))
		return sk_cel_no_overload(p, ev, sk_cel_op_name(op), args, 2);
	if (two_times) { /* as many nanoseconds as 64 bits hold */
		if (nanos > INT64_MAX || nanos < INT64_MIN)
			return overflow(p, ev, "duration");
		return time_result(p, ev, SK_CEL_DURATION, nanos);
	}
	return time_result(p, ev,
			   a.kind == SK_CEL_TIMESTAMP || b.kind == SK_CEL_TIMESTAMP
				   ? SK_CEL_TIMESTAMP
				   : SK_CEL_DURATION,
			   nanos);
}

static bool is_time(struct sk_cel_value v)
{
	return v.kind == SK_CEL_TIMESTAMP || v.kind == SK_CEL_DURATION;
}

struct sk_cel_value sk_cel_arithmetic(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				      enum sk_cel_op op, struct sk_cel_value a,
				      struct sk_cel_value b)
{
	struct sk_cel_value args[2] = { a, b };

	if (a.kind == SK_CEL_INT && b.kind == SK_CEL_INT)
		return of_ints(p, ev, op, a.i, b.i);
	if (a.kind == SK_CEL_UINT && b.kind == SK_CEL_UINT)
		return of_uints(p, ev, op, a.u, b.u);
	if (a.kind == SK_CEL_DOUBLE && b.kind == SK_CEL_DOUBLE && op != SK_CEL_OP_MOD)
		return sk_cel_double(op == SK_CEL_OP_ADD   ? a.d + b.d
				     : op == SK_CEL_OP_SUB ? a.d - b.d
				     : op == SK_CEL_OP_MUL ? a.d * b.d
							   : a.d / b.d);
	if (is_time(a) && is_time(b))
		return of_times(p, ev, op, a, b);
	if (op == SK_CEL_OP_ADD && a.kind == b.kind &&
	    (a.kind == SK_CEL_STRING || a.kind == SK_CEL_BYTES))
		return join_texts(p, ev, a, b);
	if (op == SK_CEL_OP_ADD && a.kind == SK_CEL_LIST && b.kind == SK_CEL_LIST)
		return join_lists(p, ev, a.list, b.list);
	return sk_cel_no_overload(p, ev, sk_cel_op_name(op), args, 2);
}

struct sk_cel_value sk_cel_run_arithmetic(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value a = sk_cel_do(p->args[0], ev), b = sk_cel_do(p->args[1], ev);

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (sk_cel_is_bad(a) || sk_cel_is_bad(b))
		return sk_cel_merge_bad(ev, a, b);
	return sk_cel_arithmetic(p, ev, (enum sk_cel_op)p->op, a, b);
}

struct sk_cel_value sk_cel_run_negate(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = sk_cel_do(p->args[0], ev);

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (v.kind == SK_CEL_INT)
		return v.i == INT64_MIN ? overflow(p, ev, "integer") : sk_cel_int(-v.i);
	if (v.kind == SK_CEL_DOUBLE)
		return sk_cel_double(-v.d);
	return sk_cel_is_bad(v) ? v : sk_cel_no_overload(p, ev, "-_", &v, 1);
}
