/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A bounded queue on disk: a folder of segments, each a run of records with
 * numbers and checksums, and a file that says which is next. Records come out in
 * the order in which they were put in, in this process or a later one. What a
 * crash cuts off is the end of a segment, and only what was not yet synced.
 *
 * For two threads: one appends and syncs, one reads and says what is done.
 *
 *	segment   records; its name is the number of the first, in hexadecimal
 *	record    checksum of the rest (u64), length (u32), number (u64), bytes
 *	next      two slots: number (u64), checksum (u64); the higher valid one counts
 */
#include "base/buf.h"
#include "base/err.h"

struct sk_spool;

/* `max_bytes`: of all segments. Another process that has it open is an error. */
int sk_spool_open(const char *folder, uint64_t max_bytes, bool drop_oldest, struct sk_spool **ret_spool,
		  struct sk_err *err);
void sk_spool_close(struct sk_spool *spool);

/*
 * Puts records in, all with one write. *ret_kept says how many of them were
 * dealt with before an error; *ret_lost how many were lost because the queue is
 * full: these, or older ones.
 */
int sk_spool_append(struct sk_spool *spool, const struct sk_span *records, size_t count, size_t *ret_kept,
		    size_t *ret_lost, struct sk_err *err);
int sk_spool_sync(struct sk_spool *spool, struct sk_err *err);

/*
 * The next records, at most so many and (but for the first) so many bytes; they
 * lie in buf. The same ones until sk_spool_done. *ret_damaged grows by those
 * that were there and cannot be read.
 */
size_t sk_spool_read(struct sk_spool *spool, struct sk_buf *buf, struct sk_span *ret_records, size_t max_count,
		     size_t max_bytes, size_t *ret_damaged);
/* The first so many of those read last are not needed any more. */
int sk_spool_done(struct sk_spool *spool, size_t count, struct sk_err *err);

/* What waits; for any thread, at once. */
uint64_t sk_spool_count(const struct sk_spool *spool);
uint64_t sk_spool_bytes(const struct sk_spool *spool);

/* The record at the start of a segment's bytes: its length with its head, or 0 if it is not whole. */
size_t sk_spool_record(struct sk_span bytes, uint64_t *ret_number, struct sk_span *ret_record);
