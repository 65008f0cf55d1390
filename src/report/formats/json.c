/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own report, described by docs/report.schema.json. With one target its
 * members stand at the top; with several each is an element of "reports". A
 * member that the schema requires is there even where nothing is known (null).
 */
#include "base/time.h"
#include "doc/json-write.h"
#include "report/action.h"
#include "report/format.h"

/* Raised in the first part for changes that break readers, in the second for additions. */
#define SCHEMA_VERSION "1.1"

static void put_null_str(struct sk_json_writer *w, const char *key, const char *value)
{
	sk_json_key(w, key);
	sk_json_str(w, value);
}

static void put_strings(struct sk_json_writer *w, const char *key, const char *const *items,
			size_t count)
{
	sk_json_key(w, key);
	sk_json_array(w);
	for (size_t i = 0; i < count; i++)
		sk_json_str(w, items[i]);
	sk_json_end(w);
}

static void put_name(struct sk_json_writer *w, const struct sk_package *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };

	sk_report_name(p, &name);
	put_null_str(w, "name", sk_buf_str(&name));
}

static void put_layer(struct sk_json_writer *w, const struct sk_result *result, int32_t layer)
{
	put_null_str(w, "layer", sk_report_diff_id(result, layer));
	if (layer >= 0)
		sk_json_put_int(w, "layerIndex", layer);
}

static void put_words(struct sk_json_writer *w, const char *key, const struct sk_strings *list)
{
	if (list->count)
		put_strings(w, key, list->items, list->count);
}

/* As the configuration itself has it: an object whose keys count. */
static void put_keys(struct sk_json_writer *w, const char *key, const struct sk_strings *list)
{
	if (!list->count)
		return;
	sk_json_key(w, key);
	sk_json_object(w);
	for (size_t i = 0; i < list->count; i++) {
		sk_json_key(w, list->items[i]);
		sk_json_object(w);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void write_labels(struct sk_json_writer *w, const struct sk_image_config *c)
{
	if (!c->label_count)
		return;
	sk_json_key(w, "Labels");
	sk_json_object(w);
	for (size_t i = 0; i < c->label_count; i++)
		sk_json_put_str(w, c->labels[i].name, c->labels[i].value);
	sk_json_end(w);
}

/* `config` and `history` are spelt as in the OCI image specification, so that one function reads both. */
static void write_config(struct sk_json_writer *w, const struct sk_image_config *c)
{
	sk_json_key(w, "config");
	sk_json_object(w);
	sk_json_put_opt(w, "User", c->user);
	sk_json_put_opt(w, "WorkingDir", c->working_dir);
	sk_json_put_opt(w, "StopSignal", c->stop_signal);
	put_words(w, "Env", &c->env);
	put_words(w, "Entrypoint", &c->entrypoint);
	put_words(w, "Cmd", &c->cmd);
	put_keys(w, "ExposedPorts", &c->ports);
	put_keys(w, "Volumes", &c->volumes);
	if (c->healthcheck.count) {
		sk_json_key(w, "Healthcheck");
		sk_json_object(w);
		put_words(w, "Test", &c->healthcheck);
		sk_json_end(w);
	}
	write_labels(w, c);
	sk_json_end(w);
	sk_json_key(w, "history");
	sk_json_array(w);
	for (size_t i = 0; i < c->step_count; i++) {
		sk_json_object(w);
		sk_json_put_opt(w, "created", c->history[i].created);
		sk_json_put_opt(w, "created_by", c->history[i].created_by);
		sk_json_put_opt(w, "comment", c->history[i].comment);
		if (c->history[i].empty)
			sk_json_put_bool(w, "empty_layer", true);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void write_artifact(struct sk_json_writer *w, const struct sk_result *result)
{
	const struct sk_artifact *a = &result->inventory->artifact;

	sk_json_key(w, "artifact");
	sk_json_object(w);
	put_null_str(w, "name", a->name);
	sk_json_put_str(w, "type", sk_report_artifact_type(result));
	put_null_str(w, "digest", a->digest);
	sk_json_put_opt(w, "imageId", a->image_id);
	if (a->tag_count)
		put_strings(w, "tags", a->tags, a->tag_count);
	sk_json_put_opt(w, "platform", a->platform);
	sk_json_put_opt(w, "created", a->created);
	if (a->config)
		write_config(w, a->config);
	sk_json_end(w);
}

static void write_os(struct sk_json_writer *w, const struct sk_os *os)
{
	if (!os) {
		sk_json_null(w);
		return;
	}
	sk_json_object(w);
	put_null_str(w, "id", os->id);
	put_null_str(w, "version", os->version);
	sk_json_put_opt(w, "name", os->name);
	sk_json_put_opt(w, "codename", os->codename);
	sk_json_put_opt(w, "variant", os->variant);
	sk_json_put_opt(w, "root", os->root);
	sk_json_put_opt(w, "path", os->path);
	sk_json_end(w);
}

static void write_layers(struct sk_json_writer *w, const struct sk_result *result)
{
	const struct sk_inventory *inv = result->inventory;

	sk_json_key(w, "layers");
	sk_json_array(w);
	for (size_t i = 0; i < inv->layer_count; i++) {
		const struct sk_layer *l = &inv->layers[i];

		sk_json_object(w);
		sk_json_put_int(w, "index", (int64_t)i);
		put_null_str(w, "diffId", l->diff_id);
		sk_json_put_opt(w, "digest", l->digest);
		if (l->size) {
			sk_json_key(w, "size");
			sk_json_uint(w, l->size);
		}
		sk_json_put_opt(w, "createdBy", l->created_by);
		sk_json_put_bool(w, "cached", l->cached);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void write_counts(struct sk_json_writer *w, const struct sk_result *result)
{
	struct sk_counts counts = sk_report_counts(result);

	sk_json_key(w, "counts");
	sk_json_object(w);
	sk_json_put_int(w, "packages", (int64_t)result->inventory->package_count);
	sk_json_put_int(w, "vulnerablePackages", (int64_t)counts.vulnerable_packages);
	sk_json_put_int(w, "findings", (int64_t)result->finding_count);
	sk_json_put_int(w, "ignored", (int64_t)result->ignored_count);
	sk_json_put_int(w, "fixable", (int64_t)counts.fixable);
	sk_json_put_int(w, "kev", (int64_t)counts.kev);
	sk_json_key(w, "severity");
	sk_json_object(w);
	for (int s = SK_SEVERITY_CRITICAL; s >= 0; s--)
		sk_json_put_int(w, sk_severity_name((enum sk_severity)s),
				(int64_t)counts.severity[s]);
	sk_json_end(w);
	sk_json_key(w, "kind");
	sk_json_object(w);
	for (int k = 0; k < SK_KIND_COUNT; k++)
		sk_json_put_int(w, sk_finding_kind_name((enum sk_finding_kind)k),
				(int64_t)counts.kind[k]);
	sk_json_end(w);
	sk_json_end(w);
}

static void write_source(struct sk_json_writer *w, const struct sk_package *p)
{
	if (!p->source_name && !p->source_version)
		return;
	sk_json_key(w, "source");
	sk_json_object(w);
	put_null_str(w, "name", p->source_name ? p->source_name : p->name);
	put_null_str(w, "version", p->source_version ? p->source_version : p->version);
	sk_json_end(w);
}

static void write_flags(struct sk_json_writer *w, uint32_t flags)
{
	sk_json_key(w, "flags");
	sk_json_array(w);
	for (unsigned i = 0; sk_package_flag_name(i); i++)
		if (flags & 1u << i)
			sk_json_str(w, sk_package_flag_name(i));
	sk_json_end(w);
}

static void write_files(struct sk_json_writer *w, const struct sk_package *p)
{
	struct sk_paths_iter it = { .rest = p->files };
	struct sk_span path;

	if (!p->files.len)
		return;
	sk_json_key(w, "files");
	sk_json_array(w);
	while (sk_paths_next(&it, &path))
		sk_json_span(w, path);
	sk_json_end(w);
	sk_buf_release(&it.path);
}

/* Of findings and packages alike; not there unless somebody asked (--in-use). */
static void write_use(struct sk_json_writer *w, const struct sk_use *use)
{
	char text[SK_TIME_TEXT];

	if (!use)
		return;
	sk_json_key(w, "inUse");
	if (use->state == SK_USE_UNKNOWN)
		sk_json_null(w);
	else
		sk_json_bool(w, use->state == SK_USE_YES);
	if (use->since)
		sk_json_put_str(w, "inUseSince", sk_time_format(use->since, text));
	if (use->state != SK_USE_YES)
		return;
	sk_json_put_str(w, "inUseFirst", sk_time_format(use->first, text));
	sk_json_put_str(w, "inUseLast", sk_time_format(use->last, text));
	sk_json_put_opt(w, "inUsePath", use->path);
}

static void write_package(struct sk_json_writer *w, const struct sk_result *result,
			  const struct sk_package *p)
{
	sk_json_object(w);
	put_name(w, p);
	put_null_str(w, "version", p->version);
	put_null_str(w, "purl", p->purl);
	put_null_str(w, "path", p->path);
	put_layer(w, result, sk_report_package_layer(result, p));
	put_null_str(w, "type", p->type);
	sk_json_put_opt(w, "arch", p->arch);
	write_source(w, p);
	sk_json_put_opt(w, "licence", p->licence);
	sk_json_put_opt(w, "origin", p->origin);
	sk_json_put_opt(w, "module", p->module);
	if (p->line)
		sk_json_put_int(w, "line", p->line);
	write_flags(w, p->flags);
	write_use(w, p->use);
	write_files(w, p);
	sk_json_end(w);
}

static void write_packages(struct sk_json_writer *w, const struct sk_result *result)
{
	sk_json_key(w, "packages");
	sk_json_array(w);
	for (size_t i = 0; i < result->inventory->package_count; i++)
		write_package(w, result, result->inventory->packages[i]);
	sk_json_end(w);
}

static void write_finding_package(struct sk_json_writer *w, const struct sk_finding *f)
{
	sk_json_key(w, "package");
	if (!f->package) {
		sk_json_null(w);
		return;
	}
	sk_json_object(w);
	put_name(w, f->package);
	put_null_str(w, "version", f->package->version);
	put_null_str(w, "purl", f->package->purl);
	put_null_str(w, "fixedVersion", f->fixed_version);
	sk_json_put_opt(w, "type", f->package->type);
	write_source(w, f->package);
	sk_json_end(w);
}

static void write_location(struct sk_json_writer *w, const struct sk_result *result,
			   const struct sk_finding *f)
{
	uint32_t line = f->line ? f->line : f->package && !f->path ? f->package->line : 0;

	sk_json_key(w, "location");
	sk_json_object(w);
	put_null_str(w, "path", sk_report_path(f));
	sk_json_key(w, "line");
	if (line)
		sk_json_int(w, line);
	else
		sk_json_null(w);
	put_layer(w, result, sk_report_finding_layer(result, f));
	sk_json_end(w);
}

static void write_scores(struct sk_json_writer *w, const struct sk_finding *f)
{
	sk_json_key(w, "cvss");
	if (f->cvss_score > 0 || (f->cvss_vector && f->cvss_score == 0)) {
		sk_json_object(w);
		put_null_str(w, "vector", f->cvss_vector);
		sk_json_key(w, "score");
		sk_json_double(w, f->cvss_score);
		sk_json_end(w);
	} else {
		sk_json_null(w);
	}
	sk_json_put_bool(w, "kev", f->kev);
	sk_json_put_opt(w, "kevDue", f->kev_due);
	if (f->package)
		write_use(w, f->package->use);
	sk_json_key(w, "epss");
	if (f->epss > 0) {
		sk_json_object(w);
		sk_json_key(w, "probability");
		sk_json_double(w, f->epss);
		sk_json_key(w, "percentile");
		sk_json_double(w, f->epss_percentile);
		sk_json_end(w);
	} else {
		sk_json_null(w);
	}
}

static void write_statement(struct sk_json_writer *w, const struct sk_finding *f)
{
	const struct sk_statement *s = f->statement;

	if (!s)
		return;
	sk_json_key(w, "exception");
	sk_json_object(w);
	sk_json_put_str(w, "status", sk_vex_status_name(s->status));
	sk_json_put_opt(w, "justification", s->justification);
	put_null_str(w, "reason", s->reason);
	put_null_str(w, "owner", s->owner);
	put_null_str(w, "until", s->until);
	sk_json_put_opt(w, "ticket", s->ticket);
	sk_json_put_opt(w, "timestamp", s->timestamp);
	sk_json_put_opt(w, "source", s->source);
	if (s->line)
		sk_json_put_int(w, "line", s->line);
	sk_json_end(w);
}

static void write_risk(struct sk_json_writer *w, const struct sk_risk *risk, const char *class)
{
	if (risk->score < 0)
		return;
	sk_json_key(w, "risk");
	sk_json_object(w);
	sk_json_put_int(w, "score", risk->score);
	sk_json_put_opt(w, "class", class);
	sk_json_key(w, "terms");
	sk_json_array(w);
	for (size_t i = 0; i < risk->count; i++) {
		sk_json_object(w);
		sk_json_put_str(w, "name", risk->terms[i].name);
		sk_json_key(w, "value");
		sk_json_double(w, risk->terms[i].value);
		sk_json_put_str(w, "why", risk->terms[i].why);
		sk_json_end(w);
	}
	sk_json_end(w);
	sk_json_end(w);
}

static void write_finding(struct sk_json_writer *w, const struct sk_report *report,
			  const struct sk_result *result, const struct sk_finding *f)
{
	struct sk_risk risk;

	sk_risk_of_finding(f, result->inventory, report->risk_class, &risk);
	sk_json_object(w);
	sk_json_put_str(w, "kind", sk_finding_kind_name(f->kind));
	put_null_str(w, "id", f->id);
	put_strings(w, "aliases", f->aliases.items, f->aliases.count);
	sk_json_put_str(w, "severity", sk_severity_name(f->severity));
	sk_json_put_opt(w, "severitySource", f->severity_source);
	write_finding_package(w, f);
	if (f->kind == SK_FINDING_VULNERABILITY)
		sk_json_put_str(w, "fixState", sk_fix_state_name(f->fix));
	write_location(w, result, f);
	put_null_str(w, "title", f->title);
	sk_json_put_opt(w, "description", f->description);
	put_null_str(w, "remedy", f->remedy);
	put_strings(w, "references", f->references.items, f->references.count);
	if (f->kind == SK_FINDING_VULNERABILITY) {
		sk_json_put_opt(w, "advisory", f->advisory);
		write_scores(w, f);
	}
	sk_json_put_opt(w, "published", f->published);
	sk_json_put_opt(w, "modified", f->modified);
	write_statement(w, f);
	write_risk(w, &risk, NULL);
	sk_json_end(w);
}

static void write_findings(struct sk_json_writer *w, const struct sk_report *report,
			   const struct sk_result *result, const char *key, struct sk_finding *const *findings, size_t count)
{
	sk_json_key(w, key);
	sk_json_array(w);
	for (size_t i = 0; i < count; i++)
		write_finding(w, report, result, findings[i]);
	sk_json_end(w);
}

static void write_comparison(struct sk_json_writer *w, const struct sk_comparison *c)
{
	if (!c)
		return;
	sk_json_key(w, "comparison");
	sk_json_object(w);
	sk_json_put_str(w, "base", c->base);
	sk_json_put_str(w, "created", c->created);
	sk_json_put_int(w, "known", (int64_t)c->known);
	sk_json_put_int(w, "gone", (int64_t)c->gone);
	sk_json_end(w);
}

/* What the policies of the call say, and every rule that was asked. */
static void write_policy(struct sk_json_writer *w, const struct sk_decision *d)
{
	sk_json_key(w, "policy");
	sk_json_object(w);
	sk_decision_json(d, w);
	sk_json_key(w, "rules");
	sk_json_array(w);
	for (size_t i = 0; i < d->rules.len; i++) {
		const struct sk_rule_result *r = &d->rules.data[i];

		sk_json_object(w);
		sk_json_put_str(w, "policy", r->policy->name);
		sk_json_put_str(w, "rule", r->rule);
		sk_json_put_str(w, "title", r->title);
		sk_json_put_str(w, "verdict", sk_verdict_name(r->verdict));
		sk_json_put_str(w, "action", sk_rule_action_name(r->action));
		if (r->more)
			sk_json_put_int(w, "more", (int64_t)r->more);
		sk_json_end(w);
	}
	sk_json_end(w);
	sk_json_end(w);
}

static void write_result(struct sk_json_writer *w, const struct sk_report *report,
			 const struct sk_result *result)
{
	struct sk_risk risk;

	write_artifact(w, result);
	sk_json_key(w, "os");
	write_os(w, sk_report_os(result));
	write_layers(w, result);
	sk_json_put_bool(w, "incomplete", result->inventory->incomplete);
	write_counts(w, result);
	sk_risk_of_subject(result->findings, result->finding_count, result->inventory,
			   report->risk_class, &risk);
	write_risk(w, &risk, sk_risk_class_name(report->risk_class));
	write_comparison(w, result->comparison);
	if (report->list_packages)
		write_packages(w, result);
	write_findings(w, report, result, "findings", result->findings, result->finding_count);
	if (report->show_ignored)
		write_findings(w, report, result, "ignored", result->ignored, result->ignored_count);
	if (result->decision)
		write_policy(w, result->decision);
}

static void write_head(struct sk_json_writer *w, const struct sk_report *report)
{
	char time[SK_TIME_TEXT];

	sk_json_put_str(w, "schemaVersion", SCHEMA_VERSION);
	sk_json_key(w, "tool");
	sk_json_object(w);
	sk_json_put_str(w, "name", "sekisho");
	sk_json_put_str(w, "version", SK_VERSION);
	sk_json_end(w);
	sk_json_put_str(w, "created", sk_time_format(report->created, time));
	sk_json_key(w, "database");
	if (report->database_created) {
		sk_json_object(w);
		sk_json_put_str(w, "created", report->database_created);
		sk_json_put_str(w, "newest", report->database_newest);
		sk_json_end(w);
	} else {
		sk_json_null(w);
	}
}

static int write_json(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_object(&w);
	write_head(&w, report);
	if (report->result_count == 1) {
		write_result(&w, report, &report->results[0]);
	} else {
		sk_json_key(&w, "reports");
		sk_json_array(&w);
		for (size_t i = 0; i < report->result_count; i++) {
			sk_json_object(&w);
			write_result(&w, report, &report->results[i]);
			sk_json_end(&w);
		}
		sk_json_end(&w);
	}
	sk_json_end(&w);
	return 0;
}

const struct sk_format sk_format_json = {
	.name = "json",
	.summary = "everything, for programs; docs/report.schema.json describes it",
	.extension = "json",
	.write = write_json,
};
