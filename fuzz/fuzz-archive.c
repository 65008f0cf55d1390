/* SPDX-License-Identifier: Apache-2.0 */
/* An image archive: its index, the documents in it, and what they say the image is. */
#include "base/fd.h"
#include "image/image.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_image_choice choice = { "linux/amd64", NULL };
	struct sk_store *store = NULL;
	struct sk_arena arena = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_image image;
	int fd = memfd_create("image", 0);

	if (sk_write_full(fd, data, size) < 0)
		abort();
	if (sk_store_open_archive(fd, &store, &err) == 0 &&
	    sk_image_resolve(store, &choice, &arena, &image, &err) == 0) {
		for (size_t i = 0; i < image.layer_count; i++) {
			struct sk_source *source = NULL;
			char bytes[4096];
			uint64_t n;

			if (sk_store_blob(store, image.layers[i].blob, &source, &n, &err) == 0)
				sk_source_fill(source, bytes, sizeof(bytes), &err);
			sk_source_close(source);
		}
	}
	sk_store_free(store);
	sk_arena_release(&arena);
	close(fd);
	return 0;
}
