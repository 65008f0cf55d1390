/* SPDX-License-Identifier: Apache-2.0 */
/* Running plans: names, selection, literals, logic, comparison. Loops and calls have files of their own. */
#include "policy/cel/plan.h"

/* ---- names and constants ---- */

struct sk_cel_value sk_cel_run_const(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return p->value;
}

struct sk_cel_value sk_cel_run_local(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return ev->locals[p->slot];
}

struct sk_cel_value sk_cel_run_no_name(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH,
			      "undeclared reference to '%s' (in container '')",
			      p->node->name ? p->node->name : "");
}

static struct sk_cel_value resolve(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	const struct sk_cel_activation *a = ev->activation;
	struct sk_cel_value v;

	if (!a || !a->resolve)
		return sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH, "no such attribute: %s",
				      p->node->name);
	if (!ev->resolved) {
		ev->resolved = sk_cel_alloc(&ev->arena, ((size_t)a->count + (size_t)p->slot + 1) *
								sizeof(*ev->resolved));
		if (!ev->resolved)
			return sk_cel_full(ev);
	}
	if ((uint32_t)p->slot < a->count && ev->resolved[p->slot].kind != SK_CEL_ABSENT)
		return ev->resolved[p->slot];
	v = a->resolve(a->context, (unsigned)p->slot, ev);
	if (v.kind == SK_CEL_ABSENT)
		v = sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH, "no such attribute: %s", p->node->name);
	if ((uint32_t)p->slot < a->count)
		ev->resolved[p->slot] = v;
	return v;
}

struct sk_cel_value sk_cel_run_variable(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	const struct sk_cel_activation *a = ev->activation;

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (a && (uint32_t)p->slot < a->count && a->slots[p->slot].kind != SK_CEL_ABSENT)
		return a->slots[p->slot];
	return resolve(p, ev);
}

/* Locals are most of what is read in loops: no call for them. */
static inline struct sk_cel_value get(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return p->run == sk_cel_run_local ? ev->locals[p->slot] : p->run(p, ev);
}

/* ---- selection ---- */

static struct sk_cel_value no_such_key(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH, "no such key: %.*s", (int)p->value.len,
			      p->value.str);
}

static struct sk_cel_value read_struct(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				       const struct sk_cel_struct *object, int field)
{
	struct sk_cel_value v = { 0 };

	if (field >= 0)
		v = sk_cel_struct_read(object, field);
	if (v.kind != SK_CEL_ABSENT)
		return v;
	return field < 0 ? sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH, "no such field '%.*s'",
					  (int)p->value.len, p->value.str)
			 : no_such_key(p, ev);
}

static struct sk_cel_value no_fields(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				     struct sk_cel_value v)
{
	return sk_cel_fail_at(p, ev, SK_CEL_ENO_OVERLOAD,
			      "no such overload: %s has no field '%.*s'", sk_cel_kind_name(v),
			      (int)p->value.len, p->value.str);
}

static struct sk_cel_value select_optional(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
					   struct sk_cel_value target);

/* What is selected from a value that is no map. */
static __attribute__((noinline)) struct sk_cel_value
select_other(const struct sk_cel_plan *p, struct sk_cel_eval *ev, struct sk_cel_value v)
{
	if (sk_cel_is_bad(v))
		return v;
	if (v.kind == SK_CEL_STRUCT)
		return read_struct(p, ev, v.object,
				   sk_cel_struct_field(v.object->type, p->value.str, p->value.len));
	if (v.kind == SK_CEL_OPTIONAL)
		return select_optional(p, ev, v);
	return no_fields(p, ev, v);
}

struct sk_cel_value sk_cel_run_select(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);
	int64_t i;

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (v.kind != SK_CEL_MAP)
		return select_other(p, ev, v);
	i = sk_cel_map_find_text(v.map, p->value.str, p->value.len, p->hash);
	return i >= 0 ? v.map->entries[i].value : no_such_key(p, ev);
}

struct sk_cel_value sk_cel_run_field(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (v.kind == SK_CEL_STRUCT && v.object->type == p->decl) {
		struct sk_cel_value field = v.object->fields[p->slot];

		return field.kind != SK_CEL_ABSENT ? field : read_struct(p, ev, v.object, p->slot);
	}
	if (v.kind == SK_CEL_MAP) { /* facts from a file, before they were given their type */
		int64_t i = sk_cel_map_find_text(v.map, p->value.str, p->value.len, p->hash);

		return i >= 0 ? v.map->entries[i].value : no_such_key(p, ev);
	}
	return select_other(p, ev, v);
}

static struct sk_cel_value has(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
			       struct sk_cel_value v, int field)
{
	if (v.kind == SK_CEL_MAP)
		return sk_cel_bool(
			sk_cel_map_find_text(v.map, p->value.str, p->value.len, p->hash) >= 0);
	if (sk_cel_is_bad(v))
		return v;
	if (v.kind == SK_CEL_STRUCT) {
		if (field < 0)
			return read_struct(p, ev, v.object, field);
		if (v.object->fields[field].kind == SK_CEL_UNKNOWN)
			return v.object->fields[field];
		return sk_cel_bool(v.object->fields[field].kind != SK_CEL_ABSENT);
	}
	if (v.kind == SK_CEL_OPTIONAL) {
		v = select_optional(p, ev, v);
		return sk_cel_is_bad(v) ? v : sk_cel_bool(v.some != NULL);
	}
	return select_other(p, ev, v);
}

struct sk_cel_value sk_cel_run_has(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);
	int field = -1;

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (v.kind == SK_CEL_STRUCT)
		field = sk_cel_struct_field(v.object->type, p->value.str, p->value.len);
	return has(p, ev, v, field);
}

struct sk_cel_value sk_cel_run_has_variable(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);

	return v.kind == SK_CEL_ERROR || v.kind == SK_CEL_UNKNOWN ? v : sk_cel_bool(true);
}

struct sk_cel_value sk_cel_run_has_field(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	return has(p, ev, v, v.kind == SK_CEL_STRUCT && v.object->type == p->decl ? p->slot : -1);
}

/* The field as an optional: none where it is not there. */
static struct sk_cel_value maybe_field(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				       struct sk_cel_value v)
{
	struct sk_cel_value found = { 0 };
	int field;
	int64_t i;

	if (v.kind == SK_CEL_MAP) {
		i = sk_cel_map_find_text(v.map, p->value.str, p->value.len, p->hash);
		found = i >= 0 ? v.map->entries[i].value : found;
	} else if (v.kind == SK_CEL_STRUCT) {
		field = sk_cel_struct_field(v.object->type, p->value.str, p->value.len);
		if (field < 0)
			return read_struct(p, ev, v.object, field);
		found = v.object->fields[field];
	} else {
		return no_fields(p, ev, v);
	}
	if (found.kind == SK_CEL_ABSENT)
		return sk_cel_none();
	return sk_cel_is_bad(found) ? found : sk_cel_new_optional(ev, found);
}

static struct sk_cel_value select_optional(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
					   struct sk_cel_value target)
{
	return target.some ? maybe_field(p, ev, *target.some) : target;
}

struct sk_cel_value sk_cel_run_opt_select(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (v.kind == SK_CEL_OPTIONAL)
		return select_optional(p, ev, v);
	return sk_cel_is_bad(v) ? v : maybe_field(p, ev, v);
}

/* ---- index ---- */

/* Whole numbers of any type may index a list. */
static bool list_index(struct sk_cel_value index, int64_t *ret)
{
	if (index.kind == SK_CEL_INT)
		*ret = index.i;
	else if (index.kind == SK_CEL_UINT && index.u <= INT64_MAX)
		*ret = (int64_t)index.u;
	else if (index.kind == SK_CEL_DOUBLE && index.d >= -0x1p63 && index.d < 0x1p63 &&
		 index.d == (double)(int64_t)index.d)
		*ret = (int64_t)index.d;
	else
		return false;
	return true;
}

/* SK_CEL_ABSENT: there is none. */
static struct sk_cel_value element(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				   struct sk_cel_value v, struct sk_cel_value index)
{
	struct sk_cel_value args[2] = { v, index };
	int64_t i;

	if (v.kind == SK_CEL_LIST && sk_cel_is_number(index)) {
		if (!list_index(index, &i))
			return sk_cel_fail_at(p, ev, SK_CEL_EVALUE,
					      "invalid_argument: the index is no whole number");
		return i >= 0 && i < v.list->count ? v.list->items[i] : (struct sk_cel_value){ 0 };
	}
	if (v.kind == SK_CEL_MAP &&
	    (index.kind == SK_CEL_STRING || index.kind == SK_CEL_BOOL || sk_cel_is_number(index)))
		return sk_cel_map_get(v.map, index);
	if (v.kind == SK_CEL_MAP)
		return sk_cel_fail_at(p, ev, SK_CEL_ENO_OVERLOAD, "unsupported key type: %s",
				      sk_cel_kind_name(index));
	return sk_cel_no_overload(p, ev, "_[_]", args, 2);
}

static struct sk_cel_value absent_element(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
					  struct sk_cel_value v, struct sk_cel_value index)
{
	size_t len;
	char *text;

	if (v.kind == SK_CEL_LIST)
		return sk_cel_fail_at(p, ev, SK_CEL_EVALUE, "index out of bounds");
	text = sk_cel_print(&ev->arena, index, false, &len);
	if (index.kind == SK_CEL_STRING)
		return sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH, "no such key: %.*s",
				      (int)(index.len > 200 ? 200 : index.len), index.str);
	return sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH, "no such key: %.200s", text ? text : "");
}

static struct sk_cel_value maybe_element(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
					 struct sk_cel_value v, struct sk_cel_value index)
{
	if (v.kind == SK_CEL_OPTIONAL) {
		if (!v.some)
			return v;
		v = *v.some;
	}
	v = element(p, ev, v, index);
	if (v.kind == SK_CEL_ABSENT)
		return sk_cel_none();
	return sk_cel_is_bad(v) ? v : sk_cel_new_optional(ev, v);
}

struct sk_cel_value sk_cel_run_index(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->args[0], ev), index = get(p->args[1], ev), found;

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (sk_cel_is_bad(v) || sk_cel_is_bad(index))
		return sk_cel_merge_bad(ev, v, index);
	if (v.kind == SK_CEL_OPTIONAL)
		return maybe_element(p, ev, v, index);
	found = element(p, ev, v, index);
	return found.kind == SK_CEL_ABSENT ? absent_element(p, ev, v, index) : found;
}

struct sk_cel_value sk_cel_run_opt_index(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->args[0], ev), index = get(p->args[1], ev);

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (sk_cel_is_bad(v) || sk_cel_is_bad(index))
		return sk_cel_merge_bad(ev, v, index);
	return maybe_element(p, ev, v, index);
}

/* ---- logic ---- */

static struct sk_cel_value logic(const struct sk_cel_plan *p, struct sk_cel_eval *ev, bool decides)
{
	struct sk_cel_value bad = { 0 };

	for (uint32_t i = 0; i < p->count; i++) {
		struct sk_cel_value v = get(p->args[i], ev);

		if (v.kind == SK_CEL_BOOL) {
			if (v.truth == decides)
				return v;
			continue;
		}
		if (!sk_cel_is_bad(v))
			v = sk_cel_no_overload(p, ev, decides ? "_||_" : "_&&_", &v, 1);
		bad = sk_cel_merge_bad(ev, bad, v);
		if (sk_cel_is_fatal(bad))
			return bad;
	}
	return bad.kind == SK_CEL_ABSENT ? sk_cel_bool(!decides) : bad;
}

struct sk_cel_value sk_cel_run_and(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return logic(p, ev, false);
}

struct sk_cel_value sk_cel_run_or(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return logic(p, ev, true);
}

struct sk_cel_value sk_cel_run_not(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->args[0], ev);

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (v.kind == SK_CEL_BOOL)
		return sk_cel_bool(!v.truth);
	return sk_cel_is_bad(v) ? v : sk_cel_no_overload(p, ev, "!_", &v, 1);
}

struct sk_cel_value sk_cel_run_choice(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->args[0], ev);

	if (v.kind == SK_CEL_BOOL)
		return get(p->args[v.truth ? 1 : 2], ev);
	return sk_cel_is_bad(v) ? v : sk_cel_no_overload(p, ev, "_?_:_", &v, 1);
}

/* ---- comparison ---- */

/* What looking at the whole of a text costs: a tenth of its bytes. */
static uint64_t weight(struct sk_cel_value v)
{
	return v.kind == SK_CEL_STRING || v.kind == SK_CEL_BYTES ? v.len / 10 : 0;
}

static struct sk_cel_value equal(const struct sk_cel_plan *p, struct sk_cel_eval *ev, bool wanted)
{
	struct sk_cel_value a = get(p->args[0], ev), b = get(p->args[1], ev);
	uint64_t x = weight(a), y = weight(b);
	int same;

	if (sk_cel_is_deep(a) && sk_cel_is_deep(b)) {
		same = sk_cel_equal_in(ev, a, b);
		return same < 0 ? sk_cel_full(ev) : sk_cel_bool(same == wanted);
	}
	if (!sk_cel_spend(ev, 1 + (x < y ? x : y)))
		return sk_cel_full(ev);
	if (sk_cel_is_bad(a) || sk_cel_is_bad(b))
		return sk_cel_merge_bad(ev, a, b);
	return sk_cel_bool(sk_cel_equal(a, b) == wanted);
}

struct sk_cel_value sk_cel_run_equal(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return equal(p, ev, true);
}

struct sk_cel_value sk_cel_run_unequal(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	return equal(p, ev, false);
}

struct sk_cel_value sk_cel_run_equal_const(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);
	bool same;

	if (!sk_cel_spend(ev, 1 + p->value.len * (p->value.kind == SK_CEL_STRING) / 10))
		return sk_cel_full(ev);
	if (v.kind == SK_CEL_BOOL && p->value.kind == SK_CEL_BOOL)
		same = v.truth == p->value.truth;
	else if (v.kind == SK_CEL_STRING && p->value.kind == SK_CEL_STRING)
		same = v.len == p->value.len && memcmp(v.str, p->value.str, v.len) == 0;
	else if (v.kind == SK_CEL_INT && p->value.kind == SK_CEL_INT)
		same = v.i == p->value.i;
	else if (sk_cel_is_bad(v))
		return v;
	else
		same = sk_cel_equal(v, p->value);
	return sk_cel_bool(same == (p->op == SK_CEL_OP_EQ));
}

struct sk_cel_value sk_cel_run_order(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value args[2] = { get(p->args[0], ev), get(p->args[1], ev) };
	int order;

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	if (sk_cel_is_bad(args[0]) || sk_cel_is_bad(args[1]))
		return sk_cel_merge_bad(ev, args[0], args[1]);
	order = sk_cel_compare(args[0], args[1]);
	if (order == 2 && !(sk_cel_is_number(args[0]) && sk_cel_is_number(args[1])))
		return sk_cel_no_overload(p, ev, sk_cel_op_name((enum sk_cel_op)p->op), args, 2);
	switch (p->op) {
	case SK_CEL_OP_LT:
		return sk_cel_bool(order == -1);
	case SK_CEL_OP_LE:
		return sk_cel_bool(order == -1 || order == 0);
	case SK_CEL_OP_GT:
		return sk_cel_bool(order == 1);
	default:
		return sk_cel_bool(order == 1 || order == 0);
	}
}

static struct sk_cel_value in_list(struct sk_cel_eval *ev, struct sk_cel_value v,
				   const struct sk_cel_list *list)
{
	int same = 0;

	if (!sk_cel_spend(ev, 1))
		return sk_cel_full(ev);
	for (uint32_t i = 0; i < list->count && same == 0; i++)
		same = sk_cel_equal_in(ev, v, list->items[i]);
	return same < 0 ? sk_cel_full(ev) : sk_cel_bool(same);
}

struct sk_cel_value sk_cel_run_in(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value args[2] = { get(p->args[0], ev), get(p->args[1], ev) };

	if (sk_cel_is_bad(args[0]) || sk_cel_is_bad(args[1]))
		return sk_cel_merge_bad(ev, args[0], args[1]);
	if (args[1].kind == SK_CEL_MAP) {
		if (!sk_cel_spend(ev, 1))
			return sk_cel_full(ev);
		return sk_cel_bool(sk_cel_map_get(args[1].map, args[0]).kind != SK_CEL_ABSENT);
	}
	if (args[1].kind != SK_CEL_LIST)
		return sk_cel_no_overload(p, ev, "@in", args, 2);
	if (sk_cel_is_deep(args[0]))
		return in_list(ev, args[0], args[1].list);
	if (!sk_cel_spend(ev, 1 + (uint64_t)args[1].list->count * (1 + weight(args[0]))))
		return sk_cel_full(ev);
	for (uint32_t i = 0; i < args[1].list->count; i++)
		if (sk_cel_equal(args[0], args[1].list->items[i]))
			return sk_cel_bool(true);
	return sk_cel_bool(false);
}

/* ---- literals ---- */

/* An element with a '?': *ret_skip when it is optional.none(). */
static struct sk_cel_value unwrap(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				  struct sk_cel_value v, bool *ret_skip)
{
	*ret_skip = v.kind == SK_CEL_OPTIONAL && !v.some;
	if (v.kind == SK_CEL_OPTIONAL)
		return v.some ? *v.some : v;
	return sk_cel_is_bad(v)
		       ? v
		       : sk_cel_no_overload(p, ev, "an element behind '?' must be optional", &v, 1);
}

struct sk_cel_value sk_cel_run_list(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value *items, list, bad = { 0 }, v;
	uint32_t n = 0;
	bool skip;

	if (!sk_cel_spend(ev, 10 + (uint64_t)p->count))
		return sk_cel_full(ev);
	list = sk_cel_new_list(ev, p->count, &items);
	if (sk_cel_is_bad(list))
		return list;
	for (uint32_t i = 0; i < p->count; i++) {
		v = get(p->args[i], ev);
		skip = false;
		if (p->marks && p->marks[i])
			v = unwrap(p, ev, v, &skip);
		if (sk_cel_is_fatal(v))
			return v;
		if (sk_cel_is_bad(v))
			bad = sk_cel_merge_bad(ev, bad, v);
		else if (!skip)
			items[n++] = v;
	}
	((struct sk_cel_list *)list.list)->count = n;
	return bad.kind == SK_CEL_ABSENT ? list : bad;
}

struct sk_cel_value sk_cel_run_map(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_map *map;
	struct sk_cel_value bad = { 0 };

	if (!sk_cel_spend(ev, 30 + (uint64_t)p->count))
		return sk_cel_full(ev);
	map = sk_cel_map_begin(&ev->arena, p->count / 2);
	if (!map)
		return sk_cel_full(ev);
	for (uint32_t i = 0; i + 1 < p->count; i += 2) {
		struct sk_cel_value key = get(p->args[i], ev), v = get(p->args[i + 1], ev), both;
		bool skip = false;
		uint32_t before = map->count;

		if (p->marks && p->marks[i / 2])
			v = unwrap(p, ev, v, &skip);
		both = sk_cel_merge_bad(ev, key, v);
		if (sk_cel_is_fatal(both))
			return both;
		if (sk_cel_is_bad(both))
			bad = sk_cel_merge_bad(ev, bad, both);
		else if (!skip && !sk_cel_map_put(map, key, v))
			return sk_cel_fail_at(p, ev, SK_CEL_ENO_OVERLOAD,
					      "unsupported key type: %s", sk_cel_kind_name(key));
		else if (!skip && map->count == before)
			return sk_cel_fail_at(p, ev, SK_CEL_EVALUE, "Failed with repeated key");
	}
	return bad.kind == SK_CEL_ABSENT ? sk_cel_map_end(map) : bad;
}

/* Fields of these kinds take null, which is to say that they are not set. */
static const uint32_t null_is_unset = 1u << SK_CEL_STRUCT | 1u << SK_CEL_TIMESTAMP |
				      1u << SK_CEL_DURATION | 1u << SK_CEL_OPTIONAL |
				      1u << SK_CEL_OPAQUE;

struct sk_cel_value sk_cel_run_struct(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_struct *object = sk_cel_alloc(&ev->arena, sizeof(*object));
	struct sk_cel_value *fields, bad = { 0 };
	size_t count = 0;

	while (p->decl->fields[count].name)
		count++;
	fields = sk_cel_alloc(&ev->arena, (count + 1) * sizeof(*fields));
	if (!object || !fields || !sk_cel_spend(ev, 40 + p->count))
		return sk_cel_full(ev);
	for (uint32_t i = 0; i < p->count; i++) {
		struct sk_cel_value v = get(p->args[i], ev);
		int field =
			sk_cel_struct_field(p->decl, p->node->names[i], strlen(p->node->names[i]));
		bool skip = false;

		if (p->node->optional && p->node->optional[i])
			v = unwrap(p, ev, v, &skip);
		if (sk_cel_is_fatal(v))
			return v;
		if (sk_cel_is_bad(v))
			bad = sk_cel_merge_bad(ev, bad, v);
		else if (field < 0)
			return sk_cel_fail_at(p, ev, SK_CEL_ENO_SUCH, "no such field '%s'",
					      p->node->names[i]);
		else if (v.kind == SK_CEL_NULL && !(p->node->kinds[i] >> SK_CEL_NULL & 1) &&
			 p->node->kinds[i] & null_is_unset)
			continue;
		else if (!skip && !(p->node->kinds[i] >> v.kind & 1))
			return sk_cel_fail_at(p->args[i], ev, SK_CEL_ENO_OVERLOAD,
					      "field '%s' cannot have a value of type %s",
					      p->node->names[i], sk_cel_kind_name(v));
		else if (!skip)
			fields[field] = v;
	}
	object->type = p->decl;
	object->fields = fields;
	if (bad.kind != SK_CEL_ABSENT)
		return bad;
	ev->offset = p->offset;
	return p->decl->made ? p->decl->made(ev, object)
			     : (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = object };
}

struct sk_cel_value sk_cel_run_bind(const struct sk_cel_plan *p, struct sk_cel_eval *ev)
{
	struct sk_cel_value v = get(p->target, ev);

	if (sk_cel_is_fatal(v))
		return v;
	ev->locals[p->slot] = v; /* an error counts where it is read */
	return get(p->args[0], ev);
}
