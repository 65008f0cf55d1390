/* SPDX-License-Identifier: Apache-2.0 */
#include "base/span.h"

#include <strings.h>

int sk_span_cmp(struct sk_span a, struct sk_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (c)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool sk_span_ieq(struct sk_span a, struct sk_span b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

bool sk_span_starts(struct sk_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && (n == 0 || memcmp(s.ptr, prefix, n) == 0);
}

bool sk_span_ends(struct sk_span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && (n == 0 || memcmp(s.ptr + s.len - n, suffix, n) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct sk_span sk_span_trim(struct sk_span s)
{
	while (s.len && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct sk_span sk_span_from(struct sk_span s, size_t start)
{
	if (start >= s.len)
		return sk_span(NULL, 0);
	return sk_span(s.ptr + start, s.len - start);
}

struct sk_span sk_span_sub(struct sk_span s, size_t start, size_t len)
{
	s = sk_span_from(s, start);
	if (len < s.len)
		s.len = len;
	return s;
}

ptrdiff_t sk_span_chr(struct sk_span s, char c)
{
	const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return p ? p - s.ptr : -1;
}

ptrdiff_t sk_span_rchr(struct sk_span s, char c)
{
	const char *p = s.len ? memrchr(s.ptr, c, s.len) : NULL;

	return p ? p - s.ptr : -1;
}

ptrdiff_t sk_span_find(struct sk_span s, struct sk_span needle)
{
	const char *p;

	if (needle.len == 0)
		return 0;
	p = s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
	return p ? p - s.ptr : -1;
}

bool sk_span_split(struct sk_span *rest, char sep, struct sk_span *ret_part)
{
	ptrdiff_t at;

	if (!rest->ptr)
		return false;
	at = sk_span_chr(*rest, sep);
	if (at < 0) {
		*ret_part = *rest;
		*rest = sk_span(NULL, 0);
		return ret_part->len > 0 || ret_part->ptr;
	}
	*ret_part = sk_span(rest->ptr, (size_t)at);
	*rest = sk_span(rest->ptr + at + 1, rest->len - (size_t)at - 1);
	return true;
}

bool sk_span_line(struct sk_span *rest, struct sk_span *ret_line)
{
	ptrdiff_t at;

	if (rest->len == 0)
		return false;
	at = sk_span_chr(*rest, '\n');
	if (at < 0) {
		*ret_line = *rest;
		*rest = sk_span(NULL, 0);
	} else {
		*ret_line = sk_span(rest->ptr, (size_t)at);
		*rest = sk_span(rest->ptr + at + 1, rest->len - (size_t)at - 1);
	}
	if (ret_line->len && ret_line->ptr[ret_line->len - 1] == '\r')
		ret_line->len--;
	return true;
}

struct sk_span sk_span_basename(struct sk_span path)
{
	ptrdiff_t at = sk_span_rchr(path, '/');

	return at < 0 ? path : sk_span(path.ptr + at + 1, path.len - (size_t)at - 1);
}

struct sk_span sk_span_dirname(struct sk_span path)
{
	ptrdiff_t at = sk_span_rchr(path, '/');

	return at < 0 ? sk_span(path.ptr, 0) : sk_span(path.ptr, (size_t)at);
}

bool sk_span_u64(struct sk_span s, uint64_t *ret_value)
{
	uint64_t v = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
			return false;
	}
	*ret_value = v;
	return true;
}
