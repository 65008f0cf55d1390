/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A span is a borrowed run of bytes: never owned, never NUL-terminated by
 * promise. All functions accept the empty span, whatever its pointer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sk_span {
	const char *ptr;
	size_t len;
};

#define SK_SPAN_LIT(s) ((struct sk_span){ (s), sizeof(s) - 1 })
#define SK_SPAN_INIT(s) { (s), sizeof(s) - 1 } /* the same in a static initialiser */

static inline struct sk_span sk_span(const void *ptr, size_t len)
{
	return (struct sk_span){ ptr, len };
}

static inline struct sk_span sk_span_str(const char *s)
{
	return (struct sk_span){ s, s ? strlen(s) : 0 };
}

static inline bool sk_span_eq(struct sk_span a, struct sk_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool sk_span_is(struct sk_span a, const char *s)
{
	return sk_span_eq(a, sk_span_str(s));
}

int sk_span_cmp(struct sk_span a, struct sk_span b); /* bytewise, shorter first */
bool sk_span_ieq(struct sk_span a, struct sk_span b); /* ASCII case folded */
bool sk_span_starts(struct sk_span s, const char *prefix);
bool sk_span_ends(struct sk_span s, const char *suffix);

/* Without leading and trailing blanks (space, \t, \r, \n, \v, \f). */
struct sk_span sk_span_trim(struct sk_span s);

/* From `start` to the end; start beyond the end gives the empty span. */
struct sk_span sk_span_from(struct sk_span s, size_t start);
struct sk_span sk_span_sub(struct sk_span s, size_t start, size_t len);

/* Index of the first/last `c`, or -1. */
ptrdiff_t sk_span_chr(struct sk_span s, char c);
ptrdiff_t sk_span_rchr(struct sk_span s, char c);
ptrdiff_t sk_span_find(struct sk_span s, struct sk_span needle);

/*
 * Cuts the part before the next `sep` off `rest` into `ret_part`; false when
 * rest is used up. "a,,b" gives "a", "", "b"; the empty span gives nothing.
 */
bool sk_span_split(struct sk_span *rest, char sep, struct sk_span *ret_part);

/* Like sk_span_split for lines; a final \r is not part of a line. */
bool sk_span_line(struct sk_span *rest, struct sk_span *ret_line);

/* The part after the last '/'. */
struct sk_span sk_span_basename(struct sk_span path);
/* The part before the last '/', or empty. */
struct sk_span sk_span_dirname(struct sk_span path);

/* Decimal digits alone, no sign; false when empty, other bytes or above UINT64_MAX. */
bool sk_span_u64(struct sk_span s, uint64_t *ret_value);
