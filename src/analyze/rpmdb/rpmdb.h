/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * rpm's database of installed packages, in the three formats that it has had:
 * Berkeley DB hash (`Packages`), ndb (`Packages.db`), SQLite (`rpmdb.sqlite`).
 * All hold one header blob a package. The readers take them out page by page
 * over sk_file_read; they use no library, and none of them follows a pointer
 * more often than the file has pages: a loop ends as an issue.
 */
#include "analyze/analyzer.h"
#include "base/buf.h"

struct sk_rpmdb_visitor {
	void *ctx;
	/* One package's header, valid during the call. Below 0: stop and give that back. */
	int (*header)(void *ctx, struct sk_span blob, struct sk_err *err);
	/* Something inside the database that could not be read; the rest goes on. */
	void (*issue)(void *ctx, const char *text);
};

/* Recognises the format by its magic and walks it. SK_EUNSUPPORTED: none of the three. */
int sk_rpmdb_read(const struct sk_file *file, const struct sk_rpmdb_visitor *visitor,
		  struct sk_err *err);

/*
 * The complete headers on the committed pages of a rpmdb.sqlite-wal: the
 * packages that were added since the database was last brought up to date.
 * *ret_pages is the number of pages that the log replaces; 0: nothing is pending.
 */
int sk_rpmdb_read_wal(const struct sk_file *file, const struct sk_rpmdb_visitor *visitor,
		      uint64_t *ret_pages, struct sk_err *err);

/* What one walk keeps; for the readers. */
struct sk_rpmdb_walk {
	const struct sk_file *file;
	const struct sk_rpmdb_visitor *visitor;
	struct sk_buf blob;
	uint64_t pages;	 /* that may still be read */
	unsigned issues; /* reported so far */
};

int sk_rpmdb_read_bdb(struct sk_rpmdb_walk *walk, struct sk_err *err);
int sk_rpmdb_read_ndb(struct sk_rpmdb_walk *walk, struct sk_err *err);
int sk_rpmdb_read_sqlite(struct sk_rpmdb_walk *walk, struct sk_err *err);

/* Reports, up to a number: a broken database has thousands of broken records. */
void sk_rpmdb_issue(struct sk_rpmdb_walk *walk, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes one page off walk->pages; SK_ELIMIT when none is left. */
int sk_rpmdb_spend(struct sk_rpmdb_walk *walk, struct sk_err *err);
