/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One blob on its way through the cores: read, inflated, hashed and walked at
 * the same time, each by a thread of its own, the walker being the caller.
 */
#include "image/digest.h"
#include "image/source.h"

#include <stdatomic.h>

struct sk_pipeline;

struct sk_pipeline_result {
	enum sk_compression compression;
	char blob_digest[SK_DIGEST_TEXT]; /* of the bytes as stored */
	char diff_id[SK_DIGEST_TEXT];	  /* of the decompressed bytes */
	uint64_t blob_size, size;
};

/*
 * Starts the threads. `raw` belongs to the pipeline from then on. Digests are
 * computed by blob_algorithm and diff_algorithm ("sha256", "sha512"); a NULL blob_algorithm
 * leaves blob_digest empty, a NULL diff_algorithm (then both are) diff_id and size. *progress (may be NULL) grows by the blob's bytes.
 */
int sk_pipeline_start(struct sk_source *raw, const char *blob_algorithm, const char *diff_algorithm,
		      _Atomic uint64_t *progress, struct sk_pipeline **ret, struct sk_err *err);

/* The next decompressed bytes, valid until the next call; 0 at the end. */
ssize_t sk_pipeline_next(struct sk_pipeline *p, const void **ret_bytes, struct sk_err *err);

/*
 * Reads and hashes whatever the walker left, ends the threads and frees the
 * pipeline. An error of reading or inflating comes out here even if the
 * walker never saw it. Where nothing is hashed, what the walker left is not read.
 */
int sk_pipeline_finish(struct sk_pipeline *p, struct sk_pipeline_result *ret, struct sk_err *err);

/* Stops at once, without digests. */
void sk_pipeline_cancel(struct sk_pipeline *p);
