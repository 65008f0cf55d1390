/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What all commands that read an image have in common: these options, and the way to its inventory. */
#include "analyze/inspect.h"
#include "cmd/progress.h"

struct sk_inspect_choices {
	const char *platform; /* "linux/arm64"; NULL: the host's */
	int64_t jobs;	      /* 0: as many as there are cores */
	bool no_cache;
	uint64_t cache_size;  /* bytes */
	int64_t timeout;      /* seconds for each target */
	bool no_manifest;      /* keep none */
	const char *manifests; /* where file manifests are kept; NULL: sk_manifest_dir */
};

#define SK_INSPECT_OPTIONS(s, f) \
	{ "platform", 0, SK_OPT_STRING(s, f.platform), .group = "Targets", .argument = "OS/ARCH[/VARIANT]", \
	  .help = "Which image of an index of several platforms, such as linux/arm64", \
	  .otherwise = "the host's" }, \
	{ "no-cache", 0, SK_OPT_FLAG(s, f.no_cache), .group = "How it works", \
	  .help = "Analyse every layer again, and keep nothing" }, \
	{ "cache-size", 0, SK_OPT_SIZE(s, f.cache_size), .group = "How it works", .argument = "SIZE", \
	  .fallback = "1GiB", .help = "The cache of layers never grows beyond this" }, \
	{ "manifests", 0, SK_OPT_FOLDER(s, f.manifests), .group = "How it works", .argument = "DIR", \
	  .help = "Where file manifests of images are kept", \
	  .otherwise = "/var/lib/sekisho/manifests for root, where the guard reads them, ~/.cache/sekisho/manifests for others" }, \
	{ "jobs", 'j', SK_OPT_INT(s, f.jobs), .group = "How it works", .argument = "N", .max = 256, \
	  .help = "Threads that read layers", .otherwise = "the number of cores" }, \
	{ "timeout", 0, SK_OPT_DURATION(s, f.timeout), .group = "How it works", .argument = "TIME", \
	  .fallback = "1h", .help = "Give a target up after this long, and report what was not read; 0 never" }

/* The folder of file manifests; owned. */
char *sk_manifests_of(const struct sk_call *call, const struct sk_inspect_choices *choices);

/*
 * sk_inspect with the person's choices and the progress line. The file manifest of an image that
 * was read as a whole is kept if `manifest` asks for it; that it cannot be is told, and no error.
 */
int sk_inspect_target(const struct sk_call *call, const struct sk_inspect_choices *choices,
		      enum sk_inspect_manifest manifest, struct sk_progress *progress, const char *target,
		      struct sk_inventory *inv, struct sk_err *err);
