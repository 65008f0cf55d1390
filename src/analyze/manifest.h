/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The file manifest of an image: everything in it that can run, with its
 * digest and owner. What runs in a container is judged by it. Kept in
 * <cache>/manifests/ under the image's digest, zstd-compressed:
 *
 *	"SKMANIF1", then compressed: artifact name, digest, image id; layers (diff ids);
 *	owners (purls); files: front-coded path, mode, size, SHA-256, kind,
 *	interpreter, owner (index + 1, 0 none), layer.
 */
#include "analyze/inventory.h"
#include "base/err.h"

struct sk_manifest_file {
	struct sk_run_file file;
	const char *owner; /* purl of the package that owns it, or NULL */
	const char *layer; /* diff id, or NULL (a folder) */
};

struct sk_manifest {
	struct sk_arena arena;
	const char *name, *digest, *image_id; /* digest and image_id: NULL for a folder */
	struct sk_manifest_file *files;	      /* sorted by path */
	size_t count;
};

/* Collects what an inspection with `manifest` set has recorded; strings are borrowed from inv. */
void sk_manifest_from(const struct sk_inventory *inv, struct sk_manifest *ret);
void sk_manifest_release(struct sk_manifest *manifest);

/* Keeps it under cache_dir by its digest, and by its image id if that is another. Folders are not kept. */
int sk_manifest_save(const struct sk_manifest *manifest, const char *cache_dir, struct sk_err *err);

/* The one kept under this digest: SK_ENOTFOUND, SK_EINTEGRITY. */
int sk_manifest_load(const char *digest, const char *cache_dir, struct sk_manifest *ret, struct sk_err *err);

/* The written form alone; read by fuzzing too. */
void sk_manifest_pack(const struct sk_manifest *manifest, struct sk_buf *out);
int sk_manifest_unpack(struct sk_span bytes, struct sk_manifest *ret, struct sk_err *err);

/* "elf", "library", "script", "other". */
const char *sk_run_kind_name(enum sk_run_kind kind);
