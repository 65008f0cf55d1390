/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

static bool valid(struct sk_span s)
{
	return sk_semver_valid(s, 0);
}

const struct sk_scheme sk_scheme_nginx = {
	.name = "nginx",
	.compare = sk_semver_compare,
	.valid = valid,
};
