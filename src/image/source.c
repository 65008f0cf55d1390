/* SPDX-License-Identifier: Apache-2.0 */
#include "image/source.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void sk_source_close(struct sk_source *source)
{
	if (source)
		source->close(source);
}

void sk_source_closep(struct sk_source **source)
{
	sk_source_close(*source);
	*source = NULL;
}

ssize_t sk_source_fill(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = source->read(source, (char *)bytes + done, n - done, err);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

struct file_source {
	struct sk_source base;
	int fd;
	uint64_t off, left;
};

static ssize_t range_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct file_source *s = (struct file_source *)source;
	ssize_t r;

	if (n > s->left)
		n = s->left;
	if (n == 0)
		return 0;
	r = sk_pread_full(s->fd, bytes, n, s->off);
	if (r < 0)
		return sk_err_errno(err, "read");
	if (r == 0)
		return sk_err_set(err, SK_EINVAL, "cut off: %llu bytes are missing",
				  (unsigned long long)s->left);
	s->off += (uint64_t)r;
	s->left -= (uint64_t)r;
	return r;
}

enum { MAP_PIECE = 2 << 20 };

static ssize_t range_map(struct sk_source *source, struct sk_mapped *ret, struct sk_err *err)
{
	struct file_source *s = (struct file_source *)source;
	size_t n = s->left < MAP_PIECE ? s->left : MAP_PIECE, skip = s->off & 4095;
	off_t size;

	if (n == 0)
		return 0;
	/* Beyond the end of the file a mapping would be deadly. A worker may seek, but not ask for status. */
	size = lseek(s->fd, 0, SEEK_END);
	if (size < 0)
		return sk_err_errno(err, "lseek");
	if (s->off + n > (uint64_t)size)
		return sk_err_set(err, SK_EINVAL, "cut off: %llu bytes are missing",
				  (unsigned long long)(s->off + s->left - (uint64_t)size));
	ret->map_len = n + skip;
	ret->map = mmap(NULL, ret->map_len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, s->fd, (off_t)(s->off - skip));
	if (ret->map == MAP_FAILED)
		return sk_err_errno(err, "mmap");
	ret->ptr = (const char *)ret->map + skip;
	s->off += n;
	s->left -= n;
	return (ssize_t)n;
}

static ssize_t pipe_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct file_source *s = (struct file_source *)source;

	for (;;) {
		ssize_t r = read(s->fd, bytes, n);

		if (r >= 0)
			return r;
		if (errno != EINTR)
			return sk_err_errno(err, "read");
	}
}

static void plain_close(struct sk_source *source)
{
	free(source);
}

struct sk_source *sk_source_range(int fd, uint64_t off, uint64_t len)
{
	struct file_source *s = sk_alloc(sizeof(*s));

	s->base = (struct sk_source){ .read = range_read, .map = range_map, .close = plain_close };
	s->fd = fd;
	s->off = off;
	s->left = len;
	return &s->base;
}

struct sk_source *sk_source_pipe(int fd)
{
	struct file_source *s = sk_alloc(sizeof(*s));

	s->base = (struct sk_source){ .read = pipe_read, .close = plain_close };
	s->fd = fd;
	return &s->base;
}

enum sk_compression sk_compression_of(const void *bytes, size_t n)
{
	static const struct {
		enum sk_compression kind;
		const char *magic;
		size_t len;
	} table[] = {
		{ SK_GZIP, "\x1f\x8b", 2 },
		{ SK_ZSTD, "\x28\xb5\x2f\xfd", 4 },
		{ SK_XZ, "\xfd" "7zXZ\0", 6 },
		{ SK_BZIP2, "BZh", 3 },
	};

	for (size_t i = 0; i < SK_COUNT(table); i++)
		if (n >= table[i].len && memcmp(bytes, table[i].magic, table[i].len) == 0)
			return table[i].kind;
	/* Skippable zstd frame (RFC 8878, 3.1.2): as zstd:chunked and seekable files begin. */
	if (n >= 4 && memcmp((const char *)bytes + 1, "\x2a\x4d\x18", 3) == 0 &&
	    (((const uint8_t *)bytes)[0] & 0xf0) == 0x50)
		return SK_ZSTD;
	return SK_PLAIN;
}

/* What was read ahead to look at it, then the rest. */
struct peeked_source {
	struct sk_source base;
	struct sk_source *from;
	char head[8];
	size_t len, off;
};

static ssize_t peeked_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct peeked_source *s = (struct peeked_source *)source;
	size_t have = s->len - s->off;

	if (!have)
		return s->from->read(s->from, bytes, n, err);
	if (n > have)
		n = have;
	memcpy(bytes, s->head + s->off, n);
	s->off += n;
	return (ssize_t)n;
}

static ssize_t peeked_map(struct sk_source *source, struct sk_mapped *ret, struct sk_err *err)
{
	struct peeked_source *s = (struct peeked_source *)source;
	size_t have = s->len - s->off;

	if (!have)
		return s->from->map(s->from, ret, err);
	*ret = (struct sk_mapped){ .ptr = s->head + s->off };
	s->off += have;
	return (ssize_t)have;
}

static void peeked_close(struct sk_source *source)
{
	struct peeked_source *s = (struct peeked_source *)source;

	sk_source_close(s->from);
	free(s);
}

int sk_source_peek(struct sk_source *from, struct sk_source **ret, enum sk_compression *ret_compression,
		   struct sk_err *err)
{
	struct peeked_source *s = sk_alloc(sizeof(*s));
	ssize_t n;

	s->base = (struct sk_source){ .read = peeked_read, .close = peeked_close };
	s->from = from;
	if (from->map)
		s->base.map = peeked_map;
	n = sk_source_fill(from, s->head, sizeof(s->head), err);
	if (n < 0) {
		peeked_close(&s->base);
		return (int)n;
	}
	s->len = (size_t)n;
	*ret_compression = sk_compression_of(s->head, s->len);
	*ret = &s->base;
	return 0;
}

int sk_source_decompress(struct sk_source *from, enum sk_compression compression,
			 struct sk_source **ret, struct sk_err *err)
{
	switch (compression) {
	case SK_PLAIN:
		*ret = from;
		break;
	case SK_GZIP:
		*ret = sk_source_gzip(from);
		break;
	case SK_ZSTD:
		*ret = sk_source_zstd(from);
		break;
	case SK_XZ:
		*ret = sk_source_xz(from);
		break;
	case SK_BZIP2:
		sk_source_close(from);
		return sk_err_set(err, SK_EUNSUPPORTED,
				  "bzip2 is not a compression of the OCI specification; repack it as gzip or zstd");
	}
	return 0;
}
