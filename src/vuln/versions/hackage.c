/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/numbers.h"

/* Haskell's Data.Version: a list of numbers, 1.0 before 1.0.0. */
static bool valid(struct sk_span s)
{
	return ver_numbers_valid(s, ".");
}

static const char *const aliases[] = { "haskell", NULL };

const struct sk_scheme sk_scheme_hackage = {
	.name = "hackage",
	.aliases = aliases,
	.compare = ver_numbers_cmp,
	.valid = valid,
};
