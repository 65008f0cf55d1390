/* SPDX-License-Identifier: Apache-2.0 */
/* Issues, and making nodes. */
#include "policy/cel/parse.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- issues ---- */

void sk_cel_issue(struct sk_cel_issues *issues, const char *text, size_t len, size_t offset,
		  size_t length, const char *fmt, ...)
{
	struct sk_cel_issue *issue;
	char what[512], *copy;
	va_list args;
	int n;

	if (issues->count++ >= SK_CEL_MAX_ISSUES)
		return; /* it counts, for whoever asks whether all is well */
	va_start(args, fmt);
	n = vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(what))
		n = sizeof(what) - 1;
	issue = sk_cel_alloc(&issues->arena, sizeof(*issue));
	copy = sk_cel_alloc(&issues->arena, (size_t)n + 1);
	if (!issue || !copy)
		return;
	memcpy(copy, what, (size_t)n);
	if (offset > len)
		offset = len;
	*issue = (struct sk_cel_issue){ .offset = (uint32_t)offset,
					.length = (uint32_t)length,
					.line = 1,
					.column = 1,
					.text = copy };
	for (size_t i = 0; i < offset; i++) {
		issue->column += (text[i] & 0xc0) != 0x80;
		if (text[i] == '\n') {
			issue->line++;
			issue->column = 1;
		}
	}
	*(issues->last ? &issues->last->next : &issues->first) = issue;
	issues->last = issue;
}

void sk_cel_issues_release(struct sk_cel_issues *issues)
{
	sk_cel_arena_release(&issues->arena);
	*issues = (struct sk_cel_issues){ 0 };
}

/* ---- making nodes ---- */

struct sk_cel_node *sk_cel_node(struct sk_cel_parser *p, enum sk_cel_node_kind kind,
				uint32_t offset)
{
	struct sk_cel_node *n =
		p->nodes < SK_CEL_MAX_NODES ? sk_cel_alloc(p->arena, sizeof(*n)) : NULL;

	if (!n) {
		if (!p->full)
			sk_cel_issue(p->issues, p->lex.text, p->lex.len, offset, 0,
				     "the expression is too large");
		p->full = true;
		return p->none;
	}
	p->nodes++;
	n->kind = (uint8_t)kind;
	n->offset = offset;
	n->depth = 1;
	return n;
}

struct sk_cel_node *sk_cel_node_bad(struct sk_cel_parser *p, uint32_t offset, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!p->full)
		sk_cel_issue(p->issues, p->lex.text, p->lex.len, offset, 1, "%s", text);
	return sk_cel_node(p, SK_CEL_NODE_BAD, offset);
}

/* The node is as deep as what it holds, and one more. */
struct sk_cel_node *sk_cel_node_deepen(struct sk_cel_parser *p, struct sk_cel_node *n,
				       const struct sk_cel_node *child)
{
	if (child && child->depth >= n->depth)
		n->depth = (uint16_t)(child->depth + 1);
	if (n->depth <= SK_CEL_MAX_DEPTH || p->full)
		return n;
	p->full = true;
	sk_cel_issue(p->issues, p->lex.text, p->lex.len, n->offset, 1,
		     "the expression nests deeper than %u levels", SK_CEL_MAX_DEPTH);
	return n;
}

void sk_cel_node_set_args(struct sk_cel_parser *p, struct sk_cel_node *n,
			  struct sk_cel_node *const *args, uint32_t count)
{
	n->args = sk_cel_alloc(p->arena, (count + 1) * sizeof(*n->args));
	if (!n->args) {
		p->full = true;
		n->count = 0;
		return;
	}
	n->count = count;
	for (uint32_t i = 0; i < count; i++) {
		n->args[i] = args[i];
		sk_cel_node_deepen(p, n, args[i]);
	}
}

struct sk_cel_node *sk_cel_node_const(struct sk_cel_parser *p, struct sk_cel_value value,
				      uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_CONST, offset);

	n->value = value;
	return n;
}

struct sk_cel_node *sk_cel_node_ident(struct sk_cel_parser *p, const char *name, uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_IDENT, offset);

	n->name = name;
	return n;
}

struct sk_cel_node *sk_cel_node_text(struct sk_cel_parser *p, const char *name, uint32_t offset)
{
	char *copy = sk_cel_alloc(p->arena, strlen(name) + 1);

	return sk_cel_node_ident(p, copy ? strcpy(copy, name) : "", offset);
}

struct sk_cel_node *sk_cel_node_call(struct sk_cel_parser *p, const char *name,
				     struct sk_cel_node *target, struct sk_cel_node *const *args,
				     uint32_t count, uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_CALL, offset);

	n->name = name;
	n->target = target;
	sk_cel_node_set_args(p, n, args, count);
	return sk_cel_node_deepen(p, n, target);
}

struct sk_cel_node *sk_cel_node_op(struct sk_cel_parser *p, enum sk_cel_op op,
				   struct sk_cel_node *const *args, uint32_t count, uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node_call(p, sk_cel_op_name(op), NULL, args, count, offset);

	n->op = (uint8_t)op;
	return n;
}

struct sk_cel_node *sk_cel_node_list(struct sk_cel_parser *p, struct sk_cel_node *const *items,
				     uint32_t count, uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_LIST, offset);

	sk_cel_node_set_args(p, n, items, count);
	return n;
}

struct sk_cel_node *sk_cel_node_loop(struct sk_cel_parser *p, enum sk_cel_loop loop,
				     struct sk_cel_node *range, const char *var1, const char *var2,
				     struct sk_cel_node *filter, struct sk_cel_node *body,
				     uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_LOOP, offset);
	const char **names = sk_cel_alloc(p->arena, 2 * sizeof(*names));
	struct sk_cel_node *args[2] = { filter, body };

	if (!names)
		return p->none;
	names[0] = var1;
	names[1] = var2;
	n->names = names;
	n->name_count = var2 ? 2 : 1;
	n->loop = (uint8_t)loop;
	n->target = range;
	sk_cel_node_set_args(p, n, args, 2);
	return sk_cel_node_deepen(p, n, range);
}

struct sk_cel_node *sk_cel_node_bind(struct sk_cel_parser *p, const char *name,
				     struct sk_cel_node *init, struct sk_cel_node *body,
				     uint32_t offset)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_BIND, offset);

	n->name = name;
	n->target = init;
	sk_cel_node_set_args(p, n, &body, 1);
	return sk_cel_node_deepen(p, n, init);
}

const char *sk_cel_fresh_name(struct sk_cel_parser *p)
{
	char *name = sk_cel_alloc(p->arena, 16);

	if (!name)
		return "@";
	snprintf(name, 16, "@%u", p->fresh++);
	return name;
}

const char *sk_cel_node_simple_name(const struct sk_cel_node *node)
{
	return node->kind == SK_CEL_NODE_IDENT && !(node->flags & SK_CEL_NODE_ABSOLUTE) ? node->name
											: NULL;
}

const char *sk_cel_op_name(enum sk_cel_op op)
{
	static const char *const names[] = {
		[SK_CEL_OP_OR] = "_||_",	 [SK_CEL_OP_AND] = "_&&_",
		[SK_CEL_OP_CHOICE] = "_?_:_",	 [SK_CEL_OP_NOT] = "!_",
		[SK_CEL_OP_NEGATE] = "-_",	 [SK_CEL_OP_EQ] = "_==_",
		[SK_CEL_OP_NE] = "_!=_",	 [SK_CEL_OP_LT] = "_<_",
		[SK_CEL_OP_LE] = "_<=_",	 [SK_CEL_OP_GT] = "_>_",
		[SK_CEL_OP_GE] = "_>=_",	 [SK_CEL_OP_IN] = "@in",
		[SK_CEL_OP_ADD] = "_+_",	 [SK_CEL_OP_SUB] = "_-_",
		[SK_CEL_OP_MUL] = "_*_",	 [SK_CEL_OP_DIV] = "_/_",
		[SK_CEL_OP_MOD] = "_%_",	 [SK_CEL_OP_INDEX] = "_[_]",
		[SK_CEL_OP_OPT_INDEX] = "_[?_]",
	};

	return names[op];
}
