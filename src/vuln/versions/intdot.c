/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/numbers.h"
#include "vuln/versions/semver.h"

/* VERS's "intdot": dotted numbers, missing ones zero; what follows them is ignored. */
static int compare(struct sk_span a, struct sk_span b)
{
	return sk_semver_numbers_cmp(sk_semver_parse(a).numbers, sk_semver_parse(b).numbers);
}

static bool valid(struct sk_span s)
{
	return ver_numbers_valid(s, ".");
}

const struct sk_scheme sk_scheme_intdot = {
	.name = "intdot",
	.compare = compare,
	.valid = valid,
};
