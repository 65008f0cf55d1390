/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a CVSS vector: what is accepted scores 0 to 10 and survives the way out and in
 * again. */
#include "finding/cvss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_cvss cvss, again;
	struct sk_err err;
	double score;

	if (sk_cvss_parse(&cvss, sk_span(data, size), &err) < 0)
		return 0;
	score = sk_cvss_score(&cvss);
	if (!(score >= 0 && score <= 10))
		abort();
	sk_cvss_format(&cvss, &text);
	if (sk_cvss_parse(&again, sk_buf_view(&text), &err) < 0 ||
	    memcmp(&cvss, &again, sizeof(cvss)) != 0)
		abort();
	return 0;
}
