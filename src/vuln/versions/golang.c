/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/*
 * Go modules: SemVer with "v" (left out where advisories do), pseudo-versions,
 * "+incompatible". Toolchains: "go1.21.3", "1.22rc1", "go1.20.3-vendor",
 * "go1.22.1 X:experiment"; "go1.21rc1" stands where "1.21.0-rc.1" does, since
 * that is how the Go vulnerability database writes it.
 */
static struct sk_semver parse(struct sk_span s)
{
	if (sk_span_starts(s, "go")) {
		s = sk_span_from(s, 2);
		for (size_t i = 0; i < s.len; i++)
			if (s.ptr[i] == ' ' || s.ptr[i] == '-' || s.ptr[i] == '+')
				s.len = i;
	}
	return sk_semver_parse(s);
}

/* The identifiers of "rc1" and "beta2" are "rc", "1": a dot that is not written. */
static struct sk_span next_id(struct ver_cursor *c, bool split)
{
	const char *start = c->p;

	if (split && ver_letters(c).len && ver_more(c) && ver_is_digit(*c->p))
		return sk_span(start, (size_t)(c->p - start));
	c->p = start;
	return ver_until(c, '.');
}

/* "1.21rc1", but not "1.21.0-rc1", whose one identifier is "rc1". */
static bool toolchain_pre(const struct sk_semver *v)
{
	const char *numbers_end = v->numbers.ptr + v->numbers.len;

	return v->pre.len && v->numbers.len && v->pre.ptr == numbers_end;
}

static int compare_pre(const struct sk_semver *x, const struct sk_semver *y)
{
	struct ver_cursor a = ver_cursor(x->pre), b = ver_cursor(y->pre);
	bool split_a = toolchain_pre(x), split_b = toolchain_pre(y);

	while (ver_more(&a) && ver_more(&b)) {
		int d = sk_semver_id_cmp(next_id(&a, split_a), next_id(&b, split_b), false);

		if (d)
			return d;
	}
	return (int)ver_more(&a) - (int)ver_more(&b);
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct sk_semver a = parse(left), b = parse(right);
	int d = sk_semver_numbers_cmp(a.numbers, b.numbers);

	if (d)
		return d;
	if (!a.pre.len || !b.pre.len)
		return (b.pre.len != 0) - (a.pre.len != 0);
	return compare_pre(&a, &b);
}

static bool valid_toolchain(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	int count = 0;

	do {
		struct sk_span n = ver_digits(&c);

		if (!n.len || (n.len > 1 && *n.ptr == '0') || ++count > 3)
			return false;
	} while (ver_accept(&c, '.'));
	if (ver_is_alpha(ver_peek(&c))) {
		struct sk_span word = ver_letters(&c);

		if (!sk_span_is(word, "rc") && !sk_span_is(word, "beta") && !sk_span_is(word, "alpha"))
			return false;
		if (!ver_digits(&c).len)
			return false;
	}
	return !ver_more(&c);
}

static bool valid(struct sk_span s)
{
	if (sk_span_starts(s, "go")) {
		s = sk_span_from(s, 2);
		for (size_t i = 1; i < s.len; i++)
			if (s.ptr[i] == ' ' || s.ptr[i] == '-' || s.ptr[i] == '+')
				s.len = i;
		return valid_toolchain(s);
	}
	return sk_semver_valid(s, SK_SEMVER_V) || valid_toolchain(s);
}

static bool prerelease(struct sk_span s)
{
	return parse(s).pre.len > 0;
}

static const char *const aliases[] = { "go", "gomod", "stdlib", NULL };

const struct sk_scheme sk_scheme_golang = {
	.name = "golang",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
