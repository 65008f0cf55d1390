/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/env.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- tables ---- */

void *sk_cel_table_get(const struct sk_cel_table *t, const char *key, size_t len)
{
	uint32_t hash;

	if (!t->mask)
		return NULL;
	hash = sk_cel_hash_text(key, len);
	for (uint32_t at = hash & t->mask; t->keys[at]; at = (at + 1) & t->mask)
		if (t->hashes[at] == hash && strncmp(t->keys[at], key, len) == 0 &&
		    !t->keys[at][len])
			return t->values[at];
	return NULL;
}

static void table_release(struct sk_cel_table *t)
{
	free(t->keys);
	free(t->hashes);
	free(t->values);
	*t = (struct sk_cel_table){ 0 };
}

static void *must(void *memory)
{
	if (!memory)
		abort(); /* tables of declarations have sizes that we choose */
	return memory;
}

static void table_place(struct sk_cel_table *t, const char *key, uint32_t hash, void *value)
{
	uint32_t at = hash & t->mask;

	while (t->keys[at])
		at = (at + 1) & t->mask;
	t->keys[at] = key;
	t->hashes[at] = hash;
	t->values[at] = value;
}

static void table_put(struct sk_cel_table *t, const char *key, void *value)
{
	struct sk_cel_table old = *t;

	if ((t->count + 1) * 2 > t->mask) {
		uint32_t size = old.mask ? (old.mask + 1) * 2 : 64;

		t->keys = must(calloc(size, sizeof(*t->keys)));
		t->hashes = must(calloc(size, sizeof(*t->hashes)));
		t->values = must(calloc(size, sizeof(*t->values)));
		t->mask = size - 1;
		for (uint32_t i = 0; old.mask && i <= old.mask; i++)
			if (old.keys[i])
				table_place(t, old.keys[i], old.hashes[i], old.values[i]);
		table_release(&old);
	}
	table_place(t, key, sk_cel_hash_text(key, strlen(key)), value);
	t->count++;
}

/* ---- issues ---- */

__attribute__((format(printf, 4, 5))) static int
fail(struct sk_cel_issues *issues, const char *text, size_t at, const char *fmt, ...)
{
	char what[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (issues)
		sk_cel_issue(issues, text, strlen(text), at, 1, "%s", what);
	return -1;
}

/* ---- types and signatures as text ---- */

struct reader {
	const struct sk_cel_env *env;
	struct sk_cel_arena *arena;
	const char *text, *at;
	const struct sk_cel_type *params[26]; /* by letter, in a signature */
	unsigned depth, param_count;
};

static void blanks(struct reader *r)
{
	while (*r->at == ' ')
		r->at++;
}

static bool punct(struct reader *r, const char *sign)
{
	blanks(r);
	if (strncmp(r->at, sign, strlen(sign)) != 0)
		return false;
	r->at += strlen(sign);
	return true;
}

static const struct {
	const char *name;
	enum sk_cel_type_kind kind;
} type_words[] = {
	{ "dyn", SK_CEL_T_DYN },
	{ "null", SK_CEL_T_NULL },
	{ "null_type", SK_CEL_T_NULL },
	{ "bool", SK_CEL_T_BOOL },
	{ "int", SK_CEL_T_INT },
	{ "uint", SK_CEL_T_UINT },
	{ "double", SK_CEL_T_DOUBLE },
	{ "string", SK_CEL_T_STRING },
	{ "bytes", SK_CEL_T_BYTES },
	{ "timestamp", SK_CEL_T_TIMESTAMP },
	{ "google.protobuf.Timestamp", SK_CEL_T_TIMESTAMP },
	{ "duration", SK_CEL_T_DURATION },
	{ "google.protobuf.Duration", SK_CEL_T_DURATION },
	{ "list", SK_CEL_T_LIST },
	{ "map", SK_CEL_T_MAP },
	{ "optional", SK_CEL_T_OPTIONAL },
	{ "optional_type", SK_CEL_T_OPTIONAL },
	{ "type", SK_CEL_T_TYPE },
	{ "wrapper", SK_CEL_T_WRAPPER },
};

static const struct sk_cel_type *read_type(struct reader *r);

static const struct sk_cel_type *read_params(struct reader *r, enum sk_cel_type_kind kind)
{
	const struct sk_cel_type *a, *b = NULL;

	if (!punct(r, "<"))
		return kind == SK_CEL_T_WRAPPER ? NULL : sk_cel_basic(kind);
	a = read_type(r);
	if (a && kind == SK_CEL_T_MAP) {
		b = punct(r, ",") ? read_type(r) : NULL;
		if (!b)
			return NULL;
	}
	return a && punct(r, ">") ? sk_cel_type_new(r->arena, kind, a, b) : NULL;
}

static const struct sk_cel_type *param_type(struct reader *r, char letter)
{
	struct sk_cel_type *t;

	if (!r->params[letter - 'A']) {
		char *name = must(sk_cel_alloc(r->arena, 2));

		name[0] = letter;
		t = must(sk_cel_alloc(r->arena, sizeof(*t)));
		t->kind = SK_CEL_T_PARAM;
		t->name = name;
		t->number = (uint8_t)r->param_count++;
		r->params[letter - 'A'] = t;
	}
	return r->params[letter - 'A'];
}

/* "tuple<A, B>": a type that functions pass on and nobody looks into. */
static const struct sk_cel_type *abstract_type(struct reader *r, const char *name, size_t len)
{
	struct sk_cel_type *t;
	char *copy;

	if (!punct(r, "<"))
		return NULL;
	t = must(sk_cel_alloc(r->arena, sizeof(*t)));
	copy = must(sk_cel_alloc(r->arena, len + 1));
	memcpy(copy, name, len);
	t->kind = SK_CEL_T_OPAQUE;
	t->name = copy;
	do {
		if (t->count == SK_CEL_TYPE_PARAMS || !(t->params[t->count] = read_type(r)))
			return NULL;
		t->count++;
	} while (punct(r, ","));
	return punct(r, ">") ? t : NULL;
}

static const struct sk_cel_type *named_type(struct reader *r, const char *name, size_t len)
{
	struct sk_cel_name *known;

	for (size_t i = 0; i < sizeof(type_words) / sizeof(type_words[0]); i++)
		if (strncmp(type_words[i].name, name, len) == 0 && !type_words[i].name[len])
			return type_words[i].kind == SK_CEL_T_WRAPPER ||
					       sk_cel_basic(type_words[i].kind)->count
				       ? read_params(r, type_words[i].kind)
				       : sk_cel_basic(type_words[i].kind);
	known = sk_cel_table_get(&r->env->names, name, len);
	if (!known)
		return abstract_type(r, name, len);
	if (known->kind == SK_CEL_NAME_STRUCT)
		return known->type;
	return known->kind == SK_CEL_NAME_CONSTANT && known->value.kind == SK_CEL_TYPE
		       ? known->value.type
		       : NULL;
}

static const struct sk_cel_type *read_type(struct reader *r)
{
	const struct sk_cel_type *t = NULL;
	const char *from;
	size_t len;

	blanks(r);
	for (from = r->at; isalnum((unsigned char)*r->at) || *r->at == '_' || *r->at == '.';)
		r->at++;
	len = (size_t)(r->at - from);
	if (len == 1 && isupper((unsigned char)*from))
		return param_type(r, *from);
	if (len && ++r->depth <= 16) {
		if (from[len - 1] == '.') { /* "string.(int)": the dot is the signature's */
			len--;
			r->at--;
		}
		t = named_type(r, from, len);
		r->depth--;
	}
	if (!t)
		r->at = from;
	return t;
}

const struct sk_cel_type *sk_cel_env_type(const struct sk_cel_env *env, struct sk_cel_arena *arena,
					  const char *text)
{
	struct reader r = { .env = env, .arena = arena, .text = text, .at = text };
	const struct sk_cel_type *t = read_type(&r);

	blanks(&r);
	return t && !*r.at ? t : NULL;
}

/* "string.(int, int) -> string", "(A, list<A>) -> bool" */
static bool read_signature(struct reader *r, struct sk_cel_callee *c)
{
	if (!punct(r, "(")) {
		c->args[0] = read_type(r);
		c->member = true;
		if (!c->args[0] || !punct(r, ".") || !punct(r, "("))
			return false;
		c->count = 1;
	}
	while (!punct(r, ")")) {
		if (c->count > c->member && !punct(r, ","))
			return false;
		if (c->count == SK_CEL_MAX_ARGS || !(c->args[c->count] = read_type(r)))
			return false;
		c->count++;
	}
	if (!punct(r, "->") || !(c->result = read_type(r)))
		return false;
	blanks(r);
	c->params = (uint8_t)r->param_count;
	for (unsigned i = 0; i < c->count; i++)
		c->kinds[i] = sk_cel_type_kinds(c->args[i]);
	return !*r->at && r->param_count <= SK_CEL_MAX_PARAMS;
}

/* ---- functions ---- */

static int add_overload(struct sk_cel_env *env, const struct sk_cel_overload *decl,
			struct sk_cel_issues *issues)
{
	struct reader r = {
		.env = env, .arena = &env->arena, .text = decl->signature, .at = decl->signature
	};
	struct sk_cel_callee *c = must(sk_cel_alloc(&env->arena, sizeof(*c)));
	struct sk_cel_function *f =
		sk_cel_table_get(&env->functions, decl->name, strlen(decl->name));

	c->decl = decl;
	if (!read_signature(&r, c))
		return fail(issues, decl->signature, (size_t)(r.at - r.text),
			    "the signature of %s cannot be read: \"%s\"", decl->name,
			    decl->signature);
	if (!f) {
		f = must(sk_cel_alloc(&env->arena, sizeof(*f)));
		f->name = decl->name;
		f->tail = &f->first;
		table_put(&env->functions, decl->name, f);
	}
	*f->tail = c;
	f->tail = (const struct sk_cel_callee **)&c->next;
	return 0;
}

static int add_overloads(struct sk_cel_env *env, const struct sk_cel_overload *table,
			 struct sk_cel_issues *issues)
{
	for (; table && table->name; table++)
		if (add_overload(env, table, issues) < 0)
			return -1;
	return 0;
}

const struct sk_cel_function *sk_cel_env_function(const struct sk_cel_env *env, const char *name,
						  size_t len)
{
	return sk_cel_table_get(&env->functions, name, len);
}

int sk_cel_env_declare(struct sk_cel_env *env, const char *name, const char *signature,
		       struct sk_cel_issues *issues)
{
	struct sk_cel_overload *decl = must(sk_cel_alloc(&env->arena, sizeof(*decl)));

	decl->name = name;
	decl->signature = signature;
	return add_overload(env, decl, issues);
}

/* ---- names ---- */

static struct sk_cel_name *add_name(struct sk_cel_env *env, enum sk_cel_name_kind kind,
				    const char *name)
{
	struct sk_cel_name *n = must(sk_cel_alloc(&env->arena, sizeof(*n)));

	n->kind = kind;
	n->name = name;
	table_put(&env->names, name, n);
	return n;
}

static bool known(struct sk_cel_env *env, const char *name)
{
	return sk_cel_table_get(&env->names, name, strlen(name)) != NULL;
}

/* A standard type's name may also be a variable's: facts have members that are called "type" and "map". */
static bool is_standard_type(const struct sk_cel_name *n)
{
	return n->kind == SK_CEL_NAME_CONSTANT && n->value.kind == SK_CEL_TYPE &&
	       n->value.type->kind <= SK_CEL_T_TYPE &&
	       n->value.type == sk_cel_basic((enum sk_cel_type_kind)n->value.type->kind);
}

int sk_cel_env_variable(struct sk_cel_env *env, const char *name, const char *type,
			struct sk_cel_issues *issues)
{
	const struct sk_cel_type *t = sk_cel_env_type(env, &env->arena, type);
	struct sk_cel_name *n;

	if (!t)
		return fail(issues, type, 0, "\"%s\" is no type that is known here", type);
	n = sk_cel_table_get(&env->names, name, strlen(name));
	if (n && !is_standard_type(n))
		return fail(issues, name, 0, "\"%s\" is declared twice", name);
	if (!n)
		n = add_name(env, SK_CEL_NAME_VARIABLE, name);
	n->kind = SK_CEL_NAME_VARIABLE;
	n->type = t;
	n->slot = (int32_t)env->variables++;
	return n->slot;
}

int sk_cel_env_constant(struct sk_cel_env *env, const char *name, struct sk_cel_value value,
			struct sk_cel_issues *issues)
{
	struct sk_cel_name *n;

	if (known(env, name))
		return fail(issues, name, 0, "\"%s\" is declared twice", name);
	n = add_name(env, SK_CEL_NAME_CONSTANT, name);
	n->value = value;
	n->type = value.kind == SK_CEL_TYPE
			  ? sk_cel_type_new(&env->arena, SK_CEL_T_TYPE, value.type, NULL)
			  : sk_cel_value_type(value);
	return 0;
}

int sk_cel_env_struct(struct sk_cel_env *env, const struct sk_cel_struct_type *decl,
		      struct sk_cel_issues *issues)
{
	struct sk_cel_type *t = must(sk_cel_alloc(&env->arena, sizeof(*t)));
	struct sk_cel_name *n;

	if (known(env, decl->name))
		return fail(issues, decl->name, 0, "\"%s\" is declared twice", decl->name);
	t->kind = SK_CEL_T_STRUCT;
	t->name = decl->name;
	t->decl = decl;
	n = add_name(env, SK_CEL_NAME_STRUCT, decl->name);
	n->type = t;
	n->value = (struct sk_cel_value){ .kind = SK_CEL_TYPE, .type = t };
	return 0;
}

void sk_cel_env_container(struct sk_cel_env *env, const char *name)
{
	env->container = name;
}

const struct sk_cel_name *sk_cel_env_name(const struct sk_cel_env *env, const char *name,
					  bool absolute)
{
	size_t prefix = env->container && !absolute ? strlen(env->container) : 0,
	       len = strlen(name);
	const struct sk_cel_name *found = NULL;
	char *whole;

	if (!prefix)
		return sk_cel_table_get(&env->names, name, len);
	whole = must(malloc(prefix + len + 2));
	while (!found && prefix) {
		memcpy(whole, env->container, prefix);
		whole[prefix] = '.';
		memcpy(whole + prefix + 1, name, len + 1);
		found = sk_cel_table_get(&env->names, whole, prefix + 1 + len);
		while (prefix && env->container[--prefix] != '.')
			;
	}
	free(whole);
	return found ? found : sk_cel_table_get(&env->names, name, len);
}

/* ---- macros ---- */

struct macro_list {
	const struct sk_cel_macro *macro;
	struct macro_list *next;
};

static void add_macros(struct sk_cel_env *env, const struct sk_cel_macro *table)
{
	for (; table && table->name; table++) {
		struct macro_list *first =
			sk_cel_table_get(&env->macros, table->name, strlen(table->name));
		struct macro_list *item = must(sk_cel_alloc(&env->arena, sizeof(*item)));

		item->macro = table;
		if (!first) {
			table_put(&env->macros, table->name, item);
			continue;
		}
		item->next = first->next;
		first->next = item;
	}
}

const struct sk_cel_macro *sk_cel_env_macro(const struct sk_cel_env *env, const char *name,
					    bool member, int count)
{
	const struct macro_list *item = sk_cel_table_get(&env->macros, name, strlen(name));

	for (; item; item = item->next)
		if (item->macro->member == member && count >= item->macro->min_args &&
		    (item->macro->max_args < 0 || count <= item->macro->max_args))
			return item->macro;
	return NULL;
}

/* ---- suggestions ---- */

/* Edits between two words (insertion, deletion, change, swap of neighbours), as far as three. */
int sk_cel_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), limit = n < 4 ? 1 : n < 8 ? 2 : 3;
	unsigned rows[3][64], *before = rows[0], *last = rows[1], *now = rows[2], *swap;

	if (n >= 64 || m >= 64 || n > m + limit || m > n + limit || strcmp(a, b) == 0)
		return -1;
	for (size_t j = 0; j <= m; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		swap = before;
		before = last;
		last = now;
		now = swap;
	}
	return last[m] <= limit ? (int)last[m] : -1;
}

static const char *nearest(const struct sk_cel_table *t, const char *name)
{
	const char *best = NULL;
	int best_distance = 100;

	for (uint32_t i = 0; t->mask && i <= t->mask; i++) {
		int d = t->keys[i] && isalpha((unsigned char)t->keys[i][0])
				? sk_cel_distance(name, t->keys[i])
				: -1;

		if (d >= 0 &&
		    (d < best_distance || (d == best_distance && strcmp(t->keys[i], best) < 0))) {
			best = t->keys[i];
			best_distance = d;
		}
	}
	return best;
}

const char *sk_cel_env_nearest_name(const struct sk_cel_env *env, const char *name)
{
	return nearest(&env->names, name);
}

const char *sk_cel_env_nearest_function(const struct sk_cel_env *env, const char *name)
{
	const char *macro = nearest(&env->macros, name), *function = nearest(&env->functions, name);

	if (!macro || !function)
		return macro ? macro : function;
	return sk_cel_distance(name, macro) < sk_cel_distance(name, function) ? macro : function;
}

/* ---- making one ---- */

static void add_type_constants(struct sk_cel_env *env)
{
	static const enum sk_cel_type_kind kinds[] = {
		SK_CEL_T_NULL,	   SK_CEL_T_BOOL,   SK_CEL_T_INT,   SK_CEL_T_UINT,
		SK_CEL_T_DOUBLE,   SK_CEL_T_STRING, SK_CEL_T_BYTES, SK_CEL_T_TIMESTAMP,
		SK_CEL_T_DURATION, SK_CEL_T_LIST,   SK_CEL_T_MAP,   SK_CEL_T_OPTIONAL,
		SK_CEL_T_TYPE
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		sk_cel_env_constant(env, sk_cel_basic(kinds[i])->name,
				    (struct sk_cel_value){ .kind = SK_CEL_TYPE,
							   .type = sk_cel_basic(kinds[i]) },
				    NULL);
}

struct sk_cel_env *sk_cel_env_new(void)
{
	struct sk_cel_env *env = must(calloc(1, sizeof(*env)));

	add_type_constants(env);
	add_macros(env, sk_cel_standard_macros);
	/* Tables of our own, covered by tests: a signature that cannot be read is a bug. */
	if (add_overloads(env, sk_cel_operator_overloads, NULL) < 0 ||
	    add_overloads(env, sk_cel_standard_overloads, NULL) < 0 ||
	    add_overloads(env, sk_cel_optional_overloads, NULL) < 0)
		abort();
	return env;
}

int sk_cel_env_library(struct sk_cel_env *env, const struct sk_cel_library *library,
		       struct sk_cel_issues *issues)
{
	for (const struct sk_cel_opaque_type *const *t = library->types; t && *t; t++) {
		struct sk_cel_type *type = must(sk_cel_alloc(&env->arena, sizeof(*type)));

		type->kind = SK_CEL_T_OPAQUE;
		type->name = (*t)->name;
		if (known(env, (*t)->name))
			continue; /* two libraries may share a type */
		sk_cel_env_constant(env, (*t)->name,
				    (struct sk_cel_value){ .kind = SK_CEL_TYPE, .type = type },
				    issues);
	}
	add_macros(env, library->macros);
	return add_overloads(env, library->overloads, issues);
}

const char *sk_cel_library_name(const struct sk_cel_library *library)
{
	return library->name;
}

void sk_cel_env_free(struct sk_cel_env *env)
{
	if (!env)
		return;
	table_release(&env->functions);
	table_release(&env->names);
	table_release(&env->macros);
	sk_cel_arena_release(&env->arena);
	free(env);
}
