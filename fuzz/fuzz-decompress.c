/* SPDX-License-Identifier: Apache-2.0 */
/* gzip, zstd and xz streams, up to 4 MiB of what comes out. */
#include "image/source.h"

#include "base/mem.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes_source {
	struct sk_source base;
	const uint8_t *data;
	size_t left;
};

static ssize_t bytes_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct bytes_source *s = (struct bytes_source *)source;

	if (n > s->left)
		n = s->left;
	if (n > 61)
		n = 61;
	if (n)
		memcpy(bytes, s->data, n);
	s->data += n;
	s->left -= n;
	return (ssize_t)n;
}

static void bytes_close(struct sk_source *source)
{
	free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_source *s = sk_alloc(sizeof(*s));
	struct sk_source *source;
	struct sk_err err = SK_ERR_INIT;
	enum sk_compression compression;
	static char out[65536];

	s->base = (struct sk_source){ .read = bytes_read, .close = bytes_close };
	s->data = data;
	s->left = size;
	if (sk_source_peek(&s->base, &source, &compression, &err) < 0 ||
	    sk_source_decompress(source, compression, &source, &err) < 0)
		return 0;
	for (int i = 0; i < 64; i++)
		if (sk_source_fill(source, out, sizeof(out), &err) < (ssize_t)sizeof(out))
			break;
	sk_source_close(source);
	return 0;
}
