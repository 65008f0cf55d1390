/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an environment declares, as parser, checker and planner look it up. */
#include "policy/cel/macro.h"
#include "policy/cel/type.h"

/* The most arguments of any function, and type parameters of any signature. */
#define SK_CEL_MAX_ARGS 16
#define SK_CEL_MAX_PARAMS 8

/* One overload, its signature read. */
struct sk_cel_callee {
	const struct sk_cel_overload *decl;
	bool member;
	uint8_t count;	/* of arguments, the target among them */
	uint8_t params; /* of type parameters */
	const struct sk_cel_type *result;
	const struct sk_cel_type *args[SK_CEL_MAX_ARGS];
	uint32_t kinds
		[SK_CEL_MAX_ARGS]; /* of values that the argument may have: bit for each enum sk_cel_kind */
	const struct sk_cel_callee *next; /* of the same function */
};

struct sk_cel_function {
	const char *name;
	const struct sk_cel_callee *first;
	const struct sk_cel_callee **tail;
};

enum sk_cel_name_kind { SK_CEL_NAME_VARIABLE, SK_CEL_NAME_CONSTANT, SK_CEL_NAME_STRUCT };

struct sk_cel_name {
	enum sk_cel_name_kind kind;
	const char *name;
	int32_t slot;			/* VARIABLE */
	const struct sk_cel_type *type; /* of the variable or constant; the struct itself */
	struct sk_cel_value value;	/* CONSTANT */
};

/* Names to pointers, growing; keys are borrowed. */
struct sk_cel_table {
	const char **keys;
	uint32_t *hashes;
	void **values;
	uint32_t count, mask;
};
void *sk_cel_table_get(const struct sk_cel_table *t, const char *key, size_t len);

struct sk_cel_env {
	struct sk_cel_arena arena;
	struct sk_cel_table functions, names, macros;
	const char *container;
	uint32_t variables;
};

/* The macro for a call of that name and count, or NULL. */
const struct sk_cel_macro *sk_cel_env_macro(const struct sk_cel_env *env, const char *name,
					    bool member, int count);
const struct sk_cel_function *sk_cel_env_function(const struct sk_cel_env *env, const char *name,
						  size_t len);

/*
 * What a qualified name means, tried with each prefix of the container, the
 * longest first ("a.b.x", "a.x", "x"); an absolute one alone. NULL: nothing.
 */
const struct sk_cel_name *sk_cel_env_name(const struct sk_cel_env *env, const char *name,
					  bool absolute);

/* The declared name nearest to a misspelt one, or NULL. */
const char *sk_cel_env_nearest_name(const struct sk_cel_env *env, const char *name);
const char *sk_cel_env_nearest_function(const struct sk_cel_env *env, const char *name);
/* Is `candidate` so near to `typed` that it is worth suggesting? A smaller distance is nearer; -1: no. */
int sk_cel_distance(const char *typed, const char *candidate);

/* The type that a text says, made in arena; NULL: it says none. */
const struct sk_cel_type *sk_cel_env_type(const struct sk_cel_env *env, struct sk_cel_arena *arena,
					  const char *text);

extern const struct sk_cel_overload sk_cel_standard_overloads[];
extern const struct sk_cel_overload sk_cel_operator_overloads[];
extern const struct sk_cel_overload sk_cel_optional_overloads[];
