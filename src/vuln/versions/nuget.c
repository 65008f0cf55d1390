/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/* NuGet: up to four numbers, pre-release words without regard to case, build metadata ignored. */
static int compare(struct sk_span left, struct sk_span right)
{
	struct sk_semver a = sk_semver_parse(left), b = sk_semver_parse(right);
	int d = sk_semver_numbers_cmp(a.numbers, b.numbers);

	if (d)
		return d;
	if (!a.pre.len || !b.pre.len)
		return (b.pre.len != 0) - (a.pre.len != 0);
	return sk_semver_ids_cmp(a.pre, b.pre, true);
}

static bool valid(struct sk_span s)
{
	return sk_semver_valid(s, SK_SEMVER_ZEROS | SK_SEMVER_ANY_COUNT | SK_SEMVER_FOUR);
}

static const char *const aliases[] = { "dotnet", NULL };

const struct sk_scheme sk_scheme_nuget = {
	.name = "nuget",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = sk_semver_prerelease,
};
