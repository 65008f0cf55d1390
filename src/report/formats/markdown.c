/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GitHub-flavoured Markdown, for merge requests and job summaries: totals and what to do
 * first on top, the findings in tables below, the less severe ones folded away.
 */
#include "report/markdown.h"
#include "report/action.h"
#include "report/format.h"
#include "report/verdict.h"

enum { MAX_ACTIONS = 10 };

static void put_counts(struct sk_buf *out, const struct sk_counts *counts)
{
	sk_buf_puts(out, "| critical | high | medium | low | negligible | unknown | known "
			 "exploited | with a fix |\n"
			 "|--:|--:|--:|--:|--:|--:|--:|--:|\n|");
	for (int s = SK_SEVERITY_CRITICAL; s >= 0; s--)
		sk_buf_printf(out, " %zu |", counts->severity[s == 0 ? SK_SEVERITY_UNKNOWN : s]);
	sk_buf_printf(out, " %zu | %zu of %zu |\n\n", counts->kev, counts->fixable,
		      counts->kind[SK_FINDING_VULNERABILITY]);
}

static void put_head(struct sk_buf *out, const struct sk_report *report,
		     const struct sk_result *result)
{
	const struct sk_inventory *inv = result->inventory;
	const struct sk_os *os = sk_report_os(result);

	sk_buf_puts(out, "## ");
	sk_md_code(out, inv->artifact.name ? inv->artifact.name : "artifact", false);
	sk_buf_printf(out, "\n\n%s, ", sk_report_artifact_type(result));
	if (os)
		sk_md_text(out, sk_report_os_name(os));
	else
		sk_buf_puts(out, "no operating system found");
	sk_buf_printf(out, ", %zu package%s", inv->package_count,
		      inv->package_count == 1 ? "" : "s");
	if (inv->layer_count)
		sk_buf_printf(out, " in %zu layer%s", inv->layer_count,
			      inv->layer_count == 1 ? "" : "s");
	if (report->database_newest) {
		sk_buf_puts(out, ", advisories of ");
		sk_md_text(out, report->database_newest);
	} else if (report->packages_only) {
		sk_buf_puts(out, ", not compared with advisories");
	} else {
		sk_buf_puts(out, ", **no advisory database: nothing was matched**");
	}
	sk_buf_puts(out, "\n\n");
	if (inv->artifact.digest) {
		sk_md_code(out, inv->artifact.digest, false);
		sk_buf_puts(out, "\n\n");
	}
}

static void put_actions(struct sk_buf *out, const struct sk_result *result)
{
	struct sk_actions actions = { 0 };

	sk_report_actions(result, &actions);
	if (actions.list.len)
		sk_buf_puts(out, "### What to do first\n\n");
	for (size_t i = 0; i < actions.list.len && i < MAX_ACTIONS; i++) {
		const struct sk_action *a = &actions.list.data[i];

		sk_buf_printf(out, "%zu. ", i + 1);
		sk_md_text(out, a->what);
		if (a->where) {
			sk_buf_puts(out, a->join);
			sk_md_code(out, a->where, false);
		}
		sk_buf_puts(out, " (");
		sk_action_effect(a, out);
		sk_buf_putc(out, ')');
		if (a->command) {
			sk_buf_puts(out, "  \n   ");
			sk_md_code(out, a->command, false);
		}
		sk_buf_putc(out, '\n');
	}
	if (actions.list.len > MAX_ACTIONS)
		sk_buf_printf(out, "\nand %zu more.\n", actions.list.len - MAX_ACTIONS);
	if (actions.list.len)
		sk_buf_putc(out, '\n');
	sk_actions_release(&actions);
}

static void put_id(struct sk_buf *out, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf url = { 0 };

	if (f->kind == SK_FINDING_VULNERABILITY && sk_report_id_url(f->id, &url))
		sk_buf_printf(out, "[%s](%s)", f->id, sk_buf_str(&url));
	else
		sk_md_code(out, f->id, true);
}

static void put_fix(struct sk_buf *out, const struct sk_finding *f)
{
	if (f->fixed_version)
		sk_md_code(out, f->fixed_version, true);
	else if (f->kind == SK_FINDING_VULNERABILITY)
		sk_buf_puts(out, f->fix == SK_FIX_WONT	 ? "won't fix"
				 : f->fix == SK_FIX_NONE ? "none yet"
							 : "unknown");
}

/* A run of findings as one row (sk_report_run). */
static void put_row(struct sk_buf *out, const struct sk_result *result,
		    struct sk_finding *const *run, size_t count)
{
	sk_cleanup(sk_buf_release) struct sk_buf names = { 0 };
	const struct sk_finding *f = run[0];
	int32_t layer = sk_report_finding_layer(result, f);
	const char *path = sk_report_path(f);

	sk_buf_printf(out, "| %s%s%s | ", sk_severity_name(f->severity), f->kev ? ", **exploited**" : "",
		      sk_report_run_used(run, count) ? ", in use" : "");
	put_id(out, f);
	sk_buf_puts(out, " | ");
	if (f->package) {
		sk_report_run_names(run, count, 3, &names);
		sk_md_code(out, sk_buf_str(&names), true);
		sk_buf_putc(out, ' ');
		sk_md_code(out, f->package->version, true);
	}
	sk_buf_puts(out, " | ");
	put_fix(out, f);
	sk_buf_puts(out, " | ");
	if (!sk_report_is_distribution(f->package) && path)
		sk_md_code(out, path, true);
	if (layer >= 0)
		sk_buf_printf(out, " layer %d", layer + 1);
	sk_buf_puts(out, " | ");
	sk_md_text(out, f->title);
	sk_buf_puts(out, " |\n");
}

/* Findings of the severities from `least` to `most`; returns their number. */
static size_t put_findings(struct sk_buf *out, const struct sk_result *result, int least, int most)
{
	size_t count = 0;

	for (size_t i = 0, n; i < result->finding_count; i += n) {
		const struct sk_finding *f = result->findings[i];

		n = sk_report_run(result, result->findings + i, result->finding_count - i);
		if (f->kind == SK_FINDING_COVERAGE || (int)f->severity < least ||
		    (int)f->severity > most)
			continue;
		if (!count)
			sk_buf_puts(out, "| severity | id | package | fixed in | where | what |\n"
					 "|---|---|---|---|---|---|\n");
		put_row(out, result, result->findings + i, n);
		count += n;
	}
	if (count)
		sk_buf_putc(out, '\n');
	return count;
}

static void put_folded(struct sk_buf *out, const struct sk_result *result,
		       const struct sk_counts *counts)
{
	size_t n = 0;

	for (int s = SK_SEVERITY_UNKNOWN; s < SK_SEVERITY_HIGH; s++)
		n += counts->severity[s];
	if (!n)
		return;
	sk_buf_printf(out, "<details><summary>%zu medium, low or unknown</summary>\n\n", n);
	put_findings(out, result, SK_SEVERITY_UNKNOWN, SK_SEVERITY_MEDIUM);
	sk_buf_puts(out, "</details>\n\n");
}

static void put_coverage(struct sk_buf *out, const struct sk_result *result)
{
	bool any = false;

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sk_finding *f = result->findings[i];
		const char *path = sk_report_path(f);

		if (f->kind != SK_FINDING_COVERAGE)
			continue;
		if (!any)
			sk_buf_puts(out, "### Not looked at, or not with certainty\n\n");
		any = true;
		sk_buf_puts(out, "- ");
		sk_md_code(out, path, false);
		sk_buf_puts(out, path ? " " : "");
		sk_md_text(out, f->title ? f->title : f->id);
		if (f->remedy) {
			sk_buf_puts(out, " — ");
			sk_md_text(out, f->remedy);
		}
		sk_buf_putc(out, '\n');
	}
	if (any)
		sk_buf_putc(out, '\n');
}

static void put_statement(struct sk_buf *out, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf says = { 0 };

	put_id(out, f);
	sk_buf_puts(out, ": ");
	if (f->statement)
		sk_report_statement(f->statement, &says);
	sk_md_text(out, sk_buf_str(&says));
	sk_buf_putc(out, '\n');
}

static void put_ignored(struct sk_buf *out, const struct sk_result *result)
{
	sk_buf_printf(out, "### Ignored (%zu)\n\n", result->ignored_count);
	for (size_t i = 0; i < result->ignored_count; i++) {
		const struct sk_finding *f = result->ignored[i];

		sk_buf_puts(out, "- ");
		put_statement(out, f);
	}
	sk_buf_putc(out, '\n');
}

/* What is said of findings that count all the same: affected, under investigation. */
static void put_statements(struct sk_buf *out, const struct sk_result *result)
{
	bool any = false;

	for (size_t i = 0; i < result->finding_count; i++) {
		if (!result->findings[i]->statement)
			continue;
		sk_buf_puts(out, any ? "- " : "### Said of these\n\n- ");
		put_statement(out, result->findings[i]);
		any = true;
	}
	if (any)
		sk_buf_putc(out, '\n');
}

static void put_packages(struct sk_buf *out, const struct sk_result *result)
{
	const struct sk_inventory *inv = result->inventory;

	sk_buf_printf(out,
		      "<details><summary>%zu packages</summary>\n\n| package | version | type | "
		      "where | licence |\n"
		      "|---|---|---|---|---|\n",
		      inv->package_count);
	for (size_t i = 0; i < inv->package_count; i++) {
		const struct sk_package *p = inv->packages[i];
		sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
		int32_t layer = sk_report_package_layer(result, p);

		sk_report_name(p, &name);
		sk_buf_puts(out, "| ");
		sk_md_code(out, sk_buf_str(&name), true);
		sk_buf_puts(out, " | ");
		sk_md_code(out, p->version, true);
		sk_buf_puts(out, " | ");
		sk_md_text(out, p->type);
		sk_buf_puts(out, " | ");
		sk_md_code(out, p->path, true);
		if (layer >= 0)
			sk_buf_printf(out, " layer %d", layer + 1);
		sk_buf_puts(out, " | ");
		sk_md_text(out, p->licence);
		sk_buf_puts(out, " |\n");
	}
	sk_buf_puts(out, "\n</details>\n\n");
}

static void put_policy(struct sk_buf *out, const struct sk_result *result)
{
	struct sk_verdicts v = { 0 };

	if (!result->decision)
		return;
	sk_report_verdicts(result, &v);
	sk_buf_printf(out, "### Policy: %s\n\n%zu rules kept, %zu not, %zu do not apply, %zu for people.\n\n",
		      sk_effect_name(result->decision->effect), v.kept, v.lines.len, v.skipped, v.manual);
	if (v.lines.len)
		sk_buf_puts(out, "| | rule | |\n|---|---|---|\n");
	for (size_t i = 0; i < v.lines.len; i++) {
		const struct sk_verdict_line *l = &v.lines.data[i];

		sk_buf_printf(out, "| %s | ", l->mark);
		sk_md_code(out, l->policy, true);
		sk_buf_puts(out, " ");
		sk_md_code(out, l->rule, true);
		sk_buf_puts(out, " | ");
		sk_md_text(out, l->example);
		if (l->others)
			sk_buf_printf(out, ", and %zu more", l->others);
		sk_buf_puts(out, " |\n");
	}
	if (v.ways.len)
		sk_buf_puts(out, "\nThe shortest way to pass:\n\n");
	for (size_t i = 0; i < v.ways.len && i < 10; i++) {
		sk_buf_printf(out, "%zu. ", i + 1);
		sk_md_text(out, v.ways.data[i].what);
		if (v.ways.data[i].command) {
			sk_buf_puts(out, ": ");
			sk_md_code(out, v.ways.data[i].command, false);
		}
		sk_buf_putc(out, '\n');
	}
	sk_buf_putc(out, '\n');
	sk_verdicts_release(&v);
}

/* Nothing was found: clean, or not looked at? */
static void put_clean(struct sk_buf *out, enum sk_outcome outcome)
{
	static const char *const texts[] = {
		[SK_OUTCOME_UNREADABLE] =
			"**Nothing is known of it: it could not be looked at.**\n\n",
		[SK_OUTCOME_EMPTY] = "No package was found, so there was nothing to compare.\n\n",
		[SK_OUTCOME_PARTLY] = "No known vulnerability in what could be looked at.\n\n",
		[SK_OUTCOME_CLEAN] = "**No known vulnerability found.**\n\n",
	};

	if (texts[outcome])
		sk_buf_puts(out, texts[outcome]);
}

static void put_sentences(struct sk_buf *out, const struct sk_report *report,
			  const struct sk_result *result)
{
	sk_cleanup(sk_buf_release) struct sk_buf risk = { 0 }, comparison = { 0 };

	if (sk_report_comparison(result, &comparison)) {
		sk_md_text(out, sk_buf_str(&comparison));
		sk_buf_puts(out, ".\n\n");
	}
	if (sk_report_risk(report, result, &risk)) {
		sk_md_text(out, sk_buf_str(&risk));
		sk_buf_puts(out, ".\n\n");
	}
}

static void put_result(struct sk_buf *out, const struct sk_report *report,
		       const struct sk_result *result)
{
	struct sk_counts counts = sk_report_counts(result);

	put_head(out, report, result);
	put_sentences(out, report, result);
	put_policy(out, result);
	if (counts.findings) {
		put_counts(out, &counts);
		put_actions(out, result);
		if (put_findings(out, result, SK_SEVERITY_HIGH, SK_SEVERITY_CRITICAL) == 0)
			sk_buf_puts(out, "Nothing critical or high.\n\n");
		put_folded(out, result, &counts);
	} else if (!result->comparison) {
		put_clean(out, sk_report_outcome(report, result, &counts));
	}
	put_statements(out, result);
	put_coverage(out, result);
	if (report->show_ignored && result->ignored_count)
		put_ignored(out, result);
	else if (result->ignored_count)
		sk_buf_printf(out, "%zu ignored; `--show-ignored` lists them.\n\n",
			      result->ignored_count);
	if (report->list_packages)
		put_packages(out, result);
}

static int write_markdown(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	sk_buf_puts(out, "# Sekisho report\n\n");
	for (size_t i = 0; i < report->result_count; i++)
		put_result(out, report, &report->results[i]);
	return 0;
}

const struct sk_format sk_format_markdown = {
	.name = "markdown",
	.summary = "for merge requests and job summaries",
	.extension = "md",
	.write = write_markdown,
};
