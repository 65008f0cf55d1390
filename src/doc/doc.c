/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/doc.h"

#include "base/limits.h"
#include "base/text.h"
#include "doc/build.h"

#include <stdarg.h>
#include <stdio.h>

int sk_doc_parse(struct sk_doc *doc, enum sk_doc_format format, struct sk_span text, unsigned flags,
		 struct sk_err *err)
{
	struct sk_doc_build b = { .doc = doc, .err = err, .text = text };
	int r;

	*doc = (struct sk_doc){ 0 };
	b.max_nodes = SK_MAX_DOC_NODES;
	switch (format) {
	case SK_DOC_JSON:
		r = sk_json_parse(&b, flags);
		break;
	case SK_DOC_YAML:
		r = sk_yaml_parse(&b, flags);
		break;
	case SK_DOC_TOML:
		r = sk_toml_parse(&b, flags);
		break;
	default:
		r = sk_err_set(err, SK_EUNSUPPORTED, "unknown document format");
	}
	if (r < 0)
		sk_doc_release(doc);
	return r;
}

void sk_doc_release(struct sk_doc *doc)
{
	sk_arena_release(&doc->arena);
	doc->root = NULL;
}

/* ---- building ---- */

/* Most documents are small: the first pool is too, later ones stay below the arena's own-block
 * size. */
enum { FIRST_POOL = 16, LARGEST_POOL = 256 };

struct sk_node *sk_build_refill(struct sk_doc_build *b)
{
	if (b->nodes >= b->max_nodes) {
		sk_err_set(b->err, SK_ELIMIT, "more than %zu values", b->max_nodes);
		return NULL;
	}
	b->pool_size = b->pool_size ? b->pool_size * 2 : FIRST_POOL;
	if (b->pool_size > LARGEST_POOL)
		b->pool_size = LARGEST_POOL;
	b->pool = sk_arena_alloc(&b->doc->arena, b->pool_size * sizeof(struct sk_node));
	b->pool_left = b->pool_size;
	return b->pool;
}

int sk_build_fail(struct sk_doc_build *b, int code, size_t off, const char *fmt, ...)
{
	size_t line = 1, column = 1;
	char what[512];
	va_list ap;

	if (off > b->text.len)
		off = b->text.len;
	for (size_t i = 0; i < off; i++) {
		uint8_t c = (uint8_t)b->text.ptr[i];

		if (c == '\n') {
			line++;
			column = 1;
		} else if ((c & 0xc0) != 0x80) {
			column++;
		}
	}
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return sk_err_set(b->err, code, "line %zu: column %zu: %s", line, column, what);
}

int sk_build_unique(struct sk_doc_build *b, const struct sk_node *object)
{
	struct sk_map seen = { 0 };
	int r = 0;

	sk_node_each(n, object)
	{
		bool fresh;
		void **place = sk_map_at(&seen, n->key, &fresh);

		if (!fresh) {
			r = sk_err_set(b->err, SK_EINVAL,
				       "line %u: the key \"%.*s\" is there twice", n->line,
				       (int)(n->key.len < 200 ? n->key.len : 200), n->key.ptr);
			break;
		}
		*place = (void *)n;
	}
	sk_map_release(&seen);
	return r;
}

size_t sk_utf8_put(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* ---- reading ---- */

const struct sk_node *sk_node_get(const struct sk_node *object, const char *key)
{
	struct sk_span want = sk_span_str(key);
	const struct sk_node *found = NULL;

	if (!sk_node_is(object, SK_NODE_OBJECT))
		return NULL;
	sk_node_each(n, object)
	{
		if (sk_span_eq(n->key, want))
			found = n;
	}
	return found;
}

const struct sk_node *sk_node_path(const struct sk_node *object, ...)
{
	const char *key;
	va_list ap;

	va_start(ap, object);
	while (object && (key = va_arg(ap, const char *)))
		object = sk_node_get(object, key);
	va_end(ap);
	return object;
}

const struct sk_node *sk_node_at(const struct sk_node *array, size_t i)
{
	const struct sk_node *n;

	if (!sk_node_is(array, SK_NODE_ARRAY) || i >= array->count)
		return NULL;
	for (n = array->child; i; i--)
		n = n->next;
	return n;
}

void sk_node_index(const struct sk_node *object, struct sk_map *map)
{
	if (!sk_node_is(object, SK_NODE_OBJECT))
		return;
	sk_node_each(n, object) sk_map_put(map, n->key, (void *)n);
}

struct sk_span sk_node_str(const struct sk_node *n)
{
	return sk_node_is(n, SK_NODE_STRING) ? n->text : sk_span(NULL, 0);
}

const char *sk_node_cstr(const struct sk_node *n)
{
	return sk_node_is(n, SK_NODE_STRING) ? n->text.ptr : NULL;
}

struct sk_span sk_node_text(const struct sk_node *n)
{
	if (!n)
		return sk_span(NULL, 0);
	switch (n->type) {
	case SK_NODE_BOOL:
		return sk_span_str(n->truth ? "true" : "false");
	case SK_NODE_INT:
	case SK_NODE_FLOAT:
	case SK_NODE_STRING:
	case SK_NODE_TIME:
		return n->text;
	default:
		return sk_span(NULL, 0);
	}
}

bool sk_node_bool(const struct sk_node *n, bool otherwise)
{
	return sk_node_is(n, SK_NODE_BOOL) ? n->truth : otherwise;
}
