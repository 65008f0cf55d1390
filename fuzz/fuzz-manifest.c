/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kept file manifest: the bytes as they are, and once more with the frame
 * put right around them, so that what lies behind the checksum is reached.
 */
#include "analyze/manifest-file.h"
#include "analyze/manifest.h"
#include "base/buf.h"
#include "base/hash.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct sk_span bytes)
{
	static const uint8_t none[32];
	struct sk_manifest *m = NULL;
	struct sk_manifest_file file;
	struct sk_manifest_info info;

	if (sk_manifest_of_bytes(bytes, &m, NULL) < 0)
		return;
	info = sk_manifest_info(m);
	for (size_t i = 0; i < info.count; i++) {
		file = sk_manifest_at(m, i);
		if (!sk_manifest_find(m, sk_span_str(file.file.path), &file) ||
		    !sk_manifest_has_digest(m, file.file.sha256))
			abort();
		sk_manifest_has_size(m, file.file.size);
	}
	sk_manifest_has_digest(m, none);
	sk_manifest_find(m, sk_span(bytes.ptr, bytes.len < 20 ? bytes.len : 20), &file);
	sk_manifest_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_buf framed = { 0 };

	ask(sk_span(data, size));
	sk_buf_put(&framed, sk_manifest_magic, sizeof(sk_manifest_magic));
	sk_buf_u64le(&framed, SK_MANIFEST_MADE + size);
	sk_buf_u64le(&framed, sk_hash_stable(sk_span(data, size)));
	sk_buf_put(&framed, data, size);
	ask(sk_buf_view(&framed));
	sk_buf_release(&framed);
	return 0;
}
