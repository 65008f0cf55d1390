/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/purl.h"

#include "analyze/purl-type.h"

#include <stdlib.h>

/* ---- characters ---- */

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes s; NULL if it is not well encoded, or has a NUL. */
static char *decode(struct sk_span s, struct sk_arena *arena)
{
	char *out = sk_arena_alloc(arena, s.len + 1), *to = out;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			int high = i + 2 < s.len ? hex_value(s.ptr[i + 1]) : -1;
			int low = i + 2 < s.len ? hex_value(s.ptr[i + 2]) : -1;

			if (high < 0 || low < 0)
				return NULL;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (!c)
			return NULL;
		*to++ = c;
	}
	*to = '\0';
	return out;
}

static void encode(struct sk_buf *buf, const char *s, const char *also_plain)
{
	for (; *s; s++) {
		if (is_letter(*s) || is_digit(*s) || strchr(".-_~:", *s) || strchr(also_plain, *s))
			sk_buf_putc(buf, *s);
		else
			sk_buf_printf(buf, "%%%02X", (uint8_t)*s);
	}
}

/* ---- parsing ---- */

static int bad(struct sk_err *err, const char *what)
{
	return sk_err_set(err, SK_EINVAL, "package URL: %s", what);
}

static int parse_qualifiers(struct sk_purl *purl, struct sk_span text, struct sk_arena *arena,
			    struct sk_err *err)
{
	SK_VEC(struct sk_purl_qualifier) list = { 0 };
	struct sk_span pair;
	int r = 0;

	while (r == 0 && sk_span_split(&text, '&', &pair)) {
		ptrdiff_t at = sk_span_chr(pair, '=');
		struct sk_purl_qualifier *q;

		if (pair.len == 0)
			continue;
		if (at < 0) {
			r = bad(err, "a qualifier has no '='");
			break;
		}
		q = sk_vec_push(&list);
		q->key = sk_arena_dup(arena, sk_span_sub(pair, 0, (size_t)at));
		q->value = decode(sk_span_from(pair, (size_t)at + 1), arena);
		if (!q->value)
			r = bad(err, "a qualifier is not well percent-encoded");
	}
	purl->qualifier_count = list.len;
	purl->qualifiers = sk_arena_alloc(arena, list.len * sizeof(list.data[0]));
	if (list.len)
		memcpy(purl->qualifiers, list.data, list.len * sizeof(list.data[0]));
	sk_vec_release(&list);
	return r;
}

/* Cuts what stands behind the last `c` off s. */
static bool cut_last(struct sk_span *s, char c, struct sk_span *ret_tail)
{
	ptrdiff_t at = sk_span_rchr(*s, c);

	if (at < 0)
		return false;
	*ret_tail = sk_span(s->ptr + at + 1, s->len - (size_t)at - 1);
	s->len = (size_t)at;
	return true;
}

/* namespace/name; a type whose names are paths keeps only the first segment as namespace. */
static int parse_name(struct sk_purl *purl, struct sk_span path, struct sk_arena *arena,
		      struct sk_err *err)
{
	struct sk_span name, ns;

	while (path.len && path.ptr[0] == '/')
		path = sk_span_from(path, 1);
	name = path;
	ns = sk_span(path.ptr, 0);
	if (cut_last(&path, '/', &name))
		ns = path;
	if (ns.len && (sk_purl_rules(sk_purl_lower(purl->type, arena)) & SK_PURL_PATH_NAME)) {
		ptrdiff_t at = sk_span_chr(ns, '/');

		if (at > 0) {
			name = sk_span(ns.ptr + at + 1, ns.len - (size_t)at + name.len);
			ns.len = (size_t)at;
		}
	}
	purl->name = decode(name, arena);
	purl->ns = decode(ns, arena);
	return purl->name && purl->ns ? 0 : bad(err, "the name is not well percent-encoded");
}

int sk_purl_parse(struct sk_purl *ret_purl, struct sk_span text, struct sk_arena *arena,
		  struct sk_err *err)
{
	struct sk_purl purl = { 0 };
	struct sk_span tail;
	ptrdiff_t at;
	int r = 0;

	if (cut_last(&text, '#', &tail)) {
		purl.subpath = decode(tail, arena);
		if (!purl.subpath)
			return bad(err, "the subpath is not well percent-encoded");
	}
	if (cut_last(&text, '?', &tail))
		r = parse_qualifiers(&purl, tail, arena, err);
	if (r < 0)
		return r;
	if (text.len < 4 || !sk_span_ieq(sk_span(text.ptr, 4), SK_SPAN_LIT("pkg:")))
		return bad(err, "it must begin with \"pkg:\"");
	text = sk_span(text.ptr + 4, text.len - 4);
	while (text.len && text.ptr[0] == '/') /* "pkg://type" is an old habit */
		text = sk_span(text.ptr + 1, text.len - 1);
	while (text.len && text.ptr[text.len - 1] == '/')
		text.len--;
	at = sk_span_chr(text, '/');
	if (at <= 0)
		return bad(err, "type and name are needed");
	purl.type = sk_arena_dup(arena, sk_span(text.ptr, (size_t)at));
	text = sk_span(text.ptr + at + 1, text.len - (size_t)at - 1);
	at = sk_span_rchr(text, '@'); /* before the last '/' it is an npm scope */
	if (at >= 0 && at > sk_span_rchr(text, '/')) {
		cut_last(&text, '@', &tail);
		purl.version = decode(tail, arena);
		if (!purl.version)
			return bad(err, "the version is not well percent-encoded");
	}
	r = parse_name(&purl, text, arena, err);
	if (r >= 0)
		r = sk_purl_normalize(&purl, arena, err);
	if (r >= 0)
		*ret_purl = purl;
	return r;
}

/* ---- normal form ---- */

static int cmp_qualifier(const void *a, const void *b)
{
	const struct sk_purl_qualifier *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static bool valid_key(const char *key)
{
	if (!is_letter(*key))
		return false;
	for (; *key; key++) {
		if (!is_letter(*key) && !is_digit(*key) && !strchr(".-_", *key))
			return false;
	}
	return true;
}

static int normalize_qualifiers(struct sk_purl *purl, struct sk_arena *arena, struct sk_err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < purl->qualifier_count; i++) {
		struct sk_purl_qualifier *q = &purl->qualifiers[i];

		if (!valid_key(q->key))
			return bad(err, "a qualifier's key has characters that it must not have");
		if (!q->value || !*q->value)
			continue;
		purl->qualifiers[kept].key = sk_purl_lower(q->key, arena);
		purl->qualifiers[kept++].value = q->value;
	}
	purl->qualifier_count = kept;
	if (kept)
		qsort(purl->qualifiers, kept, sizeof(purl->qualifiers[0]), cmp_qualifier);
	for (size_t i = 1; i < kept; i++) {
		if (!strcmp(purl->qualifiers[i - 1].key, purl->qualifiers[i].key))
			return bad(err, "a qualifier is there twice");
	}
	return 0;
}

static int check_type(const char *type, struct sk_err *err)
{
	if (!type || !is_letter(*type))
		return bad(err, "the type must begin with a letter");
	for (; *type; type++) {
		if (!is_letter(*type) && !is_digit(*type) && !strchr(".-+", *type))
			return bad(err, "the type has characters that it must not have");
	}
	return 0;
}

static const char *or_null(const char *s)
{
	return s && *s ? s : NULL;
}

/* Segments joined by '/', without empty ones and, with `dots`, "." and "..", which a subpath must
 * not have. */
static const char *clean_path(const char *path, bool dots, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span rest = sk_span_str(path), part;

	while (sk_span_split(&rest, '/', &part)) {
		if (!part.len || (dots && (sk_span_is(part, ".") || sk_span_is(part, ".."))))
			continue;
		if (buf.len)
			sk_buf_putc(&buf, '/');
		sk_buf_span(&buf, part);
	}
	return buf.len ? sk_arena_dup(arena, sk_buf_view(&buf)) : NULL;
}

int sk_purl_normalize(struct sk_purl *purl, struct sk_arena *arena, struct sk_err *err)
{
	int r = check_type(purl->type, err);

	if (r < 0)
		return r;
	purl->type = sk_purl_lower(purl->type, arena);
	if (sk_purl_rules(purl->type) & SK_PURL_PATH_NAME)
		purl->name = clean_path(purl->name, false, arena);
	if (!or_null(purl->name))
		return bad(err, "the name is missing");
	r = normalize_qualifiers(purl, arena, err);
	if (r < 0)
		return r;
	purl->ns = clean_path(purl->ns, false, arena);
	purl->version = or_null(purl->version);
	purl->subpath = clean_path(purl->subpath, true, arena);
	return sk_purl_apply_type(purl, arena, err);
}

/* ---- writing ---- */

static void write_path(struct sk_buf *buf, const char *path)
{
	struct sk_span rest = sk_span_str(path), part;
	bool first = true;

	while (sk_span_split(&rest, '/', &part)) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

		if (part.len == 0)
			continue;
		if (!first)
			sk_buf_putc(buf, '/');
		first = false;
		sk_buf_span(&text, part);
		encode(buf, sk_buf_str(&text), "");
	}
}

void sk_purl_write(struct sk_buf *buf, const struct sk_purl *purl)
{
	sk_buf_printf(buf, "pkg:%s/", purl->type);
	if (purl->ns && *purl->ns) {
		write_path(buf, purl->ns);
		sk_buf_putc(buf, '/');
	}
	encode(buf, purl->name, sk_purl_rules(purl->type) & SK_PURL_PATH_NAME ? "/" : "");
	if (purl->version && *purl->version) {
		sk_buf_putc(buf, '@');
		encode(buf, purl->version, "");
	}
	for (size_t i = 0; i < purl->qualifier_count; i++) {
		sk_buf_printf(buf, "%c%s=", i ? '&' : '?', purl->qualifiers[i].key);
		encode(buf, purl->qualifiers[i].value, "");
	}
	if (purl->subpath && *purl->subpath) {
		sk_buf_putc(buf, '#');
		write_path(buf, purl->subpath);
	}
}

const char *sk_purl_qualifier(const struct sk_purl *purl, const char *key)
{
	for (size_t i = 0; i < purl->qualifier_count; i++) {
		if (!strcmp(purl->qualifiers[i].key, key))
			return purl->qualifiers[i].value;
	}
	return NULL;
}
