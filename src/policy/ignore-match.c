/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry covers which finding. */
#include "base/map.h"
#include "policy/glob.h"
#include "policy/ignore-index.h"

struct sk_ignore_index {
	struct sk_map by_id;		 /* upper-case id: chain of entries */
	struct sk_ignore_entry *without; /* entries without an id */
	struct sk_buf folded;		 /* the id that is looked for */
};

static struct sk_span fold(struct sk_buf *buf, const char *id)
{
	sk_buf_reset(buf);
	for (; *id; id++)
		sk_buf_putc(buf, *id >= 'a' && *id <= 'z' ? (char)(*id - 32) : *id);
	return sk_buf_view(buf);
}

void sk_ignore_index_add(struct sk_ignore *ignore, struct sk_ignore_entry *e)
{
	struct sk_ignore_index *index = ignore->index;
	struct sk_span id;
	void **chain;

	if (!index)
		index = ignore->index = sk_alloc(sizeof(*index));
	if (!e->id) {
		e->next = index->without;
		index->without = e;
		return;
	}
	id = fold(&index->folded, e->id);
	chain = sk_map_at(&index->by_id, sk_span(sk_arena_dup(&ignore->arena, id), id.len), NULL);
	e->next = *chain;
	*chain = e;
}

void sk_ignore_index_free(struct sk_ignore_index *index)
{
	if (!index)
		return;
	sk_map_release(&index->by_id);
	sk_buf_release(&index->folded);
	free(index);
}

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

/* Cuts qualifiers and subpath off; and the version, into ret_version. */
static struct sk_span purl_base(struct sk_span purl, struct sk_span *ret_version)
{
	ptrdiff_t cut = sk_span_chr(purl, '#'), at, slash;

	if (cut >= 0)
		purl = sk_span_sub(purl, 0, (size_t)cut);
	cut = sk_span_chr(purl, '?');
	if (cut >= 0)
		purl = sk_span_sub(purl, 0, (size_t)cut);
	at = sk_span_rchr(purl, '@');
	slash = sk_span_rchr(purl, '/');
	*ret_version = sk_span(NULL, 0);
	/* An '@' before the last '/' belongs to an npm scope that was not encoded. */
	if (at < 0 || at < slash)
		return purl;
	*ret_version = sk_span_from(purl, (size_t)at + 1);
	return sk_span_sub(purl, 0, (size_t)at);
}

static struct sk_span purl_qualifiers(struct sk_span purl)
{
	ptrdiff_t at = sk_span_chr(purl, '#');

	if (at >= 0)
		purl = sk_span_sub(purl, 0, (size_t)at);
	at = sk_span_chr(purl, '?');
	return at < 0 ? sk_span(NULL, 0) : sk_span_from(purl, (size_t)at + 1);
}

/* Every qualifier that the entry names must be the package's too; others do not matter. */
static bool qualifiers_match(struct sk_span wanted, struct sk_span there)
{
	struct sk_span want, rest, have;

	while (sk_span_split(&wanted, '&', &want)) {
		bool found = false;

		rest = there;
		while (!found && sk_span_split(&rest, '&', &have))
			found = sk_span_eq(want, have);
		if (!found)
			return false;
	}
	return true;
}

static bool purl_matches(const struct sk_package *p, const char *purl)
{
	struct sk_span entry = sk_span_str(purl), package = sk_span_str(p->purl), want, have;

	if (!sk_span_eq(purl_base(entry, &want), purl_base(package, &have)))
		return false;
	return (!want.len || sk_span_eq(want, have)) &&
	       qualifiers_match(purl_qualifiers(entry), purl_qualifiers(package));
}

static bool path_matches(const struct sk_finding *f, const char *path)
{
	struct sk_span pattern = sk_span_str(path);

	if (f->path && sk_glob_match(pattern, sk_span_str(f->path)))
		return true;
	return f->package && f->package->path &&
	       sk_glob_match(pattern, sk_span_str(f->package->path));
}

/* All but the id. */
static bool covers(const struct sk_ignore_entry *e, const struct sk_finding *f)
{
	const struct sk_package *p = f->package;

	if (e->package && !(p && package_matches(p, e->package)))
		return false;
	if (e->version && !(p && p->version && strcmp(p->version, e->version) == 0))
		return false;
	if (e->purl && !(p && p->purl && purl_matches(p, e->purl)))
		return false;
	return !e->path || path_matches(f, e->path);
}

static struct sk_ignore_entry *find_in(struct sk_ignore_entry *chain, const struct sk_finding *f)
{
	for (; chain; chain = chain->next)
		if (covers(chain, f))
			return chain;
	return NULL;
}

static struct sk_ignore_entry *find(struct sk_ignore_index *index, const struct sk_finding *f)
{
	struct sk_ignore_entry *e = NULL;

	if (f->id)
		e = find_in(sk_map_get(&index->by_id, fold(&index->folded, f->id)), f);
	for (size_t i = 0; i < f->aliases.count && !e; i++)
		e = find_in(sk_map_get(&index->by_id, fold(&index->folded, f->aliases.items[i])), f);
	return e ? e : find_in(index->without, f);
}

size_t sk_ignore_apply(struct sk_ignore *ignore, struct sk_finding **findings, size_t count)
{
	size_t hidden = 0;

	for (size_t i = 0; ignore->index && i < count; i++) {
		struct sk_ignore_entry *e = find(ignore->index, findings[i]);

		if (!e)
			continue;
		findings[i]->ignored_reason = e->reason;
		findings[i]->ignored_owner = e->owner;
		findings[i]->ignored_until = e->expires;
		e->hits++;
		hidden++;
	}
	return hidden;
}
