/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/build.h"

#include "base/time.h"

struct order {
	struct sk_build_record **records;
	struct sk_build_package **packages;
	size_t record_count, package_count;
};

static void order_release(struct order *o)
{
	free(o->records);
	free(o->packages);
}

static int record_cmp(const void *a, const void *b, void *arg)
{
	const struct sk_builder *builder = arg;
	const struct sk_build_record *x = *(struct sk_build_record *const *)a;
	const struct sk_build_record *y = *(struct sk_build_record *const *)b;

	return sk_span_cmp(builder->ids.data[x->id].text, builder->ids.data[y->id].text);
}

static int package_cmp(const void *a, const void *b)
{
	const struct sk_build_package *x = *(struct sk_build_package *const *)a;
	const struct sk_build_package *y = *(struct sk_build_package *const *)b;
	int r = sk_span_cmp(x->ecosystem, y->ecosystem);

	return r ? r : sk_span_cmp(x->name, y->name);
}

static bool alive(const struct sk_build_record *rec)
{
	return !rec->dead && !rec->withdrawn;
}

/* Entries of records that count; sorted by their numbers, in the record's order within one. */
static void prune(const struct sk_builder *b, struct sk_build_package *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->entries.len; i++)
		if (alive(&b->records.data[p->entries.data[i].record]))
			p->entries.data[kept++] = p->entries.data[i];
	p->entries.len = kept;
}

static void sort_all(struct sk_builder *b, struct order *o)
{
	o->records = sk_realloc(NULL, b->records.len + 1, sizeof(struct sk_build_record *));
	for (size_t i = 0; i < b->records.len; i++)
		if (alive(&b->records.data[i]))
			o->records[o->record_count++] = &b->records.data[i];
	qsort_r(o->records, o->record_count, sizeof(struct sk_build_record *), record_cmp, b);
	for (size_t i = 0; i < o->record_count; i++)
		o->records[i]->number = (uint32_t)i;

	o->packages =
	    sk_realloc(NULL, b->packages.entries.len + 1, sizeof(struct sk_build_package *));
	for (size_t i = 0; i < b->packages.entries.len; i++) {
		struct sk_build_package *p = b->packages.entries.data[i].value;

		prune(b, p);
		if (p->entries.len)
			o->packages[o->package_count++] = p;
	}
	qsort(o->packages, o->package_count, sizeof(struct sk_build_package *), package_cmp);
}

static uint32_t put_ecosystems(struct order *o, struct sk_buf *out)
{
	sk_cleanup(sk_buf_release) struct sk_buf list = { 0 };
	uint32_t count = 0;

	for (size_t i = 0, first = 0; i < o->package_count; i++) {
		struct sk_build_package *p = o->packages[i];
		bool last = i + 1 == o->package_count ||
			    !sk_span_eq(p->ecosystem, o->packages[i + 1]->ecosystem);

		p->ecosystem_number = count;
		if (!last)
			continue;
		sk_buf_string(&list, p->ecosystem);
		sk_buf_varint(&list, i + 1 - first);
		first = i + 1;
		count++;
	}
	sk_buf_varint(out, count);
	sk_buf_span(out, sk_buf_view(&list));
	return count;
}

static int entry_cmp(const void *a, const void *b, void *arg)
{
	const struct sk_builder *builder = arg;
	const struct sk_build_entry *x = a, *y = b;
	uint32_t m = builder->records.data[x->record].number;
	uint32_t n = builder->records.data[y->record].number;

	return m != n ? (m < n ? -1 : 1) : sk_span_cmp(x->body, y->body);
}

static void put_package(struct sk_builder *b, struct sk_build_package *p, struct sk_buf *out)
{
	sk_cleanup(sk_buf_release) struct sk_buf entries = { 0 };

	qsort_r(p->entries.data, p->entries.len, sizeof(p->entries.data[0]), entry_cmp, b);
	for (size_t i = 0; i < p->entries.len; i++) {
		sk_buf_varint(&entries, b->records.data[p->entries.data[i].record].number);
		sk_buf_span(&entries, p->entries.data[i].body);
	}
	sk_buf_varint(out, p->ecosystem_number);
	sk_buf_string(out, p->name);
	sk_buf_varint(out, p->entries.len);
	sk_buf_string(out, sk_buf_view(&entries));
}

static void put_slot(uint8_t *slots, size_t mask, uint64_t hash, uint32_t place)
{
	size_t i = hash & mask;
	uint32_t words[2] = { (uint32_t)(hash >> 32), place + 1 };

	while (slots[i * 8 + 4] | slots[i * 8 + 5] | slots[i * 8 + 6] | slots[i * 8 + 7])
		i = (i + 1) & mask;
	for (size_t w = 0; w < 2; w++)
		for (size_t k = 0; k < 4; k++)
			slots[i * 8 + w * 4 + k] = (uint8_t)(words[w] >> (8 * k));
}

static int put_packages(struct sk_builder *b, struct order *o, struct sk_buf *index,
			struct sk_buf *packages, struct sk_err *err)
{
	size_t slots = 16;

	while (slots < o->package_count * 2)
		slots *= 2;
	memset(sk_buf_reserve(index, slots * SK_DB_SLOT), 0, slots * SK_DB_SLOT);
	index->len = slots * SK_DB_SLOT;
	for (size_t i = 0; i < o->package_count; i++) {
		struct sk_build_package *p = o->packages[i];

		if (packages->len >= UINT32_MAX - (1u << 28))
			return sk_err_set(err, SK_ELIMIT, "more package data than 32 bits address");
		put_slot((uint8_t *)index->data, slots - 1,
			 sk_db_hash(p->ecosystem_number, p->name), (uint32_t)packages->len);
		put_package(b, p, packages);
	}
	return 0;
}

static int id_cmp(const void *a, const void *b, void *arg)
{
	const struct sk_builder *builder = arg;

	return sk_id_cmp(builder->ids.data[*(const uint32_t *)a].text,
			 builder->ids.data[*(const uint32_t *)b].text);
}

static int group_cmp(const void *a, const void *b, void *arg)
{
	return id_cmp(((const struct sk_build_ids *)a)->items,
		      ((const struct sk_build_ids *)b)->items, arg);
}

static void put_groups(struct sk_builder *b, const struct sk_build_record *rec, struct sk_buf *out)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	struct sk_build_groups groups = sk_builder_groups(b, rec, &arena);

	for (uint32_t g = 0; g < groups.count; g++)
		qsort_r(groups.items[g].items, groups.items[g].count, sizeof(uint32_t), id_cmp, b);
	qsort_r(groups.items, groups.count, sizeof(groups.items[0]), group_cmp, b);
	sk_buf_varint(out, groups.count);
	for (uint32_t g = 0; g < groups.count; g++) {
		sk_buf_varint(out, groups.items[g].count);
		for (uint32_t i = 0; i < groups.items[g].count; i++)
			sk_db_put_id(out, b->ids.data[groups.items[g].items[i]].text);
	}
}

static int put_records(struct sk_builder *b, struct order *o, struct sk_buf *at, struct sk_buf *out,
		       struct sk_err *err)
{
	for (size_t i = 0; i < o->record_count; i++) {
		const struct sk_build_record *rec = o->records[i];

		if (out->len >= UINT32_MAX - (1u << 28))
			return sk_err_set(err, SK_ELIMIT, "more records than 32 bits address");
		sk_buf_u32le(at, (uint32_t)out->len);
		sk_db_put_id(out, b->ids.data[rec->id].text);
		sk_buf_u8(out, (uint8_t)(rec->severity ? rec->severity : rec->affected_severity));
		sk_buf_u8(out, (uint8_t)sk_publisher_index(rec->publisher));
		sk_buf_varint(out, (uint64_t)rec->published);
		sk_buf_varint(out, (uint64_t)rec->modified);
		put_groups(b, rec, out);
		sk_buf_span(out, rec->modules);
		sk_buf_span(out, rec->vectors);
	}
	sk_buf_u32le(at, (uint32_t)out->len);
	return 0;
}

static void put_info(struct sk_builder *b, const struct order *o, uint32_t ecosystems,
		     const struct sk_buf *sections, struct sk_buf *out)
{
	static const uint8_t none[SK_DB_DIGEST];
	int64_t created = b->options ? b->options->created : 0;

	sk_buf_u32le(out, SK_DB_MAGIC);
	sk_buf_u32le(out, SK_DB_FORMAT);
	sk_buf_u64le(out, (uint64_t)(created ? created : sk_time_now()));
	sk_buf_put(out, none, sizeof(none));
	for (int i = SK_SECTION_INFO + 1; i < SK_SECTION_COUNT; i++)
		sk_buf_u64le(out, sections[i].len);
	sk_buf_varint(out, o->record_count);
	sk_buf_varint(out, o->package_count);
	sk_buf_varint(out, ecosystems);
	sk_buf_varint(out, b->sources.len);
	for (size_t i = 0; i < b->sources.len; i++) {
		const struct sk_build_source *s = &b->sources.data[i];

		sk_buf_string(out, sk_span_str(s->name));
		sk_buf_u64le(out, (uint64_t)s->date);
		sk_buf_varint(out, s->records);
		sk_buf_varint(out, s->broken);
		sk_buf_varint(out, s->withdrawn);
	}
}

int sk_builder_sections(struct sk_builder *b, struct sk_buf out[SK_SECTION_COUNT],
			struct sk_err *err)
{
	sk_cleanup(order_release) struct order o = { 0 };
	struct sk_db_sections sections;
	uint32_t ecosystems;
	int r;

	sk_builder_learn_aliases(b);
	sort_all(b, &o);
	ecosystems = put_ecosystems(&o, &out[SK_SECTION_ECOSYSTEMS]);
	r = put_packages(b, &o, &out[SK_SECTION_INDEX], &out[SK_SECTION_PACKAGES], err);
	if (r == 0)
		r = put_records(b, &o, &out[SK_SECTION_RECORD_AT], &out[SK_SECTION_RECORDS], err);
	if (r == 0)
		r = sk_builder_texts(b, o.records, o.record_count, &out[SK_SECTION_BLOCK_AT],
				     &out[SK_SECTION_BLOCKS], err);
	if (r < 0)
		return r;
	sk_builder_cves(b, o.records, o.record_count, &out[SK_SECTION_CVES]);
	put_info(b, &o, ecosystems, out, &out[SK_SECTION_INFO]);
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sections.at[i] = sk_buf_view(&out[i]);
	return sk_db_digest(&sections, (uint8_t *)out[SK_SECTION_INFO].data + SK_DB_DIGEST_AT, err);
}
