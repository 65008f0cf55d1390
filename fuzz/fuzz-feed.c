/* SPDX-License-Identifier: Apache-2.0 */
/* What is published about CVEs: CISA's catalogue and FIRST's scores. */
#include "vuln/feed.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_kev(void *ctx, const struct sk_kev *kev)
{
	if (!sk_span_starts(kev->cve, "CVE-"))
		abort();
}

static void on_epss(void *ctx, const struct sk_epss *epss)
{
	if (!(epss->score >= 0 && epss->score <= 1 && epss->percentile >= 0 &&
	      epss->percentile <= 1))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span bytes = sk_span(data, size);
	struct sk_err err = SK_ERR_INIT;
	int64_t date;
	size_t broken;

	sk_kev_read(bytes, on_kev, NULL, &date, &err);
	sk_epss_read(bytes, on_epss, NULL, &date, &broken, &err);
	return 0;
}
