/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/* Dart orders by build metadata too: none comes first, then identifiers as in a pre-release. */
static int compare(struct sk_span left, struct sk_span right)
{
	int d = sk_semver_compare(left, right);

	if (d)
		return d;
	return sk_semver_ids_cmp(sk_semver_parse(left).build, sk_semver_parse(right).build, false);
}

static bool valid(struct sk_span s)
{
	return sk_semver_valid(s, SK_SEMVER_V);
}

static const char *const aliases[] = { "dart", NULL };

const struct sk_scheme sk_scheme_pub = {
	.name = "pub",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = sk_semver_prerelease,
};
