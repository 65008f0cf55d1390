/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of an image was seen in use at run time: its files that were executed,
 * mapped as code or opened as scripts, first and last time. The guard's agent
 * writes it (agent/in-use.h), a scan reads it and tells which packages it
 * means. One file for each image, named by the hexadecimal part of its id and
 * ".in-use"; it is replaced as a whole.
 *
 *	"SKINUSE1", u64 length of the whole, u64 sk_hash_stable of everything behind it; then
 *	since, until (varints, seconds since 1970), watched (u8), image id, name (strings),
 *	number of files (varint), their paths (a string, front coded, sorted: sk_paths_add),
 *	for each file: how (u8), first - since, last - first (varints)
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct sk_inventory;

/* How a file was used; and what was watched, without which nothing is known of what was not seen. */
enum sk_in_use_how {
	SK_IN_USE_RUN = 1 << 0,	   /* executed */
	SK_IN_USE_MAPPED = 1 << 1, /* a library, or an archive that a virtual machine holds open */
	SK_IN_USE_SCRIPT = 1 << 2, /* given to an interpreter */
	SK_IN_USE_OPENED = 1 << 3, /* opened for reading: what interpreters load */
};

struct sk_in_use_file {
	const char *path;    /* without leading '/' */
	int64_t first, last; /* seconds since 1970 */
	uint8_t how;	     /* enum sk_in_use_how, several */
};

struct sk_in_use {
	struct sk_arena arena;
	const char *image_id;	    /* "sha256:…" */
	const char *name;	    /* of the image; NULL: not known */
	int64_t since, until;	    /* it was watched from, and last */
	uint8_t watched;	    /* enum sk_in_use_how, several */
	struct sk_in_use_file *files; /* sorted by path */
	size_t count;
};

void sk_in_use_release(struct sk_in_use *use);

/* SK_ENOTFOUND: nobody has watched it. `id` as of sk_manifest_open. */
int sk_in_use_open(const char *dir, struct sk_span id, struct sk_in_use *ret, struct sk_err *err);
/* Sorts the files. Records written longest ago make room (SK_MAX_IN_USE_FOLDER). Replaces what was kept: whoever adds to it has read it before. */
int sk_in_use_save(struct sk_in_use *use, const char *dir, struct sk_err *err);

/* The written form alone. */
void sk_in_use_pack(const struct sk_in_use *use, struct sk_buf *out);
int sk_in_use_unpack(struct sk_span bytes, struct sk_in_use *ret, struct sk_err *err);

/* Where the agent keeps it if nobody says. */
#define SK_IN_USE_SYSTEM_DIR "/var/lib/sekisho/in-use"

/*
 * Sets `use` of every package (package.h): by the files that it owns, by the
 * file that it is or lies in, by its folder. A package is not in use only if it
 * has files that would have been seen; use NULL: nobody has watched the image.
 */
void sk_in_use_apply(struct sk_inventory *inv, const struct sk_in_use *use);
