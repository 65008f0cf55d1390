/* SPDX-License-Identifier: Apache-2.0 */
/* Lists read as sets, as in cel-go's ext.Sets. */
#include "policy/cel/value-set.h"

static int fill(struct sk_cel_set *set, struct sk_cel_eval *eval, const struct sk_cel_list *list)
{
	if (!sk_cel_set_init(set, eval, list->count))
		return -1;
	for (uint32_t i = 0; i < list->count; i++)
		if (sk_cel_set_add(set, list->items[i]) < 0)
			return -1;
	return 0;
}

/* 1: all of part (or, for any, at least one) is in whole; 0: not; -1: a limit is reached. */
static int compare(struct sk_cel_eval *eval, const struct sk_cel_list *whole,
		   const struct sk_cel_list *of, bool any)
{
	struct sk_cel_set set;

	if (fill(&set, eval, whole) < 0)
		return -1;
	for (uint32_t i = 0; i < of->count; i++) {
		int has = sk_cel_set_has(&set, of->items[i]);

		if (has < 0 || has == (any ? 1 : 0))
			return has;
	}
	return !any;
}

static struct sk_cel_value answer(struct sk_cel_eval *eval, int r)
{
	return r < 0 ? sk_cel_full(eval) : sk_cel_bool(r > 0);
}

static struct sk_cel_value contains(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	return answer(eval, compare(eval, args[0].list, args[1].list, false));
}

static struct sk_cel_value equivalent(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	int r = compare(eval, args[0].list, args[1].list, false);

	return answer(eval, r > 0 ? compare(eval, args[1].list, args[0].list, false) : r);
}

static struct sk_cel_value intersects(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	return answer(eval, compare(eval, args[0].list, args[1].list, true));
}

static const struct sk_cel_overload overloads[] = {
	{ "sets.contains", "(list<A>, list<A>) -> bool", contains, .cost = SK_CEL_COST_SCAN },
	{ "sets.equivalent", "(list<A>, list<A>) -> bool", equivalent, .cost = SK_CEL_COST_SCAN },
	{ "sets.intersects", "(list<A>, list<A>) -> bool", intersects, .cost = SK_CEL_COST_SCAN },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_sets = {
	.name = "sets",
	.doc = "Lists as sets: contains, equivalent, intersects, as in cel-go's ext.Sets.",
	.overloads = overloads,
};
