/* SPDX-License-Identifier: Apache-2.0 */
#include "cel-world.h"

#include "policy/cel/function.h"

#include <stdlib.h>
#include <string.h>

static const struct sk_cel_value zero = { .kind = SK_CEL_INT };

static const struct sk_cel_field fields[] = {
	{ "name", "string", NULL, NULL },
	{ "count", "int", NULL, &zero },
	{ "tags", "list<string>", NULL, NULL },
	{ "inner", "world.Thing", NULL, NULL },
	{ "any", "dyn", NULL, NULL },
	{ "signatures", "list<string>", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct sk_cel_struct_type thing = { "world.Thing", NULL, fields };

static const struct {
	const char *name, *type;
} variables[] = {
	{ "object", "dyn" },	{ "i", "int" },	      { "u", "uint" },
	{ "d", "double" },	{ "b", "bool" },      { "s", "string" },
	{ "y", "bytes" },	{ "l", "list<int>" }, { "m", "map<string, dyn>" },
	{ "t", "timestamp" },	{ "r", "duration" },  { "o", "optional<string>" },
	{ "x", "world.Thing" }, { "unknown", "dyn" }, { "other.unknown", "bool" },
	{ "missing", "dyn" },
};
_Static_assert(sizeof(variables) / sizeof(*variables) == WORLD_VARIABLES, "a value for each");

const char *world_variable(uint32_t i, const char **ret_type)
{
	if (i >= WORLD_VARIABLES)
		return NULL;
	*ret_type = variables[i].type;
	return variables[i].name;
}

static struct sk_cel_value text(const char *s)
{
	return sk_cel_string(s, strlen(s));
}

static struct sk_cel_value list_of(struct world *w, const struct sk_cel_value *items,
				   uint32_t count)
{
	return sk_cel_list_copy(&w->arena, items, count);
}

static struct sk_cel_value map_of(struct world *w)
{
	struct sk_cel_map *map = sk_cel_map_begin(&w->arena, 12);
	struct sk_cel_value numbers[] = { sk_cel_int(3), sk_cel_uint(1), sk_cel_double(2.5) };

	sk_cel_map_put(map, text("a"), sk_cel_int(1));
	sk_cel_map_put(map, text("b"), text("b\xc3\xa9"));
	sk_cel_map_put(map, text("l"), list_of(w, numbers, 3));
	sk_cel_map_put(map, text("n"), sk_cel_null());
	sk_cel_map_put(map, text("unknown"), sk_cel_make_unknown(&w->arena, "m.unknown"));
	sk_cel_map_put(map, sk_cel_int(1), text("one"));
	sk_cel_map_put(map, sk_cel_uint(2), text("two"));
	sk_cel_map_put(map, sk_cel_bool(true), sk_cel_bool(false));
	sk_cel_map_put(map, text(""), text(""));
	return sk_cel_map_end(map);
}

static struct sk_cel_value thing_of(struct world *w, bool outer)
{
	struct sk_cel_struct *object = sk_cel_alloc(&w->arena, sizeof(*object));
	struct sk_cel_value *slots =
		sk_cel_alloc(&w->arena, sizeof(fields) / sizeof(*fields) * sizeof(*slots));
	struct sk_cel_value tags[] = { text("x"), text("latest") };

	object->type = &thing;
	object->fields = slots;
	slots[0] = text(outer ? "outer" : "inner");
	if (outer) {
		slots[2] = list_of(w, tags, 2);
		slots[3] = thing_of(w, false);
		slots[5] = sk_cel_make_unknown(&w->arena, "x.signatures");
	}
	return (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = object };
}

static struct sk_cel_value object_of(struct world *w)
{
	struct sk_cel_map *map = sk_cel_map_begin(&w->arena, 4);
	struct sk_cel_value items[] = { map_of(w), map_of(w), thing_of(w, true), sk_cel_int(-1) };

	sk_cel_map_put(map, text("items"), list_of(w, items, 4));
	sk_cel_map_put(map, text("m"), items[0]);
	sk_cel_map_put(map, text("name"), text("object"));
	return sk_cel_map_end(map);
}

static void fill(struct world *w)
{
	static struct sk_cel_value inner;
	struct sk_cel_value ints[] = { sk_cel_int(0), sk_cel_int(1), sk_cel_int(-7),
				       sk_cel_int(INT64_MAX) };
	struct sk_cel_value values[WORLD_VARIABLES] = {
		object_of(w),
		sk_cel_int(42),
		sk_cel_uint(7),
		sk_cel_double(1.5),
		sk_cel_bool(true),
		text("h\xc3\xa9llo world"),
		sk_cel_bytes("\x00\xff"
			     "abc",
			     5),
		list_of(w, ints, 4),
		map_of(w),
		sk_cel_timestamp(1700000000, 500000000),
		sk_cel_duration(3723, 5000000),
		{ .kind = SK_CEL_OPTIONAL, .some = &inner },
		thing_of(w, true),
		sk_cel_make_unknown(&w->arena, "unknown"),
		sk_cel_make_unknown(&w->arena, "other.unknown"),
	};

	inner = text("some");
	memcpy(w->slots, values, sizeof(values));
	w->count = WORLD_VARIABLES;
}

const struct world *world(void)
{
	static struct world w;
	struct sk_cel_issues issues = { 0 };

	if (w.env)
		return &w;
	w.env = sk_cel_env_new();
	for (size_t i = 0; sk_cel_libraries[i]; i++)
		if (sk_cel_env_library(w.env, sk_cel_libraries[i], &issues) < 0)
			abort();
	if (sk_cel_env_struct(w.env, &thing, &issues) < 0)
		abort();
	for (uint32_t i = 0; i < WORLD_VARIABLES; i++)
		if (sk_cel_env_variable(w.env, variables[i].name, variables[i].type, &issues) !=
		    (int)i)
			abort();
	fill(&w);
	return &w;
}
