/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The database file. LMDB carries nine values under short names, all in one
 * leaf page, so that its structure can be checked whole before it is used
 * (db-page.c); each is contiguous in the map and read in place.
 *
 *	info	     magic, format, created, digest, counts, sources
 *	ecosystems   count; then each: name, packages (sorted bytewise)
 *	index	     2^n slots of 8 bytes: fingerprint, place in `packages` + 1;
 *		     open addressing from the hash of ecosystem and name
 *	packages     each: ecosystem, name, count of entries, their bytes; an entry
 *		     is record number, flags, intervals, versions
 *	record-at    offsets of the records in `records`, one more than there are
 *	records	     each: ids, groups, modules, severity, vectors, dates
 *	block-at     each text block: first record, offset, inflated size; one more
 *	blocks	     zstd frames of texts: title, details, references per record
 *	cves	     count, offsets, then each: id, flags, KEV, EPSS, best records; sorted
 *
 * Integers are little endian, counts and lengths LEB128.
 */
#include "base/buf.h"
#include "base/hash.h"
#include "base/reader.h"
#include "vuln/db.h"

enum sk_section {
	SK_SECTION_INFO,
	SK_SECTION_ECOSYSTEMS,
	SK_SECTION_INDEX,
	SK_SECTION_PACKAGES,
	SK_SECTION_RECORD_AT,
	SK_SECTION_RECORDS,
	SK_SECTION_BLOCK_AT,
	SK_SECTION_BLOCKS,
	SK_SECTION_CVES,
	SK_SECTION_COUNT,
};
extern const char *const sk_section_names[SK_SECTION_COUNT];

#define SK_DB_MAGIC 0x31424453u /* "SDB1" */
enum {
	SK_DB_FORMAT = 1,
	SK_DB_DIGEST = 32,	   /* SHA-256 */
	SK_DB_DIGEST_AT = 16,	   /* in info: behind magic, format and created */
	SK_DB_SLOT = 8,		   /* bytes of a slot of the index */
	SK_DB_BLOCK = 32 << 10,	   /* texts of one block before it is closed */
	SK_DB_BLOCK_AT = 12,	   /* bytes of an entry of block-at */
	SK_DB_MAX_BLOCK = 1 << 20, /* SK_DB_BLOCK and one record's texts fit well */
	SK_DB_PAGE = 4096,
};

enum sk_db_entry_flags {
	SK_DB_ENTRY_SEVERITY = 7, /* the lowest three bits */
	SK_DB_ENTRY_WONT_FIX = 8,
	SK_DB_ENTRY_MODULAR = 16,
};
enum sk_db_interval_flags {
	SK_DB_INTERVAL_END = 3, /* enum sk_bound */
	SK_DB_INTERVAL_FROM = 4,
};
enum sk_db_cve_flags {
	SK_DB_CVE_KEV = 1,
	SK_DB_CVE_EPSS = 2,
	SK_DB_CVE_SEVERITY = 4,
	SK_DB_CVE_TITLE = 8,
};

/* The database's sections in memory; sk_db_attach reads them without a file. */
struct sk_db_sections {
	struct sk_span at[SK_SECTION_COUNT];
};
int sk_db_attach(const struct sk_db_sections *sections, uint64_t size, struct sk_db **ret_db,
		 struct sk_err *err);

/* Walks packages, records, texts and CVEs: what sk_db_check does after the digest. */
int sk_db_walk(struct sk_db *db, struct sk_err *err);

/* Finds the sections of a file image by itself, without LMDB: everything must lie inside. */
int sk_db_pages(struct sk_span file, struct sk_db_sections *ret_sections, struct sk_err *err);

/* Writes the sections as a database at path, in one step. */
int sk_db_write(const char *path, const struct sk_db_sections *sections, struct sk_err *err);

/* SHA-256 over all sections, of info without `created` and the digest itself. */
int sk_db_digest(const struct sk_db_sections *sections, uint8_t ret_digest[SK_DB_DIGEST],
		 struct sk_err *err);

static inline uint64_t sk_db_hash(uint32_t ecosystem, struct sk_span name)
{
	uint64_t h = sk_hash_stable(name) + ecosystem * 0x9e3779b97f4a7c15u;

	return h ^ (h >> 29);
}

/* Ids, written short: CVE and GHSA ids by their parts. */
void sk_db_put_id(struct sk_buf *buf, struct sk_span id);
bool sk_db_get_id(struct sk_reader *r, struct sk_buf *ret_id); /* appends */

void sk_db_put_interval(struct sk_buf *buf, const struct sk_interval *interval);
