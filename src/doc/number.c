/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/build.h"

#include <math.h>
#include <stdlib.h>

/*
 * Numbers stay text until somebody asks. The forms are those of all three
 * languages at once (the parsers let none through that theirs does not have):
 * "+" signs, "_" between digits, 0x 0o 0b, inf and nan with or without a dot.
 */
static bool add_digit(int64_t *v, bool minus, int base, int digit)
{
	return !__builtin_mul_overflow(*v, (int64_t)base, v) &&
	       !__builtin_add_overflow(*v, (int64_t)(minus ? -digit : digit), v);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return 99;
}

static bool parse_int(struct sk_span s, int64_t *ret_value)
{
	bool minus = s.len && s.ptr[0] == '-';
	int base = 10;
	int64_t v = 0;
	size_t i = minus || (s.len && s.ptr[0] == '+');

	if (s.len > i + 2 && s.ptr[i] == '0') {
		char c = s.ptr[i + 1];

		base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 10;
		i += base == 10 ? 0 : 2;
	}
	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		int digit = digit_of(s.ptr[i]);

		if (s.ptr[i] == '_')
			continue;
		if (digit >= base || !add_digit(&v, minus, base, digit))
			return false;
	}
	*ret_value = v;
	return true;
}

enum sk_node_type sk_number_type(struct sk_span digits)
{
	int64_t v;

	/* 18 digits and a sign always fit */
	return digits.len < 19 || parse_int(digits, &v) ? SK_NODE_INT : SK_NODE_FLOAT;
}

int64_t sk_node_int(const struct sk_node *n, int64_t otherwise)
{
	int64_t v;

	return sk_node_is(n, SK_NODE_INT) && parse_int(n->text, &v) ? v : otherwise;
}

/* strtod reads "0x", "inf" and "nan" too, but the dot only as LC_NUMERIC has it: the program leaves
 * that at "C". */
static double parse_float(struct sk_span s)
{
	sk_autofree char *copy = sk_alloc(s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '_' || (s.ptr[i] == '.' && i + 1 < s.len &&
					(s.ptr[i + 1] | 32) >= 'i' && (s.ptr[i + 1] | 32) <= 'n'))
			continue; /* ".inf", ".nan" */
		copy[n++] = s.ptr[i];
	}
	copy[n] = '\0';
	return strtod(copy, NULL);
}

double sk_node_float(const struct sk_node *n, double otherwise)
{
	int64_t v;

	if (sk_node_is(n, SK_NODE_INT))
		return parse_int(n->text, &v) ? (double)v : otherwise;
	return sk_node_is(n, SK_NODE_FLOAT) ? parse_float(n->text) : otherwise;
}
