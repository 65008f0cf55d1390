/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, as in cel-go's ext.Lists, and the first and last element of its optional types. */
#include "policy/cel/macro.h"
#include "policy/cel/value-set.h"

static struct sk_cel_value new_list(struct sk_cel_eval *eval, uint64_t count,
				    struct sk_cel_value **ret_items)
{
	if (count > UINT32_MAX)
		return sk_cel_fail(eval, SK_CEL_ELIMIT, "a list cannot have %llu elements",
				   (unsigned long long)count);
	if (!sk_cel_charge(eval, count))
		return sk_cel_full(eval);
	return sk_cel_new_list(eval, (uint32_t)count, ret_items);
}

/* ---- parts ---- */

static struct sk_cel_value slice(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	const struct sk_cel_list *list = args[0].list;
	long long start = args[1].i, end = args[2].i;
	struct sk_cel_list *part;

	if (start < 0 || end < 0)
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "cannot slice(%lld, %lld), negative indexes not supported",
				   start, end);
	if (start > end)
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "cannot slice(%lld, %lld), start index must be less than or "
				   "equal to end index",
				   start, end);
	if (end > list->count)
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "cannot slice(%lld, %lld), list is length %u", start, end,
				   list->count);
	part = sk_cel_eval_alloc(eval, sizeof(*part));
	if (!part)
		return sk_cel_full(eval);
	part->count = (uint32_t)(end - start);
	part->items = start < end ? list->items + start : NULL;
	return sk_cel_list(part);
}

static struct sk_cel_value first(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	const struct sk_cel_list *list = args[0].list;

	return list->count ? sk_cel_new_optional(eval, list->items[0]) : sk_cel_none();
}

static struct sk_cel_value last(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	const struct sk_cel_list *list = args[0].list;

	return list->count ? sk_cel_new_optional(eval, list->items[list->count - 1])
			   : sk_cel_none();
}

/* ---- flatten ---- */

struct flat {
	struct sk_cel_eval *eval;
	struct sk_cel_value *items; /* NULL: only counted */
	uint64_t count;
	struct sk_cel_value error; /* SK_CEL_ABSENT: none */
};

/* Recurses as deep as the value is nested, whatever depth the expression names. */
static void flatten_into(struct flat *out, const struct sk_cel_list *list, int64_t depth,
			 unsigned level)
{
	if (level > SK_CEL_MAX_NESTING)
		out->error =
			sk_cel_fail(out->eval, SK_CEL_ELIMIT,
				    "a list is nested deeper than %u levels", SK_CEL_MAX_NESTING);
	else if (!sk_cel_charge(out->eval, list->count))
		out->error = sk_cel_full(out->eval);
	for (uint32_t i = 0; i < list->count && out->error.kind == SK_CEL_ABSENT; i++) {
		if (depth > 0 && list->items[i].kind == SK_CEL_LIST) {
			flatten_into(out, list->items[i].list, depth - 1, level + 1);
			continue;
		}
		if (out->items)
			out->items[out->count] = list->items[i];
		out->count++;
	}
}

static struct sk_cel_value flatten(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	int64_t depth = count > 1 ? args[1].i : 1;
	struct flat out = { .eval = eval };
	struct sk_cel_value list;

	if (depth < 0)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "level must be non-negative");
	flatten_into(&out, args[0].list, depth, 0);
	if (out.error.kind != SK_CEL_ABSENT)
		return out.error;
	list = new_list(eval, out.count, &out.items);
	if (list.kind != SK_CEL_LIST)
		return list;
	out.count = 0;
	flatten_into(&out, args[0].list, depth, 0);
	return out.error.kind == SK_CEL_ABSENT ? list : out.error;
}

/* ---- new lists ---- */

static struct sk_cel_value range(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	struct sk_cel_value *items, list;

	if (args[0].i < 0)
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "lists.range: size must be non-negative, got %lld",
				   (long long)args[0].i);
	list = new_list(eval, (uint64_t)args[0].i, &items);
	for (int64_t i = 0; list.kind == SK_CEL_LIST && i < args[0].i; i++)
		items[i] = sk_cel_int(i);
	return list;
}

static struct sk_cel_value reverse(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	const struct sk_cel_list *from = args[0].list;
	struct sk_cel_value *items, list = new_list(eval, from->count, &items);

	for (uint32_t i = 0; list.kind == SK_CEL_LIST && i < from->count; i++)
		items[i] = from->items[from->count - 1 - i];
	return list;
}

static struct sk_cel_value distinct(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	const struct sk_cel_list *from = args[0].list;
	struct sk_cel_value *items, list = new_list(eval, from->count, &items);
	struct sk_cel_set seen;
	uint32_t kept = 0;

	if (list.kind != SK_CEL_LIST)
		return list;
	if (!sk_cel_set_init(&seen, eval, from->count))
		return sk_cel_full(eval);
	for (uint32_t i = 0; i < from->count; i++) {
		int had = sk_cel_set_add(&seen, from->items[i]);

		if (had < 0)
			return sk_cel_full(eval);
		if (!had)
			items[kept++] = from->items[i];
	}
	((struct sk_cel_list *)list.list)->count = kept;
	return list;
}

/* ---- sorting ---- */

/* What sorting by these keys costs: each comparison may read a text to its end. */
static uint64_t sorting_cost(const struct sk_cel_list *keys)
{
	uint64_t size = keys->count, rounds = 1;

	for (uint32_t n = keys->count; n > 1; n /= 2)
		rounds++;
	for (uint32_t i = 0; i < keys->count; i++)
		if (keys->items[i].kind == SK_CEL_STRING || keys->items[i].kind == SK_CEL_BYTES)
			size += keys->items[i].len / 10;
	return size * rounds;
}

static bool sortable(struct sk_cel_eval *eval, const struct sk_cel_list *keys,
		     struct sk_cel_value *ret_error)
{
	for (uint32_t i = 0; i < keys->count; i++) {
		uint8_t kind = keys->items[i].kind;
		bool ordered = sk_cel_compare(keys->items[i], keys->items[i]) == 0 ||
			       kind == SK_CEL_DOUBLE; /* NaN */

		if (ordered && kind == keys->items[0].kind)
			continue;
		*ret_error = ordered ? sk_cel_fail(eval, SK_CEL_EVALUE,
						   "list elements must have the same type")
				     : sk_cel_fail(eval, SK_CEL_EVALUE,
						   "list elements must be comparable");
		return false;
	}
	return true;
}

/* Merges order[0 .. half) and order[half .. count) of equals in their first order. */
static void merge(const struct sk_cel_value *keys, uint32_t *order, uint32_t *spare, uint32_t half,
		  uint32_t count)
{
	uint32_t a = 0, b = half;

	memcpy(spare, order, count * sizeof(*order));
	for (uint32_t i = 0; i < count; i++) {
		bool second = a == half ||
			      (b < count && sk_cel_compare(keys[spare[b]], keys[spare[a]]) == -1);

		order[i] = second ? spare[b++] : spare[a++];
	}
}

static void sort_order(const struct sk_cel_value *keys, uint32_t *order, uint32_t *spare,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	for (uint64_t width = 1; width < count; width *= 2)
		for (uint64_t at = 0; at + width < count; at += 2 * width)
			merge(keys, order + at, spare, (uint32_t)width,
			      (uint32_t)(count - at < 2 * width ? count - at : 2 * width));
}

static struct sk_cel_value sort_by(struct sk_cel_eval *eval, const struct sk_cel_list *list,
				   const struct sk_cel_list *keys)
{
	struct sk_cel_value sorted, *items, error;
	uint32_t *order;

	if (!sortable(eval, keys, &error))
		return error;
	if (!sk_cel_charge(eval, sorting_cost(keys)))
		return sk_cel_full(eval);
	sorted = new_list(eval, list->count, &items);
	order = sk_cel_eval_alloc(eval, 2 * (size_t)list->count * sizeof(*order));
	if (sorted.kind != SK_CEL_LIST || !order)
		return sk_cel_full(eval);
	sort_order(keys->items, order, order + list->count, list->count);
	for (uint32_t i = 0; i < list->count; i++)
		items[i] = list->items[order[i]];
	return sorted;
}

static struct sk_cel_value sort(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	return sort_by(eval, args[0].list, args[0].list);
}

/* What sortBy becomes: both lists come from one, and are of one length. */
static struct sk_cel_value sort_by_keys(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					unsigned count)
{
	if (args[0].list->count != args[1].list->count)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "%u elements have %u keys to sort by",
				   args[0].list->count, args[1].list->count);
	return sort_by(eval, args[0].list, args[1].list);
}

/* list.sortBy(e, key): bind l = list: l.@sortBy(l.map(e, key)) */
static struct sk_cel_node *expand_sort_by(struct sk_cel_parser *p, struct sk_cel_node *target,
					  struct sk_cel_node *const *args, uint32_t count,
					  uint32_t offset)
{
	const char *kept = sk_cel_fresh_name(p), *name = sk_cel_node_simple_name(args[0]);
	struct sk_cel_node *keys, *call;

	if (target->kind == SK_CEL_NODE_CONST || target->kind == SK_CEL_NODE_MAP ||
	    target->kind == SK_CEL_NODE_STRUCT)
		return sk_cel_node_bad(p, target->offset,
				       "sortBy can only be applied to a list, identifier, "
				       "comprehension, call or select expression");
	if (!name)
		return sk_cel_node_bad(p, args[0]->offset, "argument must be a simple name");
	keys = sk_cel_node_loop(p, SK_CEL_LOOP_LIST, sk_cel_node_ident(p, kept, offset), name, NULL,
				NULL, args[1], offset);
	call = sk_cel_node_call(p, "@sortBy", sk_cel_node_ident(p, kept, offset), &keys, 1, offset);
	return sk_cel_node_bind(p, kept, target, call, offset);
}

/* ---- tables ---- */

#define SCAN .cost = SK_CEL_COST_SCAN
#define SORT(type)                                                                                 \
	{ "sort", "list<" type ">.() -> list<" type ">", sort, SCAN },                             \
	{                                                                                          \
		"@sortBy", "list<A>.(list<" type ">) -> list<A>", sort_by_keys, SCAN               \
	}

static const struct sk_cel_overload overloads[] = {
	{ "slice", "list<A>.(int, int) -> list<A>", slice },
	{ "flatten", "list<list<A>>.() -> list<A>", flatten, SCAN },
	{ "flatten", "list<dyn>.(int) -> list<dyn>", flatten, SCAN },
	{ "lists.range", "(int) -> list<int>", range, .cost = SK_CEL_COST_OWN },
	{ "reverse", "list<A>.() -> list<A>", reverse, .cost = SK_CEL_COST_OWN },
	{ "distinct", "list<A>.() -> list<A>", distinct, .cost = SK_CEL_COST_OWN },
	{ "first", "list<A>.() -> optional<A>", first },
	{ "last", "list<A>.() -> optional<A>", last },
	SORT("int"),
	SORT("uint"),
	SORT("double"),
	SORT("bool"),
	SORT("duration"),
	SORT("timestamp"),
	SORT("string"),
	SORT("bytes"),
	{ NULL },
};

static const struct sk_cel_macro macros[] = {
	{ "sortBy", true, 2, 2, expand_sort_by },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_lists = {
	.name = "lists",
	.doc = "Cutting, flattening and sorting lists, as in cel-go's ext.Lists.",
	.overloads = overloads,
	.macros = macros,
};
