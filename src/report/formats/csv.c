/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 4180 with a header line, one line a finding, for spreadsheets. A cell
 * that a spreadsheet would take for a formula gets a leading apostrophe (OWASP, "CSV
 * Injection"); the purl column never begins like one.
 */
#include "base/text.h"
#include "report/format.h"
#include "report/view.h"

static const char *const columns[] = {
	"target",  "kind",	   "severity",	 "id",	    "aliases", "package",
	"version", "fixedVersion", "fixState",	 "purl",    "path",    "line",
	"layer",   "layerIndex",   "cvss",	 "epss",    "kev",     "severitySource",
	"title",   "remedy",	   "references", "ignored", "status",
	"risk",	   "inUse",
};

/* '=', '+', '-', '@' begin formulas; so do their full-width forms in some locales. */
static bool is_formula(struct sk_span s)
{
	static const char *const begin[] = { "=",
					     "+",
					     "-",
					     "@",
					     "\t",
					     "\r",
					     "\n",
					     "\xef\xbc\x9d",
					     "\xef\xbc\x8b",
					     "\xef\xbc\x8d",
					     "\xef\xbc\xa0" };

	for (size_t i = 0; i < SK_COUNT(begin); i++)
		if (sk_span_starts(s, begin[i]))
			return true;
	return false;
}

/* Quoted always, so that no byte of it can end the cell; control characters are shown as \xNN. */
static void put_cell(struct sk_buf *out, bool first, const char *text)
{
	sk_cleanup(sk_buf_release) struct sk_buf plain = { 0 };

	if (!first)
		sk_buf_putc(out, ',');
	if (!text || !text[0])
		return;
	sk_text_plain(&plain, sk_span_str(text));
	sk_buf_putc(out, '"');
	/* A leading blank is passed over by some readers, and the formula behind it run. */
	if (is_formula(sk_span_trim(sk_buf_view(&plain))) || is_formula(sk_span_str(text)))
		sk_buf_putc(out, '\'');
	for (size_t i = 0; i < plain.len; i++) {
		if (plain.data[i] == '"')
			sk_buf_putc(out, '"');
		sk_buf_putc(out, plain.data[i]);
	}
	sk_buf_putc(out, '"');
}

static void put_number(struct sk_buf *out, bool known, int decimals, double value)
{
	sk_buf_putc(out, ',');
	if (known)
		sk_buf_printf(out, "%.*f", decimals, value);
}

static void put_strings(struct sk_buf *out, const struct sk_strings *strings)
{
	sk_cleanup(sk_buf_release) struct sk_buf joined = { 0 };

	for (size_t i = 0; i < strings->count; i++)
		sk_buf_printf(&joined, "%s%s", i ? " " : "", strings->items[i]);
	put_cell(out, false, sk_buf_str(&joined));
}

static void put_package(struct sk_buf *out, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };

	if (f->package)
		sk_report_name(f->package, &name);
	put_cell(out, false, sk_buf_str(&name));
	put_cell(out, false, f->package ? f->package->version : NULL);
	put_cell(out, false, f->fixed_version);
	put_cell(out, false,
		 f->kind == SK_FINDING_VULNERABILITY ? sk_fix_state_name(f->fix) : NULL);
	put_cell(out, false, f->package ? f->package->purl : NULL);
}

/* Empty: not known. */
static const char *const uses[] = { [SK_USE_UNKNOWN] = NULL, [SK_USE_NO] = "no", [SK_USE_YES] = "yes" };

static void put_finding(struct sk_buf *out, const struct sk_result *result,
			const struct sk_finding *f, enum sk_risk_class class, bool ignored)
{
	uint32_t line = f->line ? f->line : f->package && !f->path ? f->package->line : 0;
	int32_t layer = sk_report_finding_layer(result, f);
	int risk = sk_risk_score(f, result->inventory, class);

	put_cell(out, true, result->inventory->artifact.name);
	put_cell(out, false, sk_finding_kind_name(f->kind));
	put_cell(out, false, sk_severity_name(f->severity));
	put_cell(out, false, f->id);
	put_strings(out, &f->aliases);
	put_package(out, f);
	put_cell(out, false, sk_report_path(f));
	put_number(out, line > 0, 0, line);
	put_cell(out, false, sk_report_diff_id(result, layer));
	put_number(out, layer >= 0, 0, layer);
	put_number(out, f->cvss_score > 0, 1, f->cvss_score);
	put_number(out, f->epss > 0, 5, f->epss);
	put_cell(out, false, f->kind != SK_FINDING_VULNERABILITY ? NULL : f->kev ? "yes" : "no");
	put_cell(out, false, f->severity_source);
	put_cell(out, false, f->title);
	put_cell(out, false, f->remedy);
	put_strings(out, &f->references);
	put_cell(out, false, !ignored			    ? NULL
			     : f->statement && f->statement->reason ? f->statement->reason
								    : "yes");
	put_cell(out, false, f->statement ? sk_vex_status_name(f->statement->status) : NULL);
	put_number(out, risk >= 0, 0, risk);
	put_cell(out, false, uses[sk_finding_use(f)]);
	sk_buf_puts(out, "\r\n");
}

static int write_csv(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	for (size_t i = 0; i < SK_COUNT(columns); i++)
		sk_buf_printf(out, "%s%s", i ? "," : "", columns[i]);
	sk_buf_puts(out, "\r\n");
	for (size_t i = 0; i < report->result_count; i++) {
		const struct sk_result *r = &report->results[i];

		for (size_t k = 0; k < r->finding_count; k++)
			put_finding(out, r, r->findings[k], report->risk_class, false);
		for (size_t k = 0; report->show_ignored && k < r->ignored_count; k++)
			put_finding(out, r, r->ignored[k], report->risk_class, true);
	}
	return 0;
}

const struct sk_format sk_format_csv = {
	.name = "csv",
	.summary = "one line a finding, for spreadsheets",
	.extension = "csv",
	.write = write_csv,
};
