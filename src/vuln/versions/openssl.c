/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/*
 * OpenSSL: until 1.1.1 three numbers and patch letters (z is followed by za),
 * since 3.0 three numbers; both with pre-releases ("-beta1", "-pre9", "-alpha2", "-dev").
 */
struct openssl {
	struct sk_span numbers, letters, pre;
};

static struct openssl parse(struct sk_span s)
{
	struct sk_semver v = sk_semver_parse(s);
	struct openssl o = { .numbers = v.numbers, .pre = v.pre };

	/* Letters stand directly behind the numbers; sk_semver takes them for a pre-release. */
	if (v.pre.len && v.numbers.len && v.pre.ptr == v.numbers.ptr + v.numbers.len) {
		struct ver_cursor c = ver_cursor(v.pre);

		o.letters = ver_letters(&c);
		ver_accept(&c, '-');
		o.pre = ver_rest(&c);
	}
	return o;
}

/* "beta2" before "beta10": words, then their numbers. */
static int pre_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);
	int d = ver_icase_cmp(ver_letters(&a), ver_letters(&b));

	if (!d)
		d = ver_digits_cmp(ver_digits(&a), ver_digits(&b));
	return d ? d : ver_bytes_cmp(ver_rest(&a), ver_rest(&b));
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct openssl a = parse(left), b = parse(right);
	int d = sk_semver_numbers_cmp(a.numbers, b.numbers);

	if (!d)
		d = ver_icase_cmp(a.letters, b.letters);
	if (d)
		return d;
	if (!a.pre.len || !b.pre.len)
		return (b.pre.len != 0) - (a.pre.len != 0);
	return pre_cmp(a.pre, b.pre);
}

static bool valid(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	int count = 0;

	do {
		if (!ver_digits(&c).len || ++count > 3)
			return false;
	} while (ver_accept(&c, '.'));
	ver_letters(&c);
	if (!ver_more(&c))
		return true;
	if (*c.p != '-' && *c.p != '+')
		return false;
	c.p++;

	const char *word = c.p;

	while (ver_more(&c) && (ver_is_alnum(*c.p) || *c.p == '.' || *c.p == '-' || *c.p == '+'))
		c.p++;
	return c.p > word && !ver_more(&c);
}

static bool prerelease(struct sk_span s)
{
	return parse(s).pre.len > 0;
}

const struct sk_scheme sk_scheme_openssl = {
	.name = "openssl",
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
