/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A source: bytes that can be read once, front to back. Sources stand on one
 * another: a range of a file, its decompression.
 */
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sk_mapped {
	const void *ptr; /* the bytes */
	void *map;
	size_t map_len;
};

struct sk_source {
	/* Up to n bytes; 0 at the end; -SK_E… on error. Short reads are allowed. */
	ssize_t (*read)(struct sk_source *source, void *bytes, size_t n, struct sk_err *err);
	/* The next bytes in place, valid until the next call, where the source can lend them; else NULL. */
	ssize_t (*lend)(struct sk_source *source, const void **ret_bytes, struct sk_err *err);
	/*
	 * The next bytes as a mapping of the file that the caller unmaps (ret->map NULL: the
	 * bytes stay until close), where the source can; else NULL. The length, 0 at the end.
	 */
	ssize_t (*map)(struct sk_source *source, struct sk_mapped *ret, struct sk_err *err);
	void (*close)(struct sk_source *source); /* frees the source itself */
};

void sk_source_close(struct sk_source *source); /* NULL is nothing */
void sk_source_closep(struct sk_source **source);

/* Fills bytes as far as the source goes; returns the count, less than n only at the end. */
ssize_t sk_source_fill(struct sk_source *source, void *bytes, size_t n, struct sk_err *err);

/*
 * len bytes of a file from off on, by pread or mapping: any number at a time on one descriptor,
 * which stays the caller's. A file that shrinks while it is mapped ends the process (SIGBUS): for workers.
 */
struct sk_source *sk_source_range(int fd, uint64_t off, uint64_t len);
/* A descriptor that cannot seek, from where it is; it stays the caller's. */
struct sk_source *sk_source_pipe(int fd);

enum sk_compression { SK_PLAIN, SK_GZIP, SK_ZSTD, SK_XZ, SK_BZIP2 };

/* By the first bytes (at least 6, if there are that many). */
enum sk_compression sk_compression_of(const void *bytes, size_t n);

/*
 * The decompressed bytes of `from`, which the new source owns from then on.
 * gzip: RFC 1952 with any number of members, each CRC checked; zstd: RFC 8878
 * with any number of frames, windows up to 128 MiB; xz: any number of streams.
 */
struct sk_source *sk_source_gzip(struct sk_source *from);
struct sk_source *sk_source_zstd(struct sk_source *from);
struct sk_source *sk_source_xz(struct sk_source *from);

/*
 * Looks at the first bytes of `from`: a source that gives all of them again,
 * and what they are. `from` is owned by the new source, or closed on error.
 */
int sk_source_peek(struct sk_source *from, struct sk_source **ret, enum sk_compression *ret_compression,
		   struct sk_err *err);

/* The decompressing source for this compression; SK_EUNSUPPORTED for bzip2 (from is closed then). */
int sk_source_decompress(struct sk_source *from, enum sk_compression compression,
			 struct sk_source **ret, struct sk_err *err);
