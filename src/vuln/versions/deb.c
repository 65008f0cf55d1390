/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * Debian: [epoch:]upstream[-revision], deb-version(7) and Debian Policy 5.6.12.
 * The revision begins behind the last hyphen; without epoch or revision each is 0.
 */
struct deb {
	struct sk_span epoch, upstream, revision;
};

static struct deb split(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	struct deb v = { .epoch = ver_digits(&c) };

	if (v.epoch.len && ver_accept(&c, ':')) {
		s = ver_rest(&c);
	} else {
		v.epoch.len = 0;
	}
	v.upstream = s;
	for (size_t i = s.len; i-- > 0;) {
		if (s.ptr[i] == '-') {
			v.upstream.len = i;
			v.revision = sk_span(s.ptr + i + 1, s.len - i - 1);
			break;
		}
	}
	return v;
}

/* A tilde comes before the end, the end and digits before letters, those before all else. */
static int weight(const struct ver_cursor *c)
{
	if (!ver_more(c) || ver_is_digit(*c->p))
		return 0;
	if (*c->p == '~')
		return -1;
	return (unsigned char)*c->p + (ver_is_alpha(*c->p) ? 0 : 256);
}

/* Most versions that are compared begin alike; a number that only begins alike is not passed over.
 */
static void skip_common(struct ver_cursor *a, struct ver_cursor *b)
{
	const char *start = a->p;

	while (a->p < a->end && b->p < b->end && *a->p == *b->p)
		a->p++, b->p++;
	while (a->p > start && ver_is_digit(a->p[-1]))
		a->p--, b->p--;
}

static int compare_part(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	skip_common(&a, &b);

	while (ver_more(&a) || ver_more(&b)) {
		for (;;) {
			int x = weight(&a), y = weight(&b);

			if (x != y)
				return x < y ? -1 : 1;
			if (x == 0)
				break;
			a.p++, b.p++;
		}

		int d = ver_digits_cmp(ver_digits(&a), ver_digits(&b));

		if (d)
			return d;
	}
	return 0;
}

static int compare(struct sk_span left, struct sk_span right)
{
	if (ver_same(left, right))
		return 0;

	struct deb a = split(left), b = split(right);
	int d = ver_digits_cmp(a.epoch, b.epoch);

	if (!d)
		d = compare_part(a.upstream, b.upstream);
	return d ? d : compare_part(a.revision, b.revision);
}

static bool all_of(struct sk_span s, const char *punctuation)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ver_is_alnum(s.ptr[i]) && (!s.ptr[i] || !strchr(punctuation, s.ptr[i])))
			return false;
	return s.len > 0;
}

/* What `dpkg --validate-version` accepts: an epoch fits an int, upstream begins with a digit. */
static bool valid(struct sk_span s)
{
	ptrdiff_t colon = sk_span_chr(s, ':'), hyphen;

	if (colon >= 0) {
		uint64_t epoch;

		if (!sk_span_u64(sk_span_sub(s, 0, (size_t)colon), &epoch) || epoch > INT32_MAX)
			return false;
		s = sk_span_from(s, (size_t)colon + 1);
	}
	hyphen = sk_span_rchr(s, '-');
	if (hyphen >= 0) {
		if (!all_of(sk_span_from(s, (size_t)hyphen + 1), "+.~"))
			return false;
		s = sk_span_sub(s, 0, (size_t)hyphen);
	}
	return all_of(s, "+.~-:") && ver_is_digit(*s.ptr);
}

static const char *const aliases[] = { "debian", "ubuntu", "dpkg", "echo", "opam", NULL };

const struct sk_scheme sk_scheme_deb = {
	.name = "deb",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
};
