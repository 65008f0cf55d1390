/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/match-internal.h"

#include "base/time.h"

#include <stdarg.h>
#include <stdio.h>

struct sk_finding *sk_matcher_finding(struct sk_matcher *m, enum sk_finding_kind kind)
{
	struct sk_finding *f = sk_arena_alloc(m->arena, sizeof(*f));
	struct sk_findings *out = m->findings;

	f->kind = kind;
	f->layer = -1;
	f->cvss_score = f->epss = f->epss_percentile = -1;
	*sk_vec_push(out) = f;
	return f;
}

struct sk_finding *sk_matcher_coverage(struct sk_matcher *m, const char *id, const char *fmt, ...)
{
	struct sk_finding *f = sk_matcher_finding(m, SK_FINDING_COVERAGE);
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	f->id = id;
	f->title = sk_arena_str(m->arena, text);
	return f;
}

static const char *os_name(const struct sk_os *os)
{
	return !os			 ? "an unknown distribution"
	       : os->name && os->name[0] ? os->name
	       : os->id && os->id[0]	 ? os->id
					 : "an unknown distribution";
}

/* Whether the database has any release of this distribution. */
static bool has_family(const struct sk_matcher *m, const char *family)
{
	struct sk_span name = sk_span_str(family);

	for (size_t i = 0; i < sk_db_ecosystem_count(m->db); i++) {
		struct sk_span ecosystem = sk_db_ecosystem_name(m->db, i);

		if (sk_span_starts(ecosystem, family) &&
		    (ecosystem.len == name.len || ecosystem.ptr[name.len] == ':'))
			return true;
	}
	return false;
}

static void report_system(struct sk_matcher *m, const struct sk_scope *scope)
{
	const struct sk_distribution *d = scope->distribution;
	struct sk_finding *f;

	if (!d)
		f = sk_matcher_coverage(
		    m, "no-advisories",
		    "no advisories are known for %s: %zu %s packages not checked",
		    os_name(scope->os), scope->packages, scope->type);
	else if (has_family(m, d->family))
		f = sk_matcher_coverage(
		    m, "no-advisories",
		    "the advisory database has no advisories for this release, %s: "
		    "%zu %s packages not checked",
		    os_name(scope->os), scope->packages, scope->type);
	else
		f = sk_matcher_coverage(m, "no-advisories",
					"the advisory database has no advisories for %s: %zu %s "
					"packages not checked",
					d->family, scope->packages, scope->type);
	f->remedy = d ? "\"sekisho db update\" with this ecosystem, or a mirror that has it" : NULL;
	f->path = scope->os ? scope->os->path : NULL;
	f->layer = scope->os ? (int32_t)scope->os->layer : -1;
}

static void report_language(struct sk_matcher *m, const struct sk_scope *scope)
{
	struct sk_finding *f;

	f = sk_matcher_coverage(
	    m, "no-advisories",
	    scope->ecosystem ? "the advisory database has no advisories for %s: %zu packages "
			       "not checked"
			     : "no advisories are published for packages of type %s: %zu "
			       "packages not checked",
	    scope->ecosystem ? scope->ecosystem : scope->type, scope->packages);
	if (scope->ecosystem)
		f->remedy =
		    sk_arena_printf(m->arena, "sekisho db update --ecosystem %s", scope->ecosystem);
}

static void report_scopes(struct sk_matcher *m)
{
	for (size_t i = 0; i < m->scopes.len; i++) {
		const struct sk_scope *scope = m->scopes.data[i];
		bool language = !scope->os && !scope->distribution &&
				strcmp(scope->type, "deb") != 0 &&
				strcmp(scope->type, "rpm") != 0 && strcmp(scope->type, "apk") != 0;

		if (!scope->packages)
			continue;
		if (!scope->count && language)
			report_language(m, scope);
		else if (!scope->count)
			report_system(m, scope);
		if (scope->count && scope->foreign)
			sk_matcher_coverage(
			    m, "third-party-packages",
			    "%zu package%s not come from %s: its advisories do not "
			    "speak of %s, not checked",
			    scope->foreign, scope->foreign == 1 ? " does" : "s do", os_name(scope->os),
			    scope->foreign == 1 ? "it" : "them");
	}
}

static void report_age(struct sk_matcher *m)
{
	int64_t created = sk_db_info(m->db)->created, days = (sk_time_now() - created) / 86400;
	char date[SK_TIME_TEXT];

	if (days <= SK_DB_FRESH_DAYS)
		return;
	sk_matcher_coverage(
	    m, "old-database",
	    "the advisory database is %lld days old (%s): what was published since is "
	    "not found",
	    (long long)days, sk_time_format_date(created, date))
	    ->remedy = "sekisho db update";
}

/* Whether the distribution that owns a language package's files answers for it. */
static bool owner_answers(struct sk_matcher *m, const struct sk_package *p)
{
	const struct sk_distribution *d = sk_distribution_find(p->os);
	struct sk_package stand_in = { .os = p->os };

	if (!d)
		return false;
	stand_in.type = d->type;
	return sk_matcher_scope(m, &stand_in)->count > 0;
}

static int match_one(struct sk_matcher *m, const struct sk_package *p, struct sk_err *err)
{
	struct sk_scope *scope;

	if (!p->type || !p->name || !p->version)
		return 0;
	/* The project that is being scanned is not a dependency of itself. */
	if ((p->flags & SK_PACKAGE_MAIN) && !(p->flags & SK_PACKAGE_INSTALLED))
		return 0;
	if ((p->flags & SK_PACKAGE_OWNED) && owner_answers(m, p))
		return 0;
	scope = sk_matcher_scope(m, p);
	scope->packages++;
	if (!scope->count)
		return 0;
	if (scope->distribution && (p->flags & SK_PACKAGE_FOREIGN)) {
		scope->foreign++;
		return 0;
	}
	return sk_match_package(m, scope, p, err);
}

int sk_match(struct sk_db *db, const struct sk_inventory *inv, struct sk_arena *arena,
	     struct sk_findings *findings, struct sk_err *err)
{
	struct sk_matcher m = { .db = db, .inv = inv, .arena = arena, .findings = findings };
	int r = 0;

	report_age(&m);
	for (size_t i = 0; r == 0 && i < inv->package_count; i++)
		r = match_one(&m, inv->packages[i], err);
	if (r == 0)
		r = sk_match_texts(&m, err);
	report_scopes(&m);
	sk_vec_release(&m.scopes);
	sk_vec_release(&m.texts);
	sk_buf_release(&m.name);
	sk_buf_release(&m.pattern);
	return r;
}
