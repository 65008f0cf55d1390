/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite (https://www.sqlite.org/fileformat2.html, whose section numbers stand
 * below), as much as rpmdb.sqlite needs: the root page of table Packages from
 * the schema, then each row's blob in the order of the table's b-tree.
 */
#include "analyze/rpmdb/sqlite.h"

#include "base/limits.h"
#include "base/reader.h"

enum {
	FILE_HEADER = 100,
	INTERIOR_TABLE = 5,
	LEAF_TABLE = 13,
	MAX_DEPTH = 20, /* SQLite's own BTCURSOR_MAX_DEPTH */
};

/* Big endian, 7 bits a byte, the ninth with all 8 (section 1.6). */
static uint64_t read_varint(struct sk_reader *r)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++) {
		uint8_t b = sk_read_u8(r);

		v = v << 7 | (b & 0x7f);
		if (!(b & 0x80))
			return v;
	}
	return v << 8 | sk_read_u8(r);
}

/* How many bytes of a payload stand on the leaf itself (section 1.6). */
static uint64_t local_size(uint32_t usable, uint64_t payload)
{
	uint64_t max = usable - 35, min = (usable - 12) * 32 / 255 - 23, k;

	if (payload <= max)
		return payload;
	k = min + (payload - min) % (usable - 4);
	return k <= max ? k : min;
}

/* The rest of a payload, on a chain of pages that each begin with the next one's number. */
static int read_overflow(const struct sk_sqlite *db, uint32_t next, uint64_t total,
			 struct sk_err *err)
{
	struct sk_buf *blob = db->blob;

	while (blob->len < total) {
		uint64_t here = total - blob->len;
		struct sk_reader r;
		int rc;

		if (next == 0)
			return sk_err_set(err, SK_EINVAL, "a chain of overflow pages is too short");
		rc = db->read_page(db->ctx, next, db->overflow, err);
		if (rc < 0)
			return rc;
		r = sk_reader(sk_span(db->overflow, db->usable));
		next = sk_read_u32be(&r);
		if (here > db->usable - 4)
			here = db->usable - 4;
		sk_buf_span(blob, sk_read_bytes(&r, here));
	}
	return 0;
}

/* *room is what cells may still take of their page: they do not overlap. */
static int read_payload(const struct sk_sqlite *db, struct sk_reader *r, uint64_t *room,
			struct sk_err *err)
{
	uint64_t total = read_varint(r), local;
	struct sk_span bytes;

	read_varint(r); /* rowid */
	if (total > SK_MAX_RPM_HEADER)
		return sk_err_set(err, SK_EINVAL, "a row of %llu bytes is too large",
				  (unsigned long long)total);
	local = local_size(db->usable, total);
	if (local > *room)
		return sk_err_set(err, SK_EINVAL, "rows overlap");
	*room -= local;
	bytes = sk_read_bytes(r, local);
	if (r->failed)
		return sk_err_set(err, SK_EINVAL, "a row lies outside of its page");
	sk_buf_reset(db->blob);
	sk_buf_span(db->blob, bytes);
	return local < total ? read_overflow(db, sk_read_u32be(r), total, err) : 0;
}

/* Bytes that a value of a serial type takes in the record (section 2.1). */
static uint64_t serial_size(uint64_t type)
{
	static const uint8_t fixed[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0 };

	return type < 12 ? fixed[type] : (type - 12) / 2;
}

bool sk_sqlite_column(struct sk_span record, unsigned index, uint64_t *ret_type,
		      struct sk_span *ret_value)
{
	struct sk_reader types = sk_reader(record), values;
	uint64_t header = read_varint(&types), at = header;

	if (types.failed || header > record.len)
		return false;
	for (unsigned i = 0;; i++) {
		if (types.off >= header)
			return false;
		*ret_type = read_varint(&types);
		if (i == index)
			break;
		if (__builtin_add_overflow(at, serial_size(*ret_type), &at))
			return false;
	}
	values = sk_reader(record);
	if (at > record.len)
		return false;
	sk_read_seek(&values, at);
	if (serial_size(*ret_type) > sk_reader_left(&values))
		return false;
	*ret_value = sk_read_bytes(&values, serial_size(*ret_type));
	return !values.failed;
}

/* Fills in where a page's cells are: after the file header on page 1, after the right-most child if
 * interior. */
static bool page_header(const struct sk_sqlite *db, uint32_t number, const uint8_t *page,
			struct sk_sqlite_page *ret)
{
	struct sk_reader r = sk_reader(sk_span(page, db->usable));

	sk_read_skip(&r, number == 1 ? FILE_HEADER : 0);
	ret->type = sk_read_u8(&r);
	sk_read_skip(&r, 2);
	ret->cells = sk_read_u16be(&r);
	sk_read_skip(&r, 3);
	ret->right = ret->type == INTERIOR_TABLE ? sk_read_u32be(&r) : 0;
	ret->pointers = r.off;
	return !r.failed && ret->pointers + 2u * ret->cells <= db->usable;
}

static struct sk_reader cell_reader(const struct sk_sqlite *db, const uint8_t *page,
				    const struct sk_sqlite_page *info, unsigned i)
{
	struct sk_reader r = sk_reader(sk_span(page, db->usable));
	uint16_t at;

	sk_read_seek(&r, info->pointers + 2 * (size_t)i);
	at = sk_read_u16be(&r);
	sk_read_seek(&r, at);
	return r;
}

static int visit_leaf(const struct sk_sqlite *db, uint32_t number, const uint8_t *page,
		      const struct sk_sqlite_page *info, struct sk_err *err)
{
	uint64_t room = db->usable;

	for (unsigned i = 0; i < info->cells; i++) {
		struct sk_reader r = cell_reader(db, page, info, i);
		struct sk_err why = SK_ERR_INIT;
		int rc = read_payload(db, &r, &room, &why);

		if (rc == -SK_EINVAL) {
			db->broken(db->ctx, number, i, why.text);
			continue;
		}
		if (rc < 0) {
			sk_err_set(err, why.code, "%s", why.text);
			return rc;
		}
		rc = db->row(db->ctx, sk_buf_view(db->blob), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sk_sqlite_leaf(const struct sk_sqlite *db, uint32_t number, const uint8_t *page,
		   struct sk_err *err)
{
	struct sk_sqlite_page info;

	if (!page_header(db, number, page, &info) || info.type != LEAF_TABLE)
		return 0;
	return visit_leaf(db, number, page, &info, err);
}

/* Depth is bounded, and the walk's count of pages ends a tree that is none. */
static int visit_page(const struct sk_sqlite *db, uint32_t number, unsigned depth,
		      struct sk_err *err)
{
	struct sk_sqlite_page info;
	sk_autofree uint8_t *page = NULL;
	int rc;

	if (depth > MAX_DEPTH)
		return sk_err_set(err, SK_ELIMIT, "a table of more than %d levels", MAX_DEPTH);
	page = sk_alloc(db->page_size);
	rc = db->read_page(db->ctx, number, page, err);
	if (rc < 0)
		return rc;
	if (!page_header(db, number, page, &info) ||
	    (info.type != LEAF_TABLE && info.type != INTERIOR_TABLE))
		return sk_err_set(err, SK_EINVAL, "page %u is not one of a table", number);
	if (info.type == LEAF_TABLE)
		return visit_leaf(db, number, page, &info, err);
	for (unsigned i = 0; i < info.cells; i++) {
		struct sk_reader r = cell_reader(db, page, &info, i);

		rc = visit_page(db, sk_read_u32be(&r), depth + 1, err);
		if (rc < 0)
			return rc;
	}
	return visit_page(db, info.right, depth + 1, err);
}

int sk_sqlite_table(const struct sk_sqlite *db, uint32_t root, struct sk_err *err)
{
	return visit_page(db, root, 0, err);
}

/* ---- rpmdb.sqlite ---- */

struct walker {
	struct sk_rpmdb_walk *walk;
	struct sk_sqlite db;
	uint32_t last_page;
	uint32_t root; /* of table Packages; 0 until it is found */
};

static int read_page(void *ctx, uint32_t number, uint8_t *page, struct sk_err *err)
{
	struct walker *w = ctx;
	int rc = sk_rpmdb_spend(w->walk, err);

	if (rc < 0)
		return rc;
	if (number == 0 || number > w->last_page)
		return sk_err_set(err, SK_EINVAL, "page %u is not there", number);
	return sk_file_read(w->walk->file, (uint64_t)(number - 1) * w->db.page_size, page,
			    w->db.page_size, err);
}

static void broken_cell(void *ctx, uint32_t number, unsigned cell, const char *why)
{
	struct walker *w = ctx;

	sk_rpmdb_issue(w->walk, "page %u: row %u: %.300s", number, cell, why);
}

/* sqlite_schema: type, name, tbl_name, rootpage, sql. */
static int schema_row(void *ctx, struct sk_span record, struct sk_err *err)
{
	struct walker *w = ctx;
	struct sk_span type, name, root;
	uint64_t kind, value = 0;

	if (!sk_sqlite_column(record, 0, &kind, &type) || !sk_span_is(type, "table") ||
	    !sk_sqlite_column(record, 1, &kind, &name) || !sk_span_is(name, "Packages") ||
	    !sk_sqlite_column(record, 3, &kind, &root))
		return 0;
	if (kind == 9) /* the constant 1 takes no bytes */
		value = 1;
	for (size_t i = 0; i < root.len; i++)
		value = value << 8 | (uint8_t)root.ptr[i];
	w->root = value <= UINT32_MAX ? (uint32_t)value : 0;
	return 0;
}

bool sk_sqlite_blob(struct sk_span record, struct sk_span *ret_blob)
{
	uint64_t kind;

	for (unsigned i = 0; i < 4 && sk_sqlite_column(record, i, &kind, ret_blob); i++)
		if (kind >= 12 && kind % 2 == 0)
			return true;
	return false;
}

/* Packages: hnum, blob. */
static int package_row(void *ctx, struct sk_span record, struct sk_err *err)
{
	struct walker *w = ctx;
	struct sk_span blob;

	if (!sk_sqlite_blob(record, &blob)) {
		sk_rpmdb_issue(w->walk, "a row of table Packages without a header");
		return 0;
	}
	return w->walk->visitor->header(w->walk->visitor->ctx, blob, err);
}

bool sk_sqlite_page_size(uint32_t size)
{
	return size >= 512 && size <= 65536 && (size & (size - 1)) == 0;
}

static int read_header(struct walker *w, struct sk_err *err)
{
	struct sk_reader r = sk_reader(w->walk->file->head);
	uint32_t reserved, pages, encoding;

	sk_read_seek(&r, 16);
	w->db.page_size = sk_read_u16be(&r);
	if (w->db.page_size == 1)
		w->db.page_size = 65536;
	sk_read_skip(&r, 2);
	reserved = sk_read_u8(&r);
	sk_read_seek(&r, 28);
	pages = sk_read_u32be(&r);
	sk_read_seek(&r, 56);
	encoding = sk_read_u32be(&r);
	if (r.failed || !sk_sqlite_page_size(w->db.page_size) || reserved + 480 > w->db.page_size)
		return sk_err_set(err, SK_EINVAL, "not a SQLite header");
	if (encoding > 1)
		return sk_err_set(err, SK_EUNSUPPORTED, "a database in UTF-16");
	w->db.usable = w->db.page_size - reserved;
	w->walk->pages = w->walk->file->size / w->db.page_size;
	w->last_page = w->walk->pages > UINT32_MAX ? UINT32_MAX : (uint32_t)w->walk->pages;
	if (pages > w->last_page)
		sk_rpmdb_issue(w->walk, "cut off: %u of %u pages are there", w->last_page, pages);
	return 0;
}

static int read_tables(struct walker *w, struct sk_err *err)
{
	int rc;

	w->db.row = schema_row;
	rc = sk_sqlite_table(&w->db, 1, err);
	if (rc < 0)
		return sk_err_wrap(err, "schema");
	if (!w->root)
		return sk_err_set(err, SK_EUNSUPPORTED, "there is no table Packages in it");
	w->walk->pages = w->last_page;
	w->db.row = package_row;
	rc = sk_sqlite_table(&w->db, w->root, err);
	return rc < 0 ? rc : 0;
}

int sk_rpmdb_read_sqlite(struct sk_rpmdb_walk *walk, struct sk_err *err)
{
	struct walker w = { .walk = walk };
	int rc = read_header(&w, err);

	if (rc < 0)
		return rc;
	w.db.ctx = &w;
	w.db.read_page = read_page;
	w.db.broken = broken_cell;
	w.db.blob = &walk->blob;
	w.db.overflow = sk_alloc(w.db.page_size);
	rc = read_tables(&w, err);
	free(w.db.overflow);
	return rc;
}
