/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/check.h"
#include "policy/cel/unify.h"

#include <stdarg.h>
#include <stdio.h>

#define T(kind) sk_cel_basic(SK_CEL_T_##kind)

struct local {
	const char *name;
	const struct sk_cel_type *type;
};

/* Loops and bindings nest no deeper than the tree; a loop has two variables at most. */
#define MAX_LOCALS (SK_CEL_MAX_DEPTH * 2 + 4)

struct checker {
	const struct sk_cel_env *env;
	struct sk_cel_arena *arena;
	struct sk_cel_issues *issues;
	const char *text;
	size_t len;
	bool dynamic, homogeneous;
	struct local *locals; /* MAX_LOCALS */
	uint32_t local_count;
	struct sk_cel_checked *out;
	struct sk_cel_unifier unify;
};

__attribute__((format(printf, 3, 4))) static const struct sk_cel_type *
wrong(struct checker *c, uint32_t offset, const char *fmt, ...)
{
	char what[700];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	sk_cel_issue(c->issues, c->text, c->len, offset, 1, "%s", what);
	return T(ERROR);
}

struct type_name {
	char text[160];
};

static struct type_name name_of(const struct sk_cel_type *t)
{
	struct type_name n;

	sk_cel_type_text(t, n.text, sizeof(n.text));
	return n;
}

/* ---- names ---- */

static const struct sk_cel_type *check(struct checker *c, struct sk_cel_node *n);

static int find_local(const struct checker *c, const char *name)
{
	for (uint32_t i = c->local_count; i-- > 0;)
		if (strcmp(c->locals[i].name, name) == 0)
			return (int)i;
	return -1;
}

static uint32_t push_local(struct checker *c, const char *name, const struct sk_cel_type *type)
{
	uint32_t slot = c->local_count;

	if (slot < MAX_LOCALS - 1)
		c->local_count++;
	c->locals[slot] = (struct local){ name, c->dynamic ? T(DYN) : type };
	if (c->local_count > c->out->locals)
		c->out->locals = c->local_count;
	return slot;
}

static const struct sk_cel_type *found_name(struct checker *c, struct sk_cel_node *n,
					    const struct sk_cel_name *name)
{
	if (name->kind == SK_CEL_NAME_VARIABLE) {
		n->kind = SK_CEL_NODE_IDENT;
		n->name = name->name;
		n->slot = name->slot;
		n->slot_kind = SK_CEL_SLOT_VARIABLE;
		c->out->reads[name->slot / 64] |= 1ull << name->slot % 64;
		return c->dynamic ? T(DYN) : name->type;
	}
	n->kind = SK_CEL_NODE_CONST;
	n->value = name->value;
	if (c->dynamic)
		return T(DYN);
	return name->kind == SK_CEL_NAME_STRUCT
		       ? sk_cel_type_new(c->arena, SK_CEL_T_TYPE, name->type, NULL)
		       : name->type;
}

static const struct sk_cel_type *no_reference(struct checker *c, const struct sk_cel_node *n,
					      const char *name, const char *near)
{
	return wrong(c, n->offset, "undeclared reference to '%s'%s%s%s", name,
		     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static const struct sk_cel_type *check_ident(struct checker *c, struct sk_cel_node *n)
{
	bool absolute = n->flags & SK_CEL_NODE_ABSOLUTE;
	int local = absolute ? -1 : find_local(c, n->name);
	const struct sk_cel_name *name;
	const char *near;

	if (local >= 0) {
		n->slot = local;
		n->slot_kind = SK_CEL_SLOT_LOCAL;
		return c->locals[local].type;
	}
	name = sk_cel_env_name(c->env, n->name, absolute);
	if (name)
		return found_name(c, n, name);
	n->slot_kind = SK_CEL_SLOT_NONE;
	if (c->dynamic)
		return T(DYN);
	near = sk_cel_env_nearest_name(c->env, n->name);
	for (uint32_t i = 0; i < c->local_count && !near; i++)
		if (sk_cel_distance(n->name, c->locals[i].name) >= 0)
			near = c->locals[i].name;
	return no_reference(c, n, n->name, near);
}

/* "a.b.c" of a chain of selects on a name; false when it is none, or longer than any name. */
static bool chain_name(const struct sk_cel_node *n, char *out, size_t size, bool *ret_absolute,
		       const char **ret_root)
{
	const struct sk_cel_node *parts[32];
	size_t count = 0, at = 0;

	for (; n->kind == SK_CEL_NODE_SELECT && !(n->flags & SK_CEL_NODE_OPTIONAL) && count < 31;
	     n = n->target)
		parts[count++] = n;
	if (n->kind != SK_CEL_NODE_IDENT || n->slot_kind != SK_CEL_SLOT_NONE)
		return false;
	*ret_absolute = n->flags & SK_CEL_NODE_ABSOLUTE;
	*ret_root = n->name;
	parts[count++] = n;
	for (size_t i = count; i-- > 0;) {
		size_t len = strlen(parts[i]->name);

		if (at + len + 2 > size)
			return false;
		memcpy(out + at, parts[i]->name, len);
		at += len;
		out[at++] = i ? '.' : '\0';
	}
	return true;
}

/* ---- selection ---- */

static const struct sk_cel_type *struct_field(struct checker *c, const struct sk_cel_node *n,
					      const struct sk_cel_type *type, const char *field)
{
	int i = sk_cel_struct_field(type->decl, field, strlen(field)), best_distance = 100;
	const struct sk_cel_type *t;
	const char *best = NULL;

	if (i >= 0) {
		t = sk_cel_env_type(c->env, c->arena, type->decl->fields[i].type);
		return t ? t
			 : wrong(c, n->offset, "the type of %s.%s, \"%s\", is not declared",
				 type->name, field, type->decl->fields[i].type);
	}
	for (const struct sk_cel_field *f = type->decl->fields; f->name; f++) {
		int d = sk_cel_distance(field, f->name);

		if (d >= 0 && d < best_distance) {
			best = f->name;
			best_distance = d;
		}
	}
	return wrong(c, n->offset, "undefined field '%s' in %s%s%s%s", field, type->name,
		     best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
}

static const struct sk_cel_type *field_type(struct checker *c, const struct sk_cel_node *n,
					    const struct sk_cel_type *type)
{
	type = sk_cel_type_resolve(type);
	switch (type->kind) {
	case SK_CEL_T_DYN:
	case SK_CEL_T_ERROR:
	case SK_CEL_T_VAR:
		return T(DYN);
	case SK_CEL_T_MAP:
		if (!sk_cel_unify_assign(&c->unify, T(STRING), type->params[0]))
			break;
		return type->params[1];
	case SK_CEL_T_STRUCT:
		return struct_field(c, n, type, n->name);
	default:
		break;
	}
	return wrong(c, n->offset, "type '%s' does not support field selection",
		     name_of(type).text);
}

/*
 * has(a.b) where "a.b" is itself a variable (Kubernetes' variables.x): it is
 * there, so the answer is true, or the error that its value is.
 */
static bool has_variable(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_name *name = NULL;
	const char *root;
	char qualified[512];
	bool absolute;

	n->kind = SK_CEL_NODE_SELECT;
	if (chain_name(n, qualified, sizeof(qualified), &absolute, &root) && (absolute || find_local(c, root) < 0))
		name = sk_cel_env_name(c->env, qualified, absolute);
	n->kind = SK_CEL_NODE_HAS;
	if (!name || name->kind != SK_CEL_NAME_VARIABLE)
		return false;
	found_name(c, n->target, name);
	n->slot_kind = SK_CEL_SLOT_VARIABLE;
	return true;
}

/* Of "variables.replica", where only "variables.replicas" is declared: the latter, for "variables" alone is no name. */
static const char *near_qualified(const struct checker *c, const char *qualified, const char *root, bool absolute)
{
	size_t len = strlen(root);
	const char *near = c->dynamic || sk_cel_env_name(c->env, root, absolute) ?
				   NULL :
				   sk_cel_env_nearest_name(c->env, qualified);

	return near && strncmp(near, root, len) == 0 && near[len] == '.' ? near : NULL;
}

static const struct sk_cel_type *check_select(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *target, *field;
	const struct sk_cel_name *name;
	const char *root, *near;
	char qualified[512];
	bool absolute, optional;

	if (n->kind == SK_CEL_NODE_SELECT &&
	    chain_name(n, qualified, sizeof(qualified), &absolute, &root) &&
	    (absolute || find_local(c, root) < 0)) {
		name = sk_cel_env_name(c->env, qualified, absolute);
		if (name)
			return found_name(c, n, name);
		/* A longer name may be a field of one that is declared. */
		near = n->target->kind == SK_CEL_NODE_IDENT ? near_qualified(c, qualified, root, absolute) : NULL;
		if (near)
			return no_reference(c, n, qualified, near);
	}
	if (n->kind == SK_CEL_NODE_HAS && has_variable(c, n))
		return c->dynamic ? T(DYN) : T(BOOL);
	target = sk_cel_type_resolve(check(c, n->target));
	if (c->dynamic)
		return T(DYN);
	optional = target->kind == SK_CEL_T_OPTIONAL;
	field = field_type(c, n, optional ? target->params[0] : target);
	if (n->kind == SK_CEL_NODE_HAS)
		return T(BOOL);
	if (!optional && !(n->flags & SK_CEL_NODE_OPTIONAL))
		return field;
	return sk_cel_type_new(c->arena, SK_CEL_T_OPTIONAL, field, NULL);
}

/* ---- calls ---- */

/* NULL: the overload does not fit. */
static const struct sk_cel_type *try_overload(struct checker *c, const struct sk_cel_callee *callee,
					      const struct sk_cel_type *const *args, uint32_t count)
{
	const struct sk_cel_type *variables[SK_CEL_MAX_PARAMS] = { NULL }, *param;
	bool variadic = callee->decl->flags & SK_CEL_VARIADIC;

	if (variadic ? count < callee->count : count != callee->count)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		param = callee->args[i < callee->count ? i : callee->count - 1u];
		if (callee->params)
			param = sk_cel_unify_instance(&c->unify, param, variables);
		if (!sk_cel_unify_argument(&c->unify, args[i], param))
			return NULL;
	}
	return callee->params ? sk_cel_unify_instance(&c->unify, callee->result, variables)
			      : callee->result;
}

static const struct sk_cel_type *no_overload(struct checker *c, const struct sk_cel_node *n,
					     const char *name, bool member,
					     const struct sk_cel_type *const *args, uint32_t count)
{
	char list[400] = "";
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++)
		if (sk_cel_type_resolve(args[i])->kind == SK_CEL_T_ERROR)
			return T(ERROR); /* whoever made it has told */
	for (uint32_t i = 0; i < count && at < sizeof(list); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s%s",
				       i > member ? ", " : "", name_of(args[i]).text,
				       member && i == 0 ? ".(" : "");
	return wrong(c, n->offset, "found no matching overload for '%s' applied to '%s%s)'", name,
		     member ? "" : "(", list);
}

static const struct sk_cel_type *resolve_call(struct checker *c, struct sk_cel_node *n,
					      const struct sk_cel_function *f, bool member,
					      const struct sk_cel_type *const *args, uint32_t count)
{
	const struct sk_cel_type *result = NULL, *other;
	const struct sk_cel_callee *chosen = NULL;
	uint32_t mark = c->unify.trail_count;
	unsigned fits = 0;

	for (const struct sk_cel_callee *o = f->first; o; o = o->next) {
		uint32_t before = c->unify.trail_count;

		if (o->member != member)
			continue;
		other = try_overload(c, o, args, count);
		if (!other) {
			sk_cel_unify_undo(&c->unify, before);
			continue;
		}
		fits++;
		if (fits == 1) {
			chosen = o;
			result = other;
			continue;
		}
		if (!sk_cel_unify_same(result, other))
			result = T(DYN);
		sk_cel_unify_undo(&c->unify, before);
	}
	n->function = f;
	if (fits == 1) {
		n->callee = chosen;
		return result;
	}
	if (fits == 0) {
		sk_cel_unify_undo(&c->unify, mark);
		return no_overload(c, n, f->name, member, args, count);
	}
	return result;
}

static const struct sk_cel_function *find_function(const struct checker *c, const char *name,
						   bool absolute)
{
	size_t prefix = c->env->container && !absolute ? strlen(c->env->container) : 0,
	       len = strlen(name);
	const struct sk_cel_function *found = NULL;
	char whole[512];

	while (prefix && !found) {
		if (prefix + len + 2 <= sizeof(whole)) {
			memcpy(whole, c->env->container, prefix);
			whole[prefix] = '.';
			memcpy(whole + prefix + 1, name, len + 1);
			found = sk_cel_env_function(c->env, whole, prefix + 1 + len);
		}
		while (prefix && c->env->container[--prefix] != '.')
			;
	}
	return found ? found : sk_cel_env_function(c->env, name, len);
}

/* math.greatest(...): the target is no value but the first part of the function's name. */
static const struct sk_cel_function *qualified_function(struct checker *c, struct sk_cel_node *n)
{
	char qualified[512];
	const struct sk_cel_function *f;
	const char *root;
	bool absolute;
	size_t len;

	if (!n->target || !chain_name(n->target, qualified, sizeof(qualified), &absolute, &root) ||
	    (!absolute && find_local(c, root) >= 0))
		return NULL;
	len = strlen(qualified);
	if (len + strlen(n->name) + 2 > sizeof(qualified))
		return NULL;
	qualified[len] = '.';
	strcpy(qualified + len + 1, n->name);
	f = find_function(c, qualified, absolute);
	for (const struct sk_cel_callee *o = f ? f->first : NULL; o; o = o->next)
		if (!o->member)
			return f;
	return NULL;
}

/* `math.gretest(1, 2)`: the nearest function of a qualified name, where the target is nothing else. */
static const char *nearest_qualified(struct checker *c, const struct sk_cel_node *n,
				     char *qualified, size_t size)
{
	const char *root;
	bool absolute;
	size_t len;

	if (!n->target || !chain_name(n->target, qualified, size, &absolute, &root) ||
	    find_local(c, root) >= 0 || sk_cel_env_name(c->env, qualified, absolute))
		return NULL;
	len = strlen(qualified);
	if (len + strlen(n->name) + 2 > size)
		return NULL;
	qualified[len] = '.';
	strcpy(qualified + len + 1, n->name);
	return sk_cel_env_nearest_function(c->env, qualified);
}

/* What was a macro, were it not misspelt, has arguments that mean nothing without it. */
static const struct sk_cel_type *no_function(struct checker *c, struct sk_cel_node *n)
{
	char qualified[512];
	const char *near = nearest_qualified(c, n, qualified, sizeof(qualified));
	bool whole = near != NULL;

	if (!whole)
		near = sk_cel_env_nearest_function(c->env, n->name);
	no_reference(c, n, whole ? qualified : n->name, near);
	if (n->target && !whole)
		check(c, n->target);
	for (uint32_t i = 0;
	     i < n->count && !(near && sk_cel_table_get(&c->env->macros, near, strlen(near))); i++)
		check(c, n->args[i]);
	return T(ERROR);
}

static const struct sk_cel_type *check_function(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *args[SK_CEL_MAX_ARGS * 2 + 1];
	const struct sk_cel_function *f = qualified_function(c, n);
	uint32_t count = 0;

	if (f)
		n->target = NULL;
	else
		f = find_function(c, n->name, n->flags & SK_CEL_NODE_ABSOLUTE);
	if (n->count + 1 > sizeof(args) / sizeof(args[0]))
		return wrong(c, n->offset, "a call has more than %zu arguments",
			     sizeof(args) / sizeof(args[0]) - 1);
	if (!f && !c->dynamic)
		return no_function(c, n);
	if (n->target)
		args[count++] = check(c, n->target);
	for (uint32_t i = 0; i < n->count; i++)
		args[count++] = check(c, n->args[i]);
	n->function = f;
	return c->dynamic ? T(DYN) : resolve_call(c, n, f, n->target != NULL, args, count);
}

static void want(struct checker *c, const struct sk_cel_node *n, const struct sk_cel_type *type,
		 const struct sk_cel_type *wanted, const char *where)
{
	if (!c->dynamic && !sk_cel_unify_assign(&c->unify, type, wanted))
		wrong(c, n->offset, "expected type '%s' %s, found '%s'", name_of(wanted).text,
		      where, name_of(type).text);
}

static const struct sk_cel_type *check_index(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *target = sk_cel_type_resolve(check(c, n->args[0])),
				 *index = check(c, n->args[1]), *element;
	bool optional = n->op == SK_CEL_OP_OPT_INDEX;
	const struct sk_cel_type *args[2] = { target, index };

	if (c->dynamic)
		return T(DYN);
	if (target->kind == SK_CEL_T_OPTIONAL) {
		optional = true;
		target = sk_cel_type_resolve(target->params[0]);
	}
	if (target->kind == SK_CEL_T_LIST && sk_cel_unify_assign(&c->unify, index, T(INT)))
		element = target->params[0];
	else if (target->kind == SK_CEL_T_MAP &&
		 sk_cel_unify_assign(&c->unify, index, target->params[0]))
		element = target->params[1];
	else if (target->kind == SK_CEL_T_DYN || target->kind == SK_CEL_T_ERROR ||
		 target->kind == SK_CEL_T_VAR)
		element = T(DYN);
	else
		return no_overload(c, n, n->name, false, args, 2);
	return optional ? sk_cel_type_new(c->arena, SK_CEL_T_OPTIONAL, element, NULL) : element;
}

static const struct sk_cel_type *check_choice(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *condition = check(c, n->args[0]), *a = check(c, n->args[1]),
				 *b = check(c, n->args[2]);
	const struct sk_cel_type *args[3] = { condition, a, b }, *both;
	bool mixed = false;

	if (c->dynamic)
		return T(DYN);
	if (!sk_cel_unify_assign(&c->unify, condition, T(BOOL)))
		return no_overload(c, n, n->name, false, args, 3);
	both = sk_cel_unify_join(&c->unify, a, b, &mixed);
	return mixed ? no_overload(c, n, n->name, false, args, 3) : both;
}

/* What a text is formatted from is of mixed types by its nature: Kubernetes lets literals pass there, at any depth. */
static const struct sk_cel_type *check_named(struct checker *c, struct sk_cel_node *n)
{
	bool homogeneous = c->homogeneous;
	const struct sk_cel_type *type;

	c->homogeneous &= strcmp(n->name, "format") != 0;
	type = check_function(c, n);
	c->homogeneous = homogeneous;
	return type;
}

static const struct sk_cel_type *check_call(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *args[2];

	switch (n->op) {
	case SK_CEL_OP_NONE:
		return check_named(c, n);
	case SK_CEL_OP_INDEX:
	case SK_CEL_OP_OPT_INDEX:
		return check_index(c, n);
	case SK_CEL_OP_CHOICE:
		return check_choice(c, n);
	case SK_CEL_OP_AND:
	case SK_CEL_OP_OR:
		for (uint32_t i = 0; i < n->count; i++) {
			args[0] = check(c, n->args[i]);
			if (!c->dynamic && !sk_cel_unify_assign(&c->unify, args[0], T(BOOL)))
				wrong(c, n->args[i]->offset,
				      "found no matching overload for '%s': expected bool, found "
				      "'%s'",
				      n->name, name_of(args[0]).text);
		}
		return T(BOOL);
	default:
		for (uint32_t i = 0; i < n->count; i++)
			args[i] = check(c, n->args[i]);
		n->function = sk_cel_env_function(c->env, n->name, strlen(n->name));
		return c->dynamic ? T(DYN) : resolve_call(c, n, n->function, false, args, n->count);
	}
}

/* ---- literals ---- */

static const struct sk_cel_type *element_type(struct checker *c, const struct sk_cel_node *n,
					      uint32_t entry, const struct sk_cel_node *element,
					      const struct sk_cel_type *type)
{
	const struct sk_cel_type *t = sk_cel_type_resolve(type);

	if (!n->optional || !n->optional[entry] || c->dynamic)
		return type;
	if (t->kind == SK_CEL_T_OPTIONAL)
		return t->params[0];
	if (t->kind != SK_CEL_T_DYN && t->kind != SK_CEL_T_ERROR)
		wrong(c, element->offset, "expected an optional value behind '?', found '%s'",
		      name_of(t).text);
	return T(DYN);
}

static const struct sk_cel_type *merge(struct checker *c, const struct sk_cel_node *element,
				       const struct sk_cel_type *so_far,
				       const struct sk_cel_type *type)
{
	bool mixed = false;
	const struct sk_cel_type *both =
		so_far ? sk_cel_unify_join(&c->unify, so_far, type, &mixed) : type;

	if (mixed && c->homogeneous)
		wrong(c, element->offset, "expected type '%s' but found '%s'", name_of(so_far).text,
		      name_of(type).text);
	return both;
}

static const struct sk_cel_type *check_list(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *element = NULL;

	for (uint32_t i = 0; i < n->count; i++)
		element = merge(c, n->args[i], element,
				element_type(c, n, i, n->args[i], check(c, n->args[i])));
	if (c->dynamic)
		return T(DYN);
	return sk_cel_type_new(c->arena, SK_CEL_T_LIST,
			       element ? element : sk_cel_unify_variable(&c->unify), NULL);
}

/* Keys have no parts: types are no deeper through them. */
static const struct sk_cel_type *check_key(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *type = check(c, n), *t = sk_cel_type_resolve(type);

	switch (t->kind) {
	case SK_CEL_T_VAR:
		sk_cel_unify_bind(&c->unify, t, T(DYN));
		return T(DYN);
	case SK_CEL_T_DYN:
	case SK_CEL_T_BOOL:
	case SK_CEL_T_INT:
	case SK_CEL_T_UINT:
	case SK_CEL_T_STRING:
	case SK_CEL_T_ERROR:
		return type;
	case SK_CEL_T_WRAPPER:
		return t->params[0];
	default:
		return wrong(c, n->offset, "a map's key is bool, int, uint or string, not '%s'",
			     name_of(t).text);
	}
}

static const struct sk_cel_type *check_map(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *key = NULL, *value = NULL;

	for (uint32_t i = 0; i + 1 < n->count; i += 2) {
		key = merge(c, n->args[i], key, check_key(c, n->args[i]));
		value = merge(c, n->args[i + 1], value,
			      element_type(c, n, i / 2, n->args[i + 1], check(c, n->args[i + 1])));
	}
	if (c->dynamic)
		return T(DYN);
	return sk_cel_type_new(c->arena, SK_CEL_T_MAP, key ? key : sk_cel_unify_variable(&c->unify),
			       value ? value : sk_cel_unify_variable(&c->unify));
}

static const struct sk_cel_type *check_struct(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_name *name =
		n->name ? sk_cel_env_name(c->env, n->name, n->flags & SK_CEL_NODE_ABSOLUTE) : NULL;
	const struct sk_cel_type *type =
		name && name->kind == SK_CEL_NAME_STRUCT ? name->type : NULL;
	const char *near = !type && n->name ? sk_cel_env_nearest_name(c->env, n->name) : NULL;

	n->kinds = sk_cel_alloc(c->arena, n->count * sizeof(*n->kinds));
	if (!n->kinds)
		return T(ERROR);
	for (uint32_t i = 0; i < n->count; i++) {
		const struct sk_cel_type *value = check(c, n->args[i]), *field;

		if (!type || (c->dynamic && sk_cel_struct_field(type->decl, n->names[i],
								strlen(n->names[i])) < 0))
			continue;
		field = struct_field(c, n->args[i], type, n->names[i]);
		n->kinds[i] = sk_cel_type_kinds(field);
		if (c->dynamic)
			continue;
		value = element_type(c, n, i, n->args[i], value);
		if (!sk_cel_unify_assign(&c->unify, value, field))
			wrong(c, n->args[i]->offset,
			      "expected type of field '%s' is '%s' but provided type is '%s'",
			      n->names[i], name_of(field).text, name_of(value).text);
	}
	n->type = type ? type : T(ERROR); /* of what is made, whatever becomes of it */
	if (type && type->decl->value_type)
		type = sk_cel_env_type(c->env, c->arena, type->decl->value_type);
	if (type)
		return c->dynamic ? T(DYN) : type;
	return wrong(c, n->offset, "undeclared reference to '%s'%s%s%s", n->name ? n->name : "",
		     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- loops ---- */

static bool range_types(struct checker *c, struct sk_cel_node *n, const struct sk_cel_type *range,
			const struct sk_cel_type *ret_types[2])
{
	range = sk_cel_type_resolve(range);
	ret_types[0] = ret_types[1] = T(DYN);
	switch (range->kind) {
	case SK_CEL_T_LIST:
		ret_types[0] = n->name_count == 2 ? T(INT) : range->params[0];
		ret_types[1] = range->params[0];
		return true;
	case SK_CEL_T_MAP:
		ret_types[0] = range->params[0];
		ret_types[1] = range->params[1];
		return true;
	case SK_CEL_T_DYN:
	case SK_CEL_T_ERROR:
	case SK_CEL_T_VAR:
		return true;
	default:
		wrong(c, n->target->offset,
		      "expression of type '%s' cannot be range of a comprehension (must be list, "
		      "map, or dynamic)",
		      name_of(range).text);
		return false;
	}
}

static const struct sk_cel_type *loop_result(struct checker *c, struct sk_cel_node *n,
					     const struct sk_cel_type *types[2],
					     const struct sk_cel_type *body)
{
	const struct sk_cel_type *made = body ? body : types[0];

	switch (n->loop) {
	case SK_CEL_LOOP_LIST:
		return sk_cel_type_new(c->arena, SK_CEL_T_LIST, made, NULL);
	case SK_CEL_LOOP_MAP:
		return sk_cel_type_new(c->arena, SK_CEL_T_MAP, types[0], made);
	case SK_CEL_LOOP_MAP_ENTRY:
		want(c, n->args[1], made, T(MAP), "of an entry");
		return made;
	default:
		return T(BOOL);
	}
}

static const struct sk_cel_type *check_loop(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *range = check(c, n->target), *types[2], *body = NULL, *result;
	uint32_t before = c->local_count;

	if (!range_types(c, n, range, types))
		types[0] = types[1] = T(ERROR);
	n->slot = (int32_t)push_local(c, n->names[0], types[0]);
	if (n->name_count == 2)
		push_local(c, n->names[1], types[1]);
	n->slot_kind = SK_CEL_SLOT_LOCAL;
	if (n->args[0])
		want(c, n->args[0], check(c, n->args[0]), T(BOOL), "of a predicate");
	if (n->args[1])
		body = check(c, n->args[1]);
	result = c->dynamic ? T(DYN) : loop_result(c, n, types, body);
	c->local_count = before;
	return result;
}

static const struct sk_cel_type *check_bind(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *init = check(c, n->target), *body;
	uint32_t before = c->local_count;

	n->slot = (int32_t)push_local(c, n->name, init);
	n->slot_kind = SK_CEL_SLOT_LOCAL;
	body = check(c, n->args[0]);
	c->local_count = before;
	return body;
}

/* ---- all ---- */

static const struct sk_cel_type *check(struct checker *c, struct sk_cel_node *n)
{
	const struct sk_cel_type *t;

	if (c->issues->count >= SK_CEL_MAX_ISSUES)
		return T(ERROR);
	switch (n->kind) {
	case SK_CEL_NODE_CONST:
		t = c->dynamic ? T(DYN) : sk_cel_value_type(n->value);
		break;
	case SK_CEL_NODE_IDENT:
		t = check_ident(c, n);
		break;
	case SK_CEL_NODE_SELECT:
	case SK_CEL_NODE_HAS:
		t = check_select(c, n);
		break;
	case SK_CEL_NODE_CALL:
		t = check_call(c, n);
		break;
	case SK_CEL_NODE_LIST:
		t = check_list(c, n);
		break;
	case SK_CEL_NODE_MAP:
		t = check_map(c, n);
		break;
	case SK_CEL_NODE_STRUCT:
		return check_struct(c, n); /* keeps the struct's type in the node */
	case SK_CEL_NODE_LOOP:
		t = check_loop(c, n);
		break;
	case SK_CEL_NODE_BIND:
		t = check_bind(c, n);
		break;
	default:
		t = T(ERROR);
		break;
	}
	n->type = t;
	return t;
}

bool sk_cel_check(const struct sk_cel_env *env, struct sk_cel_node *root, const char *text,
		  size_t len, unsigned flags, struct sk_cel_arena *arena,
		  struct sk_cel_checked *ret, struct sk_cel_issues *issues)
{
	struct local locals[MAX_LOCALS];
	struct checker c = { .env = env,
			     .unify = { .arena = arena },
			     .arena = arena,
			     .issues = issues,
			     .text = text,
			     .len = len,
			     .locals = locals,
			     .dynamic = flags & SK_CEL_NO_CHECK,
			     .homogeneous = flags & SK_CEL_HOMOGENEOUS,
			     .out = ret };
	uint32_t before = issues->count;

	*ret = (struct sk_cel_checked){ 0 };
	ret->reads = sk_cel_alloc(arena, (env->variables / 64 + 1) * sizeof(*ret->reads));
	if (!ret->reads)
		return false;
	ret->type = check(&c, root);
	sk_cel_unify_release(&c.unify);
	return issues->count == before && before < SK_CEL_MAX_ISSUES;
}
