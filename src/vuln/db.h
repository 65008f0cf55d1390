/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The advisory database: one LMDB file, never changed after it was written.
 * A new one takes its place by rename, so any number of processes map it
 * read-only without a lock. It holds a few large values (db-format.h) that are
 * read in place: an index from ecosystem and package name to packed intervals,
 * the records, their texts in compressed blocks, and what is known of each CVE
 * (exploited, probability, severity).
 *
 * The file is not trusted: what is broken in it gives an error, never a crash.
 */
#include "base/reader.h"
#include "vuln/osv.h"

struct sk_db;

struct sk_db_source {
	const char *name; /* "Debian", "kev", "epss" */
	int64_t date;	  /* of its newest record, or its own date; 0 unknown */
	uint32_t records; /* read */
	uint32_t broken;  /* passed over: not valid */
	uint32_t withdrawn;
};

struct sk_db_info {
	int64_t created;
	const char *digest; /* "sha256:..." of the content without its time of creation */
	uint64_t size;	    /* of the file */
	uint32_t advisories, packages, ecosystems;
	const struct sk_db_source *sources;
	size_t source_count;
};

/* "<XDG data>/sekisho/advisories.mdb"; owned. */
char *sk_db_default_path(void);

/* SK_ENOTFOUND says where it was looked for and which command makes one. */
int sk_db_open(const char *path, struct sk_db **ret_db, struct sk_err *err);
void sk_db_close(struct sk_db *db); /* NULL is nothing */
void sk_db_closep(struct sk_db **db);

const struct sk_db_info *sk_db_info(const struct sk_db *db);

/* Reads every byte of it once and compares the digest. */
int sk_db_check(struct sk_db *db, struct sk_err *err);

/* ---- look-up ---- */

/* The number of an ecosystem, or -1. */
int sk_db_ecosystem(const struct sk_db *db, struct sk_span name);
size_t sk_db_ecosystem_count(const struct sk_db *db);
struct sk_span sk_db_ecosystem_name(const struct sk_db *db, size_t ecosystem); /* sorted bytewise */

/* The entries of one package, to be walked by sk_db_next. */
struct sk_db_hits {
	struct sk_reader reader;
	uint32_t left;
};

/* Whether the ecosystem has advisories for this name (normalised: sk_ecosystem_name). */
bool sk_db_find(const struct sk_db *db, int ecosystem, struct sk_span name,
		struct sk_db_hits *ret_hits);

/* What one record says of the package; the spans borrow from the map. */
struct sk_db_entry {
	uint32_t record;
	enum sk_severity severity;
	bool wont_fix, modular;
	struct sk_reader intervals, versions; /* for sk_db_interval, sk_db_version */
	uint32_t interval_count, version_count;
};
/* 1, 0 at the end, -SK_EINTEGRITY. */
int sk_db_next(struct sk_db_hits *hits, struct sk_db_entry *ret_entry, struct sk_err *err);
/* The next interval; entry->interval_count says how many there are. */
bool sk_db_interval(struct sk_reader *r, struct sk_interval *ret_interval);

/* One record. Strings live in the arena. */
struct sk_db_group {
	const char **ids; /* of one vulnerability: sorted by sk_id_cmp */
	size_t count;
};
struct sk_db_record {
	const char *id;
	struct sk_db_group *groups; /* the vulnerabilities that it is about, at least one */
	size_t group_count;
	const char **modules;
	size_t module_count;
	enum sk_severity severity;
	const struct sk_publisher *publisher;
	const char **vectors;
	size_t vector_count;
	int64_t published, modified;
};
int sk_db_record(const struct sk_db *db, uint32_t number, struct sk_arena *arena,
		 struct sk_db_record *ret_record, struct sk_err *err);

struct sk_db_text {
	const char *title, *details; /* NULL: none */
	const char **references;
	size_t reference_count;
};
/* Cheapest when asked in the order of record numbers: the last block is kept. Not for two threads
 * at once. */
int sk_db_text(struct sk_db *db, uint32_t number, struct sk_arena *arena,
	       struct sk_db_text *ret_text, struct sk_err *err);

/* What is known of a CVE beside the records that matched. */
struct sk_db_cve {
	bool kev;
	const char *kev_name, *kev_due;
	double epss, percentile; /* below 0: none */
	int64_t severity_record; /* the record that describes it best; -1: none */
	int64_t title_record;
};
/* 1, 0 if nothing is known, -SK_EINTEGRITY. */
int sk_db_cve(const struct sk_db *db, const char *id, struct sk_arena *arena,
	      struct sk_db_cve *ret_cve, struct sk_err *err);

/* Order of ids: CVE, then GHSA, then the rest, each bytewise. */
int sk_id_cmp(struct sk_span a, struct sk_span b);

/* ---- making one ---- */

/* Told of what was passed over; may be NULL. */
typedef void (*sk_db_note_fn)(void *ctx, const char *text);

struct sk_db_build {
	const char *const *ecosystems; /* NULL-terminated; NULL: all that are there */
	int64_t created;	       /* 0: now */
	sk_db_note_fn note;
	/* Feeds are parsed in a sandboxed worker: only in the program itself, which the worker is again. */
	bool sandbox;
	void (*damaged)(void *ctx, const char *path); /* a feed that cannot be read; may be NULL */
	void *ctx;
};

/*
 * Builds a database from a folder laid out like a mirror and puts it at path
 * in one step: osv/<ecosystem>.zip, or <ecosystem>/all.zip, or folders of JSON
 * files with those names; kev.json (or known_exploited_vulnerabilities.json);
 * epss_scores-current.csv[.gz] or epss.csv[.gz]. Whatever goes wrong, the old
 * database stays.
 */
int sk_db_build(const char *from, const char *path, const struct sk_db_build *options,
		struct sk_err *err);

/* Appends one compressed file with a digest, for hosts without a network. */
int sk_db_export(const char *path, struct sk_buf *out, struct sk_err *err);
/* Checks the digest and the whole content of such a file, then puts it at path in one step. */
int sk_db_import(struct sk_span file, const char *path, struct sk_err *err);
