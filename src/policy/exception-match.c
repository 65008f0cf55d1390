/* SPDX-License-Identifier: Apache-2.0 */
/* Which exception covers which finding. */
#include "base/map.h"
#include "policy/exception-index.h"
#include "policy/glob.h"
#include "policy/product.h"
#include "policy/scope.h"

/* A VEX statement has several ids, and stands in the chain of each. */
struct link {
	struct sk_exception *exception;
	struct link *next;
};

struct sk_exception_index {
	struct sk_map by_id;  /* upper-case id: struct link */
	struct link *without; /* those without an id */
	struct sk_buf folded; /* the id that is looked for */
};

static struct sk_span fold(struct sk_buf *buf, const char *id)
{
	sk_buf_reset(buf);
	for (; *id; id++)
		sk_buf_putc(buf, *id >= 'a' && *id <= 'z' ? (char)(*id - 32) : *id);
	return sk_buf_view(buf);
}

static void push(struct sk_exceptions *x, struct link **chain, struct sk_exception *e)
{
	struct link *link = sk_arena_alloc(&x->arena, sizeof(*link));

	*link = (struct link){ e, *chain };
	*chain = link;
}

void sk_exception_index_add(struct sk_exceptions *x, struct sk_exception *e)
{
	struct sk_exception_index *index = x->index;

	if (!index)
		index = x->index = sk_alloc(sizeof(*index));
	if (!e->ids.count)
		push(x, &index->without, e);
	for (size_t i = 0; i < e->ids.count; i++) {
		struct sk_span id = fold(&index->folded, e->ids.items[i]);
		void **chain = sk_map_at(&index->by_id,
					 sk_span(sk_arena_dup(&x->arena, id), id.len), NULL);

		push(x, (struct link **)chain, e);
	}
}

void sk_exception_index_free(struct sk_exception_index *index)
{
	if (!index)
		return;
	sk_map_release(&index->by_id);
	sk_buf_release(&index->folded);
	free(index);
}

/* ---- one exception and one finding ---- */

/* What is asked of many exceptions. */
struct subject {
	struct sk_exceptions *x;
	const struct sk_inventory *inv;
	const struct sk_finding *finding;
	size_t number; /* of it */
	struct sk_purl purl;
	bool has_purl;
	int64_t now;
	struct sk_exception *best;
};

/* name, "ns/name" or "ns:name" as ecosystems write it, or the source package's name. */
static bool package_matches(const struct sk_package *p, const char *name)
{
	struct sk_span s = sk_span_str(name);
	size_t ns = p->ns ? strlen(p->ns) : 0;

	if (sk_span_is(s, p->name) || (p->source_name && sk_span_is(s, p->source_name)))
		return true;
	return ns && s.len > ns + 1 && memcmp(s.ptr, p->ns, ns) == 0 &&
	       (s.ptr[ns] == '/' || s.ptr[ns] == ':') && sk_span_is(sk_span_from(s, ns + 1), p->name);
}

static bool path_matches(const struct sk_finding *f, const char *path)
{
	struct sk_span pattern = sk_span_str(path);

	if (f->path && sk_glob_match(pattern, sk_span_str(f->path)))
		return true;
	return f->package && f->package->path &&
	       sk_glob_match(pattern, sk_span_str(f->package->path));
}

static bool product_matches(const struct subject *s, const struct sk_exception *e)
{
	for (size_t i = 0; i < e->product_count; i++)
		if (sk_product_fits(e->products[i], s->inv, s->finding->package,
				    s->has_purl ? &s->purl : NULL))
			return true;
	return !e->product_count;
}

/* All but the id; the dearest question last. */
static bool covers(const struct subject *s, const struct sk_exception *e)
{
	const struct sk_package *p = s->finding->package;

	if (e->vex && s->finding->kind != SK_FINDING_VULNERABILITY)
		return false;
	if (e->package && !(p && package_matches(p, e->package)))
		return false;
	if (e->version && !(p && p->version && strcmp(p->version, e->version) == 0))
		return false;
	if (e->path && !path_matches(s->finding, e->path))
		return false;
	if (!product_matches(s, e))
		return false;
	return !e->program || sk_scope_holds(s->x->scopes, e->program, s->number);
}

/* Our own before what others say; of ours one that hides and the first, of theirs the newest and last. */
static bool is_better(const struct sk_exception *a, const struct sk_exception *b)
{
	bool hides = a->says.status <= SK_VEX_FIXED;

	if (a->vex != b->vex)
		return !a->vex;
	if (!a->vex)
		return hides != (b->says.status <= SK_VEX_FIXED) ? hides : a->order < b->order;
	return a->time != b->time ? a->time > b->time : a->order > b->order;
}

static void try_chain(struct subject *s, const struct link *link)
{
	for (; link; link = link->next) {
		struct sk_exception *e = link->exception;

		if (sk_exception_state(s->x, e, s->now) != SK_EXCEPTION_ACTIVE || !covers(s, e))
			continue;
		e->hits++;
		if (!s->best || is_better(e, s->best))
			s->best = e;
	}
}

static void find(struct subject *s)
{
	struct sk_exception_index *index = s->x->index;
	const struct sk_finding *f = s->finding;

	if (f->id)
		try_chain(s, sk_map_get(&index->by_id, fold(&index->folded, f->id)));
	for (size_t i = 0; i < f->aliases.count; i++)
		try_chain(s, sk_map_get(&index->by_id, fold(&index->folded, f->aliases.items[i])));
	try_chain(s, index->without);
}

size_t sk_exceptions_apply(struct sk_exceptions *x, const struct sk_inventory *inv, int64_t now,
			   struct sk_finding **findings, size_t count)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	size_t hidden = 0;

	if (x->scopes)
		sk_scopes_begin(x->scopes, inv, x->stage, x->risk_class, now, findings, count);
	for (size_t i = 0; x->index && i < count; i++) {
		struct subject s = { .x = x, .inv = inv, .finding = findings[i], .number = i, .now = now };
		const struct sk_package *p = findings[i]->package;

		s.has_purl = p && p->purl &&
			     sk_purl_parse(&s.purl, sk_span_str(p->purl), &arena, NULL) == 0;
		find(&s);
		if (s.best)
			findings[i]->statement = &s.best->says;
		hidden += sk_finding_ignored(findings[i]);
	}
	return hidden;
}
