/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * RubyGems: segments of digits or letters; a hyphen reads ".pre.". Zeros at the
 * end of the leading numbers do not count, missing segments are zero, and words
 * come before numbers. Other bytes only separate.
 */
static void skip_others(struct ver_cursor *c)
{
	while (ver_more(c) && !ver_is_alnum(*c->p) && *c->p != '-')
		c->p++;
}

static bool at_number(struct ver_cursor *c)
{
	skip_others(c);
	return ver_more(c) && ver_is_digit(*c->p);
}

/* The leading numbers; both cursors are left at the first word or the end. */
static int numbers_cmp(struct ver_cursor *a, struct ver_cursor *b)
{
	bool x, y;

	while (x = at_number(a), y = at_number(b), x && y) {
		int d = ver_digits_cmp(ver_digits(a), ver_digits(b));

		if (d)
			return d;
	}
	while (at_number(a))
		if (!ver_digits_zero(ver_digits(a)))
			return 1;
	while (at_number(b))
		if (!ver_digits_zero(ver_digits(b)))
			return -1;
	return 0;
}

static struct sk_span segment(struct ver_cursor *c)
{
	if (at_number(c))
		return ver_digits(c);
	if (ver_accept(c, '-'))
		return SK_SPAN_LIT("pre");
	return ver_letters(c);
}

static int segment_cmp(struct sk_span x, struct sk_span y)
{
	bool xn = !x.len || ver_is_digit(*x.ptr), yn = !y.len || ver_is_digit(*y.ptr);

	if (xn != yn)
		return xn ? 1 : -1;
	return xn ? ver_digits_cmp(x, y) : ver_bytes_cmp(x, y);
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);
	int d = numbers_cmp(&a, &b);

	while (!d && (ver_more(&a) || ver_more(&b)))
		d = segment_cmp(segment(&a), segment(&b));
	return d;
}

static bool word_char(char c, bool hyphen)
{
	return ver_is_alnum(c) || (hyphen && c == '-');
}

/* Gem::Version::VERSION_PATTERN, and "1beta" too, which old gems have. */
static bool valid(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(sk_span_trim(s));
	bool hyphen = false;

	if (!ver_digits(&c).len)
		return false;
	ver_letters(&c);
	while (ver_more(&c)) {
		if (!ver_accept(&c, '.')) {
			if (hyphen || !ver_accept(&c, '-'))
				return false;
			hyphen = true;
		}

		const char *start = c.p;

		while (ver_more(&c) && word_char(*c.p, hyphen))
			c.p++;
		if (c.p == start)
			return false;
	}
	return true;
}

static bool prerelease(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (ver_is_alpha(s.ptr[i]) || s.ptr[i] == '-')
			return true;
	return false;
}

static const char *const aliases[] = { "rubygems", "ruby", "cocoapods", NULL };

const struct sk_scheme sk_scheme_gem = {
	.name = "gem",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
