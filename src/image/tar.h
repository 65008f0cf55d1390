/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Walking a tar stream (POSIX pax, GNU, ustar, v7; by libarchive). Names come
 * out normalised: no leading '/', no empty, "." or ".." parts; an entry whose
 * name or hard-link target would leave the root is not shown but counted in `refused`.
 */
#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

enum sk_entry_type { SK_ENTRY_FILE, SK_ENTRY_DIR, SK_ENTRY_SYMLINK, SK_ENTRY_HARDLINK, SK_ENTRY_OTHER };

struct sk_entry {
	const char *path; /* "" is the root itself */
	enum sk_entry_type type;
	uint64_t size;	  /* of a file */
	uint32_t mode;	  /* permission, set-id and sticky bits */
	const char *link; /* symlink: the target as written; hard link: the normalised path */
};

/* Where the tar's bytes come from: the next run, valid until the next call; 0 at the end, -SK_E… on error. */
typedef ssize_t sk_tar_pull(void *context, const void **ret_bytes, struct sk_err *err);

struct sk_tar;

struct sk_tar *sk_tar_new(sk_tar_pull *pull, void *context);
void sk_tar_free(struct sk_tar *tar);
void sk_tar_freep(struct sk_tar **tar);

/*
 * An archive in a file that can seek: content that nobody asks for is passed
 * over without reading it.
 */
struct sk_tar *sk_tar_new_file(int fd);

/* 1 and the next entry, 0 at the end. Strings are valid until the next call. */
int sk_tar_next(struct sk_tar *tar, struct sk_entry *ret, struct sk_err *err);

/*
 * The next run of the current file's content and its offset (between two runs
 * may be a hole of zero bytes); 0 at the end.
 */
ssize_t sk_tar_data(struct sk_tar *tar, const void **ret_bytes, uint64_t *ret_offset, struct sk_err *err);

/*
 * Where the current file's content lies in the file given to sk_tar_new_file:
 * false if it is sparse or otherwise not one run of bytes.
 */
bool sk_tar_extent(struct sk_tar *tar, uint64_t *ret_offset);

/* Entries left out because their names leave the root. */
uint64_t sk_tar_refused(const struct sk_tar *tar);

/* Normalises a path into buf; false if ".." leads out of the root. */
bool sk_path_normalise(struct sk_span path, struct sk_buf *buf);
