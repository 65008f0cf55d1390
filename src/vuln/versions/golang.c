/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/*
 * Go modules: SemVer with "v" (left out where advisories do), pseudo-versions,
 * "+incompatible". Toolchains: "go1.21.3", "1.22rc1", "go1.20.3-vendor",
 * "go1.22.1 X:experiment"; "go1.21rc1" stands where "1.21.0-rc.1" does, since
 * that is how the Go vulnerability database writes it.
 */
struct golang {
	struct sk_semver v;
	enum { LANGUAGE, PRE, RELEASE } state;
};

static struct sk_span toolchain_part(struct sk_span s)
{
	s = sk_span_from(s, 2);
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == ' ' || s.ptr[i] == '-' || s.ptr[i] == '+')
			s.len = i;
	return s;
}

/* Since Go 1.21 "go1.21" is the language, older than all its toolchains; before, go1.20 is a
 * release. */
static bool is_language(struct sk_span numbers)
{
	struct ver_cursor c = ver_cursor(numbers);

	ver_digits(&c);
	if (!ver_accept(&c, '.'))
		return false;
	return ver_digits_cmp(ver_digits(&c), SK_SPAN_LIT("21")) >= 0 && !ver_more(&c);
}

static struct golang parse(struct sk_span s)
{
	bool toolchain = sk_span_starts(s, "go");
	struct golang g = { .v = sk_semver_parse(toolchain ? toolchain_part(s) : s) };

	g.state = g.v.pre.len ? PRE : RELEASE;
	if (toolchain && g.state == RELEASE && is_language(g.v.numbers))
		g.state = LANGUAGE;
	return g;
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
	struct golang a = parse(left), b = parse(right);
	int d = sk_semver_numbers_cmp(a.v.numbers, b.v.numbers);

	if (d)
		return d;
	if (a.state != b.state)
		return a.state < b.state ? -1 : 1;
	return a.state == PRE ? compare_pre(&a.v, &b.v) : 0;
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

		if (!sk_span_is(word, "rc") && !sk_span_is(word, "beta") &&
		    !sk_span_is(word, "alpha"))
			return false;
		if (!ver_digits(&c).len)
			return false;
	}
	return !ver_more(&c);
}

static bool valid(struct sk_span s)
{
	if (sk_span_starts(s, "go"))
		return valid_toolchain(toolchain_part(s));
	return sk_semver_valid(s, SK_SEMVER_V) || valid_toolchain(s);
}

static bool prerelease(struct sk_span s)
{
	return parse(s).state == PRE;
}

static const char *const aliases[] = { "go", "gomod", "stdlib", NULL };

const struct sk_scheme sk_scheme_golang = {
	.name = "golang",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
