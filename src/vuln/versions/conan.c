/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * Conan 2: dotted items, "-" pre-release, "+" build, each again dotted items.
 * Zeros at the end of a list do not count. An item is a number or a word;
 * Conan compares the two as text, which is no order ("10" < "2a" < "3" < "10"),
 * so here a word's leading digits are a number as well.
 */
struct conan {
	struct sk_span main, pre, build;
	bool has_pre;
};

static struct conan parse(struct sk_span s)
{
	struct conan v = { .main = s };
	ptrdiff_t plus = sk_span_rchr(s, '+'), hyphen;

	if (plus >= 0) {
		v.build = sk_span_from(s, (size_t)plus + 1);
		v.main.len = (size_t)plus;
	}
	hyphen = sk_span_chr(v.main, '-');
	if (hyphen >= 0) {
		v.has_pre = true;
		v.pre = sk_span_from(v.main, (size_t)hyphen + 1);
		v.main.len = (size_t)hyphen;
	}
	return v;
}

static int item_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);
	struct sk_span m = ver_digits(&a), n = ver_digits(&b);

	if (!m.len || !n.len)
		return ver_bytes_cmp(left, right);

	int d = ver_digits_cmp(m, n);

	return d ? d : ver_bytes_cmp(ver_rest(&a), ver_rest(&b));
}

static bool only_zeros(struct ver_cursor c)
{
	while (ver_more(&c)) {
		struct sk_span item = ver_until(&c, '.');

		if (!ver_all_digits(item) || !ver_digits_zero(item))
			return false;
	}
	return true;
}

static int items_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	while (ver_more(&a) && ver_more(&b)) {
		struct ver_cursor rest_a = a, rest_b = b;
		int d = item_cmp(ver_until(&a, '.'), ver_until(&b, '.'));

		if (!d)
			continue;
		/* A list that ends in zeros from here on is the shorter one. */
		bool end_a = only_zeros(rest_a), end_b = only_zeros(rest_b);

		return end_a == end_b ? d : end_a ? -1 : 1;
	}
	return (int)!only_zeros(a) - (int)!only_zeros(b);
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct conan a = parse(left), b = parse(right);
	int d = items_cmp(a.main, b.main);

	if (!d && a.has_pre != b.has_pre)
		return a.has_pre ? -1 : 1;
	if (!d)
		d = items_cmp(a.pre, b.pre);
	return d ? d : items_cmp(a.build, b.build);
}

static bool valid(struct sk_span s)
{
	return ver_printable(s);
}

static bool prerelease(struct sk_span s)
{
	return parse(s).has_pre;
}

static const char *const aliases[] = { "conancenter", NULL };

const struct sk_scheme sk_scheme_conan = {
	.name = "conan",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
