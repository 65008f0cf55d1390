/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/*
 * npm reads with node-semver, the registry's old packages in its loose mode.
 * Numbers are not limited to 2^53 here: nothing is gained by refusing them.
 */
static bool valid(struct sk_span s)
{
	return sk_semver_valid(s, SK_SEMVER_LOOSE | SK_SEMVER_V);
}

const struct sk_scheme sk_scheme_npm = {
	.name = "npm",
	.compare = sk_semver_compare,
	.valid = valid,
	.prerelease = sk_semver_prerelease,
};
