/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/type.h"

#include "policy/cel/value.h"

#include <stdio.h>

#define DYN &sk_cel_basic_types[SK_CEL_T_DYN]

const struct sk_cel_type sk_cel_basic_types[] = {
	[SK_CEL_T_DYN] = { .kind = SK_CEL_T_DYN, .name = "dyn" },
	[SK_CEL_T_NULL] = { .kind = SK_CEL_T_NULL, .name = "null_type" },
	[SK_CEL_T_BOOL] = { .kind = SK_CEL_T_BOOL, .name = "bool" },
	[SK_CEL_T_INT] = { .kind = SK_CEL_T_INT, .name = "int" },
	[SK_CEL_T_UINT] = { .kind = SK_CEL_T_UINT, .name = "uint" },
	[SK_CEL_T_DOUBLE] = { .kind = SK_CEL_T_DOUBLE, .name = "double" },
	[SK_CEL_T_STRING] = { .kind = SK_CEL_T_STRING, .name = "string" },
	[SK_CEL_T_BYTES] = { .kind = SK_CEL_T_BYTES, .name = "bytes" },
	[SK_CEL_T_TIMESTAMP] = { .kind = SK_CEL_T_TIMESTAMP, .name = "google.protobuf.Timestamp" },
	[SK_CEL_T_DURATION] = { .kind = SK_CEL_T_DURATION, .name = "google.protobuf.Duration" },
	[SK_CEL_T_LIST] = { .kind = SK_CEL_T_LIST, .count = 1, .name = "list", .params = { DYN } },
	[SK_CEL_T_MAP] = { .kind = SK_CEL_T_MAP,
			   .count = 2,
			   .name = "map",
			   .params = { DYN, DYN } },
	[SK_CEL_T_OPTIONAL] = { .kind = SK_CEL_T_OPTIONAL,
				.count = 1,
				.name = "optional_type",
				.params = { DYN } },
	[SK_CEL_T_TYPE] = { .kind = SK_CEL_T_TYPE, .count = 1, .name = "type", .params = { DYN } },
	[SK_CEL_T_ERROR] = { .kind = SK_CEL_T_ERROR, .name = "*error*" },
};

const struct sk_cel_type *sk_cel_type_new(struct sk_cel_arena *arena, enum sk_cel_type_kind kind,
					  const struct sk_cel_type *a, const struct sk_cel_type *b)
{
	struct sk_cel_type *t;

	if (kind <= SK_CEL_T_TYPE && a && a->kind == SK_CEL_T_DYN &&
	    (!b || b->kind == SK_CEL_T_DYN))
		return sk_cel_basic(kind);
	t = sk_cel_alloc(arena, sizeof(*t));
	if (!t)
		return sk_cel_basic(SK_CEL_T_DYN);
	t->kind = (uint8_t)kind;
	t->count = (uint8_t)((a != NULL) + (b != NULL));
	t->name = kind <= SK_CEL_T_TYPE ? sk_cel_basic_types[kind].name : "";
	t->params[0] = a;
	t->params[1] = b;
	return t;
}

const struct sk_cel_type *sk_cel_type_with(struct sk_cel_arena *arena,
					   const struct sk_cel_type *type,
					   const struct sk_cel_type *const *params)
{
	struct sk_cel_type *t = sk_cel_alloc(arena, sizeof(*t));

	if (!t)
		return sk_cel_basic(SK_CEL_T_DYN);
	*t = *type;
	for (unsigned i = 0; i < t->count; i++)
		t->params[i] = params[i];
	return t;
}

const struct sk_cel_type *sk_cel_type_resolve(const struct sk_cel_type *type)
{
	while (type->kind == SK_CEL_T_VAR && *type->bound)
		type = *type->bound;
	return type;
}

const char *sk_cel_type_name(const struct sk_cel_type *type)
{
	type = sk_cel_type_resolve(type);
	return type->kind == SK_CEL_T_WRAPPER ? type->params[0]->name : type->name;
}

static size_t put(char *out, size_t size, size_t at, const char *text)
{
	int n = at < size ? snprintf(out + at, size - at, "%s", text) : 0;

	return at + (n > 0 ? (size_t)n : 0);
}

static size_t type_text(const struct sk_cel_type *t, char *out, size_t size, size_t at,
			unsigned depth)
{
	t = sk_cel_type_resolve(t);
	if (at >= size) /* what is told no longer need not be walked either */
		return at;
	if (depth > 32)
		return put(out, size, at, "...");
	if (t->kind == SK_CEL_T_VAR)
		return put(out, size, at, "dyn");
	if (t->kind == SK_CEL_T_WRAPPER) {
		at = put(out, size, at, "wrapper<");
		at = type_text(t->params[0], out, size, at, depth + 1);
		return put(out, size, at, ">");
	}
	at = put(out, size, at, t->name);
	if (!t->count)
		return at;
	for (unsigned i = 0; i < t->count; i++) {
		at = put(out, size, at, i ? ", " : "<");
		at = type_text(t->params[i], out, size, at, depth + 1);
	}
	return put(out, size, at, ">");
}

void sk_cel_type_text(const struct sk_cel_type *type, char *out, size_t size)
{
	if (size)
		out[0] = '\0';
	type_text(type, out, size, 0, 0);
}

uint32_t sk_cel_type_kinds(const struct sk_cel_type *t)
{
	static const uint8_t kinds[] = {
		[SK_CEL_T_NULL] = SK_CEL_NULL,	       [SK_CEL_T_BOOL] = SK_CEL_BOOL,
		[SK_CEL_T_INT] = SK_CEL_INT,	       [SK_CEL_T_UINT] = SK_CEL_UINT,
		[SK_CEL_T_DOUBLE] = SK_CEL_DOUBLE,     [SK_CEL_T_STRING] = SK_CEL_STRING,
		[SK_CEL_T_BYTES] = SK_CEL_BYTES,       [SK_CEL_T_TIMESTAMP] = SK_CEL_TIMESTAMP,
		[SK_CEL_T_DURATION] = SK_CEL_DURATION, [SK_CEL_T_LIST] = SK_CEL_LIST,
		[SK_CEL_T_MAP] = SK_CEL_MAP,	       [SK_CEL_T_OPTIONAL] = SK_CEL_OPTIONAL,
		[SK_CEL_T_TYPE] = SK_CEL_TYPE,	       [SK_CEL_T_STRUCT] = SK_CEL_STRUCT,
		[SK_CEL_T_OPAQUE] = SK_CEL_OPAQUE,
	};

	if (t->kind == SK_CEL_T_DYN ||
	    t->kind > SK_CEL_T_OPAQUE) /* parameters, and what is wrong already */
		return (1u << SK_CEL_ERROR) - 1;
	if (t->kind == SK_CEL_T_WRAPPER)
		return 1u << SK_CEL_NULL | sk_cel_type_kinds(t->params[0]);
	return 1u << kinds[t->kind];
}

const struct sk_cel_type *sk_cel_value_type(struct sk_cel_value v)
{
	static const uint8_t kinds[] = {
		[SK_CEL_NULL] = SK_CEL_T_NULL,
		[SK_CEL_BOOL] = SK_CEL_T_BOOL,
		[SK_CEL_INT] = SK_CEL_T_INT,
		[SK_CEL_UINT] = SK_CEL_T_UINT,
		[SK_CEL_DOUBLE] = SK_CEL_T_DOUBLE,
		[SK_CEL_STRING] = SK_CEL_T_STRING,
		[SK_CEL_BYTES] = SK_CEL_T_BYTES,
		[SK_CEL_LIST] = SK_CEL_T_LIST,
		[SK_CEL_MAP] = SK_CEL_T_MAP,
		[SK_CEL_TYPE] = SK_CEL_T_TYPE,
		[SK_CEL_TIMESTAMP] = SK_CEL_T_TIMESTAMP,
		[SK_CEL_DURATION] = SK_CEL_T_DURATION,
		[SK_CEL_OPTIONAL] = SK_CEL_T_OPTIONAL,
		[SK_CEL_ERROR] = SK_CEL_T_ERROR,
		[SK_CEL_UNKNOWN] = SK_CEL_T_ERROR,
	};

	return sk_cel_basic((enum sk_cel_type_kind)kinds[v.kind]);
}

const char *sk_cel_kind_name(struct sk_cel_value v)
{
	if (v.kind == SK_CEL_STRUCT)
		return v.object->type->name;
	if (v.kind == SK_CEL_OPAQUE)
		return v.opaque->type->name;
	return sk_cel_value_type(v)->name;
}
