/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, as in cel-go's ext.Math. math.greatest and math.least are macros
 * over functions of one number, two, or a list, whose names no text can write.
 */
#include "policy/cel/macro.h"

#include <math.h>

/* ---- the greatest and the least ---- */

/* `wanted` is what b is to a when b takes its place: 1 for the greatest. */
static struct sk_cel_value better(struct sk_cel_eval *eval, struct sk_cel_value a,
				  struct sk_cel_value b, int wanted)
{
	int order = sk_cel_compare(b, a);

	if (order == 2)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "NaN values cannot be ordered");
	return order == wanted ? b : a;
}

static struct sk_cel_value best(struct sk_cel_eval *eval, const struct sk_cel_value *items,
				uint32_t count, int wanted)
{
	struct sk_cel_value v = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		if (!sk_cel_is_number(items[i]))
			return sk_cel_fail(
				eval, SK_CEL_ENO_OVERLOAD, "no such overload: math.%s of %s",
				wanted > 0 ? "greatest" : "least", sk_cel_kind_name(items[i]));
		v = i == 0 ? items[0] : better(eval, v, items[i], wanted);
		if (v.kind == SK_CEL_ERROR)
			return v;
	}
	return v;
}

static struct sk_cel_value best_of(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count, int wanted)
{
	if (args[0].kind != SK_CEL_LIST)
		return best(eval, args, count, wanted);
	if (args[0].list->count == 0)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "math.%s of an empty list",
				   wanted > 0 ? "greatest" : "least");
	return best(eval, args[0].list->items, args[0].list->count, wanted);
}

static struct sk_cel_value greatest(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	return best_of(eval, args, count, 1);
}

static struct sk_cel_value least(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	return best_of(eval, args, count, -1);
}

static bool may_be_number(const struct sk_cel_node *n)
{
	if (n->kind == SK_CEL_NODE_CONST)
		return sk_cel_is_number(n->value);
	return n->kind != SK_CEL_NODE_LIST && n->kind != SK_CEL_NODE_MAP &&
	       n->kind != SK_CEL_NODE_STRUCT;
}

/* The first that cannot be a number, or NULL. */
static const struct sk_cel_node *no_number(struct sk_cel_node *const *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!may_be_number(nodes[i]))
			return nodes[i];
	return NULL;
}

static struct sk_cel_node *expand(struct sk_cel_parser *p, struct sk_cel_node *const *args,
				  uint32_t count, uint32_t offset, const char *name,
				  const char *function)
{
	bool one_list = count == 1 && args[0]->kind == SK_CEL_NODE_LIST;
	const struct sk_cel_node *wrong =
		one_list ? no_number(args[0]->args, args[0]->count) : no_number(args, count);
	struct sk_cel_node *list;

	if (count == 0)
		return sk_cel_node_bad(p, offset, "math.%s() requires at least one argument", name);
	if (one_list && args[0]->count == 0)
		return sk_cel_node_bad(p, args[0]->offset,
				       "math.%s() invalid single argument value", name);
	if (wrong)
		return sk_cel_node_bad(p, wrong->offset,
				       "math.%s() simple literal arguments must be numeric", name);
	if (count > 2) {
		list = sk_cel_node_list(p, args, count, offset);
		return sk_cel_node_call(p, function, sk_cel_node_ident(p, "math", offset), &list, 1,
					offset);
	}
	return sk_cel_node_call(p, function, sk_cel_node_ident(p, "math", offset), args, count,
				offset);
}

static struct sk_cel_node *expand_greatest(struct sk_cel_parser *p, struct sk_cel_node *target,
					   struct sk_cel_node *const *args, uint32_t count,
					   uint32_t offset)
{
	return expand(p, args, count, offset, "greatest", "@max");
}

static struct sk_cel_node *expand_least(struct sk_cel_parser *p, struct sk_cel_node *target,
					struct sk_cel_node *const *args, uint32_t count,
					uint32_t offset)
{
	return expand(p, args, count, offset, "least", "@min");
}

/* ---- doubles ---- */

static struct sk_cel_value ceil_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	return sk_cel_double(ceil(args[0].d));
}

static struct sk_cel_value floor_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_double(floor(args[0].d));
}

/* Halves go away from zero. */
static struct sk_cel_value round_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_double(round(args[0].d));
}

static struct sk_cel_value trunc_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_double(trunc(args[0].d));
}

static struct sk_cel_value is_inf(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_bool(isinf(args[0].d));
}

static struct sk_cel_value is_nan(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_bool(isnan(args[0].d));
}

static struct sk_cel_value is_finite(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				     unsigned count)
{
	return sk_cel_bool(isfinite(args[0].d));
}

static struct sk_cel_value sqrt_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	double d = args[0].kind == SK_CEL_INT	 ? (double)args[0].i
		   : args[0].kind == SK_CEL_UINT ? (double)args[0].u
						 : args[0].d;

	return sk_cel_double(d < 0 ? NAN : sqrt(d));
}

/* ---- signs ---- */

static struct sk_cel_value abs_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	if (args[0].kind == SK_CEL_DOUBLE)
		return sk_cel_double(fabs(args[0].d));
	if (args[0].kind == SK_CEL_UINT || args[0].i >= 0)
		return args[0];
	if (args[0].i == INT64_MIN)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "integer overflow");
	return sk_cel_int(-args[0].i);
}

static struct sk_cel_value sign(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	struct sk_cel_value v = args[0];

	if (v.kind == SK_CEL_INT)
		return sk_cel_int((v.i > 0) - (v.i < 0));
	if (v.kind == SK_CEL_UINT)
		return sk_cel_uint(v.u > 0);
	return isnan(v.d) ? v : sk_cel_double((v.d > 0) - (v.d < 0));
}

/* ---- bits: the same for both kinds of integers ---- */

static struct sk_cel_value bits(struct sk_cel_value kind, uint64_t u)
{
	kind.u = u;
	return kind;
}

static struct sk_cel_value bit_and(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	return bits(args[0], args[0].u & args[1].u);
}

static struct sk_cel_value bit_or(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return bits(args[0], args[0].u | args[1].u);
}

static struct sk_cel_value bit_xor(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	return bits(args[0], args[0].u ^ args[1].u);
}

static struct sk_cel_value bit_not(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	return bits(args[0], ~args[0].u);
}

static struct sk_cel_value negative_offset(struct sk_cel_eval *eval, const char *name, int64_t by)
{
	return sk_cel_fail(eval, SK_CEL_EVALUE, "math.%s() negative offset: %lld", name,
			   (long long)by);
}

static struct sk_cel_value shift_left(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	if (args[1].i < 0)
		return negative_offset(eval, "bitShiftLeft", args[1].i);
	return bits(args[0], args[1].i > 63 ? 0 : args[0].u << args[1].i);
}

/* Zeros come in from the left, also into negative integers. */
static struct sk_cel_value shift_right(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				       unsigned count)
{
	if (args[1].i < 0)
		return negative_offset(eval, "bitShiftRight", args[1].i);
	return bits(args[0], args[1].i > 63 ? 0 : args[0].u >> args[1].i);
}

/* ---- tables ---- */

#define EXTREME(name, fn)                                                                          \
	{ name, "(int) -> int", fn }, { name, "(uint) -> uint", fn },                              \
		{ name, "(double) -> double", fn }, { name, "(int, int) -> int", fn },             \
		{ name, "(uint, uint) -> uint", fn }, { name, "(double, double) -> double", fn },  \
		{ name, "(int, uint) -> dyn", fn }, { name, "(int, double) -> dyn", fn },          \
		{ name, "(uint, int) -> dyn", fn }, { name, "(uint, double) -> dyn", fn },         \
		{ name, "(double, int) -> dyn", fn }, { name, "(double, uint) -> dyn", fn },       \
		{ name, "(list<int>) -> int", fn, .cost = SK_CEL_COST_SCAN },                      \
		{ name, "(list<uint>) -> uint", fn, .cost = SK_CEL_COST_SCAN },                    \
	{                                                                                          \
		name, "(list<double>) -> double", fn, .cost = SK_CEL_COST_SCAN                     \
	}
#define BOTH(name, fn, rest_int, rest_uint)                                                        \
	{ name, "(int" rest_int ") -> int", fn },                                                  \
	{                                                                                          \
		name, "(uint" rest_uint ") -> uint", fn                                            \
	}

static const struct sk_cel_overload overloads[] = {
	EXTREME("math.@max", greatest),
	EXTREME("math.@min", least),
	{ "math.ceil", "(double) -> double", ceil_ },
	{ "math.floor", "(double) -> double", floor_ },
	{ "math.round", "(double) -> double", round_ },
	{ "math.trunc", "(double) -> double", trunc_ },
	{ "math.isInf", "(double) -> bool", is_inf },
	{ "math.isNaN", "(double) -> bool", is_nan },
	{ "math.isFinite", "(double) -> bool", is_finite },
	{ "math.sqrt", "(double) -> double", sqrt_ },
	{ "math.sqrt", "(int) -> double", sqrt_ },
	{ "math.sqrt", "(uint) -> double", sqrt_ },
	{ "math.abs", "(double) -> double", abs_ },
	BOTH("math.abs", abs_, "", ""),
	{ "math.sign", "(double) -> double", sign },
	BOTH("math.sign", sign, "", ""),
	BOTH("math.bitAnd", bit_and, ", int", ", uint"),
	BOTH("math.bitOr", bit_or, ", int", ", uint"),
	BOTH("math.bitXor", bit_xor, ", int", ", uint"),
	BOTH("math.bitNot", bit_not, "", ""),
	BOTH("math.bitShiftLeft", shift_left, ", int", ", int"),
	BOTH("math.bitShiftRight", shift_right, ", int", ", int"),
	{ NULL },
};

static const struct sk_cel_macro macros[] = {
	{ "math.greatest", false, 0, -1, expand_greatest },
	{ "math.least", false, 0, -1, expand_least },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_math = {
	.name = "math",
	.doc = "Rounding, comparing and bits of numbers, as in cel-go's ext.Math.",
	.overloads = overloads,
	.macros = macros,
};
