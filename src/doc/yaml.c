/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/build.h"

#include "base/limits.h"
#include "base/text.h"

#include <libfyaml.h>

/*
 * YAML 1.2 from libfyaml's events. Its document builder is not used: it
 * recurses, and resolves aliases by copying. Here an alias shares the children
 * of its anchor, which costs nothing, but what a reader of the tree would walk
 * through counts against SK_MAX_YAML_NODES, and its depth against
 * SK_MAX_DOC_DEPTH: a tree that parses can be walked.
 */
struct anchor {
	struct sk_node *node;
	size_t size;   /* nodes below, aliases expanded */
	size_t height; /* levels below */
	bool done;     /* an alias inside its own anchor would have no end */
};

struct frame {
	struct sk_node *node, *last;
	struct anchor *anchor;
	size_t size, height;
	struct sk_span key;
	uint32_t key_line;
	bool has_key, key_merges;
	bool merges; /* has a "<<" */
};

struct yaml {
	struct sk_doc_build *b;
	struct fy_parser *parser;
	unsigned flags;
	struct sk_map anchors;
	size_t expanded; /* nodes that aliases stand for */
	struct sk_node *last_root;
	size_t depth;
	struct frame stack[SK_MAX_DOC_DEPTH];
};

static int fail(struct yaml *y, struct fy_event *event, int code, const char *what)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (!mark)
		return sk_err_set(y->b->err, code, "%s", what);
	return sk_err_set(y->b->err, code, "line %d: column %d: %s", mark->line + 1,
			  mark->column + 1, what);
}

static uint32_t line_of(struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	return mark ? (uint32_t)mark->line + 1 : 0;
}

static struct sk_span token_text(struct yaml *y, struct fy_token *token)
{
	size_t len = 0;
	const char *text = token ? fy_token_get_text(token, &len) : NULL;

	return sk_span(sk_arena_dup(&y->b->doc->arena, sk_span(text, text ? len : 0)),
		       text ? len : 0);
}

/* ---- scalars: the core schema of YAML 1.2.2, section 10.3.2 ---- */

static bool is_one_of(struct sk_span s, const char *const *words)
{
	for (; *words; words++) {
		if (sk_span_is(s, *words))
			return true;
	}
	return false;
}

static size_t digits(struct sk_span s, size_t i, const char *set)
{
	size_t n = 0;

	while (i + n < s.len && s.ptr[i + n] && strchr(set, s.ptr[i + n]))
		n++;
	return n;
}

#define DECIMAL "0123456789"

static bool is_int(struct sk_span s)
{
	size_t sign = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');

	if (sk_span_starts(s, "0x"))
		return s.len > 2 && 2 + digits(s, 2, DECIMAL "abcdefABCDEF") == s.len;
	if (sk_span_starts(s, "0o"))
		return s.len > 2 && 2 + digits(s, 2, "01234567") == s.len;
	return s.len > sign && sign + digits(s, sign, DECIMAL) == s.len;
}

static bool is_float(struct sk_span s)
{
	static const char *const inf[] = { ".inf", ".Inf", ".INF", NULL };
	static const char *const nan[] = { ".nan", ".NaN", ".NAN", NULL };
	size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'), whole, part = 0;

	if (is_one_of(sk_span_from(s, i), inf) || is_one_of(s, nan))
		return true;
	whole = digits(s, i, DECIMAL);
	i += whole;
	if (i < s.len && s.ptr[i] == '.') {
		part = digits(s, ++i, DECIMAL);
		i += part;
	}
	if (!whole && !part)
		return false;
	if (i < s.len && (s.ptr[i] | 32) == 'e') {
		i++;
		i += i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+');
		if (!digits(s, i, DECIMAL))
			return false;
		i += digits(s, i, DECIMAL);
	}
	return i == s.len;
}

static void set_plain(struct sk_node *n, struct sk_span text)
{
	static const char *const null[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const truth[] = { "true", "True", "TRUE", NULL };
	static const char *const lie[] = { "false", "False", "FALSE", NULL };

	n->text = text;
	if (is_one_of(text, null)) {
		n->type = SK_NODE_NULL;
	} else if (is_one_of(text, truth) || is_one_of(text, lie)) {
		n->type = SK_NODE_BOOL;
		n->truth = (text.ptr[0] | 32) == 't';
	} else if (is_int(text)) {
		n->type = sk_number_type(text);
	} else if (is_float(text)) {
		n->type = SK_NODE_FLOAT;
	} else {
		n->type = SK_NODE_STRING;
	}
}

/* A tag of the core schema that asks for another reading than a string. */
static bool is_typed(struct fy_token *tag)
{
	static const char *const names[] = { "null", "bool", "int", "float", NULL };
	size_t len = 0;
	const char *text = fy_token_get_text(tag, &len);
	struct sk_span name = sk_span(text, text ? len : 0);

	if (sk_span_starts(name, "tag:yaml.org,2002:"))
		name = sk_span_from(name, strlen("tag:yaml.org,2002:"));
	else if (sk_span_starts(name, "!!"))
		name = sk_span_from(name, 2);
	else
		return false;
	return is_one_of(name, names);
}

static bool is_plain(struct fy_event *event)
{
	return !event->scalar.tag && event->scalar.value &&
	       fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
}

static void set_scalar(struct yaml *y, struct sk_node *n, struct fy_event *event)
{
	struct sk_span text = token_text(y, event->scalar.value);
	const struct fy_mark *mark =
		event->scalar.value ? fy_token_start_mark(event->scalar.value) : NULL;

	if (mark)
		n->offset = (uint32_t)mark->input_pos;
	if (event->scalar.tag ? is_typed(event->scalar.tag)
			      : !event->scalar.value || is_plain(event)) {
		set_plain(n, text);
	} else {
		n->type = SK_NODE_STRING;
		n->text = text;
	}
}

/* ---- anchors and aliases ---- */

static struct anchor *add_anchor(struct yaml *y, struct fy_event *event, struct sk_node *n)
{
	struct fy_token *token = fy_event_get_anchor_token(event);
	struct anchor *a;

	if (!token)
		return NULL;
	a = sk_arena_alloc(&y->b->doc->arena, sizeof(*a));
	a->node = n;
	sk_map_put(&y->anchors, token_text(y, token), a); /* a name may be given anew */
	return a;
}

static int find_anchor(struct yaml *y, struct fy_event *event, struct anchor **ret_anchor)
{
	size_t len = 0;
	const char *text = fy_token_get_text(event->alias.anchor, &len);
	struct anchor *a = sk_map_get(&y->anchors, sk_span(text, text ? len : 0));

	if (!a)
		return fail(y, event, SK_EINVAL, "an alias without an anchor");
	if (!a->done)
		return fail(y, event, SK_EINVAL, "an alias inside its own anchor");
	if (y->depth + a->height > SK_MAX_DOC_DEPTH)
		return fail(y, event, SK_ELIMIT, "aliases nest too deep");
	y->expanded += a->size + 1;
	if (y->expanded > SK_MAX_YAML_NODES)
		return fail(y, event, SK_ELIMIT, "aliases stand for too many values");
	*ret_anchor = a;
	return 0;
}

/* ---- the tree ---- */

/* Puts n into the open array or object, under the key that was read before it. */
static void attach(struct yaml *y, struct sk_node *n, size_t size, size_t height)
{
	struct frame *top = y->depth ? &y->stack[y->depth - 1] : NULL;

	if (!top) {
		if (y->last_root)
			y->last_root->next = n;
		else
			y->b->doc->root = n;
		y->last_root = n;
		return;
	}
	if (top->node->type == SK_NODE_OBJECT) {
		n->key = top->key;
		n->line = top->key_line;
		top->merges |= top->key_merges;
		top->has_key = false;
	}
	if (top->last)
		top->last->next = n;
	else
		top->node->child = n;
	top->last = n;
	top->node->count++;
	top->size += size;
	if (height > top->height)
		top->height = height;
}

static bool key_is_due(struct yaml *y)
{
	struct frame *top = y->depth ? &y->stack[y->depth - 1] : NULL;

	return top && top->node->type == SK_NODE_OBJECT && !top->has_key;
}

static void set_key(struct yaml *y, struct fy_event *event, struct sk_span text)
{
	struct frame *top = &y->stack[y->depth - 1];

	top->key = text;
	top->key_line = line_of(event);
	top->has_key = true;
	top->key_merges = event->type == FYET_SCALAR && is_plain(event) && sk_span_is(text, "<<");
}

static int on_scalar(struct yaml *y, struct fy_event *event)
{
	struct sk_node *n = sk_build_node(y->b, SK_NODE_STRING, line_of(event));
	struct anchor *a;

	if (!n)
		return -SK_ELIMIT;
	set_scalar(y, n, event);
	a = add_anchor(y, event, n);
	if (a)
		a->done = true;
	if (key_is_due(y))
		set_key(y, event,
			n->type == SK_NODE_STRING ? n->text : token_text(y, event->scalar.value));
	else
		attach(y, n, 1, 0);
	return 0;
}

static int on_alias(struct yaml *y, struct fy_event *event)
{
	struct anchor *a = NULL;
	struct sk_node *n;
	int r = find_anchor(y, event, &a);

	if (r < 0)
		return r;
	if (key_is_due(y)) {
		if (a->height)
			return fail(y, event, SK_EUNSUPPORTED, "a key that is no scalar");
		set_key(y, event, sk_node_text(a->node));
		return 0;
	}
	n = sk_build_node(y->b, a->node->type, line_of(event));
	if (!n)
		return -SK_ELIMIT;
	n->count = a->node->count;
	n->offset = a->node->offset;
	n->text = a->node->text;
	if (a->node->type == SK_NODE_ARRAY || a->node->type == SK_NODE_OBJECT)
		n->child = a->node->child;
	else if (a->node->type == SK_NODE_BOOL)
		n->truth = a->node->truth;
	attach(y, n, a->size + 1, a->height);
	return 0;
}

static int on_open(struct yaml *y, struct fy_event *event, enum sk_node_type type)
{
	struct sk_node *n;

	if (key_is_due(y))
		return fail(y, event, SK_EUNSUPPORTED, "a key that is no scalar");
	if (y->depth == SK_MAX_DOC_DEPTH)
		return fail(y, event, SK_ELIMIT, "nested too deep");
	n = sk_build_node(y->b, type, line_of(event));
	if (!n)
		return -SK_ELIMIT;
	attach(y, n, 0, 0); /* its size comes when it is closed */
	y->stack[y->depth++] = (struct frame){ .node = n, .anchor = add_anchor(y, event, n) };
	return 0;
}

/* ---- merge keys (yaml.org/type/merge.html), which YAML 1.2 dropped and everybody uses ---- */

struct merge {
	struct sk_node *first, *last;
	struct sk_map seen;
	uint32_t count;
};

static void merge_keep(struct merge *m, struct sk_node *n)
{
	n->next = NULL;
	if (m->last)
		m->last->next = n;
	else
		m->first = n;
	m->last = n;
	m->count++;
}

/* Members of `from` whose keys are not there yet; anything but an object is left alone. */
static int merge_from(struct yaml *y, struct merge *m, const struct sk_node *from)
{
	sk_node_each(n, from)
	{
		bool fresh;
		void **place = sk_map_at(&m->seen, n->key, &fresh);
		struct sk_node *copy;

		if (!fresh)
			continue;
		*place = (void *)n;
		copy = sk_build_node(y->b, n->type, n->line);
		if (!copy)
			return -SK_ELIMIT;
		*copy = *n;
		merge_keep(m, copy);
	}
	return 0;
}

static int merge(struct yaml *y, struct sk_node *object)
{
	struct merge m = { 0 };
	struct sk_node *next, *merged = NULL;
	int r = 0;

	/* The pool's nodes are ours to change until the document is handed out. */
	for (struct sk_node *n = (struct sk_node *)object->child; n; n = next) {
		next = (struct sk_node *)n->next;
		if (sk_span_is(n->key, "<<") &&
		    (n->type == SK_NODE_OBJECT || n->type == SK_NODE_ARRAY)) {
			n->next = merged;
			merged = n;
			continue;
		}
		sk_map_put(&m.seen, n->key, n);
		merge_keep(&m, n);
	}
	for (struct sk_node *n = merged; n && r >= 0; n = (struct sk_node *)n->next) {
		if (n->type == SK_NODE_OBJECT)
			r = merge_from(y, &m, n);
		else
			sk_node_each(item, n)
			{
				if (item->type == SK_NODE_OBJECT && r >= 0)
					r = merge_from(y, &m, item);
			}
	}
	object->child = m.first;
	object->count = m.count;
	sk_map_release(&m.seen);
	return r;
}

static int on_close(struct yaml *y)
{
	struct frame *top = &y->stack[--y->depth], *parent = y->depth ? top - 1 : NULL;
	int r = 0;

	if (top->merges)
		r = merge(y, top->node);
	if (r >= 0 && top->node->type == SK_NODE_OBJECT && (y->flags & SK_DOC_STRICT_KEYS))
		r = sk_build_unique(y->b, top->node);
	if (top->anchor) {
		top->anchor->size = top->size;
		top->anchor->height = top->height + 1;
		top->anchor->done = true;
	}
	if (parent) {
		parent->size += top->size + 1;
		if (top->height + 1 > parent->height)
			parent->height = top->height + 1;
	}
	return r;
}

static int on_event(struct yaml *y, struct fy_event *event)
{
	switch (event->type) {
	case FYET_DOCUMENT_START:
		sk_map_release(&y->anchors);
		return 0;
	case FYET_SCALAR:
		return on_scalar(y, event);
	case FYET_ALIAS:
		return on_alias(y, event);
	case FYET_SEQUENCE_START:
		return on_open(y, event, SK_NODE_ARRAY);
	case FYET_MAPPING_START:
		return on_open(y, event, SK_NODE_OBJECT);
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		return on_close(y);
	default:
		return 0;
	}
}

/* ---- the library ---- */

/* libfyaml's own words go to stderr unless somebody takes them. */
static void drop_output(struct fy_diag *diag, void *user, const char *text, size_t len)
{
}

static int library_error(struct yaml *y, struct fy_diag *diag)
{
	void *at = NULL;
	struct fy_diag_error *e = fy_diag_errors_iterate(diag, &at);

	if (!e)
		return sk_err_set(y->b->err, SK_EINVAL, "this is not YAML");
	return sk_err_set(y->b->err, SK_EINVAL, "line %d: column %d: %s", e->line, e->column,
			  e->msg);
}

/*
 * libfyaml stops at a NUL or a byte that is not UTF-8 as if the text ended
 * there: what it must not see is refused or replaced before. `clean` gets the
 * text if it had to be changed.
 */
static int check_text(struct yaml *y, struct sk_span *text, struct sk_buf *clean)
{
	struct sk_span rest = *text;

	while (rest.len) {
		uint32_t c;
		size_t n = sk_utf8_length(rest, &c);

		if (!n)
			break;
		/* the printable characters of YAML 1.2.2, section 5.1 */
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return sk_build_fail(y->b, SK_EINVAL, (size_t)(rest.ptr - text->ptr),
					     "a control character");
		rest = sk_span(rest.ptr + n, rest.len - n);
	}
	if (rest.len == 0)
		return 0;
	if (sk_span_starts(*text, "\xff\xfe") || sk_span_starts(*text, "\xfe\xff") ||
	    memchr(rest.ptr, 0, rest.len))
		return sk_build_fail(y->b, SK_EINVAL, 0, "this is not UTF-8");
	sk_text_utf8(clean, *text);
	*text = sk_buf_view(clean);
	return 0;
}

/*
 * libfyaml 0.7.12 takes quadratic time for blank lines inside a scalar (0.6 ns
 * for each pair of bytes in one run of white space) and for %TAG directives:
 * a document may cost some seconds of that, then it is refused.
 */
static int check_cost(struct yaml *y, struct sk_span text)
{
	enum { SHORT_RUN = 256, MOST_TAGS = 256 };
	const uint64_t most = 1ull << 32;
	uint64_t cost = 0;
	unsigned tags = 0;

	for (size_t i = 0; i < text.len;) {
		size_t run = 0;

		while (i + run < text.len && strchr(" \t\r\n", text.ptr[i + run]))
			run++;
		if (run > SHORT_RUN)
			cost += (uint64_t)run * run;
		i += run;
		if (cost > most)
			return sk_build_fail(y->b, SK_ELIMIT, i, "too much white space");
		if (sk_span_starts(sk_span_from(text, i), "%TAG") && ++tags > MOST_TAGS)
			return sk_build_fail(y->b, SK_ELIMIT, i, "too many %%TAG directives");
		while (i < text.len && !strchr(" \t\r\n", text.ptr[i]))
			i++;
	}
	return 0;
}

static int run(struct yaml *y, struct fy_diag *diag, struct sk_buf *clean)
{
	struct sk_span text = y->b->text;
	int r = check_text(y, &text, clean);

	if (r >= 0)
		r = check_cost(y, text);
	if (r < 0)
		return r;
	if (fy_parser_set_string(y->parser, text.ptr ? text.ptr : "", text.len) != 0)
		return sk_err_set(y->b->err, SK_EINVAL, "this is not YAML");
	while (r >= 0) {
		struct fy_event *event = fy_parser_parse(y->parser);
		bool end;

		if (!event)
			break;
		end = event->type == FYET_STREAM_END;
		r = on_event(y, event);
		fy_parser_event_free(y->parser, event);
		if (end)
			return r;
	}
	return r < 0 ? r : library_error(y, diag);
}

int sk_yaml_parse(struct sk_doc_build *b, unsigned flags)
{
	struct yaml y = { .b = b, .flags = flags };
	struct fy_diag_cfg diag_cfg = { .output_fn = drop_output,
					.level = FYET_ERROR,
					.module_mask = ~0u };
	struct fy_diag *diag = fy_diag_create(&diag_cfg);
	sk_cleanup(sk_buf_release) struct sk_buf clean = { 0 }; /* outlives the parser */
	struct fy_parse_cfg cfg = { .flags =
					FYPCF_QUIET | FYPCF_JSON_NONE | FYPCF_DISABLE_DEPTH_LIMIT |
						FYPCF_SLOPPY_FLOW_INDENTATION,
				    .diag = diag };
	int r;

	if (!diag)
		return sk_err_set(b->err, SK_EIO, "no memory");
	fy_diag_set_collect_errors(diag, true);
	y.parser = fy_parser_create(&cfg);
	r = y.parser ? run(&y, diag, &clean) : sk_err_set(b->err, SK_EIO, "no memory");
	fy_parser_destroy(y.parser);
	fy_diag_destroy(diag);
	sk_map_release(&y.anchors);
	if (r >= 0 && !b->doc->root)
		b->doc->root = sk_build_node(b, SK_NODE_NULL, 1);
	return r;
}
