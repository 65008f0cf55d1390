/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the schemes share: a cursor over one version and comparisons of its
 * parts. Nothing here allocates, and numbers are compared as digit strings, so
 * that no length overflows.
 */
#include "base/mem.h"
#include "vuln/version.h"

static inline bool ver_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline bool ver_is_alpha(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline bool ver_is_alnum(char c)
{
	return ver_is_digit(c) || ver_is_alpha(c);
}

static inline char ver_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline int ver_sign(long d)
{
	return (d > 0) - (d < 0);
}

struct ver_cursor {
	const char *p, *end;
};

static inline struct ver_cursor ver_cursor(struct sk_span s)
{
	return (struct ver_cursor){ s.ptr, s.len ? s.ptr + s.len : s.ptr };
}

static inline bool ver_more(const struct ver_cursor *c)
{
	return c->p < c->end;
}

/* The byte at hand; NUL at the end (a NUL byte inside a version is no separator of any scheme). */
static inline char ver_peek(const struct ver_cursor *c)
{
	return c->p < c->end ? *c->p : '\0';
}

static inline bool ver_accept(struct ver_cursor *c, char want)
{
	if (c->p >= c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

static inline struct sk_span ver_rest(const struct ver_cursor *c)
{
	return sk_span(c->p, (size_t)(c->end - c->p));
}

static inline struct sk_span ver_digits(struct ver_cursor *c)
{
	const char *start = c->p;

	while (c->p < c->end && ver_is_digit(*c->p))
		c->p++;
	return sk_span(start, (size_t)(c->p - start));
}

static inline struct sk_span ver_letters(struct ver_cursor *c)
{
	const char *start = c->p;

	while (c->p < c->end && ver_is_alpha(*c->p))
		c->p++;
	return sk_span(start, (size_t)(c->p - start));
}

/* The bytes before the next `sep` or the end; the separator is passed over. */
static inline struct sk_span ver_until(struct ver_cursor *c, char sep)
{
	const char *start = c->p;

	while (c->p < c->end && *c->p != sep)
		c->p++;

	struct sk_span part = sk_span(start, (size_t)(c->p - start));

	ver_accept(c, sep);
	return part;
}

static inline bool ver_all_digits(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ver_is_digit(s.ptr[i]))
			return false;
	return s.len > 0;
}

/* Two runs of digits as numbers; the empty run is zero. */
static inline int ver_digits_cmp(struct sk_span a, struct sk_span b)
{
	while (a.len && *a.ptr == '0')
		a.ptr++, a.len--;
	while (b.len && *b.ptr == '0')
		b.ptr++, b.len--;
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len ? ver_sign(memcmp(a.ptr, b.ptr, a.len)) : 0;
}

static inline bool ver_digits_zero(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '0')
			return false;
	return true;
}

/* Bytewise, a prefix first; always -1, 0 or 1. */
static inline int ver_bytes_cmp(struct sk_span a, struct sk_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return d ? ver_sign(d) : (a.len > b.len) - (a.len < b.len);
}

/* The same with ASCII letters folded to lower case. */
static inline int ver_icase_cmp(struct sk_span a, struct sk_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)ver_lower(a.ptr[i]);
		unsigned char y = (unsigned char)ver_lower(b.ptr[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.len > b.len) - (a.len < b.len);
}

/* Something is there, and no blank or control byte in it. */
static inline bool ver_printable(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
			return false;
	return s.len > 0;
}

static inline bool ver_same(struct sk_span a, struct sk_span b)
{
	return a.len == b.len && (a.ptr == b.ptr || a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
