/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lists of numbers with one separator byte between them, the shorter list first. */
#include "vuln/versions/scan.h"

/* Bytes that are no digits separate; several together separate once. */
static inline int ver_numbers_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	for (;;) {
		while (ver_more(&a) && !ver_is_digit(*a.p))
			a.p++;
		while (ver_more(&b) && !ver_is_digit(*b.p))
			b.p++;
		if (!ver_more(&a) || !ver_more(&b))
			return (int)ver_more(&a) - (int)ver_more(&b);

		int d = ver_digits_cmp(ver_digits(&a), ver_digits(&b));

		if (d)
			return d;
	}
}

static inline bool ver_numbers_valid(struct sk_span s, const char *separators)
{
	struct ver_cursor c = ver_cursor(s);

	for (;;) {
		if (!ver_digits(&c).len)
			return false;
		if (!ver_more(&c))
			return true;
		if (!*c.p || !strchr(separators, *c.p))
			return false;
		c.p++;
	}
}
