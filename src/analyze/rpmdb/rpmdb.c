/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/rpmdb/rpmdb.h"

#include "base/reader.h"

#include <stdarg.h>
#include <stdio.h>

/* Enough to see what is wrong. */
#define MAX_ISSUES 8

void sk_rpmdb_issue(struct sk_rpmdb_walk *walk, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (walk->issues++ >= MAX_ISSUES)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	walk->visitor->issue(walk->visitor->ctx, text);
}

int sk_rpmdb_spend(struct sk_rpmdb_walk *walk, struct sk_err *err)
{
	if (walk->pages == 0)
		return sk_err_set(err, SK_ELIMIT, "its pages refer to each other in a loop");
	walk->pages--;
	return 0;
}

static int read_by_magic(struct sk_rpmdb_walk *walk, struct sk_err *err)
{
	struct sk_span head = walk->file->head;
	struct sk_reader r = sk_reader(head);
	uint32_t magic;

	if (sk_span_starts(head, "SQLite format 3"))
		return sk_rpmdb_read_sqlite(walk, err);
	if (sk_span_starts(head, "RpmP"))
		return sk_rpmdb_read_ndb(walk, err);
	sk_read_seek(&r, 12);
	magic = sk_read_u32le(&r);
	if (!r.failed && (magic == 0x00061561 || __builtin_bswap32(magic) == 0x00061561))
		return sk_rpmdb_read_bdb(walk, err);
	return sk_err_set(err, SK_EUNSUPPORTED,
			  "not a package database that is known (Berkeley DB hash, ndb, SQLite)");
}

int sk_rpmdb_read(const struct sk_file *file, const struct sk_rpmdb_visitor *visitor,
		  struct sk_err *err)
{
	struct sk_rpmdb_walk walk = { .file = file, .visitor = visitor };
	int rc = read_by_magic(&walk, err);

	if (walk.issues > MAX_ISSUES) {
		char text[64];

		snprintf(text, sizeof(text), "%u more like these", walk.issues - MAX_ISSUES);
		visitor->issue(visitor->ctx, text);
	}
	sk_buf_release(&walk.blob);
	return rc;
}
