/* SPDX-License-Identifier: Apache-2.0 */
/* Reading .sekishoignore.yaml, and what is wrong with its entries. */
#include "policy/ignore.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/time.h"
#include "doc/doc.h"
#include "policy/ignore-index.h"

enum { DAY = 86400 };

static const struct {
	const char *name;
	size_t offset;
} keys[] = {
	{ "id", offsetof(struct sk_ignore_entry, id) },
	{ "package", offsetof(struct sk_ignore_entry, package) },
	{ "version", offsetof(struct sk_ignore_entry, version) },
	{ "path", offsetof(struct sk_ignore_entry, path) },
	{ "purl", offsetof(struct sk_ignore_entry, purl) },
	{ "reason", offsetof(struct sk_ignore_entry, reason) },
	{ "owner", offsetof(struct sk_ignore_entry, owner) },
	{ "expires", offsetof(struct sk_ignore_entry, expires) },
};

/* The first problem is told; one is enough to keep an entry from counting. */
static void invalid(struct sk_ignore_entry *e, const char *text)
{
	if (!e->problem) {
		e->problem_id = "ignore-invalid";
		e->problem = text;
	}
}

static const char **field_of(struct sk_ignore_entry *e, struct sk_span key)
{
	for (size_t i = 0; i < SK_COUNT(keys); i++)
		if (sk_span_is(key, keys[i].name))
			return (const char **)(void *)((char *)e + keys[i].offset);
	return NULL;
}

static void read_key(struct sk_ignore *ignore, struct sk_ignore_entry *e, const struct sk_node *n)
{
	const char **field = field_of(e, n->key);
	struct sk_span text = sk_span_trim(sk_node_text(n));
	const char *key = sk_arena_dup(&ignore->arena, n->key);

	if (!field)
		invalid(e, sk_arena_printf(&ignore->arena,
					   "unknown key '%s'; there are id, package, version, path, "
					   "purl, reason, owner and expires",
					   key));
	else if (n->type == SK_NODE_ARRAY || n->type == SK_NODE_OBJECT)
		invalid(e, sk_arena_printf(&ignore->arena, "'%s' must be a single value", key));
	else if (text.len)
		*field = sk_arena_dup(&ignore->arena, text);
}

static void check_date(struct sk_ignore *ignore, struct sk_ignore_entry *e, int64_t now)
{
	struct sk_span text = sk_span_str(e->expires);
	int64_t until;

	if (!sk_time_parse(text, &until)) {
		invalid(e, sk_arena_printf(&ignore->arena, "'%s' is no date such as 2027-01-31",
					   e->expires));
		return;
	}
	/* A date alone means the whole day; UTC, so that it ends at one moment everywhere. */
	if (text.len == strlen("2027-01-31"))
		until += DAY;
	if (now >= until && !e->problem) {
		e->problem_id = "ignore-expired";
		e->problem = sk_arena_printf(&ignore->arena, "expired on %s", e->expires);
	}
}

static void check_entry(struct sk_ignore *ignore, struct sk_ignore_entry *e, int64_t now)
{
	if (!e->id && !e->package && !e->path && !e->purl)
		invalid(e, "says nothing of what it accepts: id, package, path or purl");
	if (e->version && !e->package)
		invalid(e, "'version' needs 'package'");
	if (e->purl && !sk_span_starts(sk_span_str(e->purl), "pkg:"))
		invalid(e, "'purl' must begin with pkg:");
	if (!e->reason)
		invalid(e, "has no reason");
	if (!e->owner)
		invalid(e, "has no owner");
	if (!e->expires)
		invalid(e, "has no expiry date ('expires: 2027-01-31')");
	else
		check_date(ignore, e, now);
}

static int read_entries(struct sk_ignore *ignore, const struct sk_node *list, int64_t now,
			struct sk_err *err)
{
	if (list->count > SK_MAX_IGNORE_ENTRIES)
		return sk_err_set(err, SK_ELIMIT, "%s: more than %u entries", ignore->file,
				  SK_MAX_IGNORE_ENTRIES);
	ignore->entries = sk_arena_alloc(&ignore->arena, list->count * sizeof(*ignore->entries));
	sk_node_each(n, list) {
		struct sk_ignore_entry *e = sk_arena_alloc(&ignore->arena, sizeof(*e));

		ignore->entries[ignore->count++] = e;
		e->line = n->line;
		if (n->type != SK_NODE_OBJECT)
			invalid(e, "must be keys and values ('id: CVE-2024-1')");
		sk_node_each(key, n)
			read_key(ignore, e, key);
		check_entry(ignore, e, now);
		if (!e->problem)
			sk_ignore_index_add(ignore, e);
	}
	return 0;
}

static int read_root(struct sk_ignore *ignore, const struct sk_node *root, int64_t now,
		     struct sk_err *err)
{
	const struct sk_node *list = NULL;

	if (!root || root->type == SK_NODE_NULL)
		return 0;
	if (root->type != SK_NODE_OBJECT)
		return sk_err_set(err, SK_EINVAL, "%s: line %u: must begin with 'ignore:' and a list",
				  ignore->file, root->line);
	sk_node_each(n, root) {
		if (!sk_span_is(n->key, "ignore"))
			return sk_err_set(err, SK_EINVAL, "%s: line %u: unknown key '%s'; there is 'ignore'",
					  ignore->file, n->line, n->key.ptr);
		if (n->type != SK_NODE_ARRAY && n->type != SK_NODE_NULL)
			return sk_err_set(err, SK_EINVAL, "%s: line %u: 'ignore' must be a list",
					  ignore->file, n->line);
		list = n->type == SK_NODE_ARRAY ? n : NULL;
	}
	return list ? read_entries(ignore, list, now, err) : 0;
}

int sk_ignore_parse(struct sk_ignore *ignore, const char *file, struct sk_span text, int64_t now,
		    struct sk_err *err)
{
	struct sk_doc doc = { 0 };
	int r = sk_doc_parse(&doc, SK_DOC_YAML, text, SK_DOC_STRICT_KEYS, err);

	ignore->file = sk_arena_str(&ignore->arena, file);
	if (r < 0)
		r = sk_err_wrap(err, "%s", file);
	else
		r = read_root(ignore, doc.root, now, err);
	sk_doc_release(&doc);
	return r;
}

int sk_ignore_load(struct sk_ignore *ignore, const char *file, int64_t now, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	int r = sk_path_slurp(file, SK_MAX_CONFIG, &text, err);

	return r < 0 ? r : sk_ignore_parse(ignore, file, sk_buf_view(&text), now, err);
}

void sk_ignore_release(struct sk_ignore *ignore)
{
	sk_ignore_index_free(ignore->index);
	sk_arena_release(&ignore->arena);
	*ignore = (struct sk_ignore){ 0 };
}

/* What the entry is about, for a person who looks for it in the file. */
static const char *label(const struct sk_ignore_entry *e)
{
	return e->id ? e->id : e->purl ? e->purl : e->package ? e->package : e->path ? e->path : "entry";
}

struct sk_finding *sk_ignore_finding(const struct sk_ignore *ignore,
				     const struct sk_ignore_entry *e, struct sk_arena *arena)
{
	struct sk_finding *f;

	if (!e->problem && e->hits)
		return NULL;
	f = sk_arena_alloc(arena, sizeof(*f));
	f->kind = SK_FINDING_COVERAGE;
	f->severity = SK_SEVERITY_UNKNOWN;
	f->id = e->problem ? e->problem_id : "ignore-unused";
	f->title = sk_arena_printf(arena, "%s: %s", label(e),
				   e->problem ? e->problem : "no finding matches this exception any more");
	f->remedy = !e->problem ? "Remove the entry." :
		    strcmp(e->problem_id, "ignore-expired") == 0 ?
				  "Fix what it hides, or decide anew and set a later date." :
				  "Correct the entry; until then it hides nothing.";
	f->path = sk_arena_str(arena, ignore->file);
	f->line = e->line;
	f->layer = -1;
	f->cvss_score = f->epss = f->epss_percentile = -1;
	return f;
}
