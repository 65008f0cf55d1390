/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The macros of the specification, and those of cel-go's extensions that need
 * no library: two-variable comprehensions, optionals, bindings, blocks.
 */
#include "policy/cel/macro.h"

#include "policy/cel/function.h"

#include <stdio.h>

typedef struct sk_cel_node node;
typedef struct sk_cel_parser parser;

static const char *variable(parser *p, const node *n, node **ret_bad)
{
	const char *name = sk_cel_node_simple_name(n);

	if (!name && !*ret_bad)
		*ret_bad = sk_cel_node_bad(p, n->offset, "argument must be a simple name");
	return name;
}

/* ---- has ---- */

static node *expand_has(parser *p, node *target, node *const *args, uint32_t count, uint32_t offset)
{
	if (args[0]->kind != SK_CEL_NODE_SELECT || (args[0]->flags & SK_CEL_NODE_OPTIONAL))
		return sk_cel_node_bad(
			p, offset,
			"invalid argument to has() macro: it wants a field, as in has(a.b)");
	args[0]->kind = SK_CEL_NODE_HAS;
	return args[0];
}

/* ---- loops of one and two variables ---- */

static node *loop(parser *p, enum sk_cel_loop kind, node *range, node *const *args, uint32_t vars,
		  node *filter, node *body, uint32_t offset)
{
	node *bad = NULL;
	const char *first = variable(p, args[0], &bad),
		   *second = vars == 2 ? variable(p, args[1], &bad) : NULL;

	if (bad)
		return bad;
	if (second && strcmp(first, second) == 0)
		return sk_cel_node_bad(p, args[1]->offset, "duplicate variable name: %s", second);
	return sk_cel_node_loop(p, kind, range, first, second, filter, body, offset);
}

static node *expand_all(parser *p, node *target, node *const *args, uint32_t count, uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_ALL, target, args, count - 1, args[count - 1], NULL, offset);
}

static node *expand_exists(parser *p, node *target, node *const *args, uint32_t count,
			   uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_EXISTS, target, args, count - 1, args[count - 1], NULL, offset);
}

static node *expand_exists_one(parser *p, node *target, node *const *args, uint32_t count,
			       uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_EXISTS_ONE, target, args, count - 1, args[count - 1], NULL,
		    offset);
}

static node *expand_map(parser *p, node *target, node *const *args, uint32_t count, uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_LIST, target, args, 1, count == 3 ? args[1] : NULL,
		    args[count - 1], offset);
}

static node *expand_filter(parser *p, node *target, node *const *args, uint32_t count,
			   uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_LIST, target, args, 1, args[1], NULL, offset);
}

static node *expand_transform_list(parser *p, node *target, node *const *args, uint32_t count,
				   uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_LIST, target, args, 2, count == 4 ? args[2] : NULL,
		    args[count - 1], offset);
}

static node *expand_transform_map(parser *p, node *target, node *const *args, uint32_t count,
				  uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_MAP, target, args, 2, count == 4 ? args[2] : NULL,
		    args[count - 1], offset);
}

static node *expand_transform_entry(parser *p, node *target, node *const *args, uint32_t count,
				    uint32_t offset)
{
	return loop(p, SK_CEL_LOOP_MAP_ENTRY, target, args, 2, count == 4 ? args[2] : NULL,
		    args[count - 1], offset);
}

/* ---- optionals: x.optMap(v, f(v)) ---- */

/* bind t = x: t.hasValue() ? wrap(bind v = t.value(): body) : optional.none() */
static node *opt_map(parser *p, node *target, node *const *args, bool flat, uint32_t offset)
{
	node *bad = NULL, *choice[3], *body;
	const char *name = variable(p, args[0], &bad), *kept = sk_cel_fresh_name(p);

	if (bad)
		return bad;
	body = sk_cel_node_bind(
		p, name,
		sk_cel_node_call(p, "value", sk_cel_node_ident(p, kept, offset), NULL, 0, offset),
		args[1], offset);
	choice[0] = sk_cel_node_call(p, "hasValue", sk_cel_node_ident(p, kept, offset), NULL, 0,
				     offset);
	choice[1] = flat ? body
			 : sk_cel_node_call(p, "of", sk_cel_node_ident(p, "optional", offset),
					    &body, 1, offset);
	choice[2] = sk_cel_node_call(p, "none", sk_cel_node_ident(p, "optional", offset), NULL, 0,
				     offset);
	return sk_cel_node_bind(p, kept, target,
				sk_cel_node_op(p, SK_CEL_OP_CHOICE, choice, 3, offset), offset);
}

static node *expand_opt_map(parser *p, node *target, node *const *args, uint32_t count,
			    uint32_t offset)
{
	return opt_map(p, target, args, false, offset);
}

static node *expand_opt_flat_map(parser *p, node *target, node *const *args, uint32_t count,
				 uint32_t offset)
{
	return opt_map(p, target, args, true, offset);
}

/* ---- cel.bind, cel.block ---- */

static node *expand_bind(parser *p, node *target, node *const *args, uint32_t count,
			 uint32_t offset)
{
	const char *name = sk_cel_node_simple_name(args[0]);

	if (!name)
		return sk_cel_node_bad(p, args[0]->offset,
				       "cel.bind() variable names must be simple identifiers");
	return sk_cel_node_bind(p, name, args[1], args[2], offset);
}

static const char *numbered(parser *p, const char *kind, int64_t a, int64_t b, uint32_t offset)
{
	char text[64];
	node *n;

	snprintf(text, sizeof(text), "@%s:%lld:%lld", kind, (long long)a, (long long)b);
	n = sk_cel_node_text(p, text, offset);
	return n->name;
}

static bool small_int(const node *n, int64_t *ret)
{
	if (n->kind != SK_CEL_NODE_CONST || n->value.kind != SK_CEL_INT || n->value.i < 0)
		return false;
	*ret = n->value.i;
	return true;
}

/* cel.block([e0, e1], body): each is bound to a name that cel.index(i) reads. */
static node *expand_block(parser *p, node *target, node *const *args, uint32_t count,
			  uint32_t offset)
{
	node *body = args[1];

	if (args[0]->kind != SK_CEL_NODE_LIST)
		return sk_cel_node_bad(p, args[0]->offset,
				       "cel.block requires the first arg to be a list literal");
	for (uint32_t i = args[0]->count; i-- > 0;)
		body = sk_cel_node_bind(p, numbered(p, "index", i, 0, offset), args[0]->args[i],
					body, offset);
	return body;
}

static node *expand_index(parser *p, node *target, node *const *args, uint32_t count,
			  uint32_t offset)
{
	int64_t i;

	if (!small_int(args[0], &i))
		return sk_cel_node_bad(p, args[0]->offset,
				       "cel.index requires a single non-negative int constant arg");
	return sk_cel_node_ident(p, numbered(p, "index", i, 0, offset), offset);
}

static node *iteration(parser *p, const char *kind, node *const *args, uint32_t offset)
{
	int64_t depth, number;

	if (!small_int(args[0], &depth) || !small_int(args[1], &number))
		return sk_cel_node_bad(p, args[0]->offset,
				       "cel.%s requires two non-negative int constant args", kind);
	return sk_cel_node_ident(p, numbered(p, kind, depth, number, offset), offset);
}

static node *expand_iter_var(parser *p, node *target, node *const *args, uint32_t count,
			     uint32_t offset)
{
	return iteration(p, "iterVar", args, offset);
}

static node *expand_accu_var(parser *p, node *target, node *const *args, uint32_t count,
			     uint32_t offset)
{
	return iteration(p, "accuVar", args, offset);
}

const struct sk_cel_macro sk_cel_standard_macros[] = {
	{ "has", false, 1, 1, expand_has },
	{ "all", true, 2, 3, expand_all },
	{ "exists", true, 2, 3, expand_exists },
	{ "exists_one", true, 2, 3, expand_exists_one },
	{ "existsOne", true, 2, 3, expand_exists_one },
	{ "map", true, 2, 3, expand_map },
	{ "filter", true, 2, 2, expand_filter },
	{ "transformList", true, 3, 4, expand_transform_list },
	{ "transformMap", true, 3, 4, expand_transform_map },
	{ "transformMapEntry", true, 3, 4, expand_transform_entry },
	{ "optMap", true, 2, 2, expand_opt_map },
	{ "optFlatMap", true, 2, 2, expand_opt_flat_map },
	{ "cel.bind", false, 3, 3, expand_bind },
	{ "cel.block", false, 2, 2, expand_block },
	{ "cel.index", false, 1, 1, expand_index },
	{ "cel.iterVar", false, 2, 2, expand_iter_var },
	{ "cel.accuVar", false, 2, 2, expand_accu_var },
	{ NULL, false, 0, 0, NULL },
};
