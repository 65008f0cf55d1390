/* SPDX-License-Identifier: Apache-2.0 */
/* One package against its ecosystems: which records say that it is affected. */
#include "vuln/match-internal.h"
#include "vuln/osv-range.h"

#include <ctype.h>

/* An entry with the place of its ecosystem in the scope. */
struct found {
	struct sk_db_entry entry;
	size_t place, order;
};
struct found_list {
	SK_VEC(struct found) list;
};

static void found_release(struct found_list *found)
{
	sk_vec_release(&found->list);
}

struct hit_list {
	SK_VEC(struct sk_hit) list;
};

static void hits_release(struct hit_list *hits)
{
	sk_vec_release(&hits->list);
}

bool sk_entry_affects(const struct sk_db_entry *entry, const struct sk_scheme *scheme,
		      struct sk_span version)
{
	struct sk_reader intervals = entry->intervals, versions = entry->versions;
	struct sk_interval interval;

	for (uint32_t i = 0; i < entry->interval_count; i++)
		if (sk_db_interval(&intervals, &interval) &&
		    sk_interval_has(&interval, scheme, version))
			return true;
	for (uint32_t i = 0; i < entry->version_count; i++) {
		struct sk_span listed = sk_read_string(&versions);

		if (sk_span_eq(listed, version) || scheme->compare(listed, version) == 0)
			return true;
	}
	return false;
}

static int found_cmp(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->entry.record != y->entry.record)
		return x->entry.record < y->entry.record ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int find_all(const struct sk_matcher *m, const struct sk_scope *scope,
		    struct found_list *found, struct sk_err *err)
{
	for (size_t i = 0; i < scope->count; i++) {
		struct sk_span ecosystem = sk_db_ecosystem_name(m->db, (size_t)scope->numbers[i]);
		sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
		struct sk_db_hits hits;
		struct sk_db_entry entry;
		int r;

		sk_ecosystem_name(ecosystem, sk_buf_view(&m->name), &key);
		if (!sk_db_find(m->db, scope->numbers[i], sk_buf_view(&key), &hits))
			continue;
		while ((r = sk_db_next(&hits, &entry, err)) > 0)
			*sk_vec_push(&found->list) = (struct found){ entry, i, found->list.len };
		if (r < 0)
			return r;
	}
	if (found->list.len)
		qsort(found->list.data, found->list.len, sizeof(struct found), found_cmp);
	return 0;
}

/* ---- modules ---- */

static bool is_modular(const struct sk_package *p)
{
	return (p->module && p->module[0]) || strstr(p->version, ".module");
}

/* "nodejs:12" of "nodejs:12:8030020201124152102:229f0a1c". */
static struct sk_span module_stream(const char *label)
{
	struct sk_span rest = sk_span_str(label), name, stream = { 0 };

	if (!sk_span_split(&rest, ':', &name) || !sk_span_split(&rest, ':', &stream))
		return sk_span(NULL, 0);
	return sk_span(label, name.len + 1 + stream.len);
}

/*
 * A module's packages are compared inside the same module and stream alone:
 * nodejs:10 and nodejs:12 both carry "nodejs". Where an erratum does not name
 * its module, or the package database none, only modular or not is known.
 */
static bool module_fits(const struct sk_package *p, const struct sk_db_entry *entry,
			const struct sk_db_record *record)
{
	struct sk_span stream;

	if (strcmp(p->type, "rpm") != 0)
		return true;
	if (is_modular(p) != entry->modular)
		return false;
	if (!entry->modular || !p->module || !record->module_count)
		return true;
	stream = module_stream(p->module);
	for (size_t i = 0; i < record->module_count; i++)
		if (sk_span_ieq(stream, sk_span_str(record->modules[i])))
			return true;
	return false;
}

/* ---- records ---- */

/* Adds the record of these entries (all of one record) if it affects the package. */
static int add_hit(struct sk_matcher *m, const struct sk_subject *s, const struct found *found,
		   size_t count, struct hit_list *hits, struct sk_err *err)
{
	bool ordinary = found[0].place < s->scope->preferred, affects = false;
	struct sk_hit hit = { .number = found[0].entry.record };

	for (size_t i = 0; i < count && !affects; i++)
		affects = sk_entry_affects(&found[i].entry, s->scheme, s->version);
	if (!affects) /* most: the record itself need not be read */
		return 0;
	if (sk_db_record(m->db, hit.number, m->arena, &hit.record, err) < 0)
		return -err->code;
	hit.entries = sk_arena_alloc(m->arena, count * sizeof(*hit.entries));
	affects = false;
	for (size_t i = 0; i < count; i++) {
		const struct sk_db_entry *entry = &found[i].entry;

		if ((ordinary && found[i].place >= s->scope->preferred) ||
		    !module_fits(s->package, entry, &hit.record))
			continue;
		hit.entries[hit.entry_count++] = *entry;
		if (!sk_entry_affects(entry, s->scheme, s->version))
			continue;
		affects = true;
		hit.wont_fix |= entry->wont_fix;
		if (entry->severity > hit.severity)
			hit.severity = entry->severity;
	}
	if (!affects)
		return 0;
	if (!hit.severity)
		hit.severity = hit.record.severity;
	*sk_vec_push(&hits->list) = hit;
	return 0;
}

static int add_hits(struct sk_matcher *m, const struct sk_subject *s,
		    const struct found_list *found, struct hit_list *hits, struct sk_err *err)
{
	const struct found *list = found->list.data;
	size_t end;

	for (size_t i = 0; i < found->list.len; i = end) {
		for (end = i + 1; end < found->list.len; end++)
			if (list[end].entry.record != list[i].entry.record)
				break;
		if (add_hit(m, s, &list[i], end - i, hits, err) < 0)
			return -err->code;
	}
	return 0;
}

/* ---- the package's name and version as its ecosystem's advisories spell them ---- */

/*
 * Debian's and Ubuntu's kernels come from a source package that only signs
 * them; advisories speak of the one that was signed, by its version.
 */
static bool is_signed_kernel(const struct sk_package *p)
{
	return p->source_name && strcmp(p->type, "deb") == 0 &&
	       sk_span_starts(sk_span_str(p->source_name), "linux-signed");
}

static const char *system_name(const struct sk_scope *scope, const struct sk_package *p,
			       struct sk_span *ret_version)
{
	*ret_version = sk_span_str(p->version);
	if (scope->distribution->names == SK_NAMES_BINARY)
		return p->name;
	if (is_signed_kernel(p))
		return "linux";
	if (p->source_version && p->source_version[0])
		*ret_version = sk_span_str(p->source_version);
	return p->source_name && p->source_name[0] ? p->source_name : p->name;
}

/* A gem's directory and lock-file entry may carry the platform: "1.15.4-x86_64-linux". */
static struct sk_span without_platform(struct sk_span version)
{
	static const char *const platforms[] = { "x86",	  "x64",   "arm",   "aarch64",	 "java",
						 "jruby", "mswin", "mingw", "universal", "ruby" };
	ptrdiff_t dash = sk_span_chr(version, '-');

	for (size_t i = 0; dash > 0 && i < SK_COUNT(platforms); i++)
		if (sk_span_starts(sk_span_from(version, (size_t)dash + 1), platforms[i]))
			return sk_span_sub(version, 0, (size_t)dash);
	return version;
}

static struct sk_span language_version(const struct sk_package *p)
{
	struct sk_span version = sk_span_str(p->version);

	if (strcmp(p->type, "gem") == 0)
		return without_platform(version);
	/* The toolchain's own spelling of the standard library's version. */
	if (strcmp(p->type, "golang") == 0 && sk_span_starts(version, "go") && version.len > 2 &&
	    isdigit((unsigned char)version.ptr[2]))
		return sk_span_from(version, 2);
	return version;
}

static void describe(struct sk_matcher *m, struct sk_subject *s)
{
	sk_buf_reset(&m->name);
	if (s->scope->distribution) {
		sk_buf_puts(&m->name, system_name(s->scope, s->package, &s->version));
	} else {
		sk_ecosystem_package_name(s->package, &m->name);
		s->version = language_version(s->package);
	}
}

static void not_comparable(struct sk_matcher *m, const struct sk_subject *s)
{
	const struct sk_package *p = s->package;
	struct sk_finding *f;

	if (!s->version.len)
		f = sk_matcher_coverage(
		    m, "unknown-version",
		    "%s: its version is not known: its advisories were not compared", p->name);
	else
		f = sk_matcher_coverage(m, "unknown-version",
					"%s: %.*s is no version by the rules of \"%s\": its "
					"advisories were not compared",
					p->name, (int)s->version.len, s->version.ptr,
					s->scheme->name);
	f->package = p;
	f->path = p->path;
	f->line = p->line;
	f->layer = (int32_t)p->layer;
}

int sk_match_package(struct sk_matcher *m, struct sk_scope *scope, const struct sk_package *p,
		     struct sk_err *err)
{
	sk_cleanup(found_release) struct found_list found = { 0 };
	sk_cleanup(hits_release) struct hit_list hits = { 0 };
	struct sk_subject subject = { .package = p, .scope = scope };
	int r;

	describe(m, &subject);
	r = find_all(m, scope, &found, err);
	if (r < 0 || !found.list.len)
		return r;
	subject.scheme =
	    sk_ecosystem_scheme(sk_db_ecosystem_name(m->db, (size_t)scope->numbers[0]));
	if (!subject.scheme)
		return 0;
	if (!subject.version.len || !subject.scheme->valid(subject.version)) {
		not_comparable(m, &subject);
		return 0;
	}
	r = add_hits(m, &subject, &found, &hits, err);
	if (r < 0 || !hits.list.len)
		return r;
	return sk_match_findings(m, &subject, hits.list.data, hits.list.len, err);
}
