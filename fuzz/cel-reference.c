/* SPDX-License-Identifier: Apache-2.0 */
#include "cel-reference.h"

#include <math.h>
#include <stdio.h>

typedef struct sk_cel_value value;
typedef struct sk_cel_node node;

struct local {
	const char *name;
	value v;
	const struct local *outer;
};

struct walk {
	const struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	const value *slots;
	uint32_t count;
	unsigned steps;
	bool gave_up, trouble; /* too many steps; an error or unknown has come up */
};

static value eval_node(struct walk *w, const node *n, const struct local *scope);

static const value absent;

static value fail(struct walk *w, const char *what)
{
	return sk_cel_fail(w->eval, SK_CEL_EVALUE, "%s", what);
}

static bool bad(value v)
{
	return v.kind == SK_CEL_ERROR || v.kind == SK_CEL_UNKNOWN;
}

/* ---- unknowns and errors ---- */

static bool names_it(const struct sk_cel_unknown *u, const char *attribute)
{
	for (uint32_t i = 0; i < u->count; i++)
		if (strcmp(u->attributes[i], attribute) == 0)
			return true;
	return false;
}

static value both_unknown(struct walk *w, value a, value b)
{
	const char **list = sk_cel_eval_alloc(w->eval, (a.unknown->count + b.unknown->count + 1) *
							       sizeof(*list));
	struct sk_cel_unknown *u = sk_cel_eval_alloc(w->eval, sizeof(*u));

	if (!list || !u)
		return sk_cel_full(w->eval);
	for (uint32_t i = 0; i < a.unknown->count; i++)
		list[u->count++] = a.unknown->attributes[i];
	for (uint32_t i = 0; i < b.unknown->count; i++)
		if (!names_it(a.unknown, b.unknown->attributes[i]))
			list[u->count++] = b.unknown->attributes[i];
	u->attributes = list;
	return (value){ .kind = SK_CEL_UNKNOWN, .unknown = u };
}

/* a came first; either may be good or absent. */
static value worse(struct walk *w, value a, value b)
{
	if (a.kind == SK_CEL_UNKNOWN && b.kind == SK_CEL_UNKNOWN)
		return both_unknown(w, a, b);
	if (a.kind == SK_CEL_UNKNOWN || b.kind == SK_CEL_UNKNOWN)
		return a.kind == SK_CEL_UNKNOWN ? a : b;
	return a.kind == SK_CEL_ERROR ? a : b;
}

/* ---- equality and order ---- */

static bool number(value v)
{
	return v.kind == SK_CEL_INT || v.kind == SK_CEL_UINT || v.kind == SK_CEL_DOUBLE;
}

/* -1, 0, 1; 2: no order. Integers of two kinds as 65 bits, against doubles as doubles. */
static int order_numbers(value a, value b)
{
	if (a.kind == SK_CEL_DOUBLE || b.kind == SK_CEL_DOUBLE) {
		double x = a.kind == SK_CEL_DOUBLE ? a.d
			   : a.kind == SK_CEL_INT  ? (double)a.i
						   : (double)a.u;
		double y = b.kind == SK_CEL_DOUBLE ? b.d
			   : b.kind == SK_CEL_INT  ? (double)b.i
						   : (double)b.u;

		return isnan(x) || isnan(y) ? 2 : x < y ? -1 : x > y;
	}

	bool a_minus = a.kind == SK_CEL_INT && a.i < 0, b_minus = b.kind == SK_CEL_INT && b.i < 0;

	if (a_minus != b_minus)
		return a_minus ? -1 : 1;
	return a.u < b.u ? -1 : a.u > b.u;
}

static int order(value a, value b)
{
	if (number(a) && number(b))
		return order_numbers(a, b);
	if (a.kind != b.kind)
		return 2;
	if (a.kind == SK_CEL_BOOL)
		return (int)a.truth - (int)b.truth;
	if (a.kind == SK_CEL_STRING || a.kind == SK_CEL_BYTES) {
		for (uint32_t i = 0; i < a.len && i < b.len; i++)
			if (a.str[i] != b.str[i])
				return (unsigned char)a.str[i] < (unsigned char)b.str[i] ? -1 : 1;
		return a.len < b.len ? -1 : a.len > b.len;
	}
	if (a.kind != SK_CEL_TIMESTAMP && a.kind != SK_CEL_DURATION)
		return 2;
	if (a.i != b.i)
		return a.i < b.i ? -1 : 1;
	return a.nanos < b.nanos ? -1 : a.nanos > b.nanos;
}

static bool same(value a, value b);

static value look_up(const struct sk_cel_map *map, value key)
{
	for (uint32_t i = 0; i < sk_cel_map_count(map); i++)
		if (same(sk_cel_map_key(map, i), key))
			return sk_cel_map_value(map, i);
	return absent;
}

static bool same_maps(const struct sk_cel_map *a, const struct sk_cel_map *b)
{
	if (sk_cel_map_count(a) != sk_cel_map_count(b))
		return false;
	for (uint32_t i = 0; i < sk_cel_map_count(a); i++) {
		value other = look_up(b, sk_cel_map_key(a, i));

		if (other.kind == SK_CEL_ABSENT || !same(sk_cel_map_value(a, i), other))
			return false;
	}
	return true;
}

static value read_field(const struct sk_cel_struct *s, int i)
{
	const value *otherwise = s->type->fields[i].otherwise;

	return s->fields[i].kind == SK_CEL_ABSENT && otherwise ? *otherwise : s->fields[i];
}

static bool same_structs(const struct sk_cel_struct *a, const struct sk_cel_struct *b)
{
	if (a->type != b->type)
		return false;
	for (int i = 0; a->type->fields[i].name; i++) {
		value x = read_field(a, i), y = read_field(b, i);

		if (x.kind == SK_CEL_ABSENT && y.kind == SK_CEL_ABSENT)
			continue;
		if (x.kind == SK_CEL_ABSENT || y.kind == SK_CEL_ABSENT || !same(x, y))
			return false;
	}
	return true;
}

static bool same(value a, value b)
{
	if (order(a, b) != 2)
		return order(a, b) == 0;
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case SK_CEL_NULL:
		return true;
	case SK_CEL_LIST:
		if (a.list->count != b.list->count)
			return false;
		for (uint32_t i = 0; i < a.list->count; i++)
			if (!same(a.list->items[i], b.list->items[i]))
				return false;
		return true;
	case SK_CEL_MAP:
		return same_maps(a.map, b.map);
	case SK_CEL_STRUCT:
		return same_structs(a.object, b.object);
	case SK_CEL_TYPE:
		return strcmp(sk_cel_type_name(a.type), sk_cel_type_name(b.type)) == 0;
	case SK_CEL_OPTIONAL:
		return !a.some || !b.some ? a.some == b.some : same(*a.some, *b.some);
	case SK_CEL_OPAQUE:
		return a.opaque->type == b.opaque->type &&
		       a.opaque->type->equal(a.opaque, b.opaque);
	default:
		return false;
	}
}

/* ---- names ---- */

static const struct local *find(const struct local *scope, const char *name)
{
	while (scope && strcmp(scope->name, name) != 0)
		scope = scope->outer;
	return scope;
}

/* "a.b.c", and the name that it begins with; false: it is no chain of names. */
static bool dotted(const node *n, char *out, size_t size, const node **ret_root)
{
	size_t len;

	if (n->kind == SK_CEL_NODE_IDENT) {
		*ret_root = n;
		return (size_t)snprintf(out, size, "%s", n->name) < size;
	}
	if (n->kind != SK_CEL_NODE_SELECT || (n->flags & SK_CEL_NODE_OPTIONAL) ||
	    !dotted(n->target, out, size, ret_root))
		return false;
	len = strlen(out);
	return (size_t)snprintf(out + len, size - len, ".%s", n->name) < size - len;
}

static value read_name(struct walk *w, const struct sk_cel_name *name)
{
	if (name->kind != SK_CEL_NAME_VARIABLE)
		return name->value;
	if ((uint32_t)name->slot >= w->count || w->slots[name->slot].kind == SK_CEL_ABSENT)
		return fail(w, "no such variable");
	return w->slots[name->slot];
}

/* SK_CEL_ABSENT: the whole chain is no name. */
static value read_chain(struct walk *w, const node *n, const struct local *scope)
{
	const struct sk_cel_name *name;
	const node *root;
	char text[512];
	bool absolute;

	if (!dotted(n, text, sizeof(text), &root))
		return absent;
	absolute = root->flags & SK_CEL_NODE_ABSOLUTE;
	if (!absolute && find(scope, root->name))
		return absent;
	name = sk_cel_env_name(w->env, text, absolute);
	return name ? read_name(w, name) : absent;
}

static value eval_ident(struct walk *w, const node *n, const struct local *scope)
{
	const struct local *local = n->flags & SK_CEL_NODE_ABSOLUTE ? NULL : find(scope, n->name);
	value v = local ? local->v : read_chain(w, n, scope);

	return v.kind == SK_CEL_ABSENT ? fail(w, "no such name") : v;
}

/* ---- selection ---- */

static int field_number(const struct sk_cel_struct_type *t, const char *name)
{
	for (int i = 0; t->fields[i].name; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return i;
	return -1;
}

/* What is stored there: absent when nothing is; an error when v has no fields of that kind. */
static value stored(struct walk *w, value v, const char *name)
{
	int i;

	if (v.kind == SK_CEL_MAP)
		return look_up(v.map, sk_cel_string(name, strlen(name)));
	if (v.kind != SK_CEL_STRUCT)
		return fail(w, "no fields");
	i = field_number(v.object->type, name);
	return i < 0 ? fail(w, "no such field") : v.object->fields[i];
}

static value optional_select(struct walk *w, value v, const char *name)
{
	if (v.kind == SK_CEL_OPTIONAL && !v.some)
		return v;
	v = stored(w, v.kind == SK_CEL_OPTIONAL ? *v.some : v, name);
	if (v.kind == SK_CEL_ABSENT)
		return sk_cel_none();
	return bad(v) ? v : sk_cel_new_optional(w->eval, v);
}

static value select_field(struct walk *w, value v, const char *name)
{
	value found = stored(w, v, name);

	if (found.kind == SK_CEL_ABSENT && v.kind == SK_CEL_STRUCT)
		found = read_field(v.object, field_number(v.object->type, name));
	return found.kind == SK_CEL_ABSENT ? fail(w, "no such key") : found;
}

static value has_field(struct walk *w, value v, const char *name)
{
	if (v.kind == SK_CEL_OPTIONAL) {
		v = optional_select(w, v, name);
		return bad(v) ? v : sk_cel_bool(v.some != NULL);
	}

	bool map = v.kind == SK_CEL_MAP;

	v = stored(w, v, name);
	if (v.kind == SK_CEL_ABSENT)
		return sk_cel_bool(false);
	return v.kind == SK_CEL_ERROR || (v.kind == SK_CEL_UNKNOWN && !map) ? v : sk_cel_bool(true);
}

static value eval_select(struct walk *w, const node *n, const struct local *scope)
{
	value v = n->kind == SK_CEL_NODE_SELECT ? read_chain(w, n, scope) : absent;

	if (v.kind != SK_CEL_ABSENT)
		return v;
	v = eval_node(w, n->target, scope);
	if (bad(v))
		return v;
	if (n->kind == SK_CEL_NODE_HAS)
		return has_field(w, v, n->name);
	if ((n->flags & SK_CEL_NODE_OPTIONAL) || v.kind == SK_CEL_OPTIONAL)
		return optional_select(w, v, n->name);
	return select_field(w, v, n->name);
}

/* ---- index ---- */

static value element(struct walk *w, value v, value index)
{
	if (v.kind == SK_CEL_MAP) {
		if (index.kind == SK_CEL_STRING || index.kind == SK_CEL_BOOL || number(index))
			return look_up(v.map, index);
		return fail(w, "no key");
	}
	if (v.kind != SK_CEL_LIST || !number(index))
		return fail(w, "no overload");
	if (order_numbers(index, sk_cel_double(0x1p63)) != -1 ||
	    order_numbers(index, sk_cel_int(INT64_MIN)) == -1)
		return fail(w, "no index");
	for (uint32_t i = 0; i < v.list->count; i++)
		if (order_numbers(index, sk_cel_int(i)) == 0)
			return v.list->items[i];
	if (index.kind == SK_CEL_DOUBLE && !(index.d == floor(index.d)))
		return fail(w, "no whole number");
	return absent;
}

static value eval_index(struct walk *w, value v, value index, bool optional)
{
	if (v.kind == SK_CEL_OPTIONAL) {
		optional = true;
		if (!v.some)
			return v;
		v = *v.some;
	}
	v = element(w, v, index);
	if (v.kind == SK_CEL_ABSENT)
		return optional ? sk_cel_none() : fail(w, "no such element");
	return bad(v) || !optional ? v : sk_cel_new_optional(w->eval, v);
}

/* ---- operators ---- */

static value logic(struct walk *w, const node *n, const struct local *scope)
{
	bool decides = n->op == SK_CEL_OP_OR;
	value result = sk_cel_bool(!decides);

	for (uint32_t i = 0; i < n->count; i++) {
		value v = eval_node(w, n->args[i], scope);

		if (v.kind == SK_CEL_BOOL && v.truth == decides)
			return v;
		if (v.kind == SK_CEL_BOOL)
			continue;
		if (!bad(v))
			v = fail(w, "no bool");
		result = bad(result) ? worse(w, result, v) : v;
	}
	return result;
}

static value choose(struct walk *w, const node *n, const struct local *scope)
{
	value v = eval_node(w, n->args[0], scope);

	if (bad(v))
		return v;
	if (v.kind != SK_CEL_BOOL)
		return fail(w, "no bool");
	return eval_node(w, n->args[v.truth ? 1 : 2], scope);
}

static value ints(struct walk *w, enum sk_cel_op op, value a, value b)
{
	__extension__ __int128 x = a.kind == SK_CEL_INT ? a.i : (__int128)a.u;
	__extension__ __int128 y = b.kind == SK_CEL_INT ? b.i : (__int128)b.u;
	__extension__ __int128 z = 0;

	if ((op == SK_CEL_OP_DIV || op == SK_CEL_OP_MOD) && y == 0)
		return fail(w, "division by zero");
	if (op == SK_CEL_OP_MUL && __builtin_mul_overflow(x, y, &z))
		return fail(w, "overflow");
	if (op == SK_CEL_OP_ADD || op == SK_CEL_OP_SUB)
		z = op == SK_CEL_OP_ADD ? x + y : x - y;
	else if (op != SK_CEL_OP_MUL)
		z = op == SK_CEL_OP_DIV ? x / y : x % y;
	if (op == SK_CEL_OP_MOD && a.kind == SK_CEL_INT && a.i == INT64_MIN && b.i == -1)
		return fail(w, "overflow"); /* as Go has it */
	if (a.kind == SK_CEL_INT)
		return z < INT64_MIN || z > INT64_MAX ? fail(w, "overflow")
						      : sk_cel_int((int64_t)z);
	return z < 0 || z > UINT64_MAX ? fail(w, "overflow") : sk_cel_uint((uint64_t)z);
}

static value doubles(struct walk *w, enum sk_cel_op op, double a, double b)
{
	switch (op) {
	case SK_CEL_OP_ADD:
		return sk_cel_double(a + b);
	case SK_CEL_OP_SUB:
		return sk_cel_double(a - b);
	case SK_CEL_OP_MUL:
		return sk_cel_double(a * b);
	case SK_CEL_OP_DIV:
		return sk_cel_double(a / b);
	default:
		return fail(w, "no overload");
	}
}

static value concatenation(struct walk *w, value a, value b)
{
	value v, *items = NULL;
	char *out = NULL;

	if (a.kind == SK_CEL_LIST) {
		v = sk_cel_new_list(w->eval, a.list->count + b.list->count, &items);
		for (uint32_t i = 0; items && i < a.list->count; i++)
			*items++ = a.list->items[i];
		for (uint32_t i = 0; items && i < b.list->count; i++)
			*items++ = b.list->items[i];
		return v;
	}
	v = sk_cel_new_string(w->eval, (size_t)a.len + b.len, &out);
	if (!out)
		return v;
	for (uint32_t i = 0; i < a.len; i++)
		*out++ = a.str[i];
	for (uint32_t i = 0; i < b.len; i++)
		*out++ = b.str[i];
	v.kind = a.kind;
	return v;
}

/* Times by their nanoseconds, within the years 1 to 9999; differences within 64 bits. */
static value times(struct walk *w, enum sk_cel_op op, value a, value b)
{
	__extension__ __int128 x = (__int128)a.i * 1000000000 + a.nanos;
	__extension__ __int128 y = (__int128)b.i * 1000000000 + b.nanos;
	__extension__ __int128 z = op == SK_CEL_OP_ADD ? x + y : x - y, seconds = z / 1000000000;
	bool a_time = a.kind == SK_CEL_TIMESTAMP, b_time = b.kind == SK_CEL_TIMESTAMP;
	int32_t nanos = (int32_t)(z % 1000000000);

	if (op == SK_CEL_OP_ADD ? a_time && b_time : op != SK_CEL_OP_SUB || (!a_time && b_time))
		return fail(w, "no overload");
	if (a_time && b_time)
		return z < INT64_MIN || z > INT64_MAX ? fail(w, "overflow")
						      : sk_cel_duration((int64_t)seconds, nanos);
	if (!a_time && !b_time)
		return seconds > 315576000000 || seconds < -315576000000
			       ? fail(w, "overflow")
			       : sk_cel_duration((int64_t)seconds, nanos);
	if (nanos < 0) {
		nanos += 1000000000;
		seconds--;
	}
	return seconds < -62135596800 || seconds > 253402300799
		       ? fail(w, "overflow")
		       : sk_cel_timestamp((int64_t)seconds, nanos);
}

static bool is_time(value v)
{
	return v.kind == SK_CEL_TIMESTAMP || v.kind == SK_CEL_DURATION;
}

static value arithmetic(struct walk *w, enum sk_cel_op op, value a, value b)
{
	if (is_time(a) && is_time(b))
		return times(w, op, a, b);
	if (a.kind != b.kind)
		return fail(w, "no overload");
	if (a.kind == SK_CEL_INT || a.kind == SK_CEL_UINT)
		return ints(w, op, a, b);
	if (a.kind == SK_CEL_DOUBLE)
		return doubles(w, op, a.d, b.d);
	if (op == SK_CEL_OP_ADD &&
	    (a.kind == SK_CEL_STRING || a.kind == SK_CEL_BYTES || a.kind == SK_CEL_LIST))
		return concatenation(w, a, b);
	return fail(w, "no overload");
}

static value compare(struct walk *w, enum sk_cel_op op, value a, value b)
{
	int o = order(a, b);

	if (o == 2 && !(number(a) && number(b)))
		return fail(w, "no overload");
	switch (op) {
	case SK_CEL_OP_LT:
		return sk_cel_bool(o == -1);
	case SK_CEL_OP_LE:
		return sk_cel_bool(o < 1);
	case SK_CEL_OP_GT:
		return sk_cel_bool(o == 1);
	default:
		return sk_cel_bool(o == 0 || o == 1);
	}
}

static value member_of(struct walk *w, value a, value b)
{
	if (b.kind == SK_CEL_MAP)
		return sk_cel_bool(look_up(b.map, a).kind != SK_CEL_ABSENT);
	if (b.kind != SK_CEL_LIST)
		return fail(w, "no overload");
	for (uint32_t i = 0; i < b.list->count; i++)
		if (same(a, b.list->items[i]))
			return sk_cel_bool(true);
	return sk_cel_bool(false);
}

static value unary(struct walk *w, enum sk_cel_op op, value a)
{
	if (op == SK_CEL_OP_NOT && a.kind == SK_CEL_BOOL)
		return sk_cel_bool(!a.truth);
	if (op == SK_CEL_OP_NEGATE && a.kind == SK_CEL_DOUBLE)
		return sk_cel_double(-a.d);
	if (op == SK_CEL_OP_NEGATE && a.kind == SK_CEL_INT)
		return ints(w, SK_CEL_OP_SUB, sk_cel_int(0), a);
	return fail(w, "no overload");
}

static value eval_operator(struct walk *w, const node *n, const struct local *scope)
{
	enum sk_cel_op op = (enum sk_cel_op)n->op;
	value a, b, worst;

	if (op == SK_CEL_OP_AND || op == SK_CEL_OP_OR)
		return logic(w, n, scope);
	if (op == SK_CEL_OP_CHOICE)
		return choose(w, n, scope);
	a = eval_node(w, n->args[0], scope);
	if (op == SK_CEL_OP_NOT || op == SK_CEL_OP_NEGATE)
		return bad(a) ? a : unary(w, op, a);
	b = eval_node(w, n->args[1], scope);
	worst = worse(w, a, b);
	if (bad(worst))
		return worst;
	switch (op) {
	case SK_CEL_OP_EQ:
		return sk_cel_bool(same(a, b));
	case SK_CEL_OP_NE:
		return sk_cel_bool(!same(a, b));
	case SK_CEL_OP_IN:
		return member_of(w, a, b);
	case SK_CEL_OP_INDEX:
	case SK_CEL_OP_OPT_INDEX:
		return eval_index(w, a, b, op == SK_CEL_OP_OPT_INDEX);
	case SK_CEL_OP_LT:
	case SK_CEL_OP_LE:
	case SK_CEL_OP_GT:
	case SK_CEL_OP_GE:
		return compare(w, op, a, b);
	default:
		return arithmetic(w, op, a, b);
	}
}

/* ---- functions ---- */

static bool takes(const struct sk_cel_type *t, value v)
{
	static const uint8_t kinds[] = {
		[SK_CEL_T_NULL] = SK_CEL_NULL,	       [SK_CEL_T_BOOL] = SK_CEL_BOOL,
		[SK_CEL_T_INT] = SK_CEL_INT,	       [SK_CEL_T_UINT] = SK_CEL_UINT,
		[SK_CEL_T_DOUBLE] = SK_CEL_DOUBLE,     [SK_CEL_T_STRING] = SK_CEL_STRING,
		[SK_CEL_T_BYTES] = SK_CEL_BYTES,       [SK_CEL_T_TIMESTAMP] = SK_CEL_TIMESTAMP,
		[SK_CEL_T_DURATION] = SK_CEL_DURATION, [SK_CEL_T_LIST] = SK_CEL_LIST,
		[SK_CEL_T_MAP] = SK_CEL_MAP,	       [SK_CEL_T_OPTIONAL] = SK_CEL_OPTIONAL,
		[SK_CEL_T_TYPE] = SK_CEL_TYPE,
	};

	switch (t->kind) {
	case SK_CEL_T_DYN:
	case SK_CEL_T_PARAM:
		return true;
	case SK_CEL_T_WRAPPER:
		return v.kind == SK_CEL_NULL || takes(t->params[0], v);
	case SK_CEL_T_STRUCT:
		return v.kind == SK_CEL_STRUCT && strcmp(v.object->type->name, t->name) == 0;
	case SK_CEL_T_OPAQUE:
		return v.kind == SK_CEL_OPAQUE && strcmp(v.opaque->type->name, t->name) == 0;
	default:
		return kinds[t->kind] == v.kind;
	}
}

static bool fits(const struct sk_cel_callee *c, bool member, const value *args, uint32_t count)
{
	bool variadic = c->decl->flags & SK_CEL_VARIADIC, lenient = c->decl->flags & SK_CEL_LENIENT;

	if (c->member != member || (variadic ? count < c->count : count != c->count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct sk_cel_type *t = c->args[i < c->count ? i : c->count - 1u];

		if (bad(args[i]) ? !lenient : !takes(t, args[i]))
			return false;
	}
	return true;
}

static bool has_global(const struct sk_cel_function *f)
{
	for (const struct sk_cel_callee *c = f ? f->first : NULL; c; c = c->next)
		if (!c->member)
			return true;
	return false;
}

/* "math.greatest" of math.greatest(...), where `math` is no variable of a loop; or NULL. */
static const struct sk_cel_function *qualified(struct walk *w, const node *n,
					       const struct local *scope)
{
	const struct sk_cel_function *f;
	const node *root;
	char text[512];
	size_t len;

	if (!n->target || !dotted(n->target, text, sizeof(text), &root) ||
	    (!(root->flags & SK_CEL_NODE_ABSOLUTE) && find(scope, root->name)))
		return NULL;
	len = strlen(text);
	if ((size_t)snprintf(text + len, sizeof(text) - len, ".%s", n->name) >= sizeof(text) - len)
		return NULL;
	f = sk_cel_env_function(w->env, text, strlen(text));
	return has_global(f) ? f : NULL;
}

static value eval_function(struct walk *w, const node *n, const struct local *scope)
{
	value args[SK_CEL_MAX_ARGS * 2 + 1], worst = absent;
	const struct sk_cel_function *f = qualified(w, n, scope);
	bool member = n->target && !f;
	uint32_t count = 0;

	if (n->count + 1 > sizeof(args) / sizeof(args[0]))
		return fail(w, "too many arguments");
	if (!f)
		f = sk_cel_env_function(w->env, n->name, strlen(n->name));
	if (member)
		args[count++] = eval_node(w, n->target, scope);
	for (uint32_t i = 0; i < n->count; i++)
		args[count++] = eval_node(w, n->args[i], scope);
	for (uint32_t i = 0; i < count; i++)
		worst = worse(w, worst, args[i]);
	for (const struct sk_cel_callee *c = f ? f->first : NULL; c; c = c->next)
		if (fits(c, member, args, count))
			return c->decl->fn ? c->decl->fn(w->eval, args, count) : fail(w, "no code");
	return bad(worst) ? worst : fail(w, "no overload");
}

/* ---- literals ---- */

/* What stands behind a '?': absent for optional.none(). */
static value unwrapped(struct walk *w, value v)
{
	if (v.kind == SK_CEL_OPTIONAL)
		return v.some ? *v.some : absent;
	return bad(v) ? v : fail(w, "no optional");
}

static value eval_list(struct walk *w, const node *n, const struct local *scope)
{
	value *items, list = sk_cel_new_list(w->eval, n->count, &items), worst = absent;
	uint32_t kept = 0;

	if (bad(list))
		return list;
	for (uint32_t i = 0; i < n->count; i++) {
		value v = eval_node(w, n->args[i], scope);

		if (n->optional && n->optional[i])
			v = unwrapped(w, v);
		if (bad(v))
			worst = worse(w, worst, v);
		else if (v.kind != SK_CEL_ABSENT)
			items[kept++] = v;
	}
	return bad(worst) ? worst : sk_cel_list_copy(sk_cel_eval_arena(w->eval), items, kept);
}

static bool is_key(value v)
{
	return v.kind == SK_CEL_STRING || v.kind == SK_CEL_BOOL || v.kind == SK_CEL_INT ||
	       v.kind == SK_CEL_UINT;
}

static value eval_map(struct walk *w, const node *n, const struct local *scope)
{
	struct sk_cel_map *map = sk_cel_map_begin(sk_cel_eval_arena(w->eval), n->count / 2);
	value worst = absent;

	if (!map)
		return sk_cel_full(w->eval);
	for (uint32_t i = 0; i < n->count; i += 2) {
		value key = eval_node(w, n->args[i], scope),
		      v = eval_node(w, n->args[i + 1], scope);

		if (n->optional && n->optional[i / 2])
			v = unwrapped(w, v);
		if (bad(key) || bad(v)) {
			worst = worse(w, worst, worse(w, key, v));
			continue;
		}
		if (v.kind == SK_CEL_ABSENT)
			continue;
		if (!is_key(key) || look_up(map, key).kind != SK_CEL_ABSENT)
			return fail(w, "a bad key");
		sk_cel_map_put(map, key, v);
	}
	return bad(worst) ? worst : sk_cel_map_end(map);
}

static value eval_struct(struct walk *w, const node *n, const struct local *scope)
{
	const struct sk_cel_name *name =
		n->name ? sk_cel_env_name(w->env, n->name, n->flags & SK_CEL_NODE_ABSOLUTE) : NULL;
	const struct sk_cel_struct_type *type =
		name && name->kind == SK_CEL_NAME_STRUCT ? name->type->decl : NULL;
	struct sk_cel_struct *s = sk_cel_eval_alloc(w->eval, sizeof(*s));
	value *fields, worst = absent;
	size_t count = 0;

	if (!type)
		return fail(w, "no such struct");
	while (type->fields[count].name)
		count++;
	fields = sk_cel_eval_alloc(w->eval, (count + 1) * sizeof(*fields));
	if (!s || !fields)
		return sk_cel_full(w->eval);
	for (uint32_t i = 0; i < n->count; i++) {
		value v = eval_node(w, n->args[i], scope);
		int field = field_number(type, n->names[i]);

		if (n->optional && n->optional[i])
			v = unwrapped(w, v);
		if (bad(v))
			worst = worse(w, worst, v);
		else if (field < 0)
			return fail(w, "no such field");
		else if (v.kind != SK_CEL_ABSENT) {
			const struct sk_cel_type *t = sk_cel_env_type(
				w->env, sk_cel_eval_arena(w->eval), type->fields[field].type);

			if (v.kind == SK_CEL_NULL && t->kind == SK_CEL_T_STRUCT)
				continue; /* not set; the world has no other fields that take null */
			if (!takes(t, v))
				return fail(w, "a value of another type");
			fields[field] = v;
		}
	}
	s->type = type;
	s->fields = fields;
	return bad(worst) ? worst : (value){ .kind = SK_CEL_STRUCT, .object = s };
}

/* ---- loops ---- */

struct round {
	struct local first, second;
};

static uint32_t length(value range)
{
	return range.kind == SK_CEL_LIST ? range.list->count : sk_cel_map_count(range.map);
}

static const struct local *enter(const node *n, value range, uint32_t i, struct round *r,
				 const struct local *scope)
{
	bool list = range.kind == SK_CEL_LIST;

	r->first =
		(struct local){ n->names[0],
				list ? range.list->items[i] : sk_cel_map_key(range.map, i), scope };
	if (n->name_count == 1)
		return &r->first;
	r->second = (struct local){ n->names[1],
				    list ? range.list->items[i] : sk_cel_map_value(range.map, i),
				    &r->first };
	if (list)
		r->first.v = sk_cel_int(i);
	return &r->second;
}

static value predicate(struct walk *w, const node *n, const struct local *scope)
{
	value v = eval_node(w, n, scope);

	return bad(v) || v.kind == SK_CEL_BOOL ? v : fail(w, "no bool");
}

static value quantifier(struct walk *w, const node *n, value range, const struct local *scope)
{
	bool decides = n->loop == SK_CEL_LOOP_EXISTS, one = n->loop == SK_CEL_LOOP_EXISTS_ONE;
	value worst = absent;
	unsigned found = 0;

	for (uint32_t i = 0; i < length(range); i++) {
		struct round r;
		value v = predicate(w, n->args[0], enter(n, range, i, &r, scope));

		if (bad(v))
			worst = worse(w, worst, v);
		else if (!one && v.truth == decides)
			return v;
		else
			found += v.truth;
	}
	if (bad(worst))
		return worst;
	return sk_cel_bool(one ? found == 1 : !decides);
}

/* One round's value: absent when the filter drops it. */
static value transformed(struct walk *w, const node *n, const struct local *scope, value element)
{
	value v = n->args[0] ? predicate(w, n->args[0], scope) : sk_cel_bool(true);

	if (bad(v))
		return v;
	if (!v.truth)
		return absent;
	return n->args[1] ? eval_node(w, n->args[1], scope) : element;
}

static value put_entry(struct walk *w, const node *n, struct sk_cel_map *map, value key, value v)
{
	if (n->loop == SK_CEL_LOOP_MAP_ENTRY) {
		if (v.kind != SK_CEL_MAP || sk_cel_map_count(v.map) != 1)
			return fail(w, "no entry");
		key = sk_cel_map_key(v.map, 0);
		v = sk_cel_map_value(v.map, 0);
	}
	if (!is_key(key) || look_up(map, key).kind != SK_CEL_ABSENT)
		return fail(w, "a bad key");
	sk_cel_map_put(map, key, v);
	return absent;
}

static value collection(struct walk *w, const node *n, value range, const struct local *scope)
{
	struct sk_cel_arena *arena = sk_cel_eval_arena(w->eval);
	struct sk_cel_map *map = sk_cel_map_begin(arena, length(range));
	value *items, list = sk_cel_new_list(w->eval, length(range), &items), worst = absent;
	uint32_t kept = 0;

	if (bad(list) || !map)
		return sk_cel_full(w->eval);
	for (uint32_t i = 0; i < length(range); i++) {
		struct round r;
		const struct local *inner = enter(n, range, i, &r, scope);
		value v = transformed(w, n, inner, r.first.v), problem;

		if (bad(v)) {
			worst = worse(w, worst, v);
		} else if (v.kind == SK_CEL_ABSENT) {
			continue;
		} else if (n->loop == SK_CEL_LOOP_LIST) {
			items[kept++] = v;
		} else {
			problem = put_entry(w, n, map, r.first.v, v);
			if (bad(problem))
				return problem;
		}
	}
	if (bad(worst))
		return worst;
	return n->loop == SK_CEL_LOOP_LIST ? sk_cel_list_copy(arena, items, kept)
					   : sk_cel_map_end(map);
}

static value eval_loop(struct walk *w, const node *n, const struct local *scope)
{
	value range = eval_node(w, n->target, scope);

	if (bad(range))
		return range;
	if (range.kind != SK_CEL_LIST && range.kind != SK_CEL_MAP)
		return fail(w, "no range");
	if (n->loop <= SK_CEL_LOOP_EXISTS_ONE)
		return quantifier(w, n, range, scope);
	return collection(w, n, range, scope);
}

/* ---- all ---- */

static value eval_kind(struct walk *w, const node *n, const struct local *scope)
{
	struct local bound;

	switch (n->kind) {
	case SK_CEL_NODE_CONST:
		return n->value;
	case SK_CEL_NODE_IDENT:
		return eval_ident(w, n, scope);
	case SK_CEL_NODE_SELECT:
	case SK_CEL_NODE_HAS:
		return eval_select(w, n, scope);
	case SK_CEL_NODE_CALL:
		return n->op ? eval_operator(w, n, scope) : eval_function(w, n, scope);
	case SK_CEL_NODE_LIST:
		return eval_list(w, n, scope);
	case SK_CEL_NODE_MAP:
		return eval_map(w, n, scope);
	case SK_CEL_NODE_STRUCT:
		return eval_struct(w, n, scope);
	case SK_CEL_NODE_LOOP:
		return eval_loop(w, n, scope);
	default:
		bound = (struct local){ n->name, eval_node(w, n->target, scope), scope };
		return eval_node(w, n->args[0], &bound);
	}
}

static value eval_node(struct walk *w, const node *n, const struct local *scope)
{
	value v;

	if (w->gave_up || w->steps == 0) {
		w->gave_up = true;
		return fail(w, "too many steps");
	}
	w->steps--;
	v = eval_kind(w, n, scope);
	w->trouble |= bad(v);
	w->gave_up |= v.kind == SK_CEL_ERROR && v.error->code == SK_CEL_ELIMIT;
	return v;
}

value sk_cel_reference(const struct sk_cel_env *env, struct sk_cel_eval *eval, const char *text,
		       size_t len, const value *slots, uint32_t count, unsigned max_steps,
		       bool *ret_trouble)
{
	struct walk w = {
		.env = env, .eval = eval, .slots = slots, .count = count, .steps = max_steps
	};
	struct sk_cel_issues issues = { 0 };
	const node *root = sk_cel_parse(env, text, len, sk_cel_eval_arena(eval), &issues);
	value v = absent;

	if (root)
		v = eval_node(&w, root, NULL);
	sk_cel_issues_release(&issues);
	*ret_trouble = w.trouble;
	return w.gave_up ? absent : v;
}
