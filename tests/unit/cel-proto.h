/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The protobuf messages of the conformance suite as struct types: what a host
 * that has messages would do. Fields are made from the names of their kinds,
 * as the suite names them (single_int32, repeated_string, map_bool_int64).
 */
#include "policy/cel/macro.h"

#include "doc/doc.h"

#include <math.h>

enum proto_kind {
	PROTO_INT32,
	PROTO_INT64,
	PROTO_UINT32,
	PROTO_UINT64,
	PROTO_FLOAT,
	PROTO_DOUBLE,
	PROTO_BOOL,
	PROTO_STRING,
	PROTO_BYTES,
	PROTO_DURATION,
	PROTO_TIMESTAMP,
	PROTO_ENUM,
	PROTO_MESSAGE,
	PROTO_ANY,
	PROTO_VALUE,
	PROTO_STRUCT,
	PROTO_LIST,
};

enum proto_label { PROTO_SINGLE, PROTO_REPEATED, PROTO_MAP };

struct proto_field {
	enum proto_kind kind;
	enum proto_label label;
	enum proto_kind key; /* MAP */
	bool wrapper;	     /* google.protobuf.Int32Value and its like: null when it is not set */
	bool implicit;	     /* what equals its default is not set (scalars of proto3) */
	const struct proto_message *message;
};

/* The types of one protobuf package; fields are found by the type that an object points to. */
struct proto_message {
	struct sk_cel_struct_type type; /* first: objects point here */
	struct sk_cel_field fields[300];
	struct proto_field infos[300];
	struct sk_cel_value defaults[300], empty;
	struct sk_cel_struct empty_object;
	struct sk_cel_value no_fields[300];
	int count;
};

enum { PROTO_MESSAGES = 24 };

struct proto {
	struct sk_cel_arena arena;
	struct proto_message messages[PROTO_MESSAGES];
	int count;
};

static const struct {
	const char *name, *type;
	enum proto_kind kind;
} proto_kinds[] = {
	{ "int32", "int", PROTO_INT32 },
	{ "int64", "int", PROTO_INT64 },
	{ "uint32", "uint", PROTO_UINT32 },
	{ "uint64", "uint", PROTO_UINT64 },
	{ "sint32", "int", PROTO_INT32 },
	{ "sint64", "int", PROTO_INT64 },
	{ "fixed32", "uint", PROTO_UINT32 },
	{ "fixed64", "uint", PROTO_UINT64 },
	{ "sfixed32", "int", PROTO_INT32 },
	{ "sfixed64", "int", PROTO_INT64 },
	{ "float", "double", PROTO_FLOAT },
	{ "double", "double", PROTO_DOUBLE },
	{ "bool", "bool", PROTO_BOOL },
	{ "string", "string", PROTO_STRING },
	{ "bytes", "bytes", PROTO_BYTES },
	{ "duration", "duration", PROTO_DURATION },
	{ "timestamp", "timestamp", PROTO_TIMESTAMP },
	{ "any", "dyn", PROTO_ANY },
	{ "value", "dyn", PROTO_VALUE },
	{ "struct", "map<string, dyn>", PROTO_STRUCT },
	{ "list_value", "list<dyn>", PROTO_LIST },
	{ "enum", "int", PROTO_ENUM },
};
enum { PROTO_KINDS = sizeof(proto_kinds) / sizeof(*proto_kinds) };

static const char *proto_printf(struct proto *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static const char *proto_printf(struct proto *p, const char *fmt, ...)
{
	char text[256], *copy;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	copy = sk_cel_alloc(&p->arena, strlen(text) + 1);
	return strcpy(copy, text);
}

/* ---- values as messages keep them ---- */

static struct sk_cel_value proto_text(struct sk_cel_arena *a, const char *s)
{
	return sk_cel_string_checked(a, s, strlen(s));
}

static struct sk_cel_value proto_json(struct sk_cel_arena *a, struct sk_cel_value v);

static struct sk_cel_value proto_json_map(struct sk_cel_arena *a, const struct sk_cel_map *from)
{
	struct sk_cel_map *map = sk_cel_map_begin(a, sk_cel_map_count(from));

	for (uint32_t i = 0; i < sk_cel_map_count(from); i++) {
		if (sk_cel_map_key(from, i).kind != SK_CEL_STRING)
			return (struct sk_cel_value){ 0 };
		sk_cel_map_put(map, sk_cel_map_key(from, i),
			       proto_json(a, sk_cel_map_value(from, i)));
	}
	return sk_cel_map_end(map);
}

static struct sk_cel_value proto_json_list(struct sk_cel_arena *a, const struct sk_cel_list *from)
{
	struct sk_cel_value *items = sk_cel_alloc(a, from->count * sizeof(*items));

	for (uint32_t i = 0; i < from->count; i++)
		items[i] = proto_json(a, from->items[i]);
	return sk_cel_list_copy(a, items, from->count);
}

/* FieldMask is its paths with commas, Empty is {}. */
static struct sk_cel_value proto_json_message(struct sk_cel_arena *a, const struct sk_cel_struct *m)
{
	struct sk_cel_value paths =
		m->type->fields[0].name ? m->fields[0] : (struct sk_cel_value){ 0 };
	char text[256] = "";

	if (strcmp(m->type->name, "google.protobuf.Empty") == 0)
		return sk_cel_map_end(sk_cel_map_begin(a, 0));
	for (uint32_t i = 0; paths.kind == SK_CEL_LIST && i < paths.list->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", i ? "," : "",
			 (int)paths.list->items[i].len, paths.list->items[i].str);
	return proto_text(a, text);
}

/* A value as google.protobuf.Value has it: as JSON. */
static struct sk_cel_value proto_json(struct sk_cel_arena *a, struct sk_cel_value v)
{
	size_t len;
	char *text;

	switch (v.kind) {
	case SK_CEL_INT:
		if (v.i <= 1ll << 53 && v.i >= -(1ll << 53))
			return sk_cel_double((double)v.i);
		break;
	case SK_CEL_UINT:
		if (v.u <= 1ull << 53)
			return sk_cel_double((double)v.u);
		break;
	case SK_CEL_LIST:
		return proto_json_list(a, v.list);
	case SK_CEL_MAP:
		return proto_json_map(a, v.map);
	case SK_CEL_STRUCT:
		return proto_json_message(a, v.object);
	case SK_CEL_BYTES:
	case SK_CEL_DURATION:
	case SK_CEL_TIMESTAMP:
		text = sk_cel_print(a, v, true, &len);
		return sk_cel_string_checked(a, text + 1, len - 2); /* without the quotes */
	default:
		return v;
	}
	return proto_text(a, sk_cel_print(a, v, true, &len));
}

/* As one value of that kind is kept; SK_CEL_ABSENT: it is none. */
static struct sk_cel_value proto_one(struct sk_cel_arena *a, const struct proto_field *f,
				     enum proto_kind kind, struct sk_cel_value v)
{
	struct sk_cel_value none = { 0 };

	switch (kind) {
	case PROTO_INT32:
	case PROTO_ENUM:
		return v.kind == SK_CEL_INT && v.i >= INT32_MIN && v.i <= INT32_MAX ? v : none;
	case PROTO_INT64:
		return v.kind == SK_CEL_INT ? v : none;
	case PROTO_UINT32:
		return v.kind == SK_CEL_UINT && v.u <= UINT32_MAX ? v : none;
	case PROTO_UINT64:
		return v.kind == SK_CEL_UINT ? v : none;
	case PROTO_FLOAT:
		return v.kind == SK_CEL_DOUBLE ? sk_cel_double((double)(float)v.d) : none;
	case PROTO_DOUBLE:
		return v.kind == SK_CEL_DOUBLE ? v : none;
	case PROTO_BOOL:
		return v.kind == SK_CEL_BOOL ? v : none;
	case PROTO_STRING:
		return v.kind == SK_CEL_STRING ? v : none;
	case PROTO_BYTES:
		return v.kind == SK_CEL_BYTES ? v : none;
	case PROTO_DURATION:
		return v.kind == SK_CEL_DURATION ? v : none;
	case PROTO_TIMESTAMP:
		return v.kind == SK_CEL_TIMESTAMP ? v : none;
	case PROTO_MESSAGE:
		return v.kind == SK_CEL_STRUCT && v.object->type == &f->message->type ? v : none;
	case PROTO_STRUCT:
		return v.kind == SK_CEL_MAP ? proto_json(a, v) : none;
	case PROTO_LIST:
		return v.kind == SK_CEL_LIST ? proto_json(a, v) : none;
	case PROTO_VALUE:
		return proto_json(a, v);
	default:
		return v;
	}
}

/* null in messages, times and wrappers is "not set". */
static bool proto_prunes_null(const struct proto_field *f)
{
	return f->wrapper || f->kind == PROTO_MESSAGE || f->kind == PROTO_DURATION ||
	       f->kind == PROTO_TIMESTAMP;
}

static bool proto_list(struct sk_cel_arena *a, const struct proto_field *f, struct sk_cel_value *v)
{
	struct sk_cel_value *items;
	uint32_t kept = 0;

	if (v->kind != SK_CEL_LIST)
		return false;
	items = sk_cel_alloc(a, v->list->count * sizeof(*items));
	for (uint32_t i = 0; i < v->list->count; i++) {
		if (v->list->items[i].kind == SK_CEL_NULL && proto_prunes_null(f))
			continue;
		items[kept] = proto_one(a, f, f->kind, v->list->items[i]);
		if (items[kept++].kind == SK_CEL_ABSENT)
			return false;
	}
	*v = kept ? sk_cel_list_copy(a, items, kept) : (struct sk_cel_value){ 0 };
	return true;
}

static bool proto_map(struct sk_cel_arena *a, const struct proto_field *f, struct sk_cel_value *v)
{
	struct sk_cel_map *map;

	if (v->kind != SK_CEL_MAP)
		return false;
	map = sk_cel_map_begin(a, sk_cel_map_count(v->map));
	for (uint32_t i = 0; i < sk_cel_map_count(v->map); i++) {
		struct sk_cel_value key = proto_one(a, f, f->key, sk_cel_map_key(v->map, i));
		struct sk_cel_value item = sk_cel_map_value(v->map, i);

		if (item.kind == SK_CEL_NULL && proto_prunes_null(f))
			continue;
		item = proto_one(a, f, f->kind, item);
		if (key.kind == SK_CEL_ABSENT || item.kind == SK_CEL_ABSENT)
			return false;
		sk_cel_map_put(map, key, item);
	}
	*v = sk_cel_map_count(map) ? sk_cel_map_end(map) : (struct sk_cel_value){ 0 };
	return true;
}

static bool proto_set(struct sk_cel_arena *a, const struct proto_field *f, struct sk_cel_value *v,
		      struct sk_cel_value otherwise)
{
	if (v->kind == SK_CEL_ABSENT)
		return true;
	if (f->label == PROTO_REPEATED)
		return proto_list(a, f, v);
	if (f->label == PROTO_MAP)
		return proto_map(a, f, v);
	if (v->kind == SK_CEL_NULL && proto_prunes_null(f)) {
		*v = (struct sk_cel_value){ 0 };
		return true;
	}
	*v = proto_one(a, f, f->kind, *v);
	if (v->kind == SK_CEL_ABSENT)
		return false;
	if (f->implicit && sk_cel_equal(*v, otherwise) &&
	    !(v->kind == SK_CEL_DOUBLE && signbit(v->d)))
		*v = (struct sk_cel_value){ 0 };
	return true;
}

/* ---- what is constructed ---- */

static struct sk_cel_value proto_made(struct sk_cel_eval *eval, struct sk_cel_struct *object)
{
	const struct proto_message *m = (const struct proto_message *)object->type;
	struct sk_cel_value *fields = (struct sk_cel_value *)object->fields;

	for (int i = 0; i < m->count; i++)
		if (!proto_set(sk_cel_eval_arena(eval), &m->infos[i], &fields[i], m->defaults[i]))
			return sk_cel_fail(eval, SK_CEL_EVALUE, "field '%s' cannot have that value",
					   m->fields[i].name);
	return (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = object };
}

/* google.protobuf.Int32Value is its int, ListValue its list, Value what is set. */
static struct sk_cel_value proto_made_plain(struct sk_cel_eval *eval, struct sk_cel_struct *object)
{
	const struct proto_message *m = (const struct proto_message *)object->type;
	struct sk_cel_value v = proto_made(eval, object);
	bool json = strcmp(m->type.name, "google.protobuf.Value") == 0;

	if (v.kind == SK_CEL_ERROR)
		return v;
	for (int i = 0; i < m->count; i++)
		if (object->fields[i].kind != SK_CEL_ABSENT)
			return json && m->infos[i].kind == PROTO_ENUM ? sk_cel_null()
								      : object->fields[i];
	return json ? sk_cel_null() : m->defaults[0];
}

/* ---- descriptors ---- */

static struct sk_cel_value proto_zero(struct proto *p, const struct proto_field *f)
{
	if (f->label == PROTO_REPEATED || f->kind == PROTO_LIST)
		return sk_cel_list_copy(&p->arena, NULL, 0);
	if (f->label == PROTO_MAP || f->kind == PROTO_STRUCT)
		return sk_cel_map_end(sk_cel_map_begin(&p->arena, 0));
	if (f->wrapper || f->kind == PROTO_ANY || f->kind == PROTO_VALUE)
		return sk_cel_null();
	switch (f->kind) {
	case PROTO_UINT32:
	case PROTO_UINT64:
		return sk_cel_uint(0);
	case PROTO_FLOAT:
	case PROTO_DOUBLE:
		return sk_cel_double(0);
	case PROTO_BOOL:
		return sk_cel_bool(false);
	case PROTO_STRING:
		return sk_cel_string("", 0);
	case PROTO_BYTES:
		return sk_cel_bytes("", 0);
	case PROTO_DURATION:
		return sk_cel_duration(0, 0);
	case PROTO_TIMESTAMP:
		return sk_cel_timestamp(0, 0);
	case PROTO_MESSAGE:
		return f->message->empty;
	default:
		return sk_cel_int(0);
	}
}

static struct proto_message *proto_new(struct proto *p, const char *name, const char *value_type)
{
	struct proto_message *m = &p->messages[p->count++];

	m->type = (struct sk_cel_struct_type){ .name = name,
					       .fields = m->fields,
					       .made = value_type ? proto_made_plain : proto_made,
					       .value_type = value_type };
	m->empty_object = (struct sk_cel_struct){ &m->type, m->no_fields };
	m->empty = (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = &m->empty_object };
	return m;
}

static void proto_add(struct proto *p, struct proto_message *m, const char *name, const char *type,
		      struct proto_field f)
{
	m->infos[m->count] = f;
	m->defaults[m->count] = proto_zero(p, &f);
	m->fields[m->count] = (struct sk_cel_field){ name, type, NULL, &m->defaults[m->count] };
	m->count++;
}

static void proto_default(struct proto_message *m, const char *name, struct sk_cel_value v)
{
	for (int i = 0; i < m->count; i++)
		if (strcmp(m->fields[i].name, name) == 0)
			m->defaults[i] = v;
}

/* single_, repeated_, wrappers and maps of every kind. */
static void proto_add_kinds(struct proto *p, struct proto_message *m, bool implicit)
{
	static const char *const keys[] = {
		"bool", "int32", "int64", "uint32", "uint64", "string"
	};

	for (int i = 0; i < PROTO_KINDS; i++) {
		const char *name = proto_kinds[i].name, *type = proto_kinds[i].type;
		struct proto_field f = { .kind = proto_kinds[i].kind };
		bool scalar = f.kind <= PROTO_BYTES;

		f.implicit = implicit && scalar;
		if (f.kind != PROTO_ENUM)
			proto_add(p, m,
				  f.kind == PROTO_LIST ? name : proto_printf(p, "single_%s", name),
				  type, f);
		f.implicit = false;
		f.label = PROTO_REPEATED;
		proto_add(p, m, proto_printf(p, "repeated_%s", name),
			  proto_printf(p, "list<%s>", type), f);
		f.label = PROTO_MAP;
		for (int k = 0; k < 6; k++) {
			f.key = (enum proto_kind[]){ PROTO_BOOL,   PROTO_INT32,	 PROTO_INT64,
						     PROTO_UINT32, PROTO_UINT64, PROTO_STRING }[k];
			if (i < 4 || i > 10)
				proto_add(p, m, proto_printf(p, "map_%s_%s", keys[k], name),
					  proto_printf(p, "map<%s, %s>",
						       k == 0  ? "bool"
						       : k < 3 ? "int"
						       : k < 5 ? "uint"
							       : "string",
						       type),
					  f);
		}
		f = (struct proto_field){ .kind = f.kind, .wrapper = true };
		if (!scalar || (i >= 4 && i <= 9))
			continue;
		type = proto_printf(p, "wrapper<%s>", type);
		proto_add(p, m, proto_printf(p, "single_%s_wrapper", name), type, f);
		f.label = PROTO_REPEATED;
		proto_add(p, m, proto_printf(p, "repeated_%s_wrapper", name),
			  proto_printf(p, "list<%s>", type), f);
		f.label = PROTO_MAP;
		f.key = PROTO_BOOL;
		proto_add(p, m, proto_printf(p, "map_bool_%s_wrapper", name),
			  proto_printf(p, "map<bool, %s>", type), f);
	}
}

static void proto_add_message(struct proto *p, struct proto_message *m, const char *name,
			      const struct proto_message *type, enum proto_label label)
{
	struct proto_field f = {
		.kind = PROTO_MESSAGE, .label = label, .key = PROTO_STRING, .message = type
	};

	proto_add(p, m, name,
		  label == PROTO_REPEATED ? proto_printf(p, "list<%s>", type->type.name)
					  : type->type.name,
		  f);
}

/* Extensions are fields with long names. */
static void proto_add_extensions(struct proto *p, struct proto_message *all, const char *scope,
				 const char *number, const char *prefix)
{
	proto_add(p, all, proto_printf(p, "%s%s", scope, number), "int",
		  (struct proto_field){ .kind = PROTO_INT64 });
	proto_add(p, all, proto_printf(p, "%snested_enum_ext", scope), "int",
		  (struct proto_field){ .kind = PROTO_ENUM });
	proto_add_message(p, all, proto_printf(p, "%s%snested_ext", scope, prefix), all,
			  PROTO_SINGLE);
	proto_add_message(p, all, proto_printf(p, "%stest_all_types_ext", scope), all,
			  PROTO_SINGLE);
	proto_add_message(p, all, proto_printf(p, "%s%srepeated_test_all_types", scope, prefix),
			  all, PROTO_REPEATED);
}

static void proto_package(struct proto *p, const char *package, bool proto3,
			  const struct proto_message *mask, const struct proto_message *nothing)
{
	static const char *const words[] = { "as",   "break",	 "const",     "continue", "else",
					     "for",  "function", "if",	      "import",	  "let",
					     "loop", "package",	 "namespace", "return",	  "var",
					     "void", "while",	 "in" };
	struct proto_message *all = proto_new(p, proto_printf(p, "%s.TestAllTypes", package), NULL);
	struct proto_message *nested =
		proto_new(p, proto_printf(p, "%s.TestAllTypes.NestedMessage", package), NULL);
	struct proto_message *deep =
		proto_new(p, proto_printf(p, "%s.NestedTestAllTypes", package), NULL);
	struct proto_field number = { .kind = PROTO_ENUM };

	proto_add(p, nested, "bb", "int",
		  (struct proto_field){ .kind = PROTO_INT32, .implicit = proto3 });
	proto_add_kinds(p, all, proto3);
	proto_add_message(p, all, "single_nested_message", nested, PROTO_SINGLE);
	proto_add_message(p, all, "standalone_message", nested, PROTO_SINGLE);
	proto_add_message(p, all, "repeated_nested_message", nested, PROTO_REPEATED);
	proto_add_message(p, all, "field_mask", mask, PROTO_SINGLE);
	proto_add_message(p, all, "empty", nothing, PROTO_SINGLE);
	proto_add(p, all, "single_nested_enum", "int", number);
	number.implicit = proto3;
	proto_add(p, all, "standalone_enum", "int", number);
	number = (struct proto_field){ .kind = PROTO_ENUM, .label = PROTO_REPEATED };
	proto_add(p, all, "repeated_nested_enum", "list<int>", number);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		proto_add(p, all, words[i], "bool",
			  (struct proto_field){ .kind = PROTO_BOOL, .implicit = proto3 });
	proto_add_message(p, all, "oneof_type", deep, PROTO_SINGLE);
	proto_add_message(p, deep, "child", deep, PROTO_SINGLE);
	proto_add_message(p, deep, "payload", all, PROTO_SINGLE);
	if (proto3)
		return;
	proto_default(all, "single_int32", sk_cel_int(-32));
	proto_default(all, "single_int64", sk_cel_int(-64));
	proto_default(all, "single_uint32", sk_cel_uint(32));
	proto_default(all, "single_uint64", sk_cel_uint(64));
	proto_default(all, "single_float", sk_cel_double(3));
	proto_default(all, "single_double", sk_cel_double(6.4));
	proto_default(all, "single_bool", sk_cel_bool(true));
	proto_default(all, "single_string", sk_cel_string("empty", 5));
	proto_default(all, "single_bytes", sk_cel_bytes("none", 4));
	proto_default(all, "single_nested_enum", sk_cel_int(1));
	proto_add_extensions(p, all, "cel.expr.conformance.proto2.", "int32_ext", "");
	proto_add_extensions(p, all, "cel.expr.conformance.proto2.Proto2ExtensionScopedMessage.",
			     "int64_ext", "message_scoped_");
	deep = proto_new(p, proto_printf(p, "%s.TestRequired", package), NULL);
	proto_add(p, deep, "required_int32", "int", (struct proto_field){ .kind = PROTO_INT32 });
}

static void proto_well_known(struct proto *p, struct proto_message **ret_mask,
			     struct proto_message **ret_empty)
{
	static const struct {
		const char *name, *type;
		enum proto_kind kind;
	} wrappers[] = { { "Int32", "int", PROTO_INT32 },    { "Int64", "int", PROTO_INT64 },
			 { "UInt32", "uint", PROTO_UINT32 }, { "UInt64", "uint", PROTO_UINT64 },
			 { "Float", "double", PROTO_FLOAT }, { "Double", "double", PROTO_DOUBLE },
			 { "Bool", "bool", PROTO_BOOL },     { "String", "string", PROTO_STRING },
			 { "Bytes", "bytes", PROTO_BYTES } };
	static const struct proto_field strings = { .kind = PROTO_STRING, .label = PROTO_REPEATED };
	struct proto_message *m;

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++) {
		m = proto_new(p, proto_printf(p, "google.protobuf.%sValue", wrappers[i].name),
			      proto_printf(p, "wrapper<%s>", wrappers[i].type));
		proto_add(p, m, "value", wrappers[i].type,
			  (struct proto_field){ .kind = wrappers[i].kind });
	}
	m = proto_new(p, "google.protobuf.ListValue", "list<dyn>");
	proto_add(p, m, "values", "list<dyn>", (struct proto_field){ .kind = PROTO_LIST });
	m = proto_new(p, "google.protobuf.Struct", "map<string, dyn>");
	proto_add(p, m, "fields", "map<string, dyn>", (struct proto_field){ .kind = PROTO_STRUCT });
	m = proto_new(p, "google.protobuf.Value", "dyn");
	proto_add(p, m, "null_value", "int", (struct proto_field){ .kind = PROTO_ENUM });
	proto_add(p, m, "number_value", "double", (struct proto_field){ .kind = PROTO_DOUBLE });
	proto_add(p, m, "string_value", "string", (struct proto_field){ .kind = PROTO_STRING });
	proto_add(p, m, "bool_value", "bool", (struct proto_field){ .kind = PROTO_BOOL });
	proto_add(p, m, "struct_value", "map<string, dyn>",
		  (struct proto_field){ .kind = PROTO_STRUCT });
	proto_add(p, m, "list_value", "list<dyn>", (struct proto_field){ .kind = PROTO_LIST });
	*ret_mask = proto_new(p, "google.protobuf.FieldMask", NULL);
	proto_add(p, *ret_mask, "paths", "list<string>", strings);
	*ret_empty = proto_new(p, "google.protobuf.Empty", NULL);
}

static void proto_init(struct proto *p)
{
	struct proto_message *mask, *empty;

	proto_well_known(p, &mask, &empty);
	proto_package(p, "cel.expr.conformance.proto2", false, mask, empty);
	proto_package(p, "cel.expr.conformance.proto3", true, mask, empty);
}

static int proto_declare(struct proto *p, struct sk_cel_env *env, struct sk_cel_issues *issues)
{
	static const struct {
		const char *name;
		int number;
	} enums[] = { { "GlobalEnum.GOO", 0 },
		      { "GlobalEnum.GAR", 1 },
		      { "GlobalEnum.GAZ", 2 },
		      { "TestAllTypes.NestedEnum.FOO", 0 },
		      { "TestAllTypes.NestedEnum.BAR", 1 },
		      { "TestAllTypes.NestedEnum.BAZ", 2 } };
	int bad = sk_cel_env_constant(env, "google.protobuf.NullValue.NULL_VALUE", sk_cel_int(0),
				      issues);

	for (int i = 0; i < p->count; i++)
		bad |= sk_cel_env_struct(env, &p->messages[i].type, issues);
	for (size_t i = 0; i < 2 * sizeof(enums) / sizeof(*enums); i++)
		bad |= sk_cel_env_constant(env,
					   proto_printf(p, "cel.expr.conformance.proto%c.%s",
							i % 2 ? '3' : '2', enums[i / 2].name),
					   sk_cel_int(enums[i / 2].number), issues);
	return bad;
}

/* ---- proto.getExt(m, a.b.c), proto.hasExt(m, a.b.c): a library that has macros and nothing else ---- */

static size_t proto_dotted(const struct sk_cel_node *n, char *out, size_t size)
{
	size_t len = n->kind == SK_CEL_NODE_SELECT ? proto_dotted(n->target, out, size) : 0;

	return len + (size_t)snprintf(out + len, size - len, "%s%s", len ? "." : "", n->name);
}

static struct sk_cel_node *proto_extension(struct sk_cel_parser *p, enum sk_cel_node_kind kind,
					   struct sk_cel_node *const *args, uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node(p, kind, offset);
	char name[256];

	proto_dotted(args[1], name, sizeof(name));
	n->name = sk_cel_node_text(p, name, offset)->name;
	n->target = args[0];
	n->depth = (uint16_t)(args[0]->depth + 1);
	return n;
}

static struct sk_cel_node *proto_get(struct sk_cel_parser *p, struct sk_cel_node *target,
				     struct sk_cel_node *const *args, uint32_t count,
				     uint32_t offset)
{
	return proto_extension(p, SK_CEL_NODE_SELECT, args, offset);
}

static struct sk_cel_node *proto_has(struct sk_cel_parser *p, struct sk_cel_node *target,
				     struct sk_cel_node *const *args, uint32_t count,
				     uint32_t offset)
{
	return proto_extension(p, SK_CEL_NODE_HAS, args, offset);
}

static const struct sk_cel_macro proto_macros[] = {
	{ "proto.getExt", false, 2, 2, proto_get },
	{ "proto.hasExt", false, 2, 2, proto_has },
	{ NULL, false, 0, 0, NULL },
};
static const struct sk_cel_library proto_library = { .name = "protos", .macros = proto_macros };

static const struct proto_message *proto_find(const struct proto *p, struct sk_span name)
{
	for (int i = 0; i < p->count; i++)
		if (sk_span_is(name, p->messages[i].type.name))
			return &p->messages[i];
	return NULL;
}
