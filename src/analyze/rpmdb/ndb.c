/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm's own format "ndb" (lib/backend/ndb/rpmpkg.c describes it), always
 * little endian: a 32-byte header, then 16-byte slots up to the end of the
 * slot pages, each with the place of one blob in blocks of 16 bytes. A blob
 * has a head of 16 bytes, the header, and a tail of 12 with an Adler-32.
 */
#include "analyze/rpmdb/rpmdb.h"
#include "base/limits.h"
#include "base/reader.h"

#include <zlib.h>

enum {
	HEADER = 32,
	SLOT = 16,
	SLOT_PAGE = 4096,
	BLOCK = 16,
	BLOB_HEAD = 16,
	BLOB_TAIL = 12,
	MAGIC_SLOT = 0x746f6c53, /* "Slot" */
	MAGIC_BLOB = 0x53626c42, /* "BlbS" */
	MAGIC_TAIL = 0x45626c42, /* "BlbE" */
};

struct slot {
	uint32_t magic, package, offset, count; /* the last two in blocks */
};

/* The blob's bytes into walk->blob, without head and tail. */
static int read_blob(struct sk_rpmdb_walk *walk, const struct slot *slot, struct sk_err *err)
{
	uint8_t edge[BLOB_HEAD];
	uint64_t at = (uint64_t)slot->offset * BLOCK, room = (uint64_t)slot->count * BLOCK, padded;
	struct sk_reader r = sk_reader(sk_span(edge, sizeof(edge)));
	uint32_t magic, package, length, sum;
	int rc = sk_file_read(walk->file, at, edge, BLOB_HEAD, err);

	if (rc < 0)
		return rc;
	magic = sk_read_u32le(&r);
	package = sk_read_u32le(&r);
	sk_read_skip(&r, 4); /* generation */
	length = sk_read_u32le(&r);
	if (magic != MAGIC_BLOB || package != slot->package ||
	    (uint64_t)length + BLOB_HEAD + BLOB_TAIL > room ||
	    room - length > BLOB_HEAD + BLOB_TAIL + BLOCK)
		return sk_err_set(err, SK_EINVAL, "its blob does not begin as it should");
	if (length > SK_MAX_RPM_HEADER)
		return sk_err_set(err, SK_ELIMIT, "a header of %u bytes", length);
	if (at + room > walk->file->size)
		return sk_err_set(err, SK_EINVAL, "it is cut off");
	/* The checksum is of head, header and what pads it up to the tail. */
	padded = room - BLOB_HEAD - BLOB_TAIL;
	sum = (uint32_t)adler32(1, edge, BLOB_HEAD);
	sk_buf_reset(&walk->blob);
	rc = sk_file_read(walk->file, at + BLOB_HEAD, sk_buf_reserve(&walk->blob, padded), padded,
			  err);
	if (rc < 0)
		return rc;
	walk->blob.len = length;
	sum = (uint32_t)adler32(sum, (const uint8_t *)walk->blob.data, (uInt)padded);
	rc = sk_file_read(walk->file, at + room - BLOB_TAIL, edge, BLOB_TAIL, err);
	if (rc < 0)
		return rc;
	r = sk_reader(sk_span(edge, BLOB_TAIL));
	if (sk_read_u32le(&r) != sum || sk_read_u32le(&r) != length ||
	    sk_read_u32le(&r) != MAGIC_TAIL)
		return sk_err_set(err, SK_EINTEGRITY, "its checksum is wrong");
	return 0;
}

/* Blobs do not overlap: together they cannot take more blocks than the file has. */
static int visit_slot(struct sk_rpmdb_walk *walk, const struct slot *slot, struct sk_err *err)
{
	struct sk_err why = SK_ERR_INIT;
	int rc;

	if (slot->magic != MAGIC_SLOT) {
		sk_rpmdb_issue(walk, "a slot does not begin as it should");
		return 0;
	}
	if (slot->package == 0)
		return 0;
	if (slot->count > walk->pages)
		return sk_err_set(err, SK_ELIMIT, "its blobs overlap");
	walk->pages -= slot->count;
	rc = read_blob(walk, slot, &why);
	if (rc < 0) {
		sk_rpmdb_issue(walk, "package number %u: %.300s", slot->package, why.text);
		return 0;
	}
	return walk->visitor->header(walk->visitor->ctx, sk_buf_view(&walk->blob), err);
}

static int visit_slot_page(struct sk_rpmdb_walk *walk, uint32_t number, struct sk_err *err)
{
	uint8_t page[SLOT_PAGE];
	struct sk_reader r = sk_reader(sk_span(page, sizeof(page)));
	int rc = sk_file_read(walk->file, (uint64_t)number * SLOT_PAGE, page, sizeof(page), err);

	if (rc < 0)
		return rc;
	if (number == 0)
		sk_read_skip(&r, HEADER);
	while (sk_reader_more(&r)) {
		struct slot slot;

		slot.magic = sk_read_u32le(&r);
		slot.package = sk_read_u32le(&r);
		slot.offset = sk_read_u32le(&r);
		slot.count = sk_read_u32le(&r);
		rc = visit_slot(walk, &slot, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sk_rpmdb_read_ndb(struct sk_rpmdb_walk *walk, struct sk_err *err)
{
	struct sk_reader r = sk_reader(walk->file->head);
	uint32_t version, pages;

	sk_read_seek(&r, 4);
	version = sk_read_u32le(&r);
	sk_read_skip(&r, 4);
	pages = sk_read_u32le(&r);
	if (r.failed || version != 0)
		return sk_err_set(err, SK_EUNSUPPORTED, "ndb version %u", version);
	if (pages == 0 || pages > walk->file->size / SLOT_PAGE)
		return sk_err_set(err, SK_EINVAL, "cut off: not even its %u slot pages are there",
				  pages);
	walk->pages = walk->file->size / BLOCK;
	for (uint32_t i = 0; i < pages; i++) {
		int rc = visit_slot_page(walk, i, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
