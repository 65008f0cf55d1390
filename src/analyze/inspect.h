/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From a target to its inventory: opens it, lets a sandboxed worker read it,
 * takes from the cache what is known, and joins the layers.
 */
#include "analyze/inventory.h"
#include "base/err.h"

struct sk_inspect_events {
	/* Any may be NULL. Called from sk_inspect's own thread. */
	void (*begin)(void *context, uint64_t bytes, unsigned layers); /* 0: not known */
	void (*bytes)(void *context, uint64_t more);
	void (*layer)(void *context);
	void *context;
};

/* Whether all that can run is recorded with its digest (manifest.h). */
enum sk_inspect_manifest {
	SK_MANIFEST_NO,
	SK_MANIFEST_OF_IMAGES, /* not of folders, whose manifests have no name to be kept under */
	SK_MANIFEST_YES,
};

struct sk_inspect_options {
	const char *platform; /* NULL: the host's */
	enum sk_inspect_manifest manifest;
	unsigned jobs;	      /* 0: as many as cores */
	const char *cache_dir;
	bool no_cache;
	uint64_t cache_limit; /* bytes */
	int64_t timeout;      /* seconds for the whole target, 0: none; what is not done then is an issue */
	struct sk_inspect_events events;
};

/*
 * Target: a path, "-" for an archive on standard input, or one of these with a
 * prefix: archive:, oci:, dir:. Behind '#' a tag or digest chooses among several images.
 * An error means that nothing can be said at all; what could be read in
 * part is in inv with its issues, and inv->incomplete is set.
 */
int sk_inspect(const char *target, const struct sk_inspect_options *options, struct sk_inventory *inv,
	       struct sk_err *err);

/*
 * The same of folders that an engine lays over each other with overlayfs or fuse-overlayfs: open
 * descriptors, the lowest first. The artifact has no id but what the caller gives it then.
 */
int sk_inspect_overlay(const char *name, const int *folders, size_t count,
		       const struct sk_inspect_options *options, struct sk_inventory *inv, struct sk_err *err);
