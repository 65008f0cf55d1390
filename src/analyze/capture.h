/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The capture of one wanted file: its first bytes to decide by, then all of
 * it in memory, or in the spool file if it is larger than SK_FILE_MEMORY.
 * The memory is used again for the next file.
 */
#include "analyze/file.h"
#include "analyze/record.h"
#include "image/digest.h"

typedef ssize_t sk_capture_pull(void *context, const void **ret_bytes, uint64_t *ret_offset, struct sk_err *err);

enum { SK_HEAD = 512 };

struct sk_capture {
	uint64_t size;	    /* as announced */
	char head[SK_HEAD];
	size_t head_len;
	struct sk_buf bytes; /* what was read so far, if it is not in the spool */
	int spool;
	bool spooled;
	struct sk_hasher *hasher;
	char digest[SK_DIGEST_TEXT];
	sk_capture_pull *pull;
	void *context;
	/* the run that sk_capture_head did not use up */
	struct sk_span left;
	uint64_t left_offset;
	uint64_t done;
};

void sk_capture_init(struct sk_capture *c, int spool);
void sk_capture_release(struct sk_capture *c);

void sk_capture_begin(struct sk_capture *c, uint64_t size, sk_capture_pull *pull, void *context);
int sk_capture_head(struct sk_capture *c, struct sk_err *err);
/* Reads the rest; keep: for analysis (SK_ELIMIT if it is too large or there is no spool), hash: its SHA-256. */
int sk_capture_rest(struct sk_capture *c, bool keep, bool hash, struct sk_err *err);

/* What sk_file_read and sk_file_bytes read from. */
struct sk_file_impl sk_capture_impl(const struct sk_capture *c);

/* Whether a file with this head, mode and name is something that can run, or that something that runs loads. */
bool sk_capture_runs(const struct sk_capture *c, const char *path, uint32_t mode);
/* The manifest entry of such a file; strings live in arena. Its SHA-256 was asked for. */
void sk_capture_describe(const struct sk_capture *c, struct sk_arena *arena, const char *path, uint32_t mode,
			 struct sk_run_file *ret);
