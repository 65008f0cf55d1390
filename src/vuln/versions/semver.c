/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

struct sk_semver sk_semver_parse(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	struct sk_semver v = { 0 };

	while (ver_more(&c) && strchr("=vV \t", *c.p) && *c.p)
		c.p++;
	v.numbers = ver_digits(&c);
	while (c.end - c.p > 1 && *c.p == '.' && ver_is_digit(c.p[1])) {
		c.p++;
		ver_digits(&c);
		v.numbers.len = (size_t)(c.p - v.numbers.ptr);
	}
	/* The hyphen of "1.2.3-" is itself the pre-release, as in node-semver's loose mode. */
	if (c.end - c.p > 1 && (*c.p == '-' || *c.p == '.') &&
	    (ver_is_alnum(c.p[1]) || c.p[1] == '-'))
		c.p++;
	v.pre = ver_until(&c, '+');
	v.build = ver_rest(&c);
	return v;
}

int sk_semver_numbers_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	while (ver_more(&a) || ver_more(&b)) {
		int d = ver_digits_cmp(ver_digits(&a), ver_digits(&b));

		if (d)
			return d;
		ver_accept(&a, '.');
		ver_accept(&b, '.');
	}
	return 0;
}

int sk_semver_id_cmp(struct sk_span x, struct sk_span y, bool icase)
{
	bool xn = ver_all_digits(x), yn = ver_all_digits(y);

	if (xn != yn)
		return xn ? -1 : 1;
	if (xn)
		return ver_digits_cmp(x, y);
	return icase ? ver_icase_cmp(x, y) : ver_bytes_cmp(x, y);
}

int sk_semver_ids_cmp(struct sk_span left, struct sk_span right, bool icase)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	while (ver_more(&a) && ver_more(&b)) {
		int d = sk_semver_id_cmp(ver_until(&a, '.'), ver_until(&b, '.'), icase);

		if (d)
			return d;
	}
	return (int)ver_more(&a) - (int)ver_more(&b);
}

int sk_semver_compare(struct sk_span left, struct sk_span right)
{
	struct sk_semver a = sk_semver_parse(left), b = sk_semver_parse(right);
	int d = sk_semver_numbers_cmp(a.numbers, b.numbers);

	if (d)
		return d;
	if (!a.pre.len || !b.pre.len)
		return (b.pre.len != 0) - (a.pre.len != 0);
	return sk_semver_ids_cmp(a.pre, b.pre, false);
}

bool sk_semver_prerelease(struct sk_span s)
{
	return sk_semver_parse(s).pre.len > 0;
}

static bool valid_ids(struct sk_span ids, bool zeros)
{
	struct ver_cursor c = ver_cursor(ids);

	if (!ids.len || ids.ptr[ids.len - 1] == '.')
		return false;
	while (ver_more(&c)) {
		struct sk_span id = ver_until(&c, '.');

		if (!id.len || (!zeros && id.len > 1 && *id.ptr == '0' && ver_all_digits(id)))
			return false;
		for (size_t i = 0; i < id.len; i++)
			if (!ver_is_alnum(id.ptr[i]) && id.ptr[i] != '-')
				return false;
	}
	return true;
}

/* The dotted numbers at the cursor; their count, or 0 where one is missing or not allowed. */
static int valid_numbers(struct ver_cursor *c, unsigned flags)
{
	int count = 0;

	do {
		struct sk_span n = ver_digits(c);

		if (!n.len || (!(flags & SK_SEMVER_ZEROS) && n.len > 1 && *n.ptr == '0'))
			return 0;
		if (count < 5)
			count++;
	} while (ver_accept(c, '.'));
	return (flags & SK_SEMVER_FOUR) && count > 4 ? 0 : count;
}

static void skip_prefix(struct ver_cursor *c, unsigned flags)
{
	if (flags & SK_SEMVER_LOOSE)
		while (ver_more(c) && (*c->p == ' ' || *c->p == '=' || *c->p == 'v'))
			c->p++;
	else if ((flags & SK_SEMVER_V) && (ver_peek(c) == 'v' || ver_peek(c) == 'V'))
		c->p++;
}

bool sk_semver_valid(struct sk_span s, unsigned flags)
{
	struct ver_cursor c = ver_cursor(flags & SK_SEMVER_LOOSE ? sk_span_trim(s) : s);
	bool zeros = flags & (SK_SEMVER_LOOSE | SK_SEMVER_ZEROS);

	skip_prefix(&c, flags);

	int count = valid_numbers(&c, zeros ? flags | SK_SEMVER_ZEROS : flags);

	if (!count)
		return false;

	char next = ver_peek(&c);

	if (next == '-' || ((flags & SK_SEMVER_LOOSE) && ver_is_alpha(next))) {
		/* Without three numbers it would be a range or another scheme's version. */
		if (count != 3 && !(flags & SK_SEMVER_ANY_COUNT))
			return false;
		c.p += next == '-' && (!(flags & SK_SEMVER_LOOSE) || c.end - c.p > 1) &&
		       !((flags & SK_SEMVER_LOOSE) && (c.p[1] == '.' || c.p[1] == '+'));

		struct sk_span rest = ver_rest(&c);
		ptrdiff_t plus = sk_span_chr(rest, '+');

		if (plus >= 0)
			rest.len = (size_t)plus;
		if (!valid_ids(rest, zeros))
			return false;
		c.p += rest.len;
	}
	return !ver_more(&c) || (ver_accept(&c, '+') && valid_ids(ver_rest(&c), true));
}

static bool valid(struct sk_span s)
{
	return sk_semver_valid(s, SK_SEMVER_V);
}

static const char *const aliases[] = {
	"hex", "swift", "swifturl", "julia", "kubernetes", "docker hardened images", "ghc", NULL,
};

const struct sk_scheme sk_scheme_semver = {
	.name = "semver",
	.aliases = aliases,
	.compare = sk_semver_compare,
	.valid = valid,
	.prerelease = sk_semver_prerelease,
};
