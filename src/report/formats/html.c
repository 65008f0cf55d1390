/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One self-contained page. Its content security policy allows its own style and script by their
 * hashes and nothing else, so that even a slip in escaping could neither run nor fetch anything.
 * Without the script everything is there, only not sortable.
 */
#include "base/text.h"
#include "base/time.h"
#include "report/action.h"
#include "report/format.h"
#include "report/verdict.h"
#include "report/xml.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

extern const char sk_html_css[], sk_html_js[]; /* html.css, html.js */

enum { FIRST_ACTIONS = 5 };

struct html {
	struct sk_buf *out;
	const struct sk_report *report;
	const struct sk_result *result;
	size_t number; /* of the result, from 1 */
	bool epss;     /* some finding of the result has one: there is a column for it */
};

/* ---- pieces ---- */

static void raw(struct html *h, const char *markup)
{
	sk_buf_puts(h->out, markup);
}

static void text(struct html *h, const char *s)
{
	sk_report_xml(h->out, s, false);
}

/* <tag class>text</tag>; nothing for NULL and "". */
static void element(struct html *h, const char *tag, const char *class, const char *s)
{
	if (!s || !s[0])
		return;
	sk_buf_printf(h->out, "<%s", tag);
	sk_report_xml_attr(h->out, "class", class);
	sk_buf_putc(h->out, '>');
	text(h, s);
	sk_buf_printf(h->out, "</%s>", tag);
}

static void link_to(struct html *h, const char *url, const char *s)
{
	if (!sk_report_is_url(url)) {
		text(h, s);
		return;
	}
	raw(h, "<a rel=\"noopener noreferrer\" target=\"_blank\"");
	sk_report_xml_attr(h->out, "href", url);
	sk_buf_putc(h->out, '>');
	text(h, s);
	raw(h, "</a>");
}

static void fact(struct html *h, const char *label, const char *class, const char *value)
{
	if (!value || !value[0])
		return;
	raw(h, "<div>");
	element(h, "dt", NULL, label);
	element(h, "dd", class, value);
	raw(h, "</div>\n");
}

static void hash_source(struct html *h, const char *content)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint8_t base64[64];

	EVP_Digest(content, strlen(content), digest, NULL, EVP_sha256(), NULL);
	EVP_EncodeBlock(base64, digest, sizeof(digest));
	sk_buf_printf(h->out, "'sha256-%s'", (const char *)base64);
}

/* ---- findings ---- */

static void put_severity(struct html *h, const struct sk_finding *f)
{
	const char *severity = sk_severity_name(f->severity);

	sk_buf_printf(h->out,
		      "<td class=\"c-sev\" data-sort=\"%d\"><span class=\"sev %s\">%s</span>",
		      (int)f->severity * 2 + f->kev, severity, severity);
	if (f->kev)
		raw(h, "<br><span class=\"kevmark\" title=\"In CISA's catalogue of known exploited "
		       "vulnerabilities\">exploited</span>");
	if (sk_finding_use(f) == SK_USE_YES)
		raw(h, "<br><span class=\"kevmark\" title=\"The package was seen in use at run time\">in use</span>");
	raw(h, "</td>");
}

static void put_id(struct html *h, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf url = { 0 };
	bool page = f->kind == SK_FINDING_VULNERABILITY && sk_report_id_url(f->id, &url);

	raw(h, "<td class=\"c-id\"><span class=\"id\">");
	link_to(h, page ? sk_buf_str(&url) : NULL, f->id ? f->id : sk_finding_kind_name(f->kind));
	raw(h, "</span></td>");
}

static const char *fix_words(const struct sk_finding *f)
{
	if (f->kind != SK_FINDING_VULNERABILITY)
		return NULL;
	if (f->fix == SK_FIX_WONT)
		return "will not be fixed";
	return f->fix == SK_FIX_NONE ? "no fix yet" : "fix unknown";
}

static void put_package_line(struct html *h, struct sk_finding *const *run, size_t count)
{
	sk_cleanup(sk_buf_release) struct sk_buf names = { 0 };
	const struct sk_finding *f = run[0];

	if (!f->package) {
		element(h, "code", NULL, sk_report_path(f));
		if (f->line)
			sk_buf_printf(h->out, ":%u", f->line);
		return;
	}
	sk_report_run_names(run, count, 4, &names);
	element(h, "span", "pkg", sk_buf_str(&names));
	raw(h, " ");
	element(h, "code", NULL, f->package->version);
	if (f->fixed_version) {
		raw(h, "<span class=\"arrow\">&rarr;</span>");
		element(h, "code", "good", f->fixed_version);
	} else {
		raw(h, " ");
		element(h, "span", "soft", fix_words(f));
	}
}

static void put_pair(struct html *h, const char *label, const char *tag, const char *value)
{
	if (!value || !value[0])
		return;
	element(h, "dt", NULL, label);
	raw(h, "<dd>");
	element(h, tag, NULL, value);
	raw(h, "</dd>");
}

static void put_place(struct html *h, const struct sk_finding *f)
{
	uint32_t line = f->line ? f->line : f->package && !f->path ? f->package->line : 0;
	const char *layer = sk_report_diff_id(h->result, sk_report_finding_layer(h->result, f));
	const char *path = sk_report_path(f);

	if (path) {
		raw(h, "<dt>Path</dt><dd>");
		element(h, "code", NULL, path);
		if (line)
			sk_buf_printf(h->out, " line %u", line);
		raw(h, "</dd>");
	}
	put_pair(h, "Layer", "code", layer);
}

static void put_figures(struct html *h, const struct sk_finding *f)
{
	if (f->cvss_vector || f->cvss_score > 0) {
		raw(h, "<dt>CVSS</dt><dd>");
		if (f->cvss_score >= 0)
			sk_buf_printf(h->out, "%.1f ", f->cvss_score);
		element(h, "code", NULL, f->cvss_vector);
		raw(h, "</dd>");
	}
	if (f->epss > 0)
		sk_buf_printf(
		    h->out,
		    "<dt>EPSS</dt><dd>%.2f %% chance of exploitation within 30 days, above "
		    "%.1f %% of all</dd>",
		    f->epss * 100, f->epss_percentile * 100);
	if (f->kev && f->kev_due)
		put_pair(h, "KEV due", "span", f->kev_due);
	put_pair(h, "Severity by", "span", f->severity_source);
}

static void put_aliases(struct html *h, const struct sk_finding *f)
{
	if (!f->aliases.count)
		return;
	raw(h, "<dt>Also known as</dt><dd>");
	for (size_t i = 0; i < f->aliases.count; i++) {
		raw(h, i ? ", " : "");
		text(h, f->aliases.items[i]);
	}
	raw(h, "</dd>");
}

static void put_references(struct html *h, const struct sk_finding *f)
{
	if (!f->references.count)
		return;
	raw(h, "<ul>");
	for (size_t i = 0; i < f->references.count; i++) {
		raw(h, "<li>");
		link_to(h, f->references.items[i], f->references.items[i]);
		raw(h, "</li>");
	}
	raw(h, "</ul>");
}

/* With a fix it is a command, else a sentence. */
static void put_remedies(struct html *h, struct sk_finding *const *run, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *remedy = run[i]->remedy;

		if (!remedy || (i && run[i - 1]->remedy && strcmp(remedy, run[i - 1]->remedy) == 0))
			continue;
		raw(h, run[i]->fixed_version ? "<p class=\"run\">" : "<p>");
		element(h, run[i]->fixed_version ? "code" : "span", NULL, remedy);
		raw(h, "</p>");
	}
}

static void put_statement(struct html *h, const struct sk_finding *f)
{
	const struct sk_statement *s = f->statement;

	if (!s)
		return;
	put_pair(h, sk_finding_ignored(f) ? "Ignored because" : "Said of it", "span", s->reason);
	put_pair(h, "Status", "span", sk_vex_status_name(s->status));
	put_pair(h, "Justification", "span", s->justification);
	put_pair(h, sk_finding_ignored(f) ? "Accepted by" : "Said by", "span", s->owner);
	put_pair(h, "Ticket", "span", s->ticket);
	put_pair(h, "Until", "span", s->until);
	put_pair(h, "Said on", "span", s->timestamp);
}

static void put_details(struct html *h, struct sk_finding *const *run, size_t count)
{
	const struct sk_finding *f = run[0];

	raw(h, "<div class=\"detail\">");
	if (f->description && f->description[0]) {
		raw(h, "<p>");
		sk_report_xml(h->out, f->description, true);
		raw(h, "</p>");
	}
	put_remedies(h, run, count);
	raw(h, "<dl>");
	put_place(h, f);
	put_figures(h, f);
	put_aliases(h, f);
	for (size_t i = 0; i < count; i++)
		put_pair(h, "Package URL", "code", run[i]->package ? run[i]->package->purl : NULL);
	put_pair(h, "Source package", "span", f->package ? f->package->source_name : NULL);
	put_pair(h, "Published", "span", f->published);
	put_statement(h, f);
	raw(h, "</dl>");
	put_references(h, f);
	raw(h, "</div>");
}

/* A run of findings as one row (sk_report_run). */
static void put_row(struct html *h, struct sk_finding *const *run, size_t count)
{
	const struct sk_finding *f = run[0];
	int32_t layer = sk_report_finding_layer(h->result, f);

	sk_buf_printf(h->out,
		      "<tr data-severity=\"%s\" data-kev=\"%d\" data-fix=\"%d\" data-layer=\"%d\" "
		      "data-count=\"%zu\">",
		      sk_severity_name(f->severity), f->kev, f->fixed_version != NULL, layer + 1,
		      count);
	put_severity(h, f);
	put_id(h, f);
	raw(h, "<td>");
	put_package_line(h, run, count);
	raw(h, "<details><summary>");
	text(h, f->title && f->title[0] ? f->title : "Details");
	raw(h, "</summary>");
	put_details(h, run, count);
	raw(h, "</details></td>");
	if (h->epss && f->epss > 0)
		sk_buf_printf(
		    h->out,
		    "<td class=\"c-num\" data-label=\"EPSS\" data-sort=\"%.6f\">%.1f&nbsp;%%</td>",
		    f->epss, f->epss * 100);
	else if (h->epss)
		raw(h, "<td class=\"c-num\" data-sort=\"0\"></td>");
	if (h->result->inventory->layer_count && layer >= 0)
		sk_buf_printf(h->out, "<td class=\"c-layer\" data-sort=\"%d\">layer %d</td>", layer,
			      layer + 1);
	else if (h->result->inventory->layer_count)
		raw(h, "<td class=\"c-layer\"></td>");
	raw(h, "</tr>\n");
}

/* All but coverage, which has a place of its own. */
static void put_rows(struct html *h, struct sk_finding *const *findings, size_t count)
{
	for (size_t i = 0, n; i < count; i += n) {
		n = sk_report_run(h->result, findings + i, count - i);
		if (findings[i]->kind != SK_FINDING_COVERAGE)
			put_row(h, findings + i, n);
	}
}

static void put_tools(struct html *h, const struct sk_counts *counts)
{
	raw(h,
	    "<div class=\"tools\"><input type=\"search\" placeholder=\"Search id, package, path, "
	    "text\" "
	    "aria-label=\"Search\"><span class=\"chips\" role=\"group\" aria-label=\"Severity\">");
	for (int s = SK_SEVERITY_CRITICAL; s >= 0; s--)
		if (counts->severity[s])
			sk_buf_printf(h->out,
				      "<button class=\"chip\" type=\"button\" value=\"%s\" "
				      "aria-pressed=\"false\">%s "
				      "%zu</button>",
				      sk_severity_name((enum sk_severity)s),
				      sk_severity_name((enum sk_severity)s), counts->severity[s]);
	raw(h, "</span>");
	if (counts->fixable)
		raw(h, "<label><input type=\"checkbox\" value=\"fix\"> has a fix</label>");
	if (counts->kev)
		raw(h, "<label><input type=\"checkbox\" value=\"kev\"> exploited</label>");
	if (h->result->inventory->layer_count > 1) {
		raw(h, "<select aria-label=\"Layer\"><option value=\"\">all layers</option>");
		for (size_t i = 1; i <= h->result->inventory->layer_count; i++)
			sk_buf_printf(h->out, "<option value=\"%zu\">layer %zu</option>", i, i);
		raw(h, "</select>");
	}
	raw(h, "<span class=\"shown\" role=\"status\"></span></div>\n");
}

static void put_table_head(struct html *h)
{
	raw(h, "<div class=\"card\"><table class=\"findings\"><thead><tr><th class=\"c-sev\" "
	       "data-first=\"descending\"><button type=\"button\">Severity</button></th><th "
	       "class=\"c-id\"><button type=\"button\">Id</button></th><th><button "
	       "type=\"button\">Package and problem</button></th>");
	if (h->epss)
		raw(h, "<th class=\"c-num\" data-first=\"descending\" title=\"Probability of "
		       "exploitation within 30 days\"><button type=\"button\">EPSS</button></th>");
	if (h->result->inventory->layer_count)
		raw(h, "<th class=\"c-layer\"><button type=\"button\">Layer</button></th>");
	raw(h, "</tr></thead>\n<tbody>\n");
}

static void put_findings(struct html *h, const struct sk_counts *counts)
{
	if (!counts->findings)
		return;
	raw(h, "<section data-findings><h2>Findings</h2>\n");
	put_tools(h, counts);
	put_table_head(h);
	put_rows(h, h->result->findings, h->result->finding_count);
	raw(h, "</tbody></table></div></section>\n");
}

static void put_ignored(struct html *h)
{
	const struct sk_result *r = h->result;

	if (!r->ignored_count)
		return;
	if (!h->report->show_ignored) {
		sk_buf_printf(
		    h->out,
		    "<p class=\"soft\">%zu ignored; <code>--show-ignored</code> lists them.</p>\n",
		    r->ignored_count);
		return;
	}
	sk_buf_printf(h->out, "<details class=\"fold\"><summary>Ignored (%zu)</summary>",
		      r->ignored_count);
	put_table_head(h);
	put_rows(h, r->ignored, r->ignored_count);
	raw(h, "</tbody></table></div></details>\n");
}

/* ---- summary ---- */

static void put_tile(struct html *h, const char *class, size_t n, const char *label)
{
	sk_buf_printf(h->out, "<div class=\"tile %s%s\"><b>%zu</b><span>%s</span></div>\n", class,
		      n ? "" : " none", n, label);
}

static void put_tiles(struct html *h, const struct sk_counts *counts)
{
	size_t at = 0;

	raw(h, "<div class=\"tiles\">\n");
	put_tile(h, "critical", counts->severity[SK_SEVERITY_CRITICAL], "critical");
	put_tile(h, "high", counts->severity[SK_SEVERITY_HIGH], "high");
	put_tile(h, "medium", counts->severity[SK_SEVERITY_MEDIUM], "medium");
	put_tile(h, "low",
		 counts->severity[SK_SEVERITY_LOW] + counts->severity[SK_SEVERITY_NEGLIGIBLE] +
		     counts->severity[SK_SEVERITY_UNKNOWN],
		 "low or unrated");
	put_tile(h, "kev", counts->kev, "known exploited");
	put_tile(h, "fix", counts->fixable, "with a fix");
	raw(h, "</div>\n<svg class=\"bar\" viewBox=\"0 0 1000 8\" preserveAspectRatio=\"none\" "
	       "aria-hidden=\"true\">");
	for (int s = SK_SEVERITY_CRITICAL; s >= 0 && counts->findings; s--) {
		size_t end = at + counts->severity[s];

		if (counts->severity[s])
			sk_buf_printf(
			    h->out, "<rect class=\"%s\" x=\"%zu\" width=\"%zu\" height=\"8\"/>",
			    sk_severity_name((enum sk_severity)s), at * 1000 / counts->findings,
			    end * 1000 / counts->findings - at * 1000 / counts->findings);
		at = end;
	}
	raw(h, "</svg>\n");
}

static void put_verdict(struct html *h, const struct sk_counts *counts)
{
	size_t n = h->result->inventory->package_count;
	enum sk_outcome outcome = sk_report_outcome(h->report, h->result, counts);
	const char *s = n == 1 ? "" : "s";

	raw(h, "<p class=\"verdict\">");
	if (!counts->findings && h->result->comparison) {
		raw(h, "Nothing new was found.</p>\n");
		return;
	}
	switch (outcome) {
	case SK_OUTCOME_FINDINGS:
		sk_buf_printf(h->out, "<b>%zu finding%s</b> in %zu package%s%s", counts->findings,
			      counts->findings == 1 ? "" : "s", n, s,
			      counts->kev ? ", some of them exploited by attackers" : "");
		break;
	case SK_OUTCOME_UNASKED:
		raw(h, "Packages were listed alone, not compared with advisories.");
		break;
	case SK_OUTCOME_UNMATCHED:
		raw(h,
		    "Nothing was compared with advisories: <b>there is no advisory database</b>. "
		    "<code>sekisho db update</code> fetches one.");
		break;
	case SK_OUTCOME_UNREADABLE:
		raw(h, "Nothing is known of it: <b>it could not be looked at</b>.");
		break;
	case SK_OUTCOME_EMPTY:
		raw(h, "No package was found, so there was nothing to compare.");
		break;
	case SK_OUTCOME_PARTLY:
	case SK_OUTCOME_CLEAN:
		sk_buf_printf(h->out,
			      "<span class=\"good\"><b>No known vulnerability</b></span> in %zu "
			      "package%s%s.",
			      n, s, outcome == SK_OUTCOME_PARTLY ? " that could be looked at" : "");
		break;
	}
	raw(h, "</p>\n");
}

static void put_sentences(struct html *h)
{
	sk_cleanup(sk_buf_release) struct sk_buf risk = { 0 }, comparison = { 0 };

	if (sk_report_comparison(h->result, &comparison))
		element(h, "p", NULL, sk_buf_str(&comparison));
	if (sk_report_risk(h->report, h->result, &risk))
		element(h, "p", NULL, sk_buf_str(&risk));
}

static void put_action(struct html *h, const struct sk_action *a)
{
	sk_cleanup(sk_buf_release) struct sk_buf effect = { 0 };

	sk_action_effect(a, &effect);
	raw(h, "<li><span class=\"what\">");
	text(h, a->what);
	if (a->where) {
		raw(h, a->join);
		element(h, "code", NULL, a->where);
	}
	raw(h, "</span>");
	element(h, "span", "effect", sk_buf_str(&effect));
	if (a->command) {
		raw(h, "<span class=\"run\">");
		element(h, "code", NULL, a->command);
		raw(h, "</span>");
	}
	raw(h, "</li>\n");
}

/* The first few at once, the others behind a fold. */
static void put_actions(struct html *h)
{
	struct sk_actions actions = { 0 };
	size_t count;

	sk_report_actions(h->result, &actions);
	count = actions.list.len;
	if (count)
		raw(h, "<section><h2>What to do first</h2>\n<div class=\"card\"><ol "
		       "class=\"steps\">\n");
	for (size_t i = 0; i < count && i < FIRST_ACTIONS; i++)
		put_action(h, &actions.list.data[i]);
	if (count > FIRST_ACTIONS)
		sk_buf_printf(h->out,
			      "</ol><details class=\"more\"><summary>and %zu more</summary>"
			      "<ol class=\"steps rest\">\n",
			      count - FIRST_ACTIONS);
	for (size_t i = FIRST_ACTIONS; i < count; i++)
		put_action(h, &actions.list.data[i]);
	if (count)
		raw(h, count > FIRST_ACTIONS ? "</ol></details></div></section>\n"
					     : "</ol></div></section>\n");
	sk_actions_release(&actions);
}

static void put_coverage(struct html *h)
{
	bool any = false;

	for (size_t i = 0; i < h->result->finding_count; i++) {
		const struct sk_finding *f = h->result->findings[i];
		const char *path = sk_report_path(f);

		if (f->kind != SK_FINDING_COVERAGE)
			continue;
		if (!any)
			raw(h, "<section class=\"warn\"><h2>Not looked at, or not with "
			       "certainty</h2><ul>\n");
		any = true;
		raw(h, "<li>");
		element(h, "code", NULL, path);
		raw(h, path && path[0] ? " " : "");
		text(h, f->title ? f->title : f->id);
		if (f->remedy) {
			raw(h, "<br>");
			element(h, "span", "soft", f->remedy);
		}
		raw(h, "</li>\n");
	}
	if (any)
		raw(h, "</ul></section>\n");
}

/* ---- lists ---- */

static void put_layers(struct html *h)
{
	const struct sk_inventory *inv = h->result->inventory;
	sk_autofree size_t *count = NULL;

	if (!inv->layer_count)
		return;
	sk_buf_printf(h->out,
		      "<details class=\"fold\"><summary>Layers (%zu)</summary><div class=\"card "
		      "scroll\"><table><thead>"
		      "<tr><th>Layer</th><th>Findings</th><th>Made "
		      "by</th><th>Digest</th></tr></thead><tbody>\n",
		      inv->layer_count);
	count = sk_alloc(inv->layer_count * sizeof(*count));
	for (size_t i = 0; i < h->result->finding_count; i++) {
		int32_t layer = sk_report_finding_layer(h->result, h->result->findings[i]);

		if (layer >= 0)
			count[layer]++;
	}
	for (size_t i = 0; i < inv->layer_count; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf step = { 0 };

		if (inv->layers[i].created_by)
			sk_report_step(inv->layers[i].created_by, &step);
		sk_buf_printf(h->out, "<tr><td>%zu</td><td>%zu</td><td>", i + 1, count[i]);
		element(h, "code", NULL, sk_buf_str(&step));
		raw(h, "</td><td>");
		element(h, "code", "soft", inv->layers[i].diff_id);
		raw(h, "</td></tr>\n");
	}
	raw(h, "</tbody></table></div></details>\n");
}

static void put_packages(struct html *h)
{
	const struct sk_inventory *inv = h->result->inventory;

	sk_buf_printf(h->out,
		      "<details class=\"fold\"><summary>Packages (%zu)</summary><div class=\"card "
		      "scroll\"><table>"
		      "<thead><tr><th><button "
		      "type=\"button\">Package</button></th><th>Version</th><th><button "
		      "type=\"button\">Type</button></th><th><button "
		      "type=\"button\">Licence</button></th><th>Layer</th>"
		      "<th><button type=\"button\">Path</button></th></tr></thead><tbody>\n",
		      inv->package_count);
	for (size_t i = 0; i < inv->package_count; i++) {
		const struct sk_package *p = inv->packages[i];
		sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
		int32_t layer = sk_report_package_layer(h->result, p);

		sk_report_name(p, &name);
		raw(h, "<tr><td>");
		element(h, "span", "pkg", sk_buf_str(&name));
		raw(h, "</td><td>");
		element(h, "code", NULL, p->version);
		raw(h, "</td><td>");
		text(h, p->type);
		raw(h, "</td><td>");
		text(h, p->licence);
		raw(h, "</td><td>");
		if (layer >= 0)
			sk_buf_printf(h->out, "%d", layer + 1);
		raw(h, "</td><td>");
		element(h, "code", "soft", p->path);
		raw(h, "</td></tr>\n");
	}
	raw(h, "</tbody></table></div></details>\n");
}

/* ---- page ---- */

static void put_facts(struct html *h)
{
	const struct sk_inventory *inv = h->result->inventory;
	const struct sk_os *os = sk_report_os(h->result);
	char number[32];

	raw(h, "<dl class=\"facts\">\n");
	fact(h, "Type", NULL, sk_report_artifact_type(h->result));
	fact(h, "System", NULL, os ? sk_report_os_name(os) : "none found");
	snprintf(number, sizeof(number), "%zu", inv->package_count);
	fact(h, "Packages", NULL, number);
	snprintf(number, sizeof(number), "%zu", inv->layer_count);
	fact(h, "Layers", NULL, inv->layer_count ? number : NULL);
	fact(h, "Platform", NULL, inv->artifact.platform);
	fact(h, "Digest", "mono", inv->artifact.digest);
	raw(h, "</dl>\n");
}

static void put_policy(struct html *h)
{
	struct sk_verdicts v = { 0 };

	if (!h->result->decision)
		return;
	sk_report_verdicts(h->result, &v);
	sk_buf_printf(h->out,
		      "<h2>Policy: %s</h2>\n<p>%zu rules kept, %zu not, %zu do not apply, %zu for people.</p>\n",
		      sk_effect_name(h->result->decision->effect), v.kept, v.lines.len, v.skipped, v.manual);
	if (v.lines.len)
		raw(h, "<table><thead><tr><th>Verdict</th><th>Rule</th><th>Why</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < v.lines.len; i++) {
		const struct sk_verdict_line *l = &v.lines.data[i];

		sk_buf_printf(h->out, "<tr><td>%s</td><td>", l->mark);
		text(h, l->policy);
		raw(h, "/");
		text(h, l->rule);
		raw(h, "</td><td>");
		text(h, l->example);
		if (l->others)
			sk_buf_printf(h->out, ", and %zu more", l->others);
		raw(h, "</td></tr>\n");
	}
	if (v.lines.len)
		raw(h, "</tbody></table>\n");
	if (v.ways.len)
		raw(h, "<h3>The shortest way to pass</h3>\n<ol>\n");
	for (size_t i = 0; i < v.ways.len; i++) {
		raw(h, "<li>");
		text(h, v.ways.data[i].what);
		if (v.ways.data[i].command) {
			raw(h, " ");
			element(h, "code", NULL, v.ways.data[i].command);
		}
		raw(h, "</li>\n");
	}
	if (v.ways.len)
		raw(h, "</ol>\n");
	sk_verdicts_release(&v);
}

static void put_result(struct html *h)
{
	struct sk_counts counts = sk_report_counts(h->result);

	h->epss = false;
	for (size_t i = 0; i < h->result->finding_count; i++)
		h->epss |= h->result->findings[i]->epss > 0;
	if (h->report->result_count > 1) {
		sk_buf_printf(h->out, "<section class=\"target\" id=\"target-%zu\">\n", h->number);
		element(h, "h2", "name", h->result->inventory->artifact.name);
		put_facts(h);
	}
	put_verdict(h, &counts);
	put_sentences(h);
	put_policy(h);
	if (counts.findings)
		put_tiles(h, &counts);
	put_actions(h);
	put_coverage(h);
	put_findings(h, &counts);
	put_ignored(h);
	put_layers(h);
	if (h->report->list_packages)
		put_packages(h);
	if (h->report->result_count > 1)
		raw(h, "</section>\n");
}

static void put_targets(struct html *h)
{
	sk_buf_printf(h->out, "<h1>%zu targets</h1><ol class=\"targets\">\n",
		      h->report->result_count);
	for (size_t i = 0; i < h->report->result_count; i++) {
		const struct sk_result *result = &h->report->results[i];
		struct sk_counts counts = sk_report_counts(result);

		sk_buf_printf(h->out, "<li><a href=\"#target-%zu\">", i + 1);
		text(h, result->inventory->artifact.name);
		raw(h, "</a> <span class=\"soft\">");
		if (sk_report_outcome(h->report, result, &counts) == SK_OUTCOME_UNREADABLE)
			raw(h, "could not be looked at");
		else
			sk_buf_printf(h->out, "%zu critical, %zu high, %zu in all",
				      counts.severity[SK_SEVERITY_CRITICAL],
				      counts.severity[SK_SEVERITY_HIGH], counts.findings);
		raw(h, "</span></li>\n");
	}
	raw(h, "</ol>\n");
}

static void put_head(struct html *h)
{
	const char *name =
	    h->report->result_count == 1 ? h->report->results[0].inventory->artifact.name : NULL;

	raw(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	       "style-src ");
	hash_source(h, sk_html_css);
	raw(h, "; script-src ");
	hash_source(h, sk_html_js);
	raw(h, "; base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" "
	       "content=\"no-referrer\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	text(h, name ? name : "Scan");
	raw(h, " - Sekisho report</title>\n<style>");
	raw(h, sk_html_css);
	raw(h, "</style>\n</head>\n<body>\n");
}

static void put_header(struct html *h)
{
	char time[SK_TIME_TEXT];

	sk_time_format(h->report->created, time);
	sk_buf_printf(
	    h->out,
	    "<div class=\"top\"><header><div class=\"brand\"><b>Sekisho</b><span>scanned %.10s "
	    "%.5s UTC, ",
	    time, time + 11);
	if (h->report->database_newest) {
		snprintf(time, sizeof(time), "%.10s", h->report->database_newest);
		raw(h, "advisories of ");
		text(h, time);
	} else {
		raw(h, h->report->packages_only ? "not compared with advisories"
						: "no advisory database");
	}
	raw(h, "</span></div>\n");
	if (h->report->result_count == 1) {
		h->result = &h->report->results[0];
		element(h, "h1", NULL, h->result->inventory->artifact.name);
		put_facts(h);
	} else {
		put_targets(h);
	}
	raw(h, "</header></div>\n");
}

static int write_html(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct html h = { .out = out, .report = report };

	put_head(&h);
	put_header(&h);
	raw(&h, "<main>\n");
	for (size_t i = 0; i < report->result_count; i++) {
		h.result = &report->results[i];
		h.number = i + 1;
		put_result(&h);
	}
	raw(&h, "</main>\n<footer>Made by Sekisho " SK_VERSION);
	if (report->command_line) {
		raw(&h, ": ");
		element(&h, "code", NULL, report->command_line);
	}
	raw(&h, "</footer>\n<script>");
	raw(&h, sk_html_js);
	raw(&h, "</script>\n</body>\n</html>\n");
	return 0;
}

const struct sk_format sk_format_html = {
	.name = "html",
	.summary = "one self-contained page to read, sort and filter",
	.extension = "html",
	.write = write_html,
};
