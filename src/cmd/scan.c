/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan.h"

#include "analyze/in-use.h"
#include "base/limits.h"
#include "base/time.h"
#include "cmd/scan-policy.h"
#include "cmd/terminal.h"
#include "finding/coverage.h"
#include "finding/eol-finding.h"
#include "policy/exception.h"
#include "policy/glob.h"
#include "policy/vex.h"
#include "report/compare.h"
#include "report/format.h"
#include "vuln/match.h"

#include <unistd.h>

/* One target's way from name to result. */
struct scanned {
	struct sk_inventory inventory;
	struct sk_arena arena;
	struct sk_findings shown, ignored;
	struct sk_comparison comparison;
	struct sk_decision decision;
};

struct scan {
	const struct sk_call *call;
	const struct sk_scan_options *options;
	struct sk_progress *progress;
	struct sk_db *db;
	struct sk_err no_db; /* why db is NULL */
	struct sk_exceptions exceptions;
	bool unfinished;
	int64_t now;
	enum sk_risk_class risk_class;
	struct sk_base base; /* --compare */
	char base_created[SK_TIME_TEXT];
	struct sk_scan_policies policies;
	struct scanned *targets;
	size_t count;
	struct sk_arena arena;
};

static void scan_release(struct scan *s)
{
	for (size_t i = 0; i < s->count; i++) {
		sk_vec_release(&s->targets[i].shown);
		sk_vec_release(&s->targets[i].ignored);
		sk_decision_release(&s->targets[i].decision);
		sk_arena_release(&s->targets[i].arena);
		sk_inventory_release(&s->targets[i].inventory);
	}
	free(s->targets);
	sk_exceptions_release(&s->exceptions);
	sk_base_release(&s->base);
	sk_scan_policies_release(&s->policies);
	sk_db_close(s->db);
	sk_progress_free(s->progress);
	sk_arena_release(&s->arena);
}

/* ---- what is needed before the first target ---- */

static void open_database(struct scan *s)
{
	sk_autofree char *path =
		s->options->database ? sk_strdup(s->options->database) : sk_db_default_path();

	if (s->options->packages_only)
		return;
	if (sk_db_open(path, &s->db, &s->no_db) < 0) {
		sk_complain(s->call, "%s", s->no_db.text);
		s->unfinished = true; /* packages and end of life can still be told */
	}
}

static int load_each(struct scan *s, const struct sk_option_list *files,
		     int (*load)(struct sk_exceptions *, const char *, struct sk_err *),
		     struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0; i++)
		r = load(&s->exceptions, files->items[i], err);
	return r;
}

static int load_exceptions(struct scan *s, struct sk_err *err)
{
	const struct sk_scan_options *o = s->options;
	int r = 0;

	s->exceptions.risk_class = s->risk_class;
	s->exceptions.max_seconds = o->exception_days * 86400;
	if (!o->exceptions.count && !o->ignore_file.count &&
	    access(SK_EXCEPTION_FILE, F_OK) == 0)
		r = sk_exceptions_load(&s->exceptions, SK_EXCEPTION_FILE, err);
	if (r == 0)
		r = load_each(s, &o->exceptions, sk_exceptions_load, err);
	if (r == 0)
		r = load_each(s, &o->ignore_file, sk_exceptions_load, err);
	return r < 0 ? r : load_each(s, &o->vex, sk_vex_load, err);
}

static int load_base(struct scan *s, struct sk_err *err)
{
	int r = s->options->compare ? sk_base_load(&s->base, s->options->compare, err) : 0;

	sk_time_format(s->base.file.report.created, s->base_created);
	return r;
}

/* ---- one target ---- */

static bool excluded(const struct scan *s, const struct sk_finding *f)
{
	const char *path = f->path ? f->path : f->package ? f->package->path : NULL;

	for (size_t i = 0; path && i < s->options->exclude.count; i++)
		if (sk_glob_match(sk_span_str(s->options->exclude.items[i]), sk_span_str(path)))
			return true;
	return false;
}

/* Severity and fix are asked of vulnerabilities; what could not be looked at is never filtered away. */
static bool wanted(const struct scan *s, const struct sk_finding *f)
{
	if (f->kind == SK_FINDING_COVERAGE)
		return true;
	if (s->options->severity && !(s->options->severity & 1u << f->severity))
		return false;
	return !(s->options->ignore_unfixed && f->kind == SK_FINDING_VULNERABILITY && f->fix != SK_FIX_AVAILABLE);
}

static void drop_excluded_packages(struct scan *s, struct sk_inventory *inv)
{
	size_t kept = 0;

	for (size_t i = 0; i < inv->package_count; i++) {
		bool out = false;

		for (size_t j = 0; j < s->options->exclude.count && !out; j++)
			out = sk_glob_match(sk_span_str(s->options->exclude.items[j]),
					    sk_span_str(inv->packages[i]->path));
		if (!out)
			inv->packages[kept++] = inv->packages[i];
	}
	inv->package_count = kept;
}

static void sort_out(struct scan *s, struct scanned *t, struct sk_findings *all)
{
	sk_exceptions_apply(&s->exceptions, &t->inventory, s->now, all->data, all->len);
	if (s->options->sort == SK_SORT_RISK)
		sk_risk_sort(all->data, all->len, &t->inventory, s->risk_class);
	else if (all->len)
		qsort(all->data, all->len, sizeof(all->data[0]), sk_finding_cmp);
	if (s->options->compare)
		sk_base_begin(&s->base, &t->inventory);
	for (size_t i = 0; i < all->len; i++) {
		struct sk_finding *f = all->data[i];
		bool known = s->options->compare && sk_base_knows(&s->base, f);

		if (excluded(s, f) || !wanted(s, f))
			continue;
		t->comparison.known += known;
		if (known)
			continue;
		*sk_vec_push(sk_finding_ignored(f) ? &t->ignored : &t->shown) = f;
	}
	if (s->db) /* without one nothing was looked for, and so nothing has gone */
		t->comparison.gone = sk_base_gone(&s->base);
}

static struct sk_finding *no_database(const struct scan *s, struct sk_arena *arena)
{
	struct sk_issue issue = { .id = "no-database", .layer = -1 };

	issue.text = sk_arena_printf(arena, "packages were listed, not checked: %s", s->no_db.text);
	return sk_coverage_finding(&issue, arena);
}

static int find_all(struct scan *s, struct scanned *t, struct sk_findings *all, struct sk_err *err)
{
	struct sk_inventory *inv = &t->inventory;
	int r = 0;

	for (size_t i = 0; i < inv->issue_count; i++)
		*sk_vec_push(all) = sk_coverage_finding(inv->issues[i], &t->arena);
	for (size_t i = 0; i < inv->os_count; i++) {
		struct sk_finding *f = sk_eol_finding(inv->os[i], s->now, &t->arena);

		if (f)
			*sk_vec_push(all) = f;
	}
	if (s->db)
		r = sk_match(s->db, inv, &t->arena, all, err);
	else if (!s->options->packages_only)
		*sk_vec_push(all) = no_database(s, &t->arena);
	return r;
}

/* What nobody has watched, or what of that cannot be read, is not known: no reason to fail. */
static void mark_in_use(struct scan *s, struct sk_inventory *inv)
{
	const char *ids[] = { inv->artifact.image_id, inv->artifact.digest };
	sk_cleanup(sk_in_use_release) struct sk_in_use use = { 0 };
	struct sk_err err = SK_ERR_INIT;
	int r = -SK_ENOTFOUND;

	for (size_t i = 0; i < SK_COUNT(ids) && r == -SK_ENOTFOUND; i++)
		r = ids[i] ? sk_in_use_open(s->options->in_use, sk_span_str(ids[i]), &use, &err) : r;
	if (r < 0 && r != -SK_ENOTFOUND)
		sk_complain(s->call, "%s: what was in use is not known: %s", inv->artifact.name, err.text);
	sk_in_use_apply(inv, r == 0 ? &use : NULL);
}

static int scan_one(struct scan *s, const char *name, struct scanned *t, struct sk_err *err)
{
	/* What can run and was not in use is known only where it is known what can run. */
	enum sk_inspect_manifest manifest =
		s->options->inspect.no_manifest && !s->options->in_use ? SK_MANIFEST_NO : SK_MANIFEST_OF_IMAGES;
	struct sk_findings all = { 0 };
	int r;

	r = sk_inspect_target(s->call, &s->options->inspect, manifest, s->progress, name,
			      &t->inventory, err);
	if (r < 0)
		return r;
	drop_excluded_packages(s, &t->inventory);
	if (s->options->in_use)
		mark_in_use(s, &t->inventory);
	s->unfinished |= t->inventory.incomplete;
	r = find_all(s, t, &all, err);
	sort_out(s, t, &all);
	sk_vec_release(&all);
	return r;
}

/* A target of which nothing can be said is a finding too: no report may be silent about it. */
static void report_failure(struct scan *s, const char *name, struct scanned *t, const struct sk_err *err)
{
	struct sk_issue issue = { .layer = -1, .text = sk_arena_str(&t->arena, err->text) };

	issue.id = err->code == SK_ECRASH ? "crash" : err->code == SK_ETIMEOUT ? "timeout" : "unreadable-target";
	sk_complain(s->call, "%s", err->text);
	s->unfinished = true;
	if (!t->inventory.artifact.name)
		t->inventory.artifact.name = name;
	t->inventory.incomplete = true;
	*sk_vec_push(&t->shown) = sk_coverage_finding(&issue, &t->arena);
}

/* ---- the report ---- */

/* Exceptions that do not count, or have covered nothing, are told with the first target. */
static void report_exceptions(struct scan *s)
{
	for (size_t i = 0; s->count && i < s->exceptions.list.len; i++) {
		struct sk_finding *f = sk_exception_finding(
			&s->exceptions, s->exceptions.list.data[i], s->now, &s->targets[0].arena);

		if (f)
			*sk_vec_push(&s->targets[0].shown) = f;
	}
}

/* When the newest advisory was changed; of a feed without dates, when the database was built. */
static int64_t newest_record(const struct sk_db_info *info)
{
	int64_t newest = 0;

	for (size_t i = 0; i < info->source_count; i++)
		if (info->sources[i].date > newest && info->sources[i].date <= info->created)
			newest = info->sources[i].date;
	return newest ? newest : info->created;
}

static const struct sk_comparison *comparison_of(const struct scan *s, struct scanned *t)
{
	t->comparison.base = s->options->compare;
	t->comparison.created = s->base_created;
	return s->options->compare ? &t->comparison : NULL;
}

static int write_report(struct scan *s, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	sk_autofree struct sk_result *results = sk_alloc((s->count + 1) * sizeof(*results));
	bool to_terminal = !s->options->output;
	char created[SK_TIME_TEXT], newest[SK_TIME_TEXT];
	struct sk_report report = {
		.results = results,
		.result_count = s->count,
		.created = s->now,
		.command_line = s->call->command_line,
		.packages_only = s->options->packages_only,
		.list_packages = s->options->list_packages,
		.show_ignored = s->options->show_ignored,
		.risk_class = s->risk_class,
		.by_risk = s->options->sort == SK_SORT_RISK,
		.author = s->options->author,
		.author_url = s->options->author_url,
		.colour = sk_terminal_colour(to_terminal ? STDOUT_FILENO : -1,
					     (enum sk_colour_mode)s->call->globals.colour),
		.width = to_terminal ? sk_terminal_width(STDOUT_FILENO) : 0,
	};
	int r;

	if (s->db) {
		report.database_created = sk_time_format(sk_db_info(s->db)->created, created);
		report.database_newest = sk_time_format(newest_record(sk_db_info(s->db)), newest);
	}
	for (size_t i = 0; i < s->count; i++)
		results[i] = (struct sk_result){
			.inventory = &s->targets[i].inventory,
			.findings = s->targets[i].shown.data,
			.finding_count = s->targets[i].shown.len,
			.ignored = s->targets[i].ignored.data,
			.ignored_count = s->targets[i].ignored.len,
			.comparison = comparison_of(s, &s->targets[i]),
			.decision = s->policies.shown ? &s->targets[i].decision : NULL,
		};
	for (size_t i = 0; i < s->count; i++)
		sk_scan_decide(&s->policies, &report, &results[i], &s->exceptions, !s->db, &s->targets[i].decision);
	r = sk_formats[s->options->format]->write(&report, &out, err);
	return r < 0 ? r : sk_output(s->options->output, sk_buf_view(&out), err);
}

/* Nothing is clean that could not be found out. */
static bool fails(const struct scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->targets[i].decision.effect >= SK_EFFECT_UNKNOWN)
			return true;
	return false;
}

int sk_scan(const struct sk_call *call, const struct sk_scan_options *options, struct sk_err *err)
{
	sk_cleanup(scan_release) struct scan s = { .call = call, .options = options, .now = sk_time_now(),
		.risk_class = (enum sk_risk_class)(options->risk_class + 1) };
	int r = load_exceptions(&s, err);

	if (r == 0)
		r = load_base(&s, err);
	if (r == 0)
		r = sk_scan_policies_load(&s.policies, &options->policies, options->fail_on, &options->parameters, err);
	if (r < 0)
		return r;
	open_database(&s);
	s.progress = sk_progress_new(call);
	s.targets = sk_alloc(call->arg_count * sizeof(s.targets[0]));
	for (size_t i = 0; i < call->arg_count; i++) {
		struct scanned *t = &s.targets[s.count];
		struct sk_err target_err = SK_ERR_INIT;

		r = scan_one(&s, call->args[i], t, &target_err);
		if (r == -SK_EUSAGE && call->arg_count == 1) {
			*err = target_err;
			s.count++; /* what there is of it is freed with the others */
			return r;
		}
		if (r < 0) /* the others are still looked at */
			report_failure(&s, call->args[i], t, &target_err);
		s.count++;
	}
	report_exceptions(&s);
	sk_progress_freep(&s.progress);
	if (s.count) {
		r = write_report(&s, err);
		if (r < 0)
			return r;
	}
	if (s.unfinished)
		return SK_EXIT_UNFINISHED;
	return fails(&s) ? SK_EXIT_POLICY : SK_EXIT_CLEAN;
}
