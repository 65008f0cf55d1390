/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/build.h"

#include "vuln/ecosystem.h"

#include <stdio.h>

void sk_builder_release(struct sk_builder *b)
{
	for (size_t i = 0; i < b->packages.entries.len; i++) {
		struct sk_build_package *p = b->packages.entries.data[i].value;

		sk_vec_release(&p->entries);
	}
	sk_map_release(&b->packages);
	sk_map_release(&b->cves);
	sk_map_release(&b->id_numbers);
	sk_vec_release(&b->ids);
	sk_vec_release(&b->records);
	sk_vec_release(&b->sources);
	sk_buf_release(&b->scratch);
	sk_buf_release(&b->name);
	sk_arena_release(&b->arena);
}

void sk_builder_note(struct sk_builder *b, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (!b->options || !b->options->note)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	b->options->note(b->options->ctx, text);
}

static struct sk_span keep(struct sk_builder *b, struct sk_span s)
{
	return sk_span(sk_arena_dup(&b->arena, s), s.len);
}

static uint32_t id_number(struct sk_builder *b, struct sk_span text)
{
	uintptr_t known = (uintptr_t)sk_map_get(&b->id_numbers, text);

	if (!known) {
		struct sk_build_id *id = sk_vec_push(&b->ids);

		id->text = keep(b, text);
		known = b->ids.len;
		sk_map_put(&b->id_numbers, id->text, (void *)known);
	}
	return (uint32_t)known - 1;
}

static struct sk_build_ids id_numbers(struct sk_builder *b, const struct sk_spans *texts)
{
	struct sk_build_ids out = { 0 };

	if (!texts->count)
		return out;
	out.items = sk_arena_alloc(&b->arena, texts->count * sizeof(*out.items));
	for (size_t i = 0; i < texts->count; i++)
		out.items[out.count++] = id_number(b, texts->items[i]);
	return out;
}

static struct sk_span pack_strings(struct sk_builder *b, const struct sk_spans *texts)
{
	sk_buf_reset(&b->scratch);
	sk_buf_varint(&b->scratch, texts->count);
	for (size_t i = 0; i < texts->count; i++)
		sk_buf_string(&b->scratch, texts->items[i]);
	return keep(b, sk_buf_view(&b->scratch));
}

static struct sk_span pack_text(struct sk_builder *b, const struct sk_advisory *adv)
{
	sk_buf_reset(&b->scratch);
	sk_buf_string(&b->scratch, adv->title);
	sk_buf_string(&b->scratch, adv->details);
	sk_buf_varint(&b->scratch, adv->references.count);
	for (size_t i = 0; i < adv->references.count; i++)
		sk_buf_string(&b->scratch, adv->references.items[i]);
	return keep(b, sk_buf_view(&b->scratch));
}

static struct sk_span pack_affected(struct sk_builder *b, const struct sk_affected *a)
{
	struct sk_buf *out = &b->scratch;
	sk_cleanup(sk_buf_release) struct sk_buf part = { 0 };
	unsigned flags = a->severity & SK_DB_ENTRY_SEVERITY;

	sk_buf_reset(out);
	flags |= a->wont_fix ? SK_DB_ENTRY_WONT_FIX : 0;
	flags |= a->modular ? SK_DB_ENTRY_MODULAR : 0;
	sk_buf_u8(out, (uint8_t)flags);
	for (size_t i = 0; i < a->interval_count; i++)
		sk_db_put_interval(&part, &a->intervals[i]);
	sk_buf_varint(out, a->interval_count);
	sk_buf_string(out, sk_buf_view(&part));
	sk_buf_reset(&part);
	for (size_t i = 0; i < a->version_count; i++)
		sk_buf_string(&part, a->versions[i]);
	sk_buf_varint(out, a->version_count);
	sk_buf_string(out, sk_buf_view(&part));
	return keep(b, sk_buf_view(out));
}

static struct sk_build_package *package_of(struct sk_builder *b, const struct sk_affected *a)
{
	struct sk_buf *key = &b->name;
	struct sk_build_package *p;
	size_t length;

	sk_ecosystem_name(a->ecosystem, a->name, key);
	length = key->len;
	sk_buf_putc(key, '\0');
	sk_buf_span(key, a->ecosystem);
	p = sk_map_get(&b->packages, sk_buf_view(key));
	if (!p) {
		struct sk_span kept = keep(b, sk_buf_view(key));

		p = sk_arena_alloc(&b->arena, sizeof(*p));
		p->name = sk_span_sub(kept, 0, length);
		p->ecosystem = sk_span_from(kept, length + 1);
		sk_map_put(&b->packages, kept, p);
	}
	return p;
}

static void add_affected(struct sk_builder *b, const struct sk_affected *a, uint32_t record)
{
	struct sk_build_package *p = package_of(b, a);
	struct sk_span body = pack_affected(b, a);
	struct sk_build_entry *entry;

	/* Publishers repeat themselves. */
	if (p->entries.len) {
		entry = &p->entries.data[p->entries.len - 1];
		if (entry->record == record && sk_span_eq(entry->body, body))
			return;
	}
	entry = sk_vec_push(&p->entries);
	entry->record = record;
	entry->body = body;
}

/* True if a record of this id that is at least as new is there already. */
static bool superseded(struct sk_builder *b, uint32_t id, int64_t modified)
{
	struct sk_build_record *old;

	if (!b->ids.data[id].record)
		return false;
	old = &b->records.data[b->ids.data[id].record - 1];
	if (old->modified >= modified)
		return true;
	old->dead = true;
	return false;
}

void sk_builder_add(struct sk_builder *b, const struct sk_advisory *adv)
{
	uint32_t id = id_number(b, adv->id), number = (uint32_t)b->records.len;
	struct sk_build_record *rec;

	if (superseded(b, id, adv->modified))
		return;
	rec = sk_vec_push(&b->records);
	b->ids.data[id].record = number + 1;
	rec->id = id;
	rec->withdrawn = adv->withdrawn;
	rec->published = adv->published;
	rec->modified = adv->modified;
	if (adv->withdrawn)
		return;
	rec->severity = adv->severity;
	rec->publisher = adv->publisher;
	rec->titled = adv->title.len > 0;
	rec->aliases = id_numbers(b, &adv->aliases);
	rec->upstream = id_numbers(b, &adv->upstream);
	rec->related = id_numbers(b, &adv->related);
	rec->modules = pack_strings(b, &adv->modules);
	rec->vectors = pack_strings(b, &adv->vectors);
	rec->text = pack_text(b, adv);
	for (size_t i = 0; i < adv->affected_count; i++) {
		add_affected(b, &adv->affected[i], number);
		if (adv->affected[i].severity > rec->affected_severity)
			rec->affected_severity = adv->affected[i].severity;
	}
}

static struct sk_build_cve *cve_of(struct sk_builder *b, struct sk_span text)
{
	struct sk_build_cve *cve = sk_map_get(&b->cves, text);
	uint32_t id;

	if (cve)
		return cve;
	id = id_number(b, text);
	cve = sk_arena_alloc(&b->arena, sizeof(*cve));
	cve->id = id;
	sk_map_put(&b->cves, b->ids.data[id].text, cve);
	return cve;
}

void sk_builder_kev(struct sk_builder *b, const struct sk_kev *kev)
{
	struct sk_build_cve *cve = cve_of(b, kev->cve);

	cve->kev = true;
	cve->kev_name = keep(b, sk_span_sub(kev->name, 0, 300));
	cve->kev_due = keep(b, sk_span_sub(kev->due, 0, 10));
}

/* Scores of CVEs that no advisory names are left out: there are 300,000. Advisories are read first.
 */
void sk_builder_epss(struct sk_builder *b, const struct sk_epss *epss)
{
	struct sk_build_cve *cve;

	if (!sk_map_get(&b->id_numbers, epss->cve))
		return;
	cve = cve_of(b, epss->cve);
	cve->scored = true;
	cve->epss = (uint32_t)(epss->score * 1e5 + 0.5);
	cve->percentile = (uint32_t)(epss->percentile * 1e5 + 0.5);
}
