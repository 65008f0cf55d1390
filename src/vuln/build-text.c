/* SPDX-License-Identifier: Apache-2.0 */
/* The cold part of the database: texts in compressed blocks, and the table of CVEs. */
#include "vuln/build.h"

#include <zstd.h>

/* Level 9: level 19 saves another 4 % and takes six times as long. */
enum { LEVEL = 9 };

static int close_block(struct sk_buf *raw, uint32_t first, struct sk_buf *at, struct sk_buf *blocks,
		       struct sk_err *err)
{
	size_t bound = ZSTD_compressBound(raw->len), n;

	if (blocks->len >= UINT32_MAX - (1u << 28))
		return sk_err_set(err, SK_ELIMIT, "more texts than 32 bits address");
	n = ZSTD_compress(sk_buf_reserve(blocks, bound), bound, sk_buf_str(raw), raw->len, LEVEL);
	if (ZSTD_isError(n))
		return sk_err_set(err, SK_EINVAL, "compressing texts: %s", ZSTD_getErrorName(n));
	sk_buf_u32le(at, first);
	sk_buf_u32le(at, (uint32_t)blocks->len);
	sk_buf_u32le(at, (uint32_t)raw->len);
	blocks->len += n;
	sk_buf_reset(raw);
	return 0;
}

int sk_builder_texts(const struct sk_builder *b, struct sk_build_record *const *order, size_t count,
		     struct sk_buf *at, struct sk_buf *blocks, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf raw = { 0 };
	uint32_t first = 0;

	for (size_t i = 0; i < count; i++) {
		sk_buf_string(&raw, order[i]->text);
		if (raw.len < SK_DB_BLOCK && i + 1 < count)
			continue;
		if (close_block(&raw, first, at, blocks, err) < 0)
			return -err->code;
		first = (uint32_t)i + 1;
	}
	sk_buf_u32le(at, (uint32_t)count);
	sk_buf_u32le(at, (uint32_t)blocks->len);
	sk_buf_u32le(at, 0);
	return 0;
}

/* The records that describe a CVE best, by publishers' rank and then by id. */
struct best {
	const struct sk_build_record *severity, *title;
};

static bool better(const struct sk_build_record *a, const struct sk_build_record *b)
{
	if (!b || a->publisher->rank != b->publisher->rank)
		return !b || a->publisher->rank < b->publisher->rank;
	return a->number < b->number;
}

/* Errata speak of many CVEs at once: their words describe none of them. */
static void describe(struct best *best, const struct sk_build_record *rec)
{
	bool scored = rec->severity || rec->affected_severity || rec->vectors.len > 1;

	if (rec->publisher->errata)
		return;
	if (scored && better(rec, best->severity))
		best->severity = rec;
	if (rec->titled && better(rec, best->title))
		best->title = rec;
}

static void gather(const struct sk_builder *b, const struct sk_build_record *rec, struct best *best,
		   bool *seen)
{
	const struct sk_build_ids *lists[] = { &rec->aliases, &rec->upstream, &rec->related };
	const struct sk_build_ids own = { (uint32_t *)&rec->id, 1 };

	for (size_t l = 0; l <= SK_COUNT(lists); l++) {
		const struct sk_build_ids *ids = l ? lists[l - 1] : &own;

		for (uint32_t i = 0; i < ids->count; i++) {
			const struct sk_build_id *id = &b->ids.data[ids->items[i]];
			/* By way of the GHSA id: a record may know that alone. */
			uint32_t cve = id->cve && !id->ambiguous ? id->cve - 1 : ids->items[i];

			seen[cve] = true;
			if (l < 2) /* id and aliases */
				describe(&best[cve], rec);
		}
	}
}

static void put_cve(const struct sk_builder *b, uint32_t id, const struct best *best,
		    struct sk_buf *out)
{
	struct sk_span text = b->ids.data[id].text;
	const struct sk_build_cve *cve = sk_map_get(&b->cves, text);
	sk_cleanup(sk_buf_release) struct sk_buf packed = { 0 };
	unsigned flags = 0;

	flags |= cve && cve->kev ? SK_DB_CVE_KEV : 0;
	flags |= cve && cve->scored ? SK_DB_CVE_EPSS : 0;
	flags |= best->severity ? SK_DB_CVE_SEVERITY : 0;
	flags |= best->title ? SK_DB_CVE_TITLE : 0;
	sk_db_put_id(&packed, text);
	sk_buf_string(out, sk_buf_view(&packed));
	sk_buf_u8(out, (uint8_t)flags);
	if (flags & SK_DB_CVE_KEV) {
		sk_buf_string(out, cve->kev_name);
		sk_buf_string(out, cve->kev_due);
	}
	if (flags & SK_DB_CVE_EPSS) {
		sk_buf_u32le(out, cve->epss);
		sk_buf_u32le(out, cve->percentile);
	}
	if (flags & SK_DB_CVE_SEVERITY)
		sk_buf_varint(out, best->severity->number);
	if (flags & SK_DB_CVE_TITLE)
		sk_buf_varint(out, best->title->number);
}

struct packed_cve {
	uint32_t id;
	struct sk_span packed; /* as the table is sorted */
};

static int packed_cmp(const void *a, const void *b)
{
	return sk_span_cmp(((const struct packed_cve *)a)->packed,
			   ((const struct packed_cve *)b)->packed);
}

static void put_sorted(const struct sk_builder *b, struct packed_cve *list, size_t count,
		       const struct best *best, struct sk_buf *out)
{
	sk_cleanup(sk_buf_release) struct sk_buf pool = { 0 };

	qsort(list, count, sizeof(*list), packed_cmp);
	sk_buf_u32le(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		sk_buf_u32le(out, (uint32_t)pool.len);
		put_cve(b, list[i].id, &best[list[i].id], &pool);
	}
	sk_buf_span(out, sk_buf_view(&pool));
}

void sk_builder_cves(struct sk_builder *b, struct sk_build_record *const *order, size_t count,
		     struct sk_buf *out)
{
	sk_autofree struct best *best = sk_alloc((b->ids.len + 1) * sizeof(*best));
	sk_autofree bool *seen = sk_alloc(b->ids.len + 1);
	sk_autofree struct packed_cve *list = sk_alloc((b->ids.len + 1) * sizeof(*list));
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf packed = { 0 };
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		gather(b, order[i], best, seen);
	for (uint32_t id = 0; id < b->ids.len; id++) {
		struct sk_span text = b->ids.data[id].text;

		if (!seen[id] || !sk_span_starts(text, "CVE-") ||
		    (!best[id].severity && !best[id].title && !sk_map_get(&b->cves, text)))
			continue;
		sk_buf_reset(&packed);
		sk_db_put_id(&packed, text);
		list[used++] =
		    (struct packed_cve){ id, sk_span(sk_arena_dup(&arena, sk_buf_view(&packed)),
						     packed.len) };
	}
	put_sorted(b, list, used, best, out);
}
