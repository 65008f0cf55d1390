/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LMDB trusts its file: a wrong page number in it is a wild pointer. Our file
 * has a fixed shape (two meta pages, one leaf with nine entries, each of them
 * a run of overflow pages), which is checked here, completely, before LMDB
 * sees it. Layout: lmdb.h and mdb.c of LMDB 0.9, data version 1, little endian
 * 64-bit.
 */
#include "vuln/db-format.h"

enum {
	PAGE_HEADER = 16,
	PAGE_LEAF = 0x02,
	PAGE_OVERFLOW = 0x04,
	PAGE_META = 0x08,
	NODE_HEADER = 8,
	NODE_BIG = 0x01,
	DB_SIZE = 48, /* struct MDB_db */
	META_MAPSIZE = PAGE_HEADER + 16,
	META_DBS = PAGE_HEADER + 24,
	META_LAST = META_DBS + 2 * DB_SIZE,
};
#define META_MAGIC 0xbeefc0deu
#define MAX_MAP (64ull << 30)

struct meta {
	uint64_t txn, last, root, entries, mapsize;
	uint32_t page;
	uint16_t depth;
	uint16_t flags;
};

static int broken(struct sk_err *err, const char *what)
{
	return sk_err_set(err, SK_EINTEGRITY, "not a usable advisory database: %s", what);
}

static bool read_meta(struct sk_span file, size_t at, struct meta *out)
{
	struct sk_reader whole = sk_reader(file);
	struct sk_reader r = sk_read_window(&whole, at, META_LAST + 16);

	sk_read_skip(&r, 10);
	if (!(sk_read_u16le(&r) & PAGE_META))
		return false;
	sk_read_skip(&r, 4);
	if (sk_read_u32le(&r) != META_MAGIC || sk_read_u32le(&r) != 1)
		return false;
	sk_read_seek(&r, META_MAPSIZE);
	out->mapsize = sk_read_u64le(&r);
	out->page = sk_read_u32le(&r); /* the free list's md_pad holds the page size */
	sk_read_seek(&r, META_DBS + DB_SIZE + 4);
	out->flags = sk_read_u16le(&r);
	out->depth = sk_read_u16le(&r);
	sk_read_skip(&r, 24);
	out->entries = sk_read_u64le(&r);
	out->root = sk_read_u64le(&r);
	out->last = sk_read_u64le(&r);
	out->txn = sk_read_u64le(&r);
	return !r.failed;
}

/* The newer of the two meta pages, as LMDB chooses it. */
static int choose_meta(struct sk_span file, struct meta *out, struct sk_err *err)
{
	struct meta second;

	if (!read_meta(file, 0, out))
		return broken(err, "it does not begin like one");
	if (out->page < 512 || out->page > 65536 || (out->page & (out->page - 1)))
		return broken(err, "page size");
	if (!read_meta(file, out->page, &second) || second.page != out->page)
		return broken(err, "second header");
	if (second.txn > out->txn)
		*out = second;
	if (out->last >= file.len / out->page)
		return broken(err, "it is cut off");
	if (out->mapsize > MAX_MAP || out->flags || out->depth != 1 ||
	    out->entries != SK_SECTION_COUNT || out->root < 2 || out->root > out->last)
		return broken(err, "its tree has not the expected shape");
	return 0;
}

/* The value of one node: its overflow pages, all inside. */
static int read_node(struct sk_span file, const struct meta *meta, struct sk_reader *leaf,
		     struct sk_span *ret_key, struct sk_span *ret_value, struct sk_err *err)
{
	struct sk_reader pages = sk_reader(file);
	uint64_t size = sk_read_u16le(leaf), page, count;
	uint16_t flags, key_size;

	size |= (uint64_t)sk_read_u16le(leaf) << 16;
	flags = sk_read_u16le(leaf);
	key_size = sk_read_u16le(leaf);
	*ret_key = sk_read_bytes(leaf, key_size);
	page = sk_read_u64le(leaf);
	if (leaf->failed || flags != NODE_BIG || page < 2 || page > meta->last)
		return broken(err, "an entry's place");
	count = (PAGE_HEADER + size + meta->page - 1) / meta->page;
	if (count > meta->last - page + 1)
		return broken(err, "an entry's size");
	sk_read_seek(&pages, page * meta->page);
	if (sk_read_u64le(&pages) != page)
		return broken(err, "an entry's page number");
	sk_read_skip(&pages, 2);
	if (sk_read_u16le(&pages) != PAGE_OVERFLOW || sk_read_u32le(&pages) < count)
		return broken(err, "an entry's page");
	*ret_value = sk_read_bytes(&pages, size);
	return pages.failed ? broken(err, "an entry's end") : 0;
}

/* Keys in LMDB's order, which is that of their bytes. */
static int section_of(struct sk_span key)
{
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		if (sk_span_is(key, sk_section_names[i]))
			return i;
	return -1;
}

int sk_db_pages(struct sk_span file, struct sk_db_sections *ret_sections, struct sk_err *err)
{
	struct sk_reader whole = sk_reader(file), leaf;
	struct sk_db_sections sections = { 0 };
	struct sk_span last = { 0 };
	struct meta meta;
	int r = choose_meta(file, &meta, err);

	if (r < 0)
		return r;
	leaf = sk_read_window(&whole, meta.root * meta.page, meta.page);
	if (sk_read_u64le(&leaf) != meta.root)
		return broken(err, "the leaf's page number");
	sk_read_skip(&leaf, 2);
	if (sk_read_u16le(&leaf) != PAGE_LEAF ||
	    sk_read_u16le(&leaf) != PAGE_HEADER + 2 * SK_SECTION_COUNT)
		return broken(err, "the leaf");
	for (size_t i = 0; i < SK_SECTION_COUNT; i++) {
		struct sk_span key, value;
		int section;

		sk_read_seek(&leaf, PAGE_HEADER + 2 * i);
		sk_read_seek(&leaf, sk_read_u16le(&leaf));
		r = read_node(file, &meta, &leaf, &key, &value, err);
		if (r < 0)
			return r;
		section = section_of(key);
		if (section < 0 || (i && sk_span_cmp(last, key) >= 0))
			return broken(err, "unknown content, or one of another version");
		sections.at[section] = value;
		last = key;
	}
	*ret_sections = sections;
	return 0;
}
