/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's write-ahead log (section 4 of the file format): pages as they are
 * since the last checkpoint. The database itself may lie in another layer, so
 * the log is read alone: rows that it has in full are new packages.
 */
#include "analyze/rpmdb/sqlite.h"
#include "base/map.h"
#include "base/reader.h"

enum { WAL_HEADER = 32, FRAME_HEADER = 24 };

struct frame {
	uint32_t page;
	uint64_t offset; /* of the page's bytes in the log */
};

struct log {
	struct sk_rpmdb_walk *walk;
	struct sk_sqlite db;
	uint8_t salt[8];
	SK_VEC(struct frame) frames; /* the last committed one of each page, sorted by page */
	uint64_t incomplete;	     /* rows that lie partly in the database */
};

static int compare_frames(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Keeps the last frame of each page. */
static void keep_last(struct log *log)
{
	size_t kept = 0;

	if (log->frames.len)
		qsort(log->frames.data, log->frames.len, sizeof(struct frame), compare_frames);
	for (size_t i = 0; i < log->frames.len; i++)
		if (i + 1 == log->frames.len ||
		    log->frames.data[i + 1].page != log->frames.data[i].page)
			log->frames.data[kept++] = log->frames.data[i];
	log->frames.len = kept;
}

/* Frames up to the last commit; those of an older use of the file have other salts. */
static int read_frames(struct log *log, struct sk_err *err)
{
	uint64_t step = FRAME_HEADER + (uint64_t)log->db.page_size, at = WAL_HEADER;
	size_t committed = 0;

	for (; at + step <= log->walk->file->size; at += step) {
		uint8_t head[FRAME_HEADER];
		struct sk_reader r = sk_reader(sk_span(head, sizeof(head)));
		struct frame *frame;
		uint32_t page, size;
		int rc = sk_file_read(log->walk->file, at, head, sizeof(head), err);

		if (rc < 0)
			return rc;
		page = sk_read_u32be(&r);
		size = sk_read_u32be(&r); /* of the database in pages after a commit, else 0 */
		if (memcmp(head + 8, log->salt, sizeof(log->salt)) != 0)
			break;
		frame = sk_vec_push(&log->frames);
		*frame = (struct frame){ page, at + FRAME_HEADER };
		if (size)
			committed = log->frames.len;
	}
	log->frames.len = committed;
	keep_last(log);
	return 0;
}

static int read_page(void *ctx, uint32_t number, uint8_t *page, struct sk_err *err)
{
	struct log *log = ctx;
	struct frame key = { .page = number };
	size_t low = 0, high = log->frames.len;
	int rc = sk_rpmdb_spend(log->walk, err);

	if (rc < 0)
		return rc;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (log->frames.data[mid].page < key.page)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == log->frames.len || log->frames.data[low].page != number)
		return sk_err_set(err, SK_EINVAL, "page %u is not in the log", number);
	return sk_file_read(log->walk->file, log->frames.data[low].offset, page, log->db.page_size,
			    err);
}

/* A row that was there before: its leaf changed, its overflow pages are in the database only. */
static void incomplete_row(void *ctx, uint32_t number, unsigned cell, const char *why)
{
	struct log *log = ctx;

	log->incomplete++;
}

static int log_row(void *ctx, struct sk_span record, struct sk_err *err)
{
	struct log *log = ctx;
	struct sk_span blob;

	/* The leaves of other tables hold integers and keys. */
	if (!sk_sqlite_blob(record, &blob) || blob.len < 256)
		return 0;
	return log->walk->visitor->header(log->walk->visitor->ctx, blob, err);
}

static int visit_pages(struct log *log, struct sk_err *err)
{
	sk_autofree uint8_t *page = sk_alloc(log->db.page_size);

	for (size_t i = 0; i < log->frames.len; i++) {
		int rc = sk_file_read(log->walk->file, log->frames.data[i].offset, page,
				      log->db.page_size, err);

		if (rc < 0)
			return rc;
		rc = sk_sqlite_leaf(&log->db, log->frames.data[i].page, page, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_log(struct log *log, struct sk_err *err)
{
	struct sk_reader r = sk_reader(log->walk->file->head);
	uint32_t magic = sk_read_u32be(&r);

	sk_read_seek(&r, 8);
	log->db.page_size = log->db.usable = sk_read_u32be(&r);
	sk_read_seek(&r, 16);
	memcpy(log->salt, (const char[8]){ 0 }, 8);
	if (sk_reader_left(&r) >= 8)
		memcpy(log->salt, sk_read_bytes(&r, 8).ptr, 8);
	if (r.failed || (magic & ~1u) != 0x377f0682 || !sk_sqlite_page_size(log->db.page_size))
		return sk_err_set(err, SK_EINVAL, "not a write-ahead log of SQLite");
	log->walk->pages = log->walk->file->size / log->db.page_size;
	log->db.ctx = log;
	log->db.read_page = read_page;
	log->db.row = log_row;
	log->db.broken = incomplete_row;
	log->db.blob = &log->walk->blob;
	log->db.overflow = sk_alloc(log->db.page_size);
	if (read_frames(log, err) < 0)
		return -err->code;
	return visit_pages(log, err);
}

int sk_rpmdb_read_wal(const struct sk_file *file, const struct sk_rpmdb_visitor *visitor,
		      uint64_t *ret_pages, struct sk_err *err)
{
	struct sk_rpmdb_walk walk = { .file = file, .visitor = visitor };
	struct sk_err local = SK_ERR_INIT;
	struct log log = { .walk = &walk };
	int rc = 0;

	if (file->size >= WAL_HEADER)
		rc = read_log(&log, &local);
	*ret_pages = log.frames.len;
	free(log.db.overflow);
	sk_vec_release(&log.frames);
	sk_buf_release(&walk.blob);
	if (rc < 0 && err)
		*err = local;
	return rc;
}
