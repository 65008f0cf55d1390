/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The file manifest of an image: everything in it that can run (programs,
 * libraries, scripts, what interpreters load), with its digest and owner. It
 * is the truth by which what runs in a container is judged.
 *
 * One file for each image, named by the hexadecimal part of the image id
 * (config digest) and ".manifest", and once more (a hard link) by the manifest digest where it
 * is known. Files appear by rename, whole and synced, and are never changed:
 * they are mapped, checked once when they are opened, and then only read. A
 * manifest that is there is complete; one that could not be made whole is not
 * written. manifest-file.h has the format.
 *
 * Files without content are not in it. Paths have no leading '/', and name where the file really lies: links among
 * the image's folders are followed.
 */
#include "analyze/run-file.h"
#include "base/err.h"

struct sk_inventory;
struct sk_buf;
struct sk_manifest;

/* A file that can run. Strings belong to the manifest. */
struct sk_manifest_file {
	struct sk_run_file file;
	const char *owner; /* purl of the package that it belongs to; NULL: of none */
	const char *layer; /* diff id; NULL: not known */
};

struct sk_manifest_info {
	const char *name, *digest, *image_id; /* of the image; NULL: not known */
	int64_t created;		      /* of the manifest, seconds since 1970 */
	size_t count;			      /* files */
};

/*
 * The manifest of that image. `id` is an image id or a manifest digest, with
 * or without "sha256:". SK_ENOTFOUND: there is none; SK_EINTEGRITY: it is
 * damaged; SK_EINVAL: it is none, or others than root and this user may write it.
 */
int sk_manifest_open(const char *dir, struct sk_span id, struct sk_manifest **ret, struct sk_err *err);
/* The same of bytes that outlive it. */
int sk_manifest_of_bytes(struct sk_span bytes, struct sk_manifest **ret, struct sk_err *err);
void sk_manifest_close(struct sk_manifest *manifest); /* NULL is nothing */
void sk_manifest_closep(struct sk_manifest **manifest);

/* What follows only reads: any number of threads may ask at once. */

/* Whether a file of this content can run in the image, under whatever name. */
bool sk_manifest_has_digest(const struct sk_manifest *manifest, const uint8_t sha256[32]);
/* Whether any file has this size: no means that no content of this size is the image's, without hashing it. */
bool sk_manifest_has_size(const struct sk_manifest *manifest, uint64_t size);
/* The file at that path (a leading '/' does not matter); false: nothing there can run. */
bool sk_manifest_find(const struct sk_manifest *manifest, struct sk_span path, struct sk_manifest_file *ret);
struct sk_manifest_info sk_manifest_info(const struct sk_manifest *manifest);
/* File `index` below info's count; they are sorted by path. */
struct sk_manifest_file sk_manifest_at(const struct sk_manifest *manifest, size_t index);

/* ---- making one ---- */

/* Where the agent looks for them, and root's scans put them. */
#define SK_MANIFEST_SYSTEM_DIR "/var/lib/sekisho/manifests"
/* The folder where they are kept if nobody says: root's is the agent's, a user's lies in the cache folder. Owned. */
char *sk_manifest_dir(const char *cache_dir);

/*
 * Writes what an inspection has recorded; an inventory without an image id
 * has no name to be kept under (SK_EINVAL). What was used longest ago goes when the folder is
 * full (SK_MAX_MANIFEST_FOLDER).
 */
int sk_manifest_save(const struct sk_inventory *inv, const char *dir, struct sk_err *err);

/* The written form alone. */
int sk_manifest_pack(const struct sk_inventory *inv, struct sk_buf *out, struct sk_err *err);

/* An image as an engine's overlay has it on disk. */
struct sk_manifest_source {
	const char *image_id;	      /* "sha256:…" or its hexadecimal part */
	const char *digest, *name;    /* NULL: not known */
	const char *const *folders;   /* the lower folders, the uppermost first, as in overlay's lowerdir= */
	size_t folder_count;
};

/*
 * Walks the folders in a sandboxed worker (symbolic links are not followed,
 * whiteouts and opaque folders are understood) and keeps the manifest in dir.
 * Takes seconds and waits for them: not for a thread that has events to judge.
 */
int sk_manifest_make(const struct sk_manifest_source *source, const char *dir, struct sk_err *err);
