/* SPDX-License-Identifier: Apache-2.0 */
/* Values as CEL literals and as JSON. */
#include "policy/cel/text.h"
#include "policy/cel/type.h"
#include "policy/cel/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct printer {
	char *data;
	size_t len, cap, limit;
	bool json, full;
};

static void put(struct printer *p, const char *bytes, size_t len)
{
	char *grown;
	size_t cap = p->cap ? p->cap : 256;

	if (p->full)
		return;
	while (cap - p->len <= len)
		cap *= 2;
	if (p->limit && cap > p->limit) {
		p->full = true;
		return;
	}
	if (cap != p->cap) {
		grown = realloc(p->data, cap);
		if (!grown) {
			p->full = true;
			return;
		}
		p->data = grown;
		p->cap = cap;
	}
	memcpy(p->data + p->len, bytes, len);
	p->len += len;
}

static void puts_(struct printer *p, const char *text)
{
	put(p, text, strlen(text));
}

static void put_escape(struct printer *p, uint32_t c)
{
	static const char letters[] = {
		['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\'
	};
	char buf[8];

	if (c < sizeof(letters) && letters[c])
		put(p, buf, (size_t)snprintf(buf, sizeof(buf), "\\%c", letters[c]));
	else
		put(p, buf,
		    (size_t)snprintf(buf, sizeof(buf), c < 0x80 && !p->json ? "\\x%02x" : "\\u%04x",
				     c));
}

/* Controls of a terminal, and what ends a line in JavaScript, are escaped wherever they stand. */
static void put_text(struct printer *p, const char *s, size_t len)
{
	size_t n;

	puts_(p, "\"");
	for (size_t i = 0; i < len; i += n) {
		uint32_t c = sk_cel_utf8_get(s + i, &n);

		if (c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
		    c == 0x2029)
			put_escape(p, c);
		else
			put(p, s + i, n);
	}
	puts_(p, "\"");
}

static void put_bytes(struct printer *p, const char *s, size_t len)
{
	char buf[8];

	puts_(p, "b\"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x7f)
			put(p, buf, (size_t)snprintf(buf, sizeof(buf), "\\x%02x", c));
		else if (c < 0x20 || c == '"' || c == '\\')
			put_escape(p, c);
		else
			put(p, s + i, 1);
	}
	puts_(p, "\"");
}

static void put_base64(struct printer *p, const char *s, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *b = (const unsigned char *)s;
	char out[4];

	puts_(p, "\"");
	for (size_t i = 0; i < len; i += 3) {
		uint32_t n = (uint32_t)b[i] << 16 | (i + 1 < len ? (uint32_t)b[i + 1] << 8 : 0) |
			     (i + 2 < len ? b[i + 2] : 0);

		out[0] = digits[n >> 18];
		out[1] = digits[n >> 12 & 63];
		out[2] = i + 1 < len ? digits[n >> 6 & 63] : '=';
		out[3] = i + 2 < len ? digits[n & 63] : '=';
		put(p, out, 4);
	}
	puts_(p, "\"");
}

static void put_value(struct printer *p, struct sk_cel_value v, unsigned depth);

static void put_key(struct printer *p, struct sk_cel_value key)
{
	char buf[64];

	if (!p->json || key.kind == SK_CEL_STRING) {
		put_value(p, key, 0);
		return;
	}
	if (key.kind == SK_CEL_BOOL)
		snprintf(buf, sizeof(buf), "\"%s\"", key.truth ? "true" : "false");
	else if (key.kind == SK_CEL_INT)
		snprintf(buf, sizeof(buf), "\"%lld\"", (long long)key.i);
	else
		snprintf(buf, sizeof(buf), "\"%llu\"", (unsigned long long)key.u);
	puts_(p, buf);
}

static void put_map(struct printer *p, const struct sk_cel_map *map, unsigned depth)
{
	puts_(p, "{");
	for (uint32_t i = 0; i < map->count; i++) {
		if (i)
			puts_(p, p->json ? "," : ", ");
		put_key(p, map->entries[i].key);
		puts_(p, p->json ? ":" : ": ");
		put_value(p, map->entries[i].value, depth + 1);
	}
	puts_(p, "}");
}

static void put_struct(struct printer *p, const struct sk_cel_struct *object, unsigned depth)
{
	const struct sk_cel_field *fields = object->type->fields;
	bool first = true;

	if (!p->json)
		puts_(p, object->type->name);
	puts_(p, "{");
	for (int i = 0; fields[i].name; i++) {
		if (object->fields[i].kind == SK_CEL_ABSENT)
			continue;
		if (!first)
			puts_(p, p->json ? "," : ", ");
		first = false;
		if (p->json)
			put_text(p, fields[i].name, strlen(fields[i].name));
		else
			puts_(p, fields[i].name);
		puts_(p, p->json ? ":" : ": ");
		put_value(p, object->fields[i], depth + 1);
	}
	puts_(p, "}");
}

static void put_double(struct printer *p, double d)
{
	char buf[64];

	if (p->json && !isfinite(d)) {
		puts_(p, isnan(d) ? "\"NaN\"" : d > 0 ? "\"Infinity\"" : "\"-Infinity\"");
		return;
	}
	put(p, buf, sk_cel_format_double(buf, d));
	if (!p->json && isfinite(d) && !strpbrk(buf, ".e"))
		puts_(p, ".0");
}

/* 'timestamp("...")' or '"..."' */
static void put_wrapped(struct printer *p, const char *function, const char *text, size_t len)
{
	if (!p->json) {
		puts_(p, function);
		puts_(p, "(");
	}
	put_text(p, text, len);
	if (!p->json)
		puts_(p, ")");
}

static void put_opaque(struct printer *p, const struct sk_cel_opaque *o)
{
	struct sk_cel_arena arena = { .limit = 1 << 16 };
	struct sk_cel_value text = { 0 };

	if (o->type->text)
		text = o->type->text(&arena, o);
	if (text.kind == SK_CEL_STRING)
		put_wrapped(p, o->type->name, text.str, text.len);
	else
		put_text(p, o->type->name, strlen(o->type->name));
	sk_cel_arena_release(&arena);
}

static void put_unknown(struct printer *p, const struct sk_cel_unknown *u)
{
	puts_(p, p->json ? "{\"unknown\":[" : "unknown(");
	for (uint32_t i = 0; i < u->count; i++) {
		puts_(p, i ? ", " : "");
		if (p->json)
			put_text(p, u->attributes[i], strlen(u->attributes[i]));
		else
			puts_(p, u->attributes[i]);
	}
	puts_(p, p->json ? "]}" : ")");
}

static void put_list(struct printer *p, const struct sk_cel_list *list, unsigned depth)
{
	puts_(p, "[");
	for (uint32_t i = 0; i < list->count; i++) {
		if (i)
			puts_(p, p->json ? "," : ", ");
		put_value(p, list->items[i], depth + 1);
	}
	puts_(p, "]");
}

static void put_optional(struct printer *p, const struct sk_cel_value *some, unsigned depth)
{
	if (p->json) {
		put_value(p, some ? *some : sk_cel_null(), depth + 1);
	} else if (some) {
		puts_(p, "optional.of(");
		put_value(p, *some, depth + 1);
		puts_(p, ")");
	} else {
		puts_(p, "optional.none()");
	}
}

static void put_value(struct printer *p, struct sk_cel_value v, unsigned depth)
{
	char buf[64];

	if (p->full) /* values that share their parts are small and take for ever to walk through */
		return;
	if (depth > SK_CEL_MAX_NESTING) {
		puts_(p, "...");
		return;
	}
	switch (v.kind) {
	case SK_CEL_BOOL:
		puts_(p, v.truth ? "true" : "false");
		break;
	case SK_CEL_INT:
		put(p, buf, (size_t)snprintf(buf, sizeof(buf), "%lld", (long long)v.i));
		break;
	case SK_CEL_UINT:
		put(p, buf,
		    (size_t)snprintf(buf, sizeof(buf), p->json ? "%llu" : "%lluu",
				     (unsigned long long)v.u));
		break;
	case SK_CEL_DOUBLE:
		put_double(p, v.d);
		break;
	case SK_CEL_STRING:
		put_text(p, v.str, v.len);
		break;
	case SK_CEL_BYTES:
		if (p->json)
			put_base64(p, v.str, v.len);
		else
			put_bytes(p, v.str, v.len);
		break;
	case SK_CEL_LIST:
		put_list(p, v.list, depth);
		break;
	case SK_CEL_MAP:
		put_map(p, v.map, depth);
		break;
	case SK_CEL_STRUCT:
		put_struct(p, v.object, depth);
		break;
	case SK_CEL_TYPE:
		if (p->json)
			put_text(p, sk_cel_type_name(v.type), strlen(sk_cel_type_name(v.type)));
		else
			puts_(p, sk_cel_type_name(v.type));
		break;
	case SK_CEL_TIMESTAMP:
		put_wrapped(p, "timestamp", buf, sk_cel_format_timestamp(buf, v));
		break;
	case SK_CEL_DURATION:
		put_wrapped(p, "duration", buf, sk_cel_format_duration(buf, v));
		break;
	case SK_CEL_OPTIONAL:
		put_optional(p, v.some, depth);
		break;
	case SK_CEL_OPAQUE:
		put_opaque(p, v.opaque);
		break;
	case SK_CEL_ERROR:
		put_wrapped(p, "error", v.error->text, strlen(v.error->text));
		break;
	case SK_CEL_UNKNOWN:
		put_unknown(p, v.unknown);
		break;
	default:
		puts_(p, "null");
		break;
	}
}

char *sk_cel_print(struct sk_cel_arena *arena, struct sk_cel_value v, bool as_json, size_t *ret_len)
{
	struct printer p = { .json = as_json, .limit = arena->limit };
	char *out = NULL;

	put_value(&p, v, 0);
	if (!p.full)
		out = sk_cel_alloc(arena, p.len + 1);
	if (out) {
		memcpy(out, p.data, p.len);
		*ret_len = p.len;
	}
	free(p.data);
	return out;
}
