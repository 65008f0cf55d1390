/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of the spool share. Not for others. */
#include "agent/spool.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	SK_SPOOL_RECORD_HEAD = 20,
	/* A segment is a sixteenth of the whole, so that dropping the oldest costs no more. */
	SK_SPOOL_PARTS = 16,
	SK_SPOOL_MIN_SEGMENT = 1 << 16,
	SK_SPOOL_MAX_SEGMENT = 8 << 20,
};

struct sk_spool_segment {
	uint64_t first, end; /* numbers of the first record and of the one behind the last */
	uint64_t bytes;
};

/* Where one stands behind a record. */
struct sk_spool_mark {
	uint64_t number, offset;
};

struct sk_spool {
	pthread_mutex_t lock;
	char *folder;
	uint64_t max_bytes;
	bool drop_oldest;
	int lock_fd, next_fd;
	SK_VEC(struct sk_spool_segment) segments; /* by number; the last may be the one that is written */
	uint64_t bytes;				  /* of all */

	int write_fd; /* of the last segment, or -1 */
	bool fresh;   /* the folder has a file that is not synced */

	int read_fd;	    /* of the first segment, or -1 */
	uint64_t offset;    /* in the first segment: where the next record begins, or before it */
	uint64_t slot;	    /* of `next`, to be written next */
	uint64_t read_first; /* first number of the segment that was read last */
	SK_VEC(struct sk_spool_mark) marks; /* behind each record that was read last */

	_Atomic uint64_t next; /* the first that is not done */
	_Atomic uint64_t end;  /* the number that comes next */
	_Atomic uint64_t total;
};

/* A path in the folder; owned. */
char *sk_spool_path(const struct sk_spool *spool, uint64_t first);

/* Writes down what is next. */
int sk_spool_write_next(struct sk_spool *spool, struct sk_err *err);

/* Forgets the first segment and its file. */
void sk_spool_drop(struct sk_spool *spool);
/* Those in front that are done, unless they are still written. */
void sk_spool_drop_done(struct sk_spool *spool);

/*
 * The next whole record at or behind `from` of a segment's bytes, numbered at
 * least `number`: where it is, or -1.
 */
ptrdiff_t sk_spool_find(struct sk_span bytes, size_t from, uint64_t number, uint64_t *ret_number,
			struct sk_span *ret_record);
