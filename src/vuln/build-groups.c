/* SPDX-License-Identifier: Apache-2.0 */
/* Which vulnerabilities a record is about: aliases are one, an erratum's upstream ids are several.
 */
#include "vuln/build.h"

static bool is_cve(const struct sk_builder *b, uint32_t id)
{
	return sk_span_starts(b->ids.data[id].text, "CVE-");
}

/* The one CVE among a record's id and aliases; UINT32_MAX for none, *ret_several if there are more.
 */
static uint32_t only_cve(const struct sk_builder *b, const struct sk_build_record *rec,
			 bool *ret_several)
{
	uint32_t cve = is_cve(b, rec->id) ? rec->id : UINT32_MAX;

	*ret_several = false;
	for (uint32_t i = 0; i < rec->aliases.count; i++) {
		uint32_t id = rec->aliases.items[i];

		if (!is_cve(b, id) || id == cve)
			continue;
		*ret_several |= cve != UINT32_MAX;
		cve = id;
	}
	return cve;
}

static void learn(struct sk_builder *b, uint32_t id, uint32_t cve)
{
	struct sk_build_id *known = &b->ids.data[id];

	if (is_cve(b, id))
		return;
	if (known->cve && known->cve != cve + 1)
		known->ambiguous = true;
	known->cve = cve + 1;
}

/*
 * Records that name one CVE teach that their other ids mean this CVE, so that
 * a record which knows the GHSA id alone joins them. Only one step: chains of
 * aliases through several records would in the end join what is different.
 */
void sk_builder_learn_aliases(struct sk_builder *b)
{
	for (size_t i = 0; i < b->records.len; i++) {
		const struct sk_build_record *rec = &b->records.data[i];
		bool several;
		uint32_t cve;

		if (rec->dead || rec->withdrawn)
			continue;
		cve = only_cve(b, rec, &several);
		if (cve == UINT32_MAX || several)
			continue;
		learn(b, rec->id, cve);
		for (uint32_t k = 0; k < rec->aliases.count; k++)
			learn(b, rec->aliases.items[k], cve);
	}
}

/* The CVE that an id means, or the id itself. */
static uint32_t canonical(const struct sk_builder *b, uint32_t id)
{
	const struct sk_build_id *known = &b->ids.data[id];

	return known->cve && !known->ambiguous ? known->cve - 1 : id;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once; by number, which is enough to tell whether one is there. */
static uint32_t unique(uint32_t *ids, uint32_t count)
{
	uint32_t kept = 0;

	qsort(ids, count, sizeof(*ids), by_number);
	for (uint32_t i = 0; i < count; i++)
		if (!kept || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	return kept;
}

static bool contains(const struct sk_build_ids *set, uint32_t id)
{
	return set->count && bsearch(&id, set->items, set->count, sizeof(id), by_number);
}

/* The record's own id, its aliases, and the CVE that these mean. */
static struct sk_build_ids own_group(const struct sk_builder *b, const struct sk_build_record *rec,
				     struct sk_arena *arena)
{
	struct sk_build_ids group;
	bool several, named = only_cve(b, rec, &several) != UINT32_MAX;
	uint32_t n = 0;

	group.items =
	    sk_arena_alloc(arena, (2 * (size_t)rec->aliases.count + 2) * sizeof(*group.items));
	for (uint32_t i = 0; i <= rec->aliases.count; i++) {
		uint32_t id = i ? rec->aliases.items[i - 1] : rec->id;

		group.items[n++] = id;
		if (!named)
			group.items[n++] = canonical(b, id);
	}
	group.count = unique(group.items, n);
	return group;
}

/* What the record is about beyond its aliases: its upstream ids, or an erratum's related CVEs. */
static struct sk_build_ids others(const struct sk_builder *b, const struct sk_build_record *rec,
				  const struct sk_build_ids *own, struct sk_arena *arena)
{
	const struct sk_build_ids *from = &rec->upstream;
	struct sk_build_ids out = { 0 };
	bool several, errata = false;

	if (!from->count && rec->publisher->errata && only_cve(b, rec, &several) == UINT32_MAX) {
		from = &rec->related;
		errata = true;
	}
	out.items = sk_arena_alloc(arena, (from->count + 1) * sizeof(*out.items));
	for (uint32_t i = 0; i < from->count; i++) {
		uint32_t id = canonical(b, from->items[i]);

		if (!contains(own, id) && !contains(own, from->items[i]) &&
		    (!errata || is_cve(b, id)))
			out.items[out.count++] = id;
	}
	out.count = unique(out.items, out.count);
	return out;
}

static bool group_has_cve(const struct sk_builder *b, const struct sk_build_ids *group)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (is_cve(b, group->items[i]))
			return true;
	return false;
}

struct sk_build_groups sk_builder_groups(struct sk_builder *b, const struct sk_build_record *rec,
					 struct sk_arena *arena)
{
	struct sk_build_ids own = own_group(b, rec, arena);
	struct sk_build_ids more = others(b, rec, &own, arena);
	struct sk_build_groups out = { 0 };

	out.items = sk_arena_alloc(arena, ((size_t)more.count + 1) * sizeof(*out.items));
	/* One upstream id is what a distribution's record is about: another name for the same. */
	if (more.count == 1 && !group_has_cve(b, &own)) {
		uint32_t *joined = sk_arena_alloc(arena, (own.count + 1) * sizeof(*joined));

		memcpy(joined, own.items, own.count * sizeof(*joined));
		joined[own.count] = more.items[0];
		own.items = joined;
		own.count = unique(joined, own.count + 1);
		more.count = 0;
	}
	if (!more.count || group_has_cve(b, &own))
		out.items[out.count++] = own;
	for (uint32_t i = 0; i < more.count; i++)
		out.items[out.count++] = (struct sk_build_ids){ &more.items[i], 1 };
	return out;
}
