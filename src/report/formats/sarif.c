/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SARIF 2.1.0 as GitHub code scanning, GitLab and others read it: one run a target, each
 * with an id of its own, because GitHub refuses two runs of one category; a rule an id; relative
 * URIs; fingerprints that stay when a version or a line changes.
 */
#include "base/map.h"
#include "base/time.h"
#include "doc/json-write.h"
#include "report/format.h"
#include "report/markdown.h"
#include "report/view.h"

/* GitHub cuts texts above this many characters. */
enum { MAX_TEXT = 1000 };

struct rules {
	struct sk_arena arena;
	struct sk_map by_id; /* struct rule */
};

struct rule {
	size_t index;
	const struct sk_finding
	    *worst; /* of all findings with this id: the rule shows its severity */
};

static const char *rule_id(const struct sk_finding *f)
{
	return f->id && f->id[0] ? f->id : sk_finding_kind_name(f->kind);
}

static const char *level(const struct sk_finding *f)
{
	if (f->severity >= SK_SEVERITY_HIGH)
		return "error";
	return f->severity == SK_SEVERITY_MEDIUM ? "warning" : "note";
}

static void add_rules(struct rules *rules, struct sk_finding *const *findings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rule **slot = (struct rule **)sk_map_at(
		    &rules->by_id, sk_span_str(rule_id(findings[i])), NULL);

		if (!*slot) {
			*slot = sk_arena_alloc(&rules->arena, sizeof(**slot));
			(*slot)->index = rules->by_id.entries.len - 1;
			(*slot)->worst = findings[i];
		} else if (findings[i]->severity > (*slot)->worst->severity) {
			(*slot)->worst = findings[i];
		}
	}
}

static void put_text(struct sk_json_writer *w, const char *key, const char *text)
{
	struct sk_span s = sk_span_str(text);

	if (s.len > MAX_TEXT) {
		s.len = MAX_TEXT;
		while (s.len && ((uint8_t)s.ptr[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	sk_json_key(w, key);
	sk_json_object(w);
	sk_json_key(w, "text");
	sk_json_span(w, s);
	sk_json_end(w);
}

static void put_help(struct sk_json_writer *w, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, md = { 0 };

	if (f->remedy)
		sk_buf_printf(&text, "%s\n", f->remedy);
	sk_buf_puts(&md, "**What to do:** ");
	sk_md_text(&md, f->remedy ? f->remedy : "nothing is known yet");
	sk_buf_putc(&md, '\n');
	for (size_t i = 0; i < f->references.count; i++) {
		if (!sk_report_is_url(f->references.items[i]))
			continue;
		sk_buf_printf(&text, "%s\n", f->references.items[i]);
		sk_buf_printf(&md, "\n- <%s>", f->references.items[i]);
	}
	sk_json_key(w, "help");
	sk_json_object(w);
	sk_json_put_str(w, "text", text.len ? sk_buf_str(&text) : rule_id(f));
	sk_json_put_str(w, "markdown", sk_buf_str(&md));
	sk_json_end(w);
}

static void put_rule_properties(struct sk_json_writer *w, const struct sk_finding *f)
{
	bool security = f->kind != SK_FINDING_COVERAGE && f->kind != SK_FINDING_LICENCE;

	sk_json_key(w, "properties");
	sk_json_object(w);
	sk_json_key(w, "tags");
	sk_json_array(w);
	sk_json_str(w, sk_finding_kind_name(f->kind));
	if (security)
		sk_json_str(w, "security");
	sk_json_str(w, sk_severity_name(f->severity));
	if (f->kev)
		sk_json_str(w, "known-exploited");
	sk_json_end(w);
	sk_json_put_str(w, "precision", "very-high");
	if (security) {
		sk_json_key(w, "security-severity");
		sk_json_printf(w, "%.1f", sk_report_score(f));
	}
	sk_json_end(w);
}

static void put_rules(struct sk_json_writer *w, const struct rules *rules)
{
	sk_json_key(w, "rules");
	sk_json_array(w);
	for (size_t i = 0; i < rules->by_id.entries.len; i++) {
		const struct rule *rule = rules->by_id.entries.data[i].value;
		const struct sk_finding *f = rule->worst;
		sk_cleanup(sk_buf_release) struct sk_buf url = { 0 };

		sk_json_object(w);
		sk_json_put_str(w, "id", rule_id(f));
		sk_json_put_str(w, "name", sk_finding_kind_name(f->kind));
		put_text(w, "shortDescription", f->title && f->title[0] ? f->title : rule_id(f));
		put_text(w, "fullDescription",
			 f->description && f->description[0] ? f->description
			 : f->title && f->title[0]	     ? f->title
							     : rule_id(f));
		if (f->kind == SK_FINDING_VULNERABILITY && sk_report_id_url(f->id, &url))
			sk_json_put_str(w, "helpUri", sk_buf_str(&url));
		put_help(w, f);
		sk_json_key(w, "defaultConfiguration");
		sk_json_object(w);
		sk_json_put_str(w, "level", level(f));
		sk_json_end(w);
		put_rule_properties(w, f);
		sk_json_end(w);
	}
	sk_json_end(w);
}

/* In messages "[text](target)" is a link: brackets of others are escaped (section 3.11.6). */
static void message_append(struct sk_buf *buf, const char *s)
{
	for (; s && *s; s++) {
		if (*s == '[' || *s == ']' || *s == '\\')
			sk_buf_putc(buf, '\\');
		sk_buf_putc(buf, *s);
	}
}

static void put_message(struct sk_json_writer *w, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, name = { 0 };

	if (f->package) {
		sk_report_name(f->package, &name);
		message_append(&text, sk_buf_str(&name));
		sk_buf_putc(&text, ' ');
		message_append(&text, f->package->version);
		sk_buf_puts(&text, ": ");
	}
	message_append(&text, f->title && f->title[0] ? f->title : rule_id(f));
	if (f->fixed_version) {
		sk_buf_puts(&text, ". Fixed in ");
		message_append(&text, f->fixed_version);
	}
	if (f->remedy) {
		sk_buf_puts(&text, ". ");
		message_append(&text, f->remedy);
	}
	sk_json_key(w, "message");
	sk_json_object(w);
	sk_json_put_str(w, "text", sk_buf_str(&text));
	sk_json_end(w);
}

static void put_physical(struct sk_json_writer *w, const struct sk_result *result,
			 const struct sk_finding *f)
{
	uint32_t line = f->line ? f->line : f->package && !f->path ? f->package->line : 0;
	const char *path = sk_report_path(f), *name = result->inventory->artifact.name;
	sk_cleanup(sk_buf_release) struct sk_buf uri = { 0 };

	sk_report_uri(path ? path : name ? name : "", &uri);
	sk_json_key(w, "physicalLocation");
	sk_json_object(w);
	sk_json_key(w, "artifactLocation");
	sk_json_object(w);
	sk_json_put_str(w, "uri", uri.len ? sk_buf_str(&uri) : "artifact");
	sk_json_end(w);
	sk_json_key(w, "region");
	sk_json_object(w);
	sk_json_put_int(w, "startLine", line ? line : 1);
	sk_json_end(w);
	sk_json_end(w);
}

static void put_locations(struct sk_json_writer *w, const struct sk_result *result,
			  const struct sk_finding *f)
{
	sk_json_key(w, "locations");
	sk_json_array(w);
	sk_json_object(w);
	put_physical(w, result, f);
	if (f->package && f->package->purl) {
		sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };

		sk_report_name(f->package, &name);
		sk_json_key(w, "logicalLocations");
		sk_json_array(w);
		sk_json_object(w);
		sk_json_put_str(w, "name", sk_buf_str(&name));
		sk_json_put_str(w, "fullyQualifiedName", f->package->purl);
		sk_json_put_str(w, "kind", "package");
		sk_json_end(w);
		sk_json_end(w);
	}
	sk_json_end(w);
	sk_json_end(w);
}

static void put_fingerprints(struct sk_json_writer *w, const struct sk_finding *f)
{
	uint64_t hash = sk_report_fingerprint(f);

	sk_json_key(w, "partialFingerprints");
	sk_json_object(w);
	sk_json_key(w, "primaryLocationLineHash"); /* the one that GitHub looks at */
	sk_json_printf(w, "%016llx:1", (unsigned long long)hash);
	sk_json_key(w, "sekisho/v1");
	sk_json_printf(w, "%016llx", (unsigned long long)hash);
	sk_json_end(w);
}

static void put_properties(struct sk_json_writer *w, const struct sk_result *result,
			   const struct sk_finding *f)
{
	int32_t layer = sk_report_finding_layer(result, f);

	sk_json_key(w, "properties");
	sk_json_object(w);
	sk_json_put_str(w, "kind", sk_finding_kind_name(f->kind));
	sk_json_put_str(w, "severity", sk_severity_name(f->severity));
	sk_json_put_opt(w, "severitySource", f->severity_source);
	if (f->package) {
		sk_json_put_opt(w, "purl", f->package->purl);
		sk_json_put_opt(w, "installedVersion", f->package->version);
		sk_json_put_opt(w, "fixedVersion", f->fixed_version);
		sk_json_put_str(w, "fixState", sk_fix_state_name(f->fix));
	}
	sk_json_put_opt(w, "layer", sk_report_diff_id(result, layer));
	if (layer >= 0)
		sk_json_put_int(w, "layerIndex", layer);
	sk_json_put_opt(w, "cvss", f->cvss_vector);
	if (f->kind == SK_FINDING_VULNERABILITY)
		sk_json_put_bool(w, "kev", f->kev);
	if (sk_finding_use(f) != SK_USE_UNKNOWN)
		sk_json_put_bool(w, "inUse", sk_finding_use(f) == SK_USE_YES);
	if (f->epss > 0) {
		sk_json_key(w, "epss");
		sk_json_double(w, f->epss);
	}
	if (f->aliases.count) {
		sk_json_key(w, "aliases");
		sk_json_array(w);
		for (size_t i = 0; i < f->aliases.count; i++)
			sk_json_str(w, f->aliases.items[i]);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void put_result(struct sk_json_writer *w, const struct rules *rules,
		       const struct sk_result *result, const struct sk_finding *f, bool ignored)
{
	const struct rule *rule = sk_map_get(&rules->by_id, sk_span_str(rule_id(f)));

	sk_json_object(w);
	sk_json_put_str(w, "ruleId", rule_id(f));
	sk_json_put_int(w, "ruleIndex", (int64_t)rule->index);
	sk_json_put_str(w, "level", level(f));
	put_message(w, f);
	put_locations(w, result, f);
	put_fingerprints(w, f);
	if (result->comparison)
		sk_json_put_str(w, "baselineState", "new");
	if (ignored) {
		sk_json_key(w, "suppressions");
		sk_json_array(w);
		sk_json_object(w);
		sk_json_put_str(w, "kind", "external");
		sk_json_put_str(w, "status", "accepted");
		sk_json_put_opt(w, "justification", f->statement ? f->statement->reason : NULL);
		sk_json_end(w);
		sk_json_end(w);
	}
	put_properties(w, result, f);
	sk_json_end(w);
}

static void put_notification(struct sk_json_writer *w, const struct sk_result *result,
			     const struct sk_finding *f)
{
	sk_json_object(w);
	sk_json_key(w, "descriptor");
	sk_json_object(w);
	sk_json_put_str(w, "id", rule_id(f));
	sk_json_end(w);
	sk_json_put_str(w, "level", "warning");
	put_message(w, f);
	put_locations(w, result, f);
	sk_json_end(w);
}

static void put_invocation(struct sk_json_writer *w, const struct sk_report *report,
			   const struct sk_result *result)
{
	char time[SK_TIME_TEXT];

	sk_json_key(w, "invocations");
	sk_json_array(w);
	sk_json_object(w);
	sk_json_put_opt(w, "commandLine", report->command_line);
	sk_json_put_str(w, "endTimeUtc", sk_time_format(report->created, time));
	sk_json_put_bool(w, "executionSuccessful", !result->inventory->incomplete);
	sk_json_key(w, "toolExecutionNotifications");
	sk_json_array(w);
	for (size_t i = 0; i < result->finding_count; i++)
		if (result->findings[i]->kind == SK_FINDING_COVERAGE)
			put_notification(w, result, result->findings[i]);
	sk_json_end(w);
	sk_json_end(w);
	sk_json_end(w);
}

static void put_tool(struct sk_json_writer *w, const struct rules *rules)
{
	sk_json_key(w, "tool");
	sk_json_object(w);
	sk_json_key(w, "driver");
	sk_json_object(w);
	sk_json_put_str(w, "name", "Sekisho");
	sk_json_put_str(w, "version", SK_VERSION);
	sk_json_put_str(w, "semanticVersion", SK_VERSION);
	put_rules(w, rules);
	sk_json_end(w);
	sk_json_end(w);
}

/* The part before the last '/' is GitHub's category. */
static void put_automation(struct sk_json_writer *w, const struct sk_result *result)
{
	const char *name = result->inventory->artifact.name;
	sk_cleanup(sk_buf_release) struct sk_buf id = { 0 };

	sk_buf_puts(&id, "sekisho/");
	sk_report_uri(name ? name : "", &id);
	sk_buf_putc(&id, '/');
	sk_json_key(w, "automationDetails");
	sk_json_object(w);
	sk_json_put_str(w, "id", sk_buf_str(&id));
	sk_json_end(w);
}

static void put_run_properties(struct sk_json_writer *w, const struct sk_report *report,
			       const struct sk_result *result)
{
	const struct sk_os *os = sk_report_os(result);

	sk_json_key(w, "properties");
	sk_json_object(w);
	sk_json_put_opt(w, "artifactName", result->inventory->artifact.name);
	sk_json_put_str(w, "artifactType", sk_report_artifact_type(result));
	sk_json_put_opt(w, "artifactDigest", result->inventory->artifact.digest);
	sk_json_put_opt(w, "operatingSystem", os ? sk_report_os_name(os) : NULL);
	sk_json_put_opt(w, "databaseCreated", report->database_created);
	sk_json_put_int(w, "packages", (int64_t)result->inventory->package_count);
	if (result->comparison) {
		sk_json_put_str(w, "comparedWith", result->comparison->base);
		sk_json_put_int(w, "known", (int64_t)result->comparison->known);
		sk_json_put_int(w, "gone", (int64_t)result->comparison->gone);
	}
	sk_json_end(w);
}

static void put_run(struct sk_json_writer *w, const struct sk_report *report,
		    const struct sk_result *result)
{
	size_t ignored = report->show_ignored ? result->ignored_count : 0;
	struct rules rules = { 0 };

	add_rules(&rules, result->findings, result->finding_count);
	add_rules(&rules, result->ignored, ignored);
	sk_json_object(w);
	put_tool(w, &rules);
	put_automation(w, result);
	put_invocation(w, report, result);
	sk_json_put_str(w, "columnKind", "utf16CodeUnits");
	sk_json_key(w, "results");
	sk_json_array(w);
	for (size_t i = 0; i < result->finding_count; i++)
		put_result(w, &rules, result, result->findings[i], false);
	for (size_t i = 0; i < ignored; i++)
		put_result(w, &rules, result, result->ignored[i], true);
	sk_json_end(w);
	put_run_properties(w, report, result);
	sk_json_end(w);
	sk_map_release(&rules.by_id);
	sk_arena_release(&rules.arena);
}

static int write_sarif(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_object(&w);
	sk_json_put_str(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	sk_json_put_str(&w, "version", "2.1.0");
	sk_json_key(&w, "runs");
	sk_json_array(&w);
	for (size_t i = 0; i < report->result_count; i++)
		put_run(&w, report, &report->results[i]);
	sk_json_end(&w);
	sk_json_end(&w);
	return 0;
}

const struct sk_format sk_format_sarif = {
	.name = "sarif",
	.summary = "SARIF 2.1.0, for GitHub code scanning and other viewers",
	.extension = "sarif",
	.write = write_sarif,
};
