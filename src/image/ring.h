/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A ring of blocks between one producing thread and a few consuming ones that
 * each see every block: one inflates while one hashes and one walks. Blocks
 * are filled and read in place; a block is used again when all consumers have
 * passed it. A block may also be a piece of a file mapped for the occasion, so
 * that nothing is copied at all.
 */
#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct sk_ring;

struct sk_ring *sk_ring_new(unsigned blocks, size_t block_size, unsigned consumers);
void sk_ring_free(struct sk_ring *ring);

/* The producer: a free block to fill (waits), or NULL when nobody consumes any more. */
void *sk_ring_block(struct sk_ring *ring);
size_t sk_ring_block_size(const struct sk_ring *ring);
void sk_ring_commit(struct sk_ring *ring, size_t len);
/*
 * Instead of filling the block that sk_ring_block gave: len bytes at ptr, which stay valid by
 * themselves (map NULL) or lie in a mapping that the ring unmaps when all have passed.
 */
void sk_ring_commit_borrowed(struct sk_ring *ring, const void *ptr, size_t len, void *map, size_t map_len);
/* No more blocks will come; with err set (code not 0) consumers get that error after the last block. */
void sk_ring_end(struct sk_ring *ring, const struct sk_err *err);

/*
 * A consumer: the next block (waits), valid until its next call. Returns the
 * length, 0 at the end, or the producer's error.
 */
ssize_t sk_ring_next(struct sk_ring *ring, unsigned consumer, const void **ret_bytes, struct sk_err *err);
/* This consumer wants no more; the others go on. */
void sk_ring_leave(struct sk_ring *ring, unsigned consumer);
