/* SPDX-License-Identifier: Apache-2.0 */
/* A zip archive: every entry is read, and those that are archives themselves are opened. */
#include "analyze/file.h"
#include "analyze/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct sk_zip *zip)
{
	const struct sk_zip_entry *entries;
	size_t count;

	entries = sk_zip_entries(zip, &count);
	for (size_t i = 0; i < count && i < 64; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
		struct sk_zip *inner;

		if (sk_zip_read(zip, &entries[i], 1 << 20, &buf, NULL) == 0 && buf.len != entries[i].size)
			__builtin_trap();
		if (sk_zip_open_entry(zip, &entries[i], &inner, NULL) == 0) {
			read_all(inner);
			sk_zip_free(inner);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_file_impl impl = { .fd = -1 };
	struct sk_file file;
	struct sk_zip *zip;

	sk_file_from_bytes(&file, &impl, "x.zip", sk_span(data, size));
	if (sk_zip_open(&file, &zip, NULL) == 0) {
		read_all(zip);
		sk_zip_free(zip);
	}
	sk_file_impl_release(&impl);
	return 0;
}
