/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/* VERS's "lexicographic": the bytes of the UTF-8 text, nothing normalised. */
static bool valid(struct sk_span s)
{
	return s.len > 0;
}

const struct sk_scheme sk_scheme_lexicographic = {
	.name = "lexicographic",
	.compare = ver_bytes_cmp,
	.valid = valid,
};
