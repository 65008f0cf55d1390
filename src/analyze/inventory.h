/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An inventory: what one artifact contains, in its final view. It owns the
 * arena that all its strings live in.
 */
#include "analyze/package.h"
#include "analyze/record.h"
#include "image/config.h"

enum sk_artifact_type {
	SK_ARTIFACT_IMAGE,
	SK_ARTIFACT_FILESYSTEM, /* a folder: root file system or source tree */
};

struct sk_layer {
	const char *diff_id;	/* digest of the tar stream: "sha256:..." */
	const char *digest;	/* digest of the blob as stored; NULL if it is not stored apart */
	uint64_t size;		/* of the tar stream, bytes; 0 unknown */
	const char *created_by; /* the history entry (Dockerfile step) that made it */
	bool cached;		/* its inventory came from the cache */
};

struct sk_artifact {
	enum sk_artifact_type type;
	const char *name;	    /* as the person named it, or the image's first tag */
	const char *digest;	    /* manifest digest where there is a manifest, else config digest (image id); NULL for a folder */
	const char *image_id;	    /* config digest; NULL for a folder */
	const char **tags;	    /* repository tags or reference names */
	size_t tag_count;
	const char *platform;	    /* "linux/amd64", "linux/arm64/v8" */
	const char *created;	    /* RFC 3339 */
	const struct sk_image_config *config; /* NULL for a folder */
};

/* What could not be looked at, and why. */
struct sk_issue {
	const char *id;	  /* "unreadable-file", "unreadable-layer", "limit", "unknown-os", ... */
	const char *path; /* NULL: the artifact or layer as a whole */
	uint32_t line;
	int32_t layer;	  /* -1: none */
	const char *text;
};

/* One thing that can run (--manifest). */
struct sk_run_entry {
	struct sk_run_file file;
	uint32_t layer;
	const struct sk_package *owner; /* the distribution package that owns it, or NULL */
};

struct sk_inventory {
	struct sk_arena arena;
	struct sk_artifact artifact;
	struct sk_layer *layers;
	size_t layer_count;
	struct sk_os **os; /* [0] is the artifact's own if its root is "" */
	size_t os_count;
	struct sk_package **packages; /* sorted by type, name, version, path */
	size_t package_count;
	struct sk_issue **issues;
	size_t issue_count;
	struct sk_run_entry *runs; /* sorted by path; only if it was asked for */
	size_t run_count;
	struct sk_span *backing;   /* the mapped recordings that strings are borrowed from */
	size_t backing_count;
	bool incomplete; /* something could not be finished: exit code 3 */
};

void sk_inventory_release(struct sk_inventory *inv);
