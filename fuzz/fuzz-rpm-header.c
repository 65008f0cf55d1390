/* SPDX-License-Identifier: Apache-2.0 */
/* One rpm header, as databases keep it. */
#include "analyze/rpmdb/header.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore_path(void *ctx, struct sk_span path)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_err err = SK_ERR_INIT;
	struct sk_rpm_header h;

	if (sk_rpm_header_parse(sk_span(data, size), &h, &err) >= 0)
		sk_rpm_header_files(&h, size, ignore_path, NULL, &err);
	return 0;
}
