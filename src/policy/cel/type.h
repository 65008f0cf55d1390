/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Types as the checker has them. Those without parameters are constants of their own. */
#include "policy/cel/cel.h"

enum sk_cel_type_kind {
	SK_CEL_T_DYN,
	SK_CEL_T_NULL,
	SK_CEL_T_BOOL,
	SK_CEL_T_INT,
	SK_CEL_T_UINT,
	SK_CEL_T_DOUBLE,
	SK_CEL_T_STRING,
	SK_CEL_T_BYTES,
	SK_CEL_T_TIMESTAMP,
	SK_CEL_T_DURATION,
	SK_CEL_T_LIST,
	SK_CEL_T_MAP,
	SK_CEL_T_OPTIONAL,
	SK_CEL_T_TYPE,
	SK_CEL_T_WRAPPER, /* null or params[0]: google.protobuf.Int64Value and its like */
	SK_CEL_T_STRUCT,
	SK_CEL_T_OPAQUE,
	SK_CEL_T_PARAM, /* of a signature: a capital letter */
	SK_CEL_T_VAR,	/* a parameter in one call, until something decides what it is */
	SK_CEL_T_ERROR, /* of what is wrong already: fits everywhere */
};

/* Of one type: declared ones may have three ("tuple<A, B, C>"). */
#define SK_CEL_TYPE_PARAMS 3u

struct sk_cel_type {
	uint8_t kind;
	uint8_t count;	/* of params */
	uint8_t number; /* PARAM: of its signature */
	const char *name;
	const struct sk_cel_type *params[SK_CEL_TYPE_PARAMS];
	const struct sk_cel_struct_type *decl; /* STRUCT */
	const struct sk_cel_type **bound;      /* VAR: where what it is gets written */
};

/* By kind, for all without parameters; LIST, MAP, OPTIONAL, TYPE of dyn. */
extern const struct sk_cel_type sk_cel_basic_types[];
static inline const struct sk_cel_type *sk_cel_basic(enum sk_cel_type_kind kind)
{
	return &sk_cel_basic_types[kind];
}

const struct sk_cel_type *sk_cel_type_new(struct sk_cel_arena *arena, enum sk_cel_type_kind kind,
					  const struct sk_cel_type *a, const struct sk_cel_type *b);
/* The same type with other parameters. */
const struct sk_cel_type *sk_cel_type_with(struct sk_cel_arena *arena,
					   const struct sk_cel_type *type,
					   const struct sk_cel_type *const *params);

/* "map<string, dyn>", appended to out of that size as far as it fits; unbound variables are dyn. */
void sk_cel_type_text(const struct sk_cel_type *type, char *out, size_t size);

/* What a variable is bound to, or the type itself. */
const struct sk_cel_type *sk_cel_type_resolve(const struct sk_cel_type *type);

/* What values of that type may be: bit for each enum sk_cel_kind. */
uint32_t sk_cel_type_kinds(const struct sk_cel_type *type);

/* The type of a value while evaluating, as type() gives it. */
const struct sk_cel_type *sk_cel_value_type(struct sk_cel_value v);
