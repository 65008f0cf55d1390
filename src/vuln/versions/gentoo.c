/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * Gentoo: number{.number}[letter]{_suffix[number]}[-r number], the Package
 * Manager Specification's algorithms 3.1 to 3.7. What does not fit the grammar
 * is compared as text behind all that does.
 */
static const char *const suffixes[] = { "alpha", "beta", "pre", "rc", "", "p" };
enum { NO_SUFFIX = 4 };

/* Numbers behind the first: with a leading zero on either side, as text without trailing zeros. */
static int number_cmp(struct sk_span a, struct sk_span b)
{
	if (*a.ptr != '0' && *b.ptr != '0')
		return ver_digits_cmp(a, b);
	while (a.len && a.ptr[a.len - 1] == '0')
		a.len--;
	while (b.len && b.ptr[b.len - 1] == '0')
		b.len--;
	return ver_bytes_cmp(a, b);
}

static bool more_numbers(struct ver_cursor *c)
{
	return c->end - c->p > 1 && *c->p == '.' && ver_is_digit(c->p[1]);
}

static int numbers_cmp(struct ver_cursor *a, struct ver_cursor *b)
{
	int d = ver_digits_cmp(ver_digits(a), ver_digits(b));

	while (!d && more_numbers(a) && more_numbers(b)) {
		a->p++, b->p++;
		d = number_cmp(ver_digits(a), ver_digits(b));
	}
	return d ? d : (int)more_numbers(a) - (int)more_numbers(b);
}

static int letter(struct ver_cursor *c)
{
	return ver_more(c) && *c->p >= 'a' && *c->p <= 'z' ? *c->p++ : 0;
}

static int suffix(struct ver_cursor *c, struct sk_span *ret_number)
{
	struct ver_cursor rest = *c;

	*ret_number = sk_span(NULL, 0);
	if (!ver_accept(&rest, '_'))
		return NO_SUFFIX;

	struct sk_span word = ver_letters(&rest);

	for (int i = 0; i < (int)SK_COUNT(suffixes); i++) {
		if (i != NO_SUFFIX && sk_span_is(word, suffixes[i])) {
			*ret_number = ver_digits(&rest);
			*c = rest;
			return i;
		}
	}
	return NO_SUFFIX;
}

static int suffixes_cmp(struct ver_cursor *a, struct ver_cursor *b)
{
	for (;;) {
		struct sk_span m, n;
		int x = suffix(a, &m), y = suffix(b, &n);

		if (x != y)
			return x < y ? -1 : 1;
		if (x == NO_SUFFIX)
			return 0;

		int d = ver_digits_cmp(m, n);

		if (d)
			return d;
	}
}

static struct sk_span revision(struct ver_cursor *c)
{
	struct ver_cursor rest = *c;
	struct sk_span digits = { NULL, 0 };

	if (ver_accept(&rest, '-') && ver_accept(&rest, 'r') && (digits = ver_digits(&rest)).len)
		*c = rest;
	return digits;
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);
	int d = numbers_cmp(&a, &b);

	if (!d)
		d = ver_sign(letter(&a) - letter(&b));
	if (!d)
		d = suffixes_cmp(&a, &b);
	if (!d)
		d = ver_digits_cmp(revision(&a), revision(&b));
	return d ? d : ver_bytes_cmp(ver_rest(&a), ver_rest(&b));
}

static bool valid(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	struct sk_span number;

	if (!ver_digits(&c).len)
		return false;
	while (more_numbers(&c)) {
		c.p++;
		ver_digits(&c);
	}
	letter(&c);
	while (suffix(&c, &number) != NO_SUFFIX)
		;
	revision(&c);
	return !ver_more(&c);
}

static bool prerelease(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	struct sk_span number;

	ver_digits(&c);
	while (more_numbers(&c)) {
		c.p++;
		ver_digits(&c);
	}
	letter(&c);
	return suffix(&c, &number) < NO_SUFFIX;
}

static const char *const aliases[] = { "ebuild", "portage", NULL };

const struct sk_scheme sk_scheme_gentoo = {
	.name = "gentoo",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
