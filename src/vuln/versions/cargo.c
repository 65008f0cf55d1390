/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/* Precedence alone: build metadata does not order crates for a range. */
static bool valid(struct sk_span s)
{
	return sk_semver_valid(s, SK_SEMVER_V);
}

static const char *const aliases[] = { "crates.io", "rust", NULL };

const struct sk_scheme sk_scheme_cargo = {
	.name = "cargo",
	.aliases = aliases,
	.compare = sk_semver_compare,
	.valid = valid,
	.prerelease = sk_semver_prerelease,
};
