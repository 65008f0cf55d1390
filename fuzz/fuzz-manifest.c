/* SPDX-License-Identifier: Apache-2.0 */
/* A kept file manifest with any content behind its compression. */
#include "analyze/manifest.h"

#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_buf file = { 0 };
	struct sk_manifest m = { 0 };
	struct sk_err err = SK_ERR_INIT;
	size_t bound = ZSTD_compressBound(size);

	sk_buf_puts(&file, "SKMANIF1");
	sk_buf_u64le(&file, size);
	file.len += ZSTD_compress(sk_buf_reserve(&file, bound), bound, data, size, 1);
	if (sk_manifest_unpack(sk_buf_view(&file), &m, &err) == 0) {
		struct sk_buf again = { 0 };

		sk_manifest_pack(&m, &again);
		sk_buf_release(&again);
	}
	sk_manifest_release(&m);
	sk_buf_release(&file);
	return 0;
}
