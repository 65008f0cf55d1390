/* SPDX-License-Identifier: Apache-2.0 */
/* Macros over lists and maps. args[0] is the filter or predicate, args[1] the transformation; either may be missing. */
#include "policy/cel/plan.h"

/* What is walked: the elements of a list, or the entries of a map. */
struct walk {
	const struct sk_cel_list *list;
	const struct sk_cel_map *map;
	uint32_t count;
};

/* SK_CEL_ABSENT, or what the loop gives because its range is none. */
static struct sk_cel_value begin(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				 struct walk *ret_walk)
{
	struct sk_cel_value v = sk_cel_do(p->target, ev);

	*ret_walk = (struct walk){ 0 };
	if (v.kind == SK_CEL_LIST) {
		ret_walk->list = v.list;
		ret_walk->count = v.list->count;
	} else if (v.kind == SK_CEL_MAP) {
		ret_walk->map = v.map;
		ret_walk->count = v.map->count;
	} else {
		return sk_cel_is_bad(v) ? v : sk_cel_no_overload(p, ev, "a loop over", &v, 1);
	}
	return (struct sk_cel_value){ 0 };
}

/* Puts the variables of round i where they are read; false at a limit. */
static inline bool step(const struct sk_cel_plan *p, struct sk_cel_eval *ev, const struct walk *w,
			uint32_t i)
{
	struct sk_cel_value *vars = ev->locals + p->slot;

	if (!sk_cel_spend(ev, 1) || !sk_cel_in_time(ev))
		return false;
	if (p->name_count == 1) {
		vars[0] = w->list ? w->list->items[i] : w->map->entries[i].key;
		return true;
	}
	vars[0] = w->list ? sk_cel_int(i) : w->map->entries[i].key;
	vars[1] = w->list ? w->list->items[i] : w->map->entries[i].value;
	return true;
}

static struct sk_cel_value not_bool(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				    struct sk_cel_value v)
{
	return sk_cel_is_bad(v) ? v : sk_cel_no_overload(p, ev, "a predicate", &v, 1);
}

/* all and exists: as a chain of && or ||, one round for each element. */
static inline struct sk_cel_value quantify(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
					   bool decides)
{
	struct walk w;
	struct sk_cel_value bad = begin(p, ev, &w), v;

	if (bad.kind != SK_CEL_ABSENT)
		return bad;
	for (uint32_t i = 0; i < w.count; i++) {
		if (!step(p, ev, &w, i))
			return sk_cel_full(ev);
		v = sk_cel_do(p->args[0], ev);
		if (v.kind == SK_CEL_BOOL) {
			if (v.truth == decides)
				return v;
			continue;
		}
		bad = sk_cel_merge_bad(ev, bad, not_bool(p, ev, v));
		if (sk_cel_is_fatal(bad))
			return bad;
	}
	return bad.kind == SK_CEL_ABSENT ? sk_cel_bool(!decides) : bad;
}

struct sk_cel_value sk_cel_run_all(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return quantify(p, ev, false);
}

struct sk_cel_value sk_cel_run_exists(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return quantify(p, ev, true);
}

/* Every element counts, so that an error in one is an error of all. */
struct sk_cel_value sk_cel_run_exists_one(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct walk w;
	struct sk_cel_value bad = begin(p, ev, &w), v;
	uint32_t found = 0;

	if (bad.kind != SK_CEL_ABSENT)
		return bad;
	for (uint32_t i = 0; i < w.count; i++) {
		if (!step(p, ev, &w, i))
			return sk_cel_full(ev);
		v = sk_cel_do(p->args[0], ev);
		if (v.kind == SK_CEL_BOOL)
			found += v.truth;
		else
			bad = sk_cel_merge_bad(ev, bad, not_bool(p, ev, v));
		if (sk_cel_is_fatal(bad))
			return bad;
	}
	return bad.kind == SK_CEL_ABSENT ? sk_cel_bool(found == 1) : bad;
}

/*
 * One round of what collects: 1 with *ret_value to keep, 0 for an element that
 * the filter drops; bad results are gathered in *bad (then 0), and a limit
 * ends the loop (-1).
 */
static int round_of(const struct sk_cel_plan *p, struct sk_cel_eval *ev, const struct walk *w,
		    uint32_t i, struct sk_cel_value *bad, struct sk_cel_value *ret_value)
{
	struct sk_cel_value v;

	if (!step(p, ev, w, i)) {
		*bad = sk_cel_full(ev);
		return -1;
	}
	if (p->args[0]) {
		v = sk_cel_do(p->args[0], ev);
		if (v.kind != SK_CEL_BOOL) {
			*bad = sk_cel_merge_bad(ev, *bad, not_bool(p, ev, v));
			return sk_cel_is_fatal(*bad) ? -1 : 0;
		}
		if (!v.truth)
			return 0;
	}
	*ret_value = p->args[1] ? sk_cel_do(p->args[1], ev) : ev->locals[p->slot];
	if (!sk_cel_is_bad(*ret_value))
		return 1;
	*bad = sk_cel_merge_bad(ev, *bad, *ret_value);
	return sk_cel_is_fatal(*bad) ? -1 : 0;
}

struct sk_cel_value sk_cel_run_collect(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct walk w;
	struct sk_cel_value bad = begin(p, ev, &w), list, *items, v;
	uint32_t n = 0;

	if (bad.kind != SK_CEL_ABSENT)
		return bad;
	list = sk_cel_new_list(ev, w.count, &items);
	if (sk_cel_is_bad(list))
		return list;
	for (uint32_t i = 0; i < w.count; i++) {
		int r = round_of(p, ev, &w, i, &bad, &v);

		if (r < 0)
			return bad;
		if (r)
			items[n++] = v;
	}
	((struct sk_cel_list *)list.list)->count = n;
	return bad.kind == SK_CEL_ABSENT ? list : bad;
}

static struct sk_cel_value collect_map(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				       bool entries)
{
	struct walk w;
	struct sk_cel_value bad = begin(p, ev, &w), v, key;
	struct sk_cel_map *map;

	if (bad.kind != SK_CEL_ABSENT)
		return bad;
	map = sk_cel_map_begin(&ev->arena, w.count);
	if (!map)
		return sk_cel_full(ev);
	for (uint32_t i = 0; i < w.count; i++) {
		uint32_t before = map->count;
		int r = round_of(p, ev, &w, i, &bad, &v);

		if (r < 0)
			return bad;
		if (!r)
			continue;
		key = ev->locals[p->slot];
		if (entries) {
			if (v.kind != SK_CEL_MAP || v.map->count != 1)
				return sk_cel_fail_at(p, ev, SK_CEL_EVALUE,
						      "an entry must be a map of one key");
			key = v.map->entries[0].key;
			v = v.map->entries[0].value;
		}
		if (!sk_cel_map_put(map, key, v) || map->count == before)
			return sk_cel_fail_at(p, ev, SK_CEL_EVALUE,
					      "insert failed: key already exists");
	}
	return bad.kind == SK_CEL_ABSENT ? sk_cel_map_end(map) : bad;
}

struct sk_cel_value sk_cel_run_collect_map(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return collect_map(p, ev, false);
}

struct sk_cel_value sk_cel_run_collect_entries(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return collect_map(p, ev, true);
}
