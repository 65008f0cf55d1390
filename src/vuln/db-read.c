/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups, in place and bounded. */
#include "base/limits.h"
#include "vuln/db-internal.h"

#include <zstd.h>

static int broken(struct sk_err *err, const char *what)
{
	return sk_err_set(err, SK_EINTEGRITY, "the advisory database is broken: %s", what);
}

/* Inside a table whose size was checked when it was opened. */
static inline uint32_t u32_at(struct sk_span table, size_t off)
{
	const uint8_t *p = (const uint8_t *)table.ptr + off;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The package at this place of the pool, if it is this one. */
static bool is_package(const struct sk_db *db, uint32_t place, uint32_t ecosystem,
		       struct sk_span name, struct sk_db_hits *ret_hits)
{
	struct sk_reader r = sk_reader(db->sections.at[SK_SECTION_PACKAGES]);
	uint64_t count;
	struct sk_span entries;

	sk_read_seek(&r, place);
	if (sk_read_varint(&r) != ecosystem || !sk_span_eq(sk_read_string(&r), name))
		return false;
	count = sk_read_varint(&r);
	entries = sk_read_string(&r);
	if (r.failed || count > UINT32_MAX)
		return false;
	ret_hits->reader = sk_reader(entries);
	ret_hits->left = (uint32_t)count;
	return true;
}

bool sk_db_find(const struct sk_db *db, int ecosystem, struct sk_span name,
		struct sk_db_hits *ret_hits)
{
	struct sk_span index = db->sections.at[SK_SECTION_INDEX];
	uint64_t hash;
	size_t slot;

	if (ecosystem < 0)
		return false;
	hash = sk_db_hash((uint32_t)ecosystem, name);
	slot = hash & db->mask;
	for (size_t probes = 0; probes <= db->mask; probes++, slot = (slot + 1) & db->mask) {
		uint32_t place = u32_at(index, slot * SK_DB_SLOT + 4);

		if (!place)
			return false;
		if (u32_at(index, slot * SK_DB_SLOT) == (uint32_t)(hash >> 32) &&
		    is_package(db, place - 1, (uint32_t)ecosystem, name, ret_hits))
			return true;
	}
	return false;
}

int sk_db_next(struct sk_db_hits *hits, struct sk_db_entry *ret_entry, struct sk_err *err)
{
	struct sk_reader *r = &hits->reader;
	uint64_t record, intervals, versions;
	uint8_t flags;

	if (!hits->left)
		return 0;
	hits->left--;
	record = sk_read_varint(r);
	flags = sk_read_u8(r);
	*ret_entry = (struct sk_db_entry){
		.record = (uint32_t)record,
		.severity = flags & SK_DB_ENTRY_SEVERITY,
		.wont_fix = flags & SK_DB_ENTRY_WONT_FIX,
		.modular = flags & SK_DB_ENTRY_MODULAR,
	};
	intervals = sk_read_varint(r);
	ret_entry->intervals = sk_reader(sk_read_string(r));
	versions = sk_read_varint(r);
	ret_entry->versions = sk_reader(sk_read_string(r));
	/* Each takes a byte at least, so that counts are as bounded as the bytes. */
	if (r->failed || record > UINT32_MAX || intervals > ret_entry->intervals.len ||
	    versions > ret_entry->versions.len || ret_entry->severity > SK_SEVERITY_CRITICAL)
		return broken(err, "package entry");
	ret_entry->interval_count = (uint32_t)intervals;
	ret_entry->version_count = (uint32_t)versions;
	return 1;
}

static const char *read_id(struct sk_reader *r, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf id = { 0 };

	if (!sk_db_get_id(r, &id))
		return "";
	return sk_arena_dup(arena, sk_buf_view(&id));
}

static const char **read_list(struct sk_reader *r, struct sk_arena *arena, size_t *ret_count,
			      const char *(*read)(struct sk_reader *, struct sk_arena *))
{
	uint64_t count = sk_read_varint(r);
	const char **list;

	if (count > sk_reader_left(r)) {
		r->failed = count > 0;
		count = 0;
	}
	list = sk_arena_alloc(arena, (count + 1) * sizeof(*list));
	for (size_t i = 0; i < count && !r->failed; i++)
		list[i] = read(r, arena);
	*ret_count = r->failed ? 0 : count;
	return list;
}

static const char *read_text(struct sk_reader *r, struct sk_arena *arena)
{
	return sk_arena_dup(arena, sk_read_string(r));
}

static void read_groups(struct sk_reader *r, struct sk_arena *arena, struct sk_db_record *out)
{
	uint64_t count = sk_read_varint(r);

	if (!count || count > sk_reader_left(r)) {
		r->failed = true;
		return;
	}
	out->groups = sk_arena_alloc(arena, count * sizeof(*out->groups));
	for (; out->group_count < count && !r->failed; out->group_count++) {
		struct sk_db_group *group = &out->groups[out->group_count];

		group->ids = read_list(r, arena, &group->count, read_id);
		if (!group->count)
			r->failed = true;
	}
}

int sk_db_record(const struct sk_db *db, uint32_t number, struct sk_arena *arena,
		 struct sk_db_record *ret_record, struct sk_err *err)
{
	struct sk_reader whole = sk_reader(db->sections.at[SK_SECTION_RECORDS]), r;
	struct sk_db_record out = { 0 };
	uint32_t from, to;

	if (number >= db->info.advisories)
		return broken(err, "record number");
	from = u32_at(db->sections.at[SK_SECTION_RECORD_AT], (size_t)number * 4);
	to = u32_at(db->sections.at[SK_SECTION_RECORD_AT], (size_t)number * 4 + 4);
	if (to < from)
		return broken(err, "record offset");
	r = sk_read_window(&whole, from, to - from);
	out.id = read_id(&r, arena);
	out.severity = sk_read_u8(&r);
	out.publisher = sk_publisher_at(sk_read_u8(&r));
	out.published = (int64_t)sk_read_varint(&r);
	out.modified = (int64_t)sk_read_varint(&r);
	read_groups(&r, arena, &out);
	out.modules = read_list(&r, arena, &out.module_count, read_text);
	out.vectors = read_list(&r, arena, &out.vector_count, read_text);
	if (r.failed || out.severity > SK_SEVERITY_CRITICAL)
		return broken(err, "record");
	*ret_record = out;
	return 0;
}

/* The block that has the record's texts: the last whose first record is not above it. */
static size_t block_of(const struct sk_db *db, uint32_t number)
{
	struct sk_span at = db->sections.at[SK_SECTION_BLOCK_AT];
	size_t low = 0, high = db->block_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u32_at(at, middle * SK_DB_BLOCK_AT) <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static int inflate_block(struct sk_db *db, size_t block, struct sk_err *err)
{
	struct sk_span at = db->sections.at[SK_SECTION_BLOCK_AT];
	size_t here = block * SK_DB_BLOCK_AT, next = here + SK_DB_BLOCK_AT, n;
	uint32_t from = u32_at(at, here + 4), size = u32_at(at, here + 8),
		 to = u32_at(at, next + 4);
	struct sk_span blocks = db->sections.at[SK_SECTION_BLOCKS];

	if (block == db->current_block)
		return 0;
	if (to < from || to > blocks.len || size > SK_DB_MAX_BLOCK)
		return broken(err, "text block");
	db->current_block = SIZE_MAX;
	sk_buf_reset(&db->block);
	n = ZSTD_decompress(sk_buf_reserve(&db->block, size), size, blocks.ptr + from, to - from);
	if (ZSTD_isError(n) || n != size)
		return broken(err, "text block");
	db->block.len = n;
	db->current_block = block;
	return 0;
}

static const char *text_or_null(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_span s = sk_read_string(r);

	return s.len ? sk_arena_dup(arena, s) : NULL;
}

int sk_db_text(struct sk_db *db, uint32_t number, struct sk_arena *arena,
	       struct sk_db_text *ret_text, struct sk_err *err)
{
	struct sk_db_text out = { 0 };
	struct sk_reader r;
	uint32_t first;
	size_t block = block_of(db, number);

	if (block >= db->block_count)
		return broken(err, "text number");
	if (inflate_block(db, block, err) < 0)
		return -err->code;
	first = u32_at(db->sections.at[SK_SECTION_BLOCK_AT], block * SK_DB_BLOCK_AT);
	r = sk_reader(sk_buf_view(&db->block));
	while (first++ < number && !r.failed)
		sk_read_string(&r);
	r = sk_reader(sk_read_string(&r));
	out.title = text_or_null(&r, arena);
	out.details = text_or_null(&r, arena);
	out.references = read_list(&r, arena, &out.reference_count, read_text);
	if (r.failed)
		return broken(err, "texts");
	*ret_text = out;
	return 0;
}

static void read_cve(struct sk_reader *r, struct sk_arena *arena, struct sk_db_cve *out)
{
	uint8_t flags = sk_read_u8(r);

	*out = (struct sk_db_cve){
		.epss = -1, .percentile = -1, .severity_record = -1, .title_record = -1
	};
	if (flags & SK_DB_CVE_KEV) {
		out->kev = true;
		out->kev_name = text_or_null(r, arena);
		out->kev_due = text_or_null(r, arena);
	}
	if (flags & SK_DB_CVE_EPSS) {
		out->epss = sk_read_u32le(r) / 1e5;
		out->percentile = sk_read_u32le(r) / 1e5;
	}
	if (flags & SK_DB_CVE_SEVERITY)
		out->severity_record = (int64_t)(sk_read_varint(r) & UINT32_MAX);
	if (flags & SK_DB_CVE_TITLE)
		out->title_record = (int64_t)(sk_read_varint(r) & UINT32_MAX);
}

int sk_db_cve(const struct sk_db *db, const char *id, struct sk_arena *arena,
	      struct sk_db_cve *ret_cve, struct sk_err *err)
{
	struct sk_reader whole = sk_reader(db->sections.at[SK_SECTION_CVES]);
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	size_t low = 0, high = sk_read_u32le(&whole), pool;

	if (whole.failed || high > whole.len / 4)
		return broken(err, "cves");
	pool = 4 + high * 4;
	sk_db_put_id(&key, sk_span_str(id));
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct sk_reader r = whole;
		int order;

		sk_read_seek(&r, 4 + middle * 4);
		sk_read_seek(&r, pool + sk_read_u32le(&r));
		order = sk_span_cmp(sk_buf_view(&key), sk_read_string(&r));
		if (!r.failed && order == 0)
			read_cve(&r, arena, ret_cve);
		if (r.failed)
			return broken(err, "cves");
		if (order == 0)
			return 1;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}
