/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/toml-lex.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

/*
 * TOML 1.1 (or 1.0 alone, by flag). Arrays and tables are nodes with a tail:
 * how they were made decides what may still be added to them.
 */
enum made_by {
	MADE_IMPLICIT, /* by a longer header: [a.b] makes a */
	MADE_HEADER,   /* by its own header */
	MADE_DOTTED,   /* by a dotted key: a.b = 1 makes a */
	MADE_VALUE,    /* by a value, {...} or [...]: closed for ever */
	MADE_TABLES,   /* an array, by [[a]] */
};

struct table {
	struct sk_node node; /* first: a node of type array or object is a table */
	struct sk_node *last;
	struct sk_map *index; /* of larger objects */
	struct table *next_indexed;
	enum made_by made;
	uint32_t depth;
};

struct toml {
	struct sk_toml lex;
	struct table *indexed; /* those whose index must be released */
};

/* Objects with more members than this get an index. */
enum { LINEAR = 12 };

static struct table *as_table(struct sk_node *n)
{
	return (struct table *)n;
}

static int new_table(struct toml *t, enum sk_node_type type, enum made_by made, uint32_t depth,
		     uint32_t line, struct table **ret_table)
{
	struct sk_doc_build *b = t->lex.b;
	struct table *table;

	*ret_table = NULL; /* gcc cannot see that sk_build_fail is always negative */
	if (depth > SK_MAX_DOC_DEPTH)
		return sk_build_fail(b, SK_ELIMIT, t->lex.off, "nested deeper than %d",
				     SK_MAX_DOC_DEPTH);
	if (++b->nodes > b->max_nodes)
		return sk_build_fail(b, SK_ELIMIT, t->lex.off, "more than %zu values",
				     b->max_nodes);
	table = sk_arena_alloc(&b->doc->arena, sizeof(*table));
	table->node.type = type;
	table->node.line = line;
	table->made = made;
	table->depth = depth;
	*ret_table = table;
	return 0;
}

static struct sk_node *find(struct table *table, struct sk_span key)
{
	if (table->index)
		return sk_map_get(table->index, key);
	for (struct sk_node *n = (struct sk_node *)table->node.child; n;
	     n = (struct sk_node *)n->next) {
		if (sk_span_eq(n->key, key))
			return n;
	}
	return NULL;
}

static void build_index(struct toml *t, struct table *table)
{
	table->index = sk_alloc(sizeof(*table->index));
	table->next_indexed = t->indexed;
	t->indexed = table;
	sk_node_index(&table->node, table->index);
}

static void append(struct toml *t, struct table *to, struct sk_node *n, struct sk_span key)
{
	n->key = key;
	if (to->last)
		to->last->next = n;
	else
		to->node.child = n;
	to->last = n;
	to->node.count++;
	if (to->node.type != SK_NODE_OBJECT)
		return;
	if (to->index)
		sk_map_put(to->index, key, n);
	else if (to->node.count > LINEAR)
		build_index(t, to);
}

static int fail_key(struct toml *t, struct sk_span key, const char *what)
{
	int len = (int)(key.len < 200 ? key.len : 200);

	return sk_build_fail(t->lex.b, SK_EINVAL, t->lex.off, "\"%.*s\" %s", len, key.ptr, what);
}

/* ---- values ---- */

static int read_value(struct toml *t, struct table *into, struct sk_span key, uint32_t line);
static int read_pair(struct toml *t, struct table *into);

/* What stands between the members of an array or table: 1 when it is closed. */
static int after_member(struct toml *t, char close, bool spaced)
{
	int r = spaced ? sk_toml_space(&t->lex) : 0;

	if (r < 0)
		return r;
	sk_toml_blanks(&t->lex);
	if (sk_toml_peek(&t->lex, 0) == close) {
		t->lex.off++;
		return 1;
	}
	if (sk_toml_peek(&t->lex, 0) != ',')
		return sk_toml_fail(&t->lex, close == ']' ? "',' or ']' is expected"
							  : "',' or '}' is expected");
	t->lex.off++;
	r = spaced ? sk_toml_space(&t->lex) : 0;
	sk_toml_blanks(&t->lex);
	return r;
}

static int read_array(struct toml *t, struct table *array)
{
	int r = 0;

	t->lex.off++;
	while (r == 0) {
		r = sk_toml_space(&t->lex);
		if (r < 0)
			break;
		if (sk_toml_peek(&t->lex, 0) == ']') {
			t->lex.off++;
			return 0;
		}
		r = read_value(t, array, sk_span(NULL, 0), t->lex.line);
		if (r >= 0)
			r = after_member(t, ']', true);
	}
	return r < 0 ? r : 0;
}

static int read_inline_table(struct toml *t, struct table *table)
{
	bool spaced = !t->lex.v1_0, first = true;
	int r = 0;

	t->lex.off++;
	while (r == 0) {
		r = spaced ? sk_toml_space(&t->lex) : 0;
		if (r < 0)
			break;
		sk_toml_blanks(&t->lex);
		if (sk_toml_peek(&t->lex, 0) == '}' && (first || spaced)) {
			t->lex.off++;
			break;
		}
		first = false;
		r = read_pair(t, table);
		if (r >= 0)
			r = after_member(t, '}', spaced);
	}
	if (r < 0)
		return r;
	table->made = MADE_VALUE;
	return 0;
}

static int read_value(struct toml *t, struct table *into, struct sk_span key, uint32_t line)
{
	char c = sk_toml_peek(&t->lex, 0);
	struct table *table;
	struct sk_node *n;
	int r;

	if (c == '[' || c == '{') {
		r = new_table(t, c == '[' ? SK_NODE_ARRAY : SK_NODE_OBJECT, MADE_HEADER,
			      into->depth + 1, line, &table);
		if (r < 0)
			return r;
		append(t, into, &table->node, key);
		if (c == '{')
			return read_inline_table(t, table);
		table->made = MADE_VALUE;
		return read_array(t, table);
	}
	n = sk_build_node(t->lex.b, SK_NODE_STRING, line);
	if (!n)
		return -SK_ELIMIT;
	append(t, into, n, key);
	if (c == '"' || c == '\'')
		return sk_toml_string(&t->lex, &n->text);
	return sk_toml_scalar(&t->lex, n);
}

/* ---- keys ---- */

/* a. of a.b = 1, in table: only tables that dotted keys made may grow so. */
static int enter_dotted(struct toml *t, struct table **table, struct sk_span key)
{
	struct sk_node *n = find(*table, key);
	struct table *fresh;
	int r;

	if (n) {
		if (n->type != SK_NODE_OBJECT || as_table(n)->made == MADE_VALUE ||
		    as_table(n)->made == MADE_HEADER)
			return fail_key(t, key, "is defined already");
		*table = as_table(n);
		return 0;
	}
	r = new_table(t, SK_NODE_OBJECT, MADE_DOTTED, (*table)->depth + 1, t->lex.line, &fresh);
	if (r < 0)
		return r;
	append(t, *table, &fresh->node, key);
	*table = fresh;
	return 0;
}

/* key = value, or a.b.c = value. */
static int read_pair(struct toml *t, struct table *into)
{
	uint32_t line = t->lex.line;
	struct sk_span key;
	int r;

	for (;;) {
		r = sk_toml_key(&t->lex, &key);
		if (r < 0)
			return r;
		sk_toml_blanks(&t->lex);
		if (sk_toml_peek(&t->lex, 0) != '.')
			break;
		t->lex.off++;
		sk_toml_blanks(&t->lex);
		r = enter_dotted(t, &into, key);
		if (r < 0)
			return r;
	}
	if (sk_toml_peek(&t->lex, 0) != '=')
		return sk_toml_fail(&t->lex, "'=' is expected after a key");
	if (find(into, key))
		return fail_key(t, key, "is there twice");
	t->lex.off++;
	sk_toml_blanks(&t->lex);
	return read_value(t, into, key, line);
}

/* ---- headers ---- */

/* a. of [a.b]: into a table, or the last one of an array of tables. */
static int enter_header(struct toml *t, struct table **table, struct sk_span key)
{
	struct sk_node *n = find(*table, key);
	struct table *next;
	int r;

	if (!n) {
		r = new_table(t, SK_NODE_OBJECT, MADE_IMPLICIT, (*table)->depth + 1, t->lex.line,
			      &next);
		if (r < 0)
			return r;
		append(t, *table, &next->node, key);
		*table = next;
		return 0;
	}
	if (n->type == SK_NODE_ARRAY && as_table(n)->made == MADE_TABLES)
		n = as_table(n)->last;
	if (n->type != SK_NODE_OBJECT || as_table(n)->made == MADE_VALUE)
		return fail_key(t, key, "is no table that can be added to");
	*table = as_table(n);
	return 0;
}

/* The last part of [a.b]. */
static int open_table(struct toml *t, struct table *in, struct sk_span key,
		      struct table **ret_table)
{
	struct sk_node *n = find(in, key);
	int r;

	if (n) {
		if (n->type != SK_NODE_OBJECT || as_table(n)->made != MADE_IMPLICIT)
			return fail_key(t, key, "is defined already");
		n->line = t->lex.line;
		*ret_table = as_table(n);
	} else {
		r = new_table(t, SK_NODE_OBJECT, MADE_HEADER, in->depth + 1, t->lex.line,
			      ret_table);
		if (r < 0)
			return r;
		append(t, in, &(*ret_table)->node, key);
	}
	(*ret_table)->made = MADE_HEADER;
	return 0;
}

/* The last part of [[a.b]]. */
static int open_element(struct toml *t, struct table *in, struct sk_span key,
			struct table **ret_table)
{
	struct sk_node *n = find(in, key);
	struct table *array;
	int r;

	if (n) {
		array = as_table(n);
		if (n->type != SK_NODE_ARRAY || array->made != MADE_TABLES)
			return fail_key(t, key, "is no array of tables");
	} else {
		r = new_table(t, SK_NODE_ARRAY, MADE_TABLES, in->depth + 1, t->lex.line, &array);
		if (r < 0)
			return r;
		append(t, in, &array->node, key);
	}
	r = new_table(t, SK_NODE_OBJECT, MADE_HEADER, array->depth + 1, t->lex.line, ret_table);
	if (r >= 0)
		append(t, array, &(*ret_table)->node, sk_span(NULL, 0));
	return r;
}

static int read_header(struct toml *t, struct table *root, struct table **ret_table)
{
	bool element = sk_toml_peek(&t->lex, 1) == '[';
	struct table *table = root;
	struct sk_span key;
	int r;

	t->lex.off += element ? 2 : 1;
	for (;;) {
		sk_toml_blanks(&t->lex);
		r = sk_toml_key(&t->lex, &key);
		if (r < 0)
			return r;
		sk_toml_blanks(&t->lex);
		if (sk_toml_peek(&t->lex, 0) != '.')
			break;
		t->lex.off++;
		r = enter_header(t, &table, key);
		if (r < 0)
			return r;
	}
	if (sk_toml_peek(&t->lex, 0) != ']' || (element && sk_toml_peek(&t->lex, 1) != ']'))
		return sk_toml_fail(&t->lex, element ? "\"]]\" is expected" : "']' is expected");
	t->lex.off += element ? 2 : 1;
	return element ? open_element(t, table, key, ret_table)
		       : open_table(t, table, key, ret_table);
}

/* ---- the document ---- */

static int check_text(struct toml *t)
{
	struct sk_span rest = t->lex.text;

	while (rest.len) {
		uint32_t c;
		size_t n = sk_utf8_length(rest, &c);

		if (!n)
			return sk_build_fail(t->lex.b, SK_EINVAL, t->lex.text.len - rest.len,
					     "this is not UTF-8");
		rest = sk_span(rest.ptr + n, rest.len - n);
	}
	if (sk_span_starts(t->lex.text, "\xef\xbb\xbf"))
		t->lex.off = 3;
	return 0;
}

static int read_document(struct toml *t)
{
	struct table *root, *current;
	int r = new_table(t, SK_NODE_OBJECT, MADE_HEADER, 1, 1, &root);

	if (r >= 0)
		r = check_text(t);
	if (r < 0)
		return r;
	current = root;
	t->lex.b->doc->root = &root->node;
	for (;;) {
		r = sk_toml_space(&t->lex);
		if (r < 0 || t->lex.off >= t->lex.text.len)
			return r;
		if (sk_toml_peek(&t->lex, 0) == '[')
			r = read_header(t, root, &current);
		else
			r = read_pair(t, current);
		if (r >= 0)
			r = sk_toml_end_line(&t->lex);
		if (r < 0)
			return r;
	}
}

int sk_toml_parse(struct sk_doc_build *b, unsigned flags)
{
	struct toml t = {
		.lex = { .b = b, .text = b->text, .line = 1, .v1_0 = flags & SK_DOC_TOML_1_0 }
	};
	int r = read_document(&t);

	for (struct table *i = t.indexed; i; i = i->next_indexed) {
		sk_map_release(i->index);
		free(i->index);
	}
	sk_buf_release(&t.lex.scratch);
	return r;
}
