/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/numbers.h"

/* R's package_version: numbers with dots or hyphens between, the two alike. */
static bool valid(struct sk_span s)
{
	return ver_numbers_valid(s, ".-");
}

static const char *const aliases[] = { "bioconductor", NULL };

const struct sk_scheme sk_scheme_cran = {
	.name = "cran",
	.aliases = aliases,
	.compare = ver_numbers_cmp,
	.valid = valid,
};
