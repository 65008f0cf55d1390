/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest version above the installed one that none of the records calls affected. */
#include "vuln/match-internal.h"

/* Records with more fixed versions than this are not real; the smallest of them are looked at. */
enum { MOST_CANDIDATES = 64 };

struct candidates {
	SK_VEC(struct sk_span) list;
};

static void candidates_release(struct candidates *c)
{
	sk_vec_release(&c->list);
}

static void gather(const struct sk_subject *s, const struct sk_hit *hit, struct candidates *c)
{
	for (size_t e = 0; e < hit->entry_count; e++) {
		struct sk_reader intervals = hit->entries[e].intervals;
		struct sk_interval in;

		for (uint32_t i = 0; i < hit->entries[e].interval_count; i++)
			if (sk_db_interval(&intervals, &in) && in.end == SK_BOUND_FIXED &&
			    s->scheme->compare(in.to, s->version) > 0)
				*sk_vec_push(&c->list) = in.to;
	}
}

static int version_cmp(const void *a, const void *b, void *scheme)
{
	return ((const struct sk_scheme *)scheme)
	    ->compare(*(const struct sk_span *)a, *(const struct sk_span *)b);
}

static bool affected_by(const struct sk_hit *hit, const struct sk_scheme *scheme,
			struct sk_span version)
{
	for (size_t e = 0; e < hit->entry_count; e++)
		if (sk_entry_affects(&hit->entries[e], scheme, version))
			return true;
	return false;
}

static bool affected_by_any(const struct sk_hit *const *hits, size_t count,
			    const struct sk_scheme *scheme, struct sk_span version)
{
	for (size_t i = 0; i < count; i++)
		if (affected_by(hits[i], scheme, version))
			return true;
	return false;
}

/* The smallest fixed version of these records that satisfies all of them; empty if there is none.
 */
static struct sk_span best_of(const struct sk_subject *s, const struct sk_hit *const *hits,
			      size_t count)
{
	sk_cleanup(candidates_release) struct candidates c = { 0 };

	for (size_t i = 0; i < count; i++)
		gather(s, hits[i], &c);
	if (c.list.len)
		qsort_r(c.list.data, c.list.len, sizeof(struct sk_span), version_cmp,
			(void *)s->scheme);
	for (size_t i = 0, looked = 0; i < c.list.len && looked < MOST_CANDIDATES; i++) {
		if (i && s->scheme->compare(c.list.data[i - 1], c.list.data[i]) == 0)
			continue;
		looked++;
		if (!affected_by_any(hits, count, s->scheme, c.list.data[i]))
			return c.list.data[i];
	}
	return sk_span(NULL, 0);
}

const char *sk_match_fix(const struct sk_subject *s, const struct sk_hit *const *hits, size_t count,
			 struct sk_arena *arena)
{
	struct sk_span fix = best_of(s, hits, count);
	bool satisfies_all = fix.len > 0;

	/* One record may know of no fix where another does: then the latest of those that are
	 * known. */
	for (size_t i = 0; !satisfies_all && count > 1 && i < count; i++) {
		struct sk_span one = best_of(s, &hits[i], 1);

		if (one.len && (!fix.len || s->scheme->compare(one, fix) > 0))
			fix = one;
	}
	return fix.len ? sk_arena_dup(arena, fix) : NULL;
}
