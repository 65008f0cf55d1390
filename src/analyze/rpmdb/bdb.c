/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Berkeley DB, access method hash, in the byte order of the machine that
 * wrote it. Only what rpm's `Packages` has: 4-byte keys (the package's number;
 * key 0 holds the last one given out) and values, headers, that are mostly
 * longer than a page and stand on chains of overflow pages. Field offsets are
 * those of db_page.h of Berkeley DB 4 and 5 (hash version 5 to 10).
 */
#include "analyze/rpmdb/rpmdb.h"
#include "base/limits.h"
#include "base/reader.h"

enum {
	PAGE_HEADER = 26,
	TYPE_HASH_UNSORTED = 2,
	TYPE_OVERFLOW = 7,
	TYPE_HASH_META = 8,
	TYPE_HASH = 13,
	ITEM_DATA = 1,
	ITEM_OFF_PAGE = 3,
	FLAG_CHECKSUM = 1, /* metaflags: pages carry checksums, which moves everything */
};

struct bdb {
	struct sk_rpmdb_walk *walk;
	bool big; /* endian */
	uint32_t page_size;
	uint32_t last_page;
	uint8_t *page;	   /* a hash page */
	uint8_t *overflow; /* a page of a chain */
};

static uint32_t u32(const struct bdb *db, struct sk_reader *r)
{
	return db->big ? sk_read_u32be(r) : sk_read_u32le(r);
}

static uint16_t u16(const struct bdb *db, struct sk_reader *r)
{
	return db->big ? sk_read_u16be(r) : sk_read_u16le(r);
}

static struct sk_reader page_reader(const struct bdb *db, const uint8_t *page)
{
	return sk_reader(sk_span(page, db->page_size));
}

static int read_page(const struct bdb *db, uint32_t number, uint8_t *page, struct sk_err *err)
{
	int rc = sk_rpmdb_spend(db->walk, err);

	if (rc < 0)
		return rc;
	if (number > db->last_page)
		return sk_err_set(err, SK_EINVAL, "page %u is beyond the last", number);
	return sk_file_read(db->walk->file, (uint64_t)number * db->page_size, page, db->page_size,
			    err);
}

/* The value of `total` bytes on the chain of pages from `number` on, into walk->blob. */
static int read_chain(const struct bdb *db, uint32_t number, uint32_t total, struct sk_err *err)
{
	struct sk_buf *blob = &db->walk->blob;

	sk_buf_reset(blob);
	if (total > SK_MAX_RPM_HEADER)
		return sk_err_set(err, SK_ELIMIT, "a header of %u bytes", total);
	while (blob->len < total) {
		struct sk_reader r = page_reader(db, db->overflow);
		uint32_t here;
		int rc = read_page(db, number, db->overflow, err);

		if (rc < 0)
			return rc;
		sk_read_seek(&r, 16);
		number = u32(db, &r);
		sk_read_seek(&r, 22);
		here = u16(db, &r); /* on overflow pages hf_offset is the length */
		sk_read_skip(&r, 1);
		if (sk_read_u8(&r) != TYPE_OVERFLOW || here == 0 || here > total - blob->len ||
		    here > sk_reader_left(&r))
			return sk_err_set(err, SK_EINVAL, "a chain of overflow pages is broken");
		sk_buf_span(blob, sk_read_bytes(&r, here));
	}
	return 0;
}

/* One value: on the page itself, or off page. */
static int read_value(const struct bdb *db, struct sk_span item, struct sk_err *err)
{
	struct sk_reader r = sk_reader(item);
	uint8_t type = sk_read_u8(&r);
	uint32_t first, total;

	if (type == ITEM_DATA) {
		sk_buf_reset(&db->walk->blob);
		sk_buf_span(&db->walk->blob, sk_span_from(item, 1));
		return 0;
	}
	if (type != ITEM_OFF_PAGE)
		return sk_err_set(err, SK_EINVAL, "an item of kind %u", type);
	sk_read_skip(&r, 3);
	first = u32(db, &r);
	total = u32(db, &r);
	if (r.failed)
		return sk_err_set(err, SK_EINVAL, "a reference to overflow pages is cut off");
	return read_chain(db, first, total, err);
}

/* Item i lies from its offset to that of the item before it, or to the page's end. */
static bool item_at(const struct bdb *db, unsigned i, struct sk_span *ret_item)
{
	struct sk_reader r = page_reader(db, db->page);
	uint32_t end = db->page_size, start;

	sk_read_seek(&r, PAGE_HEADER + 2 * (i ? i - 1 : 0));
	if (i)
		end = u16(db, &r);
	start = u16(db, &r);
	if (r.failed || start >= end || end > db->page_size || start < PAGE_HEADER)
		return false;
	*ret_item = sk_span(db->page + start, end - start);
	return true;
}

static bool is_counter(const struct bdb *db, struct sk_span key)
{
	struct sk_reader r = sk_reader(sk_span_from(key, 1));

	return key.len == 5 && key.ptr[0] == ITEM_DATA && u32(db, &r) == 0;
}

static int visit_pair(const struct bdb *db, uint32_t number, unsigned i, struct sk_span key,
		      struct sk_span value, struct sk_err *err)
{
	struct sk_err why = SK_ERR_INIT;
	int rc;

	if (is_counter(db, key))
		return 0;
	rc = read_value(db, value, &why);
	if (rc == -SK_EIO || (rc < 0 && db->walk->pages == 0)) {
		sk_err_set(err, why.code, "%s", why.text);
		return rc;
	}
	if (rc < 0) {
		sk_rpmdb_issue(db->walk, "page %u: item %u: %.300s", number, i, why.text);
		return 0;
	}
	return db->walk->visitor->header(db->walk->visitor->ctx, sk_buf_view(&db->walk->blob), err);
}

static int visit_page(const struct bdb *db, uint32_t number, struct sk_err *err)
{
	struct sk_reader r = page_reader(db, db->page);
	struct sk_span key, value;
	unsigned entries;
	uint8_t type;
	int rc = read_page(db, number, db->page, err);

	if (rc < 0)
		return rc;
	sk_read_seek(&r, 20);
	entries = u16(db, &r);
	sk_read_seek(&r, 25);
	type = sk_read_u8(&r);
	if (type != TYPE_HASH && type != TYPE_HASH_UNSORTED)
		return 0;
	for (unsigned i = 0; i + 1 < entries; i += 2) {
		if (!item_at(db, i, &key) || !item_at(db, i + 1, &value)) {
			/* Not read on: items in falling order cannot overlap. */
			sk_rpmdb_issue(db->walk, "page %u: item %u lies outside of it", number, i);
			return 0;
		}
		rc = visit_pair(db, number, i, key, value, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_meta(struct bdb *db, struct sk_err *err)
{
	struct sk_reader r = sk_reader(db->walk->file->head);
	uint64_t file_pages;
	uint8_t encrypted, type, flags;

	sk_read_seek(&r, 12);
	db->big = sk_read_u32le(&r) != 0x00061561;
	sk_read_seek(&r, 20);
	db->page_size = u32(db, &r);
	encrypted = sk_read_u8(&r);
	type = sk_read_u8(&r);
	flags = sk_read_u8(&r);
	sk_read_seek(&r, 32);
	db->last_page = u32(db, &r);
	if (r.failed || type != TYPE_HASH_META || db->page_size < 512 || db->page_size > 65536 ||
	    (db->page_size & (db->page_size - 1)))
		return sk_err_set(err, SK_EINVAL, "the first page is not that of a hash database");
	if (encrypted || (flags & FLAG_CHECKSUM))
		return sk_err_set(err, SK_EUNSUPPORTED, "a database with encryption or checksums");
	file_pages = db->walk->file->size / db->page_size;
	if (db->last_page >= file_pages) {
		sk_rpmdb_issue(db->walk, "cut off: %llu of %llu pages are there",
			       (unsigned long long)file_pages,
			       (unsigned long long)db->last_page + 1);
		db->last_page = file_pages ? (uint32_t)(file_pages - 1) : 0;
	}
	return 0;
}

/*
 * All pages in their order, rather than bucket by bucket: free pages say that
 * they are, so it finds the same, and reads the file once from front to back.
 * Each page is looked at once as such and belongs to one chain at most.
 */
int sk_rpmdb_read_bdb(struct sk_rpmdb_walk *walk, struct sk_err *err)
{
	struct bdb db = { .walk = walk };
	int rc = read_meta(&db, err);

	if (rc < 0)
		return rc;
	walk->pages = 2 * ((uint64_t)db.last_page + 1);
	db.page = sk_alloc(db.page_size);
	db.overflow = sk_alloc(db.page_size);
	for (uint32_t i = 1; rc >= 0 && i <= db.last_page && i; i++)
		rc = visit_page(&db, i, err);
	free(db.page);
	free(db.overflow);
	return rc < 0 ? rc : 0;
}
