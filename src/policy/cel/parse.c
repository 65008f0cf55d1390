/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of the specification (cel-spec doc/langdef.md, "Syntax") by
 * recursive descent: a function for each rule, its depth bounded. After an
 * error the parser goes on behind the next bracket or comma of the same level,
 * so that one reading finds several errors.
 */
#include "policy/cel/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tokens ---- */

static enum sk_cel_token peek(struct sk_cel_parser *p)
{
	return p->lex.token;
}

static bool take(struct sk_cel_parser *p, enum sk_cel_token token)
{
	if (p->lex.token != token)
		return false;
	sk_cel_lex(&p->lex);
	return true;
}

static struct sk_cel_node *unexpected(struct sk_cel_parser *p, const char *wanted)
{
	struct sk_cel_lexer *l = &p->lex;
	size_t at = l->token == SK_CEL_TOKEN_BAD ? l->error_offset : l->start;

	if (p->told_at == at)
		return sk_cel_node(p, SK_CEL_NODE_BAD, (uint32_t)at);
	p->told_at = at;
	if (l->token == SK_CEL_TOKEN_BAD)
		return sk_cel_node_bad(p, l->error_offset, "%s", l->error);
	if (l->token == SK_CEL_TOKEN_END)
		return sk_cel_node_bad(p, l->start, "the expression ends here; expected %s",
				       wanted);
	return sk_cel_node_bad(p, l->start, "unexpected \"%.*s\"; expected %s",
			       (int)(l->at - l->start > 40 ? 40 : l->at - l->start),
			       l->text + l->start, wanted);
}

static bool is_closing(enum sk_cel_token t)
{
	return t == ')' || t == ']' || t == '}' || t == SK_CEL_TOKEN_END;
}

/* To the bracket that closes this level, or a comma of it. */
static void skip_rest(struct sk_cel_parser *p)
{
	unsigned level = 0;

	for (; p->lex.token != SK_CEL_TOKEN_END; sk_cel_lex(&p->lex)) {
		enum sk_cel_token t = p->lex.token;

		if (level == 0 && (is_closing(t) || t == ','))
			return;
		if (t == '(' || t == '[' || t == '{')
			level++;
		else if (is_closing(t))
			level--;
	}
}

/* ---- collecting operands ---- */

static void push(struct sk_cel_parser *p, struct sk_cel_node *n)
{
	struct sk_cel_node **grown;

	if (p->stack_used == p->stack_cap) {
		p->stack_cap *= 2;
		grown = realloc(p->stack == p->few ? NULL : p->stack,
				p->stack_cap * sizeof(*grown));
		if (!grown)
			abort(); /* a few kilobytes */
		if (p->stack == p->few)
			memcpy(grown, p->few, sizeof(p->few));
		p->stack = grown;
	}
	p->stack[p->stack_used++] = n;
}

static struct sk_cel_node *parse_expression(struct sk_cel_parser *p);

/* "a, b, c" up to the closing token, onto the stack; returns how many. */
static uint32_t parse_arguments(struct sk_cel_parser *p, enum sk_cel_token closing,
				const char *wanted)
{
	uint32_t from = p->stack_used;

	while (peek(p) != closing && peek(p) != SK_CEL_TOKEN_END) {
		push(p, parse_expression(p));
		if (peek(p) != closing && peek(p) != ',') {
			unexpected(p, wanted);
			skip_rest(p);
		}
		if (!take(p, ','))
			break;
	}
	if (!take(p, closing)) {
		unexpected(p, wanted);
		skip_rest(p);
		take(p, closing);
	}
	return p->stack_used - from;
}

/* ---- primary ---- */

static const char *copy_name(struct sk_cel_parser *p)
{
	char *name = sk_cel_alloc(p->arena, p->lex.at - p->lex.start + 1);

	if (!name)
		return "";
	memcpy(name, p->lex.text + p->lex.start, p->lex.at - p->lex.start);
	return name;
}

static const char *copy_quoted_name(struct sk_cel_parser *p)
{
	size_t len = p->lex.at - p->lex.start - 2;
	char *name = sk_cel_alloc(p->arena, len + 1);

	if (!name)
		return "";
	memcpy(name, p->lex.text + p->lex.start + 1, len);
	return name;
}

static struct sk_cel_node *expand_or_call(struct sk_cel_parser *p, const char *name,
					  struct sk_cel_node *target, uint32_t count,
					  uint32_t offset)
{
	struct sk_cel_node *const *args = p->stack + p->stack_used - count;
	struct sk_cel_node *n = NULL;
	const struct sk_cel_macro *macro;
	char qualified[64];

	macro = p->full ? NULL : sk_cel_env_macro(p->env, name, target != NULL, (int)count);
	if (macro)
		n = macro->expand(p, target, args, count, offset);
	if (!n && target && sk_cel_node_simple_name(target) &&
	    snprintf(qualified, sizeof(qualified), "%s.%s", target->name, name) <
		    (int)sizeof(qualified)) {
		macro = p->full ? NULL : sk_cel_env_macro(p->env, qualified, false, (int)count);
		n = macro ? macro->expand(p, NULL, args, count, offset) : NULL;
	}
	if (!n)
		n = sk_cel_node_call(p, name, target, args, count, offset);
	p->stack_used -= count;
	return n;
}

static struct sk_cel_node *parse_identifier(struct sk_cel_parser *p)
{
	uint32_t offset = (uint32_t)p->lex.start;
	bool absolute = take(p, '.');
	struct sk_cel_node *n;
	const char *name;

	if (peek(p) == SK_CEL_TOKEN_RESERVED) {
		n = sk_cel_node_bad(p, (uint32_t)p->lex.start, "\"%.*s\" is a reserved word",
				    (int)(p->lex.at - p->lex.start), p->lex.text + p->lex.start);
		sk_cel_lex(&p->lex);
		return n;
	}
	if (peek(p) != SK_CEL_TOKEN_NAME)
		return unexpected(p, absolute ? "a name" : "a value");
	name = copy_name(p);
	sk_cel_lex(&p->lex);
	if (take(p, '(')) {
		n = expand_or_call(p, name, NULL, parse_arguments(p, ')', "',' or ')'"), offset);
		if (absolute && n->kind == SK_CEL_NODE_CALL)
			n->flags |= SK_CEL_NODE_ABSOLUTE;
		return n;
	}
	n = sk_cel_node_ident(p, name, offset);
	if (absolute)
		n->flags |= SK_CEL_NODE_ABSOLUTE;
	return n;
}

struct marks {
	uint8_t few[32], *bits; /* `few`, or malloc's */
	uint32_t count, cap;
	bool any;
};

static void mark(struct marks *m, bool optional)
{
	uint8_t *grown;

	if (!m->bits) {
		m->bits = m->few;
		m->cap = sizeof(m->few);
	}
	if (m->count == m->cap) {
		m->cap *= 2;
		grown = realloc(m->bits == m->few ? NULL : m->bits, m->cap);
		if (!grown)
			abort();
		if (m->bits == m->few)
			memcpy(grown, m->few, sizeof(m->few));
		m->bits = grown;
	}
	m->bits[m->count++] = optional;
	m->any |= optional;
}

/* Which of the elements had a '?', written down only where one has. */
static void set_optional(struct sk_cel_parser *p, struct sk_cel_node *n, struct marks *m)
{
	uint8_t *own = m->any ? sk_cel_alloc(p->arena, m->count) : NULL;

	if (own) {
		memcpy(own, m->bits, m->count);
		n->optional = own;
	}
	if (m->bits != m->few)
		free(m->bits);
}

static struct sk_cel_node *parse_list(struct sk_cel_parser *p)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_LIST, (uint32_t)p->lex.start);
	uint32_t from = p->stack_used;
	struct marks marks = { .bits = NULL };

	take(p, '[');
	while (peek(p) != ']' && peek(p) != SK_CEL_TOKEN_END) {
		mark(&marks, take(p, '?'));
		push(p, parse_expression(p));
		if (peek(p) != ']' && peek(p) != ',') {
			unexpected(p, "',' or ']'");
			skip_rest(p);
		}
		if (!take(p, ','))
			break;
	}
	if (!take(p, ']')) {
		unexpected(p, "']'");
		skip_rest(p);
		take(p, ']');
	}
	sk_cel_node_set_args(p, n, p->stack + from, p->stack_used - from);
	set_optional(p, n, &marks);
	p->stack_used = from;
	return n;
}

static struct sk_cel_node *parse_map(struct sk_cel_parser *p)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_MAP, (uint32_t)p->lex.start);
	uint32_t from = p->stack_used;
	struct marks marks = { .bits = NULL };

	take(p, '{');
	while (peek(p) != '}' && peek(p) != SK_CEL_TOKEN_END) {
		mark(&marks, take(p, '?'));
		push(p, parse_expression(p));
		if (take(p, ':')) {
			push(p, parse_expression(p));
		} else {
			push(p, unexpected(p, "':'"));
			skip_rest(p);
		}
		if (peek(p) != '}' && peek(p) != ',') {
			unexpected(p, "',' or '}'");
			skip_rest(p);
		}
		if (!take(p, ','))
			break;
	}
	if (!take(p, '}')) {
		unexpected(p, "'}'");
		skip_rest(p);
		take(p, '}');
	}
	sk_cel_node_set_args(p, n, p->stack + from, p->stack_used - from);
	set_optional(p, n, &marks);
	p->stack_used = from;
	return n;
}

static bool number_token(enum sk_cel_token t)
{
	return t == SK_CEL_TOKEN_INT || t == SK_CEL_TOKEN_DOUBLE;
}

static struct sk_cel_node *parse_constant(struct sk_cel_parser *p, bool negative, uint32_t offset)
{
	struct sk_cel_value value;
	const char *why = sk_cel_lex_value(&p->lex, p->arena, negative, &value);
	struct sk_cel_node *n =
		why ? sk_cel_node_bad(p, offset, "%s", why) : sk_cel_node_const(p, value, offset);

	sk_cel_lex(&p->lex);
	return n;
}

static struct sk_cel_node *parse_primary(struct sk_cel_parser *p)
{
	uint32_t offset = (uint32_t)p->lex.start;
	struct sk_cel_node *n;

	switch ((int)peek(p)) {
	case SK_CEL_TOKEN_INT:
	case SK_CEL_TOKEN_UINT:
	case SK_CEL_TOKEN_DOUBLE:
	case SK_CEL_TOKEN_STRING:
	case SK_CEL_TOKEN_BYTES:
	case SK_CEL_TOKEN_TRUE:
	case SK_CEL_TOKEN_FALSE:
	case SK_CEL_TOKEN_NULL:
		return parse_constant(p, false, offset);
	case '(':
		take(p, '(');
		n = parse_expression(p);
		if (take(p, ')'))
			return n;
		unexpected(p, "')'");
		skip_rest(p);
		take(p, ')');
		return n;
	case '[':
		return parse_list(p);
	case '{':
		return parse_map(p);
	default:
		return parse_identifier(p);
	}
}

/* ---- member ---- */

/* a.b.C of identifiers, as the name of a type; NULL: it is none. */
static const char *qualified_name(struct sk_cel_parser *p, const struct sk_cel_node *n)
{
	const struct sk_cel_node *parts[64];
	size_t count = 0, len = 0;
	char *name;

	for (; n->kind == SK_CEL_NODE_SELECT && !(n->flags & SK_CEL_NODE_OPTIONAL) && count < 63;
	     n = n->target)
		parts[count++] = n;
	if (n->kind != SK_CEL_NODE_IDENT)
		return NULL;
	parts[count++] = n;
	for (size_t i = 0; i < count; i++)
		len += strlen(parts[i]->name) + 1;
	name = sk_cel_alloc(p->arena, len + 1);
	for (size_t i = count; name && i-- > 0;) {
		strcat(name, parts[i]->name);
		if (i)
			strcat(name, ".");
	}
	return name;
}

static bool is_absolute(const struct sk_cel_node *n)
{
	while (n->kind == SK_CEL_NODE_SELECT)
		n = n->target;
	return n->flags & SK_CEL_NODE_ABSOLUTE;
}

static const char *take_field_name(struct sk_cel_parser *p)
{
	const char *name;

	switch ((int)peek(p)) {
	case SK_CEL_TOKEN_NAME:
	case SK_CEL_TOKEN_RESERVED: /* words are reserved where a name begins, not behind a dot */
		name = copy_name(p);
		break;
	case SK_CEL_TOKEN_QUOTED_NAME:
		name = copy_quoted_name(p);
		break;
	default:
		return NULL;
	}
	sk_cel_lex(&p->lex);
	return name;
}

static struct sk_cel_node *parse_struct(struct sk_cel_parser *p, struct sk_cel_node *type_name)
{
	struct sk_cel_node *n = sk_cel_node(p, SK_CEL_NODE_STRUCT, type_name->offset);
	uint32_t from = p->stack_used, fields = 0, cap = 0;
	const char **names = NULL, **own;
	struct marks marks = { .bits = NULL };

	n->name = qualified_name(p, type_name);
	if (is_absolute(type_name))
		n->flags |= SK_CEL_NODE_ABSOLUTE;
	take(p, '{');
	while (peek(p) != '}' && peek(p) != SK_CEL_TOKEN_END) {
		mark(&marks, take(p, '?'));
		if (fields == cap) {
			cap = cap ? cap * 2 : 16;
			names = realloc(names, cap * sizeof(*names));
			if (!names)
				abort();
		}
		names[fields] = take_field_name(p);
		if (!names[fields]) {
			names[fields] = "";
			unexpected(p, "the name of a field");
			skip_rest(p);
			push(p, sk_cel_node(p, SK_CEL_NODE_BAD, (uint32_t)p->lex.start));
		} else if (take(p, ':')) {
			push(p, parse_expression(p));
		} else {
			push(p, unexpected(p, "':'"));
			skip_rest(p);
		}
		fields++;
		if (!take(p, ','))
			break;
	}
	if (!take(p, '}')) {
		unexpected(p, "',' or '}'");
		skip_rest(p);
		take(p, '}');
	}
	own = sk_cel_alloc(p->arena, (fields + 1) * sizeof(*own));
	for (uint32_t i = 0; own && i < fields; i++)
		own[i] = names[i];
	n->names = own;
	sk_cel_node_set_args(p, n, p->stack + from, p->stack_used - from);
	set_optional(p, n, &marks);
	free(names);
	p->stack_used = from;
	return n;
}

static struct sk_cel_node *parse_dot(struct sk_cel_parser *p, struct sk_cel_node *target)
{
	uint32_t offset = (uint32_t)p->lex.start;
	bool optional = take(p, '?'), quoted = peek(p) == SK_CEL_TOKEN_QUOTED_NAME;
	const char *name = take_field_name(p);
	struct sk_cel_node *n;

	if (!name)
		return unexpected(p, "a name behind the dot");
	if (!optional && !quoted && take(p, '('))
		return expand_or_call(p, name, target, parse_arguments(p, ')', "',' or ')'"),
				      offset);
	n = sk_cel_node(p, SK_CEL_NODE_SELECT, offset);
	n->name = name;
	n->target = target;
	if (optional)
		n->flags |= SK_CEL_NODE_OPTIONAL;
	return sk_cel_node_deepen(p, n, target);
}

static struct sk_cel_node *parse_index(struct sk_cel_parser *p, struct sk_cel_node *target,
				       uint32_t offset)
{
	bool optional = take(p, '?');
	struct sk_cel_node *args[2] = { target, parse_expression(p) };

	if (!take(p, ']')) {
		unexpected(p, "']'");
		skip_rest(p);
		take(p, ']');
	}
	return sk_cel_node_op(p, optional ? SK_CEL_OP_OPT_INDEX : SK_CEL_OP_INDEX, args, 2, offset);
}

static bool names_a_type(const struct sk_cel_node *n)
{
	while (n->kind == SK_CEL_NODE_SELECT && !(n->flags & SK_CEL_NODE_OPTIONAL))
		n = n->target;
	return n->kind == SK_CEL_NODE_IDENT;
}

static struct sk_cel_node *parse_tail(struct sk_cel_parser *p, struct sk_cel_node *n)
{
	for (;;) {
		uint32_t offset = (uint32_t)p->lex.start;

		if (p->full)
			return n;
		if (take(p, '.'))
			n = parse_dot(p, n);
		else if (take(p, '['))
			n = parse_index(p, n, offset);
		else if (peek(p) == '{' && names_a_type(n))
			n = parse_struct(p, n);
		else
			return n;
	}
}

/* ---- operators ---- */

/* `-5` is a number, `-(5)` an operation: only so can the smallest integer be written. */
static struct sk_cel_node *parse_unary(struct sk_cel_parser *p)
{
	uint32_t offset = (uint32_t)p->lex.start;
	struct sk_cel_node *n;
	enum sk_cel_op op = SK_CEL_OP_NONE;
	unsigned times = 0;

	if (peek(p) == '!') {
		op = SK_CEL_OP_NOT;
		while (take(p, '!'))
			times++;
	} else if (peek(p) == '-') {
		op = SK_CEL_OP_NEGATE;
		while (take(p, '-'))
			times++;
		if (times % 2 == 1 && number_token(peek(p)))
			return parse_tail(p, parse_constant(p, true, offset));
	}
	n = parse_tail(p, parse_primary(p));
	return times % 2 ? sk_cel_node_op(p, op, &n, 1, offset) : n;
}

static enum sk_cel_op binary(enum sk_cel_token t, int level)
{
	static const struct {
		int token, level;
		enum sk_cel_op op;
	} table[] = {
		{ SK_CEL_TOKEN_EQ, 0, SK_CEL_OP_EQ },
		{ SK_CEL_TOKEN_NE, 0, SK_CEL_OP_NE },
		{ '<', 0, SK_CEL_OP_LT },
		{ SK_CEL_TOKEN_LE, 0, SK_CEL_OP_LE },
		{ '>', 0, SK_CEL_OP_GT },
		{ SK_CEL_TOKEN_GE, 0, SK_CEL_OP_GE },
		{ SK_CEL_TOKEN_IN, 0, SK_CEL_OP_IN },
		{ '+', 1, SK_CEL_OP_ADD },
		{ '-', 1, SK_CEL_OP_SUB },
		{ '*', 2, SK_CEL_OP_MUL },
		{ '/', 2, SK_CEL_OP_DIV },
		{ '%', 2, SK_CEL_OP_MOD },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].token == (int)t && table[i].level == level)
			return table[i].op;
	return SK_CEL_OP_NONE;
}

/* Comparisons (0), sums (1), products (2): each from the left. */
static struct sk_cel_node *parse_binary(struct sk_cel_parser *p, int level)
{
	struct sk_cel_node *n = level < 2 ? parse_binary(p, level + 1) : parse_unary(p);
	enum sk_cel_op op;

	while (!p->full && (op = binary(peek(p), level)) != SK_CEL_OP_NONE) {
		uint32_t offset = (uint32_t)p->lex.start;
		struct sk_cel_node *args[2] = { n };

		sk_cel_lex(&p->lex);
		args[1] = level < 2 ? parse_binary(p, level + 1) : parse_unary(p);
		n = sk_cel_node_op(p, op, args, 2, offset);
	}
	return n;
}

/* Chains of && and || become one node with all operands: they are as flat as they are written. */
static struct sk_cel_node *parse_logic(struct sk_cel_parser *p, enum sk_cel_op op)
{
	enum sk_cel_token token = op == SK_CEL_OP_OR ? SK_CEL_TOKEN_OR : SK_CEL_TOKEN_AND;
	struct sk_cel_node *n =
		op == SK_CEL_OP_OR ? parse_logic(p, SK_CEL_OP_AND) : parse_binary(p, 0);
	uint32_t from = p->stack_used, offset = (uint32_t)p->lex.start;

	if (peek(p) != token)
		return n;
	push(p, n);
	while (!p->full && take(p, token))
		push(p, op == SK_CEL_OP_OR ? parse_logic(p, SK_CEL_OP_AND) : parse_binary(p, 0));
	n = sk_cel_node_op(p, op, p->stack + from, p->stack_used - from, offset);
	p->stack_used = from;
	return n;
}

static struct sk_cel_node *parse_expression(struct sk_cel_parser *p)
{
	struct sk_cel_node *args[3], *n;
	uint32_t offset;

	if (++p->depth > SK_CEL_MAX_DEPTH) {
		if (!p->full)
			sk_cel_node_bad(p, (uint32_t)p->lex.start,
					"the expression nests deeper than %u levels",
					SK_CEL_MAX_DEPTH);
		p->full = true;
		p->lex.token = SK_CEL_TOKEN_END;
		p->lex.at = p->lex.len;
		p->depth--;
		return p->none;
	}
	n = parse_logic(p, SK_CEL_OP_OR);
	offset = (uint32_t)p->lex.start;
	if (take(p, '?')) {
		args[0] = n;
		args[1] = parse_logic(p, SK_CEL_OP_OR);
		if (take(p, ':'))
			args[2] = parse_expression(p);
		else
			args[2] = unexpected(p, "':'");
		n = sk_cel_node_op(p, SK_CEL_OP_CHOICE, args, 3, offset);
	}
	p->depth--;
	return n;
}

struct sk_cel_node *sk_cel_parse(const struct sk_cel_env *env, const char *text, size_t len,
				 struct sk_cel_arena *arena, struct sk_cel_issues *issues)
{
	struct sk_cel_parser p = { .env = env, .arena = arena, .issues = issues, .stack_cap = 64,
				   .told_at = SIZE_MAX };
	uint32_t before = issues->count;
	struct sk_cel_node *root;

	if (len > SK_CEL_MAX_TEXT) {
		sk_cel_issue(issues, text, len, 0, 0, "the expression is longer than %u bytes",
			     SK_CEL_MAX_TEXT);
		return NULL;
	}
	p.none = sk_cel_alloc(arena, sizeof(*p.none));
	if (!p.none)
		return NULL;
	p.stack = p.few;
	sk_cel_lex_init(&p.lex, text, len);
	root = parse_expression(&p);
	if (p.lex.token != SK_CEL_TOKEN_END && !p.full)
		unexpected(&p, "an operator or the end");
	if (p.stack != p.few)
		free(p.stack);
	return issues->count > before || p.full ? NULL : root;
}
