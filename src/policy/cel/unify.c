/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/unify.h"

#include <stdlib.h>
#include <string.h>

#define T(kind) sk_cel_basic(SK_CEL_T_##kind)

/* Types nest by what expressions nest, and deeper through names that are bound; beyond this they fit nothing. */
#define MAX_DEPTH 64

/* ---- variables of types ---- */

const struct sk_cel_type *sk_cel_unify_variable(struct sk_cel_unifier *u)
{
	struct sk_cel_type *t = sk_cel_alloc(u->arena, sizeof(*t));
	const struct sk_cel_type **bound = sk_cel_alloc(u->arena, sizeof(*bound));

	if (!t || !bound)
		return T(DYN);
	t->kind = SK_CEL_T_VAR;
	t->name = "dyn";
	t->bound = bound;
	return t;
}

void sk_cel_unify_bind(struct sk_cel_unifier *u, const struct sk_cel_type *variable,
		       const struct sk_cel_type *type)
{
	if (variable == type)
		return;
	if (u->trail_count == u->trail_cap) {
		u->trail_cap = u->trail_cap ? u->trail_cap * 2 : 64;
		u->trail = realloc(u->trail, u->trail_cap * sizeof(*u->trail));
		if (!u->trail)
			abort();
	}
	u->trail[u->trail_count++] = variable->bound;
	*variable->bound = type;
}

void sk_cel_unify_undo(struct sk_cel_unifier *u, uint32_t to)
{
	while (u->trail_count > to)
		*u->trail[--u->trail_count] = NULL;
}

static bool mentions(const struct sk_cel_type *t, const struct sk_cel_type *variable,
		     unsigned depth)
{
	t = sk_cel_type_resolve(t);
	if (t == variable || depth > MAX_DEPTH)
		return true;
	for (unsigned i = 0; i < t->count; i++)
		if (mentions(t->params[i], variable, depth + 1))
			return true;
	return false;
}

static bool takes_null(const struct sk_cel_type *t)
{
	switch (t->kind) {
	case SK_CEL_T_NULL:
	case SK_CEL_T_STRUCT:
	case SK_CEL_T_TIMESTAMP:
	case SK_CEL_T_DURATION:
	case SK_CEL_T_WRAPPER:
	case SK_CEL_T_OPAQUE:
	case SK_CEL_T_OPTIONAL:
		return true;
	default:
		return false;
	}
}

/* May a value of type `from` stand where `to` is expected? Binds variables on both sides. */
static bool assignable(struct sk_cel_unifier *u, const struct sk_cel_type *from,
		       const struct sk_cel_type *to, unsigned depth)
{
	from = sk_cel_type_resolve(from);
	to = sk_cel_type_resolve(to);
	if (from == to || depth > MAX_DEPTH)
		return from == to;
	if (to->kind == SK_CEL_T_VAR || from->kind == SK_CEL_T_VAR) {
		const struct sk_cel_type *variable = to->kind == SK_CEL_T_VAR ? to : from;
		const struct sk_cel_type *type = variable == to ? from : to;

		if (mentions(type, variable, 0))
			return false;
		sk_cel_unify_bind(u, variable, type);
		return true;
	}
	if (from->kind == SK_CEL_T_DYN || to->kind == SK_CEL_T_DYN ||
	    from->kind == SK_CEL_T_ERROR || to->kind == SK_CEL_T_ERROR)
		return true;
	if (from->kind == SK_CEL_T_NULL)
		return takes_null(to);
	if (to->kind == SK_CEL_T_WRAPPER && from->kind != SK_CEL_T_WRAPPER)
		return assignable(u, from, to->params[0], depth + 1);
	if (from->kind == SK_CEL_T_WRAPPER && to->kind != SK_CEL_T_WRAPPER)
		return assignable(u, from->params[0], to, depth + 1);
	if (from->kind != to->kind)
		return false;
	if ((from->kind == SK_CEL_T_STRUCT || from->kind == SK_CEL_T_OPAQUE) &&
	    (strcmp(from->name, to->name) != 0 || from->count != to->count))
		return false;
	if (from->kind == SK_CEL_T_TYPE)
		return true;
	for (unsigned i = 0; i < from->count; i++)
		if (!assignable(u, from->params[i], to->params[i], depth + 1))
			return false;
	return true;
}

bool sk_cel_unify_assign(struct sk_cel_unifier *u, const struct sk_cel_type *from,
			 const struct sk_cel_type *to)
{
	uint32_t mark = u->trail_count;

	if (assignable(u, from, to, 0))
		return true;
	sk_cel_unify_undo(u, mark);
	return false;
}

/* Does `a` say as much as b or less? */
static bool less_specific(const struct sk_cel_type *a, const struct sk_cel_type *b, unsigned depth)
{
	a = sk_cel_type_resolve(a);
	b = sk_cel_type_resolve(b);
	if (a->kind == SK_CEL_T_DYN || a->kind == SK_CEL_T_VAR || depth > MAX_DEPTH)
		return true;
	if (b->kind == SK_CEL_T_DYN || b->kind == SK_CEL_T_VAR || a->kind != b->kind ||
	    a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count && a->kind != SK_CEL_T_TYPE; i++)
		if (!less_specific(a->params[i], b->params[i], depth + 1))
			return false;
	return a->kind != SK_CEL_T_WRAPPER || b->kind == SK_CEL_T_WRAPPER;
}

/* The type that holds both; dyn where there is no other. */
const struct sk_cel_type *sk_cel_unify_join(struct sk_cel_unifier *u, const struct sk_cel_type *a,
					    const struct sk_cel_type *b, bool *ret_mixed)
{
	const struct sk_cel_type *x = sk_cel_type_resolve(a), *y = sk_cel_type_resolve(b);

	if (x->kind == SK_CEL_T_DYN || y->kind == SK_CEL_T_DYN)
		return T(DYN);
	if (sk_cel_unify_assign(u, a, b) || sk_cel_unify_assign(u, b, a)) {
		if (x->kind == SK_CEL_T_NULL || y->kind == SK_CEL_T_NULL)
			return x->kind == SK_CEL_T_NULL ? b : a;
		if (x->kind == SK_CEL_T_WRAPPER || y->kind == SK_CEL_T_WRAPPER)
			return x->kind == SK_CEL_T_WRAPPER ? a : b;
		return less_specific(a, b, 0) ? a : b;
	}
	*ret_mixed = true;
	return T(DYN);
}

/* A copy of the type in which the signature's parameters are variables of this call. */
const struct sk_cel_type *sk_cel_unify_instance(struct sk_cel_unifier *u,
						const struct sk_cel_type *t,
						const struct sk_cel_type **variables)
{
	const struct sk_cel_type *params[SK_CEL_TYPE_PARAMS];
	bool changed = false;

	if (t->kind == SK_CEL_T_PARAM) {
		if (!variables[t->number])
			variables[t->number] = sk_cel_unify_variable(u);
		return variables[t->number];
	}
	for (unsigned i = 0; i < t->count; i++) {
		params[i] = sk_cel_unify_instance(u, t->params[i], variables);
		changed |= params[i] != t->params[i];
	}
	return changed ? sk_cel_type_with(u->arena, t, params) : t;
}

/* A parameter that is bound to one type may still become a more general one (null, then a struct). */
bool sk_cel_unify_argument(struct sk_cel_unifier *u, const struct sk_cel_type *arg,
			   const struct sk_cel_type *param)
{
	const struct sk_cel_type *bound;

	if (sk_cel_unify_assign(u, arg, param))
		return true;
	if (param->kind != SK_CEL_T_VAR)
		return false;
	bound = *param->bound;
	if (!bound || !sk_cel_unify_assign(u, bound, arg))
		return false;
	*param->bound = arg;
	return true;
}

static bool same(const struct sk_cel_type *a, const struct sk_cel_type *b, unsigned depth)
{
	a = sk_cel_type_resolve(a);
	b = sk_cel_type_resolve(b);
	if (a == b)
		return true;
	if (a->kind != b->kind || a->count != b->count || strcmp(a->name, b->name) != 0 ||
	    depth > MAX_DEPTH)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!same(a->params[i], b->params[i], depth + 1))
			return false;
	return true;
}

bool sk_cel_unify_same(const struct sk_cel_type *a, const struct sk_cel_type *b)
{
	return same(a, b, 0);
}

void sk_cel_unify_release(struct sk_cel_unifier *u)
{
	free(u->trail);
}
