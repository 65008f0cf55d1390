/* SPDX-License-Identifier: Apache-2.0 */
/* What Kubernetes asks of lists: order, sums, extremes and positions. */
#include "policy/cel/text.h"
#include "policy/cel/value.h"

/* ---- order ---- */

static struct sk_cel_value no_order(struct sk_cel_eval *eval, const char *name,
				    struct sk_cel_value a, struct sk_cel_value b)
{
	return sk_cel_fail(eval, SK_CEL_ENO_OVERLOAD, "no such overload: %s of %s and %s", name,
			   sk_cel_kind_name(a), sk_cel_kind_name(b));
}

/* NaN has no order and is no error. */
static bool comparable(int order, struct sk_cel_value a)
{
	return order != 2 || a.kind == SK_CEL_DOUBLE;
}

static struct sk_cel_value is_sorted(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				     unsigned count)
{
	const struct sk_cel_value *items = args[0].list->items;

	for (uint32_t i = 1; i < args[0].list->count; i++) {
		int order = sk_cel_compare(items[i - 1], items[i]);

		if (!comparable(order, items[i]))
			return no_order(eval, "isSorted", items[i - 1], items[i]);
		if (order == 1)
			return sk_cel_bool(false);
	}
	return sk_cel_bool(true);
}

/* `wanted` is what an element is to the best so far when it takes its place: 1 for max. */
static struct sk_cel_value best(struct sk_cel_eval *eval, const struct sk_cel_list *list,
				int wanted, const char *name)
{
	struct sk_cel_value v;

	if (list->count == 0)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "%s called on empty list", name);
	v = list->items[0];
	for (uint32_t i = 1; i < list->count; i++) {
		int order = sk_cel_compare(list->items[i], v);

		if (!comparable(order, list->items[i]))
			return no_order(eval, name, v, list->items[i]);
		if (order == wanted)
			v = list->items[i];
	}
	return v;
}

static struct sk_cel_value max(struct sk_cel_eval *eval, const struct sk_cel_value *args,
			       unsigned count)
{
	return best(eval, args[0].list, 1, "max");
}

static struct sk_cel_value min(struct sk_cel_eval *eval, const struct sk_cel_value *args,
			       unsigned count)
{
	return best(eval, args[0].list, -1, "min");
}

/* ---- sums ---- */

static struct sk_cel_value overflow(struct sk_cel_eval *eval, const char *what)
{
	return sk_cel_fail(eval, SK_CEL_EVALUE, "%s overflow", what);
}

static struct sk_cel_value add_durations(struct sk_cel_eval *eval, struct sk_cel_value a,
					 struct sk_cel_value b)
{
	sk_cel_wide second = 1000000000;
	sk_cel_wide nanos = ((sk_cel_wide)a.i + b.i) * second + a.nanos + b.nanos;

	if (nanos > SK_CEL_DURATION_MAX * second || nanos < -SK_CEL_DURATION_MAX * second)
		return overflow(eval, "duration");
	return sk_cel_duration((int64_t)(nanos / second), (int32_t)(nanos % second));
}

static struct sk_cel_value add(struct sk_cel_eval *eval, struct sk_cel_value a,
			       struct sk_cel_value b)
{
	struct sk_cel_value sum = a;

	switch (a.kind == b.kind ? a.kind : SK_CEL_ABSENT) {
	case SK_CEL_INT:
		return __builtin_add_overflow(a.i, b.i, &sum.i) ? overflow(eval, "integer") : sum;
	case SK_CEL_UINT:
		return __builtin_add_overflow(a.u, b.u, &sum.u) ? overflow(eval, "unsigned integer")
								: sum;
	case SK_CEL_DOUBLE:
		return sk_cel_double(a.d + b.d);
	case SK_CEL_DURATION:
		return add_durations(eval, a, b);
	default:
		return sk_cel_fail(eval, SK_CEL_ENO_OVERLOAD, "no such overload: sum of %s and %s",
				   sk_cel_kind_name(a), sk_cel_kind_name(b));
	}
}

/* A list without elements has the sum that its type has; one of dyn the int 0. */
static struct sk_cel_value sum(struct sk_cel_eval *eval, const struct sk_cel_list *list,
			       struct sk_cel_value zero)
{
	struct sk_cel_value total = list->count ? list->items[0] : zero;

	if (!sk_cel_is_number(total) && total.kind != SK_CEL_DURATION)
		return sk_cel_fail(eval, SK_CEL_ENO_OVERLOAD, "no such overload: sum of %s",
				   sk_cel_kind_name(total));
	for (uint32_t i = 1; i < list->count && total.kind != SK_CEL_ERROR; i++)
		total = add(eval, total, list->items[i]);
	return total;
}

static struct sk_cel_value sum_int(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	return sum(eval, args[0].list, sk_cel_int(0));
}

static struct sk_cel_value sum_uint(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	return sum(eval, args[0].list, sk_cel_uint(0));
}

static struct sk_cel_value sum_double(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	return sum(eval, args[0].list, sk_cel_double(0));
}

static struct sk_cel_value sum_duration(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					unsigned count)
{
	return sum(eval, args[0].list, sk_cel_duration(0, 0));
}

/* ---- positions ---- */

static struct sk_cel_value index_of(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	const struct sk_cel_list *list = args[0].list;

	for (uint32_t i = 0; i < list->count; i++) {
		int same = sk_cel_equal_in(eval, list->items[i], args[1]);

		if (same != 0)
			return same < 0 ? sk_cel_full(eval) : sk_cel_int(i);
	}
	return sk_cel_int(-1);
}

static struct sk_cel_value last_index_of(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					 unsigned count)
{
	const struct sk_cel_list *list = args[0].list;

	for (uint32_t i = list->count; i-- > 0;) {
		int same = sk_cel_equal_in(eval, list->items[i], args[1]);

		if (same != 0)
			return same < 0 ? sk_cel_full(eval) : sk_cel_int(i);
	}
	return sk_cel_int(-1);
}

/* Of a list one of its elements, of anything else the thing itself. */
static struct sk_cel_value includes(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	struct sk_cel_value at;
	int same;

	if (args[0].kind != SK_CEL_LIST) {
		same = sk_cel_equal_in(eval, args[0], args[1]);
		return same < 0 ? sk_cel_full(eval) : sk_cel_bool(same);
	}
	at = index_of(eval, args, count);
	return at.kind == SK_CEL_INT ? sk_cel_bool(at.i >= 0) : at;
}

/* ---- tables ---- */

#define SCAN .cost = SK_CEL_COST_SCAN
#define ORDERED(type)                                                                              \
	{ "isSorted", "list<" type ">.() -> bool", is_sorted, SCAN },                              \
		{ "max", "list<" type ">.() -> " type, max, SCAN },                                \
	{                                                                                          \
		"min", "list<" type ">.() -> " type, min, SCAN                                     \
	}

static const struct sk_cel_overload overloads[] = {
	ORDERED("int"),
	ORDERED("uint"),
	ORDERED("double"),
	ORDERED("bool"),
	ORDERED("duration"),
	ORDERED("timestamp"),
	ORDERED("string"),
	ORDERED("bytes"),
	{ "sum", "list<int>.() -> int", sum_int, SCAN },
	{ "sum", "list<uint>.() -> uint", sum_uint, SCAN },
	{ "sum", "list<double>.() -> double", sum_double, SCAN },
	{ "sum", "list<duration>.() -> duration", sum_duration, SCAN },
	{ "indexOf", "list<A>.(A) -> int", index_of, SK_CEL_COST_OWN },
	{ "lastIndexOf", "list<A>.(A) -> int", last_index_of, SK_CEL_COST_OWN },
	{ "includes", "dyn.(dyn) -> bool", includes, SK_CEL_COST_OWN },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_k8s_lists = {
	.name = "k8s-lists",
	.doc = "Kubernetes' functions of lists: isSorted, sum, min, max, indexOf, lastIndexOf, "
	       "includes.",
	.overloads = overloads,
};
