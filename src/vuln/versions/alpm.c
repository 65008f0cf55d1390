/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/rpm-version.h"
#include "vuln/versions/scan.h"

/*
 * Arch Linux: [epoch:]version[-pkgrel] as pacman's vercmp(8). A package release
 * counts only where both have one: "1.5" stands for every "1.5-N", so equality
 * with it is not transitive, on purpose.
 */

/* What follows a run of `gap` separators, in vercmp's order: "1.0a" < "1.0" < "1.0.a" < "1.0.1". */
enum kind { ALPHA, END, NUMBER };

static size_t skip_gap(struct ver_cursor *c)
{
	const char *start = c->p;

	while (ver_more(c) && !ver_is_alnum(*c->p))
		c->p++;
	return (size_t)(c->p - start);
}

static enum kind kind_at(const struct ver_cursor *c)
{
	if (!ver_more(c))
		return END;
	return ver_is_digit(*c->p) ? NUMBER : ALPHA;
}

static int part_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	for (;;) {
		size_t gap_a = skip_gap(&a), gap_b = skip_gap(&b);
		enum kind x = kind_at(&a), y = kind_at(&b);

		/* An end without separators is newer than letters and older than all else. */
		if (gap_a != gap_b)
			return gap_a < gap_b ? -1 : 1;
		if (x != y)
			return x < y ? -1 : 1;
		if (x == END)
			return 0;

		int d = x == NUMBER ? ver_digits_cmp(ver_digits(&a), ver_digits(&b))
				    : ver_bytes_cmp(ver_letters(&a), ver_letters(&b));

		if (d)
			return d;
	}
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct sk_nevra a = sk_rpm_evr(left), b = sk_rpm_evr(right);
	int d = ver_digits_cmp(a.epoch, b.epoch);

	if (!d)
		d = part_cmp(a.version, b.version);
	if (d || !a.release.ptr || !b.release.ptr)
		return d;
	return part_cmp(a.release, b.release);
}

static bool valid(struct sk_span s)
{
	return ver_printable(s);
}

static const char *const aliases[] = { "arch", "archlinux", "arch linux", "pacman", NULL };

const struct sk_scheme sk_scheme_alpm = {
	.name = "alpm",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
};
