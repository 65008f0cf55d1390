/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bounded reading of zip archives (APPNOTE 6.3: stored and deflated entries,
 * Zip64, data before the archive) over the random access that struct sk_file
 * gives: the central directory is read once, an entry's bytes only when they
 * are asked for. Archives in archives share one budget of bytes, so that a
 * bomb ends in SK_ELIMIT however it is nested.
 *
 * The file must outlive the zip, an outer zip the ones opened from it.
 */
#include "analyze/analyzer.h"

struct sk_zip_entry {
	struct sk_span name; /* as stored, borrowed from the zip; never empty */
	uint64_t size;	     /* as declared; what comes out is checked against it */
	uint64_t packed;
	uint64_t header; /* offset of the local header */
	uint32_t crc;
	uint16_t method; /* 0 stored, 8 deflated; others are SK_EUNSUPPORTED when read */
	bool folder;
	bool encrypted;
	bool overlaps; /* shares bytes with another entry: a bomb's trick, refused when read */
};

struct sk_zip;

/* SK_EINVAL: not a zip or a broken directory; SK_ELIMIT: more than SK_MAX_ZIP_ENTRIES. */
int sk_zip_open(const struct sk_file *file, struct sk_zip **ret_zip, struct sk_err *err);

/*
 * The zip in an entry of outer. A stored one is read in place, a deflated one
 * is inflated into memory first. SK_ELIMIT beyond SK_MAX_JAR_DEPTH levels or
 * SK_MAX_ZIP_NESTED bytes.
 */
int sk_zip_open_entry(struct sk_zip *outer, const struct sk_zip_entry *entry,
		      struct sk_zip **ret_zip, struct sk_err *err);
void sk_zip_free(struct sk_zip *zip);

/* The entries in the order of the central directory. */
const struct sk_zip_entry *sk_zip_entries(const struct sk_zip *zip, size_t *ret_count);

/* The entry of exactly this name; linear. NULL if there is none. */
const struct sk_zip_entry *sk_zip_find(const struct sk_zip *zip, const char *name);

/*
 * Appends the entry's bytes to buf, at most `most` (SK_ELIMIT if there are
 * more). Length and CRC-32 are checked; on failure buf is as before.
 */
int sk_zip_read(struct sk_zip *zip, const struct sk_zip_entry *entry, size_t most,
		struct sk_buf *buf, struct sk_err *err);
