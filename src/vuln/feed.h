/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Feeds as their publishers lay them out: OSV's archives (a zip with one JSON
 * file for each advisory) or the same unpacked in a folder, CISA's catalogue of
 * exploited vulnerabilities (JSON) and FIRST's EPSS scores (CSV, also gzip).
 */
#include "base/buf.h"
#include "base/err.h"

/* One file of a feed; an error of it ends the reading. */
typedef int (*sk_feed_file_fn)(void *ctx, const char *name, struct sk_span bytes,
			       struct sk_err *err);

/*
 * Calls fn for each *.json of a zip archive or folder, in the archive's order
 * or by name. path is for messages. A damaged archive is an error, also when part of it could be read.
 */
int sk_feed_read(int fd, const char *path, sk_feed_file_fn fn, void *ctx, struct sk_err *err);

/* An entry of CISA's catalogue. */
struct sk_kev {
	struct sk_span cve, name, added, due;
};
typedef void (*sk_kev_fn)(void *ctx, const struct sk_kev *kev);
/* *ret_released: the catalogue's own date, 0 if it has none. */
int sk_kev_read(struct sk_span json, sk_kev_fn fn, void *ctx, int64_t *ret_released,
		struct sk_err *err);

struct sk_epss {
	struct sk_span cve;
	double score, percentile; /* 0 to 1 */
};
typedef void (*sk_epss_fn)(void *ctx, const struct sk_epss *epss);
/* CSV with FIRST's comment line; lines that are not such are counted in *ret_broken. */
int sk_epss_read(struct sk_span csv, sk_epss_fn fn, void *ctx, int64_t *ret_date,
		 size_t *ret_broken, struct sk_err *err);

/* The file's bytes, inflated if they are gzip, up to max. */
int sk_feed_slurp(int fd, const char *path, size_t max, struct sk_buf *buf, struct sk_err *err);
