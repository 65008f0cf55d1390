/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Walking a layer or a folder: each entry's name is recorded, and each file
 * that an analyzer wants is read and analysed. Runs in the sandboxed worker.
 */
#include "analyze/pattern.h"
#include "analyze/record.h"
#include "image/tar.h"

#include <stdatomic.h>

struct sk_walk {
	const struct sk_patterns *patterns;
	bool overlay;	/* a folder is one of an overlay's: whiteouts, opaque folders */
	bool manifest;	/* record everything that can run, with its SHA-256 */
	int spool;	/* an empty file of ours for wanted files that are too large for memory; -1: none */
};

/* Whether path is a whiteout of the OCI image specification (layer.md, "Whiteouts"), which is recorded then. */
bool sk_walk_whiteout(struct sk_recorder *rec, struct sk_span path);

/* Hard links to files that no analyzer saw: to be walked again for, if the layer can be read again. */
struct sk_pending_link {
	const char *path, *target;
};
struct sk_pending {
	struct sk_arena arena;
	SK_VEC(struct sk_pending_link) links;
};
void sk_pending_release(struct sk_pending *pending);

/*
 * Walks a layer's tar stream. Errors are those of the stream; what was found
 * before stands in rec.
 */
int sk_walk_tar(const struct sk_walk *walk, struct sk_tar *tar, struct sk_recorder *rec,
		struct sk_pending *pending, struct sk_err *err);

/* Walks the same stream once more, for the targets of pending hard links alone. */
int sk_walk_tar_again(const struct sk_walk *walk, struct sk_tar *tar, struct sk_recorder *rec,
		      const struct sk_pending *pending, struct sk_err *err);

/*
 * Walks a folder, without following symbolic links and without leaving its
 * file system's kinds of real files (no /proc, no devices). *progress counts entries.
 */
int sk_walk_dir(const struct sk_walk *walk, int dirfd, struct sk_recorder *rec, _Atomic uint64_t *progress,
		struct sk_err *err);
