/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CycloneDX 1.6: all packages as components, findings as vulnerabilities that
 * point at them. One target is the document's subject and its packages stand at the top;
 * several are components that contain theirs. Dependency-Track asks of a vulnerability an
 * id, the source's name and what it affects.
 */
#include "base/map.h"
#include "base/time.h"
#include "doc/json-write.h"
#include "finding/cvss.h"
#include "policy/vex-words.h"
#include "report/format.h"
#include "report/spdx-licence.h"
#include "report/view.h"

#include <stdio.h>

struct bom {
	struct sk_json_writer w;
	const struct sk_report *report;
	struct sk_arena arena;
	struct sk_map refs; /* all bom-refs that are taken; value: how often it was wanted */
	struct sk_map of;   /* address of a package -> its bom-ref */
};

/* A bom-ref that no other component has: the wish, or it with "#2", "#3", ... */
static const char *make_ref(struct bom *b, const char *wish)
{
	void **count = sk_map_at(&b->refs, sk_span_str(wish), NULL);
	bool is_new = false;
	const char *ref = wish;

	while (*count && !is_new) {
		uintptr_t n = (uintptr_t)*count + 1;

		*count = (void *)n;
		ref = sk_arena_printf(&b->arena, "%s#%lu", wish, (unsigned long)n);
		*sk_map_at(&b->refs, sk_span_str(ref), &is_new) = (void *)1;
		count = sk_map_at(&b->refs, sk_span_str(wish), NULL);
	}
	if (!*count)
		*count = (void *)1;
	return ref;
}

static const char *package_ref(struct bom *b, const struct sk_package *const *slot)
{
	return sk_map_get(&b->of, sk_span(slot, sizeof(*slot)));
}

static const char *artifact_ref(struct bom *b, const struct sk_result *result)
{
	return sk_arena_printf(&b->arena, "artifact-%zu",
			       (size_t)(result - b->report->results) + 1);
}

static void put_property(struct bom *b, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "name", name);
	sk_json_put_str(&b->w, "value", value);
	sk_json_end(&b->w);
}

/* An id of the list, an expression of such, or the text as a name. */
static void put_licence(struct bom *b, const char *licence)
{
	sk_cleanup(sk_buf_release) struct sk_buf expression = { 0 };
	struct sk_span text = sk_span_trim(sk_span_str(licence));
	const char *id = text.len ? sk_spdx_id(text) : NULL;

	if (!text.len)
		return;
	sk_json_key(&b->w, "licenses");
	sk_json_array(&b->w);
	sk_json_object(&b->w);
	if (!id && sk_spdx_expression(text, &expression)) {
		sk_json_put_str(&b->w, "expression", sk_buf_str(&expression));
	} else {
		sk_json_key(&b->w, "license");
		sk_json_object(&b->w);
		sk_json_key(&b->w, id ? "id" : "name");
		if (id)
			sk_json_str(&b->w, id);
		else
			sk_json_span(&b->w, text);
		sk_json_end(&b->w);
	}
	sk_json_end(&b->w);
	sk_json_end(&b->w);
}

static void put_evidence(struct bom *b, const struct sk_package *p)
{
	if (!p->path)
		return;
	sk_json_key(&b->w, "evidence");
	sk_json_object(&b->w);
	sk_json_key(&b->w, "occurrences");
	sk_json_array(&b->w);
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "location", p->path);
	if (p->line)
		sk_json_put_int(&b->w, "line", p->line);
	sk_json_end(&b->w);
	sk_json_end(&b->w);
	sk_json_end(&b->w);
}

static void put_package_properties(struct bom *b, const struct sk_result *result,
				   const struct sk_package *p)
{
	int32_t layer = sk_report_package_layer(result, p);
	char index[16] = "";

	if (layer >= 0)
		snprintf(index, sizeof(index), "%d", layer);
	sk_json_key(&b->w, "properties");
	sk_json_array(&b->w);
	put_property(b, "sekisho:type", p->type);
	put_property(b, "sekisho:layer:diffId", sk_report_diff_id(result, layer));
	put_property(b, "sekisho:layer:index", index);
	put_property(b, "sekisho:source:name", p->source_name);
	put_property(b, "sekisho:source:version", p->source_version);
	put_property(b, "sekisho:module", p->module);
	put_property(b, "sekisho:dev", p->flags & SK_PACKAGE_DEV ? "true" : NULL);
	put_property(b, "sekisho:owned", p->flags & SK_PACKAGE_OWNED ? "true" : NULL);
	sk_json_end(&b->w);
}

static void put_package(struct bom *b, const struct sk_result *result, struct sk_package **slot)
{
	const struct sk_package *p = *slot;
	const char *ref = make_ref(b, p->purl && p->purl[0] ? p->purl : "package");

	sk_map_put(&b->of, sk_span(slot, sizeof(*slot)), (void *)(uintptr_t)ref);
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "type", p->flags & SK_PACKAGE_MAIN ? "application" : "library");
	sk_json_put_str(&b->w, "bom-ref", ref);
	sk_json_put_opt(&b->w, "publisher", p->origin);
	sk_json_put_opt(&b->w, "group", sk_report_is_distribution(p) ? NULL : p->ns);
	sk_json_put_str(&b->w, "name", p->name);
	sk_json_put_opt(&b->w, "version", p->version);
	if (p->licence)
		put_licence(b, p->licence);
	sk_json_put_opt(&b->w, "purl", p->purl);
	put_evidence(b, p);
	put_package_properties(b, result, p);
	sk_json_end(&b->w);
}

static void put_os(struct bom *b, const struct sk_result *result)
{
	const struct sk_os *os = sk_report_os(result);

	if (!os || !os->id)
		return;
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "type", "operating-system");
	sk_json_put_str(&b->w, "bom-ref",
			make_ref(b, sk_arena_printf(&b->arena, "%s-os", artifact_ref(b, result))));
	sk_json_put_str(&b->w, "name", os->id);
	sk_json_put_opt(&b->w, "version", os->version);
	sk_json_put_opt(&b->w, "description", os->name);
	sk_json_put_opt(&b->w, "cpe",
			os->cpe && sk_span_starts(sk_span_str(os->cpe), "cpe:2.3:") ? os->cpe
										    : NULL);
	sk_json_end(&b->w);
}

static void put_components(struct bom *b, const struct sk_result *result)
{
	sk_json_key(&b->w, "components");
	sk_json_array(&b->w);
	put_os(b, result);
	for (size_t i = 0; i < result->inventory->package_count; i++)
		put_package(b, result, &result->inventory->packages[i]);
	sk_json_end(&b->w);
}

static void put_coverage(struct bom *b, const struct sk_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sk_finding *f = result->findings[i];
		const char *path = sk_report_path(f);

		if (f->kind == SK_FINDING_COVERAGE)
			put_property(b, "sekisho:coverage",
				     sk_arena_printf(&b->arena, "%s%s%s", path ? path : "",
						     path ? ": " : "",
						     f->title ? f->title
						     : f->id  ? f->id
							      : ""));
	}
}

static void put_artifact(struct bom *b, const struct sk_result *result, bool nested)
{
	const struct sk_artifact *a = &result->inventory->artifact;
	sk_cleanup(sk_buf_release) struct sk_buf comparison = { 0 };

	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "type", a->type == SK_ARTIFACT_IMAGE ? "container" : "application");
	sk_json_put_str(&b->w, "bom-ref", make_ref(b, artifact_ref(b, result)));
	sk_json_put_str(&b->w, "name", a->name && a->name[0] ? a->name : "artifact");
	sk_json_put_opt(&b->w, "version", a->digest);
	sk_json_key(&b->w, "properties");
	sk_json_array(&b->w);
	put_property(b, "sekisho:imageId", a->image_id);
	put_property(b, "sekisho:platform", a->platform);
	for (size_t i = 0; i < a->tag_count; i++)
		put_property(b, "sekisho:tag", a->tags[i]);
	for (size_t i = 0; i < result->inventory->layer_count; i++)
		put_property(b, "sekisho:layer", result->inventory->layers[i].diff_id);
	put_coverage(b, result);
	if (sk_report_comparison(result, &comparison))
		put_property(b, "sekisho:comparison", sk_buf_str(&comparison));
	sk_json_end(&b->w);
	if (nested)
		put_components(b, result);
	sk_json_end(&b->w);
}

static void put_metadata(struct bom *b)
{
	char time[SK_TIME_TEXT];

	sk_json_key(&b->w, "metadata");
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "timestamp", sk_time_format(b->report->created, time));
	sk_json_key(&b->w, "tools");
	sk_json_object(&b->w);
	sk_json_key(&b->w, "components");
	sk_json_array(&b->w);
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "type", "application");
	sk_json_put_str(&b->w, "name", "sekisho");
	sk_json_put_str(&b->w, "version", SK_VERSION);
	sk_json_end(&b->w);
	sk_json_end(&b->w);
	sk_json_end(&b->w);
	if (b->report->result_count == 1) {
		sk_json_key(&b->w, "component");
		put_artifact(b, &b->report->results[0], false);
	}
	sk_json_key(&b->w, "properties");
	sk_json_array(&b->w);
	put_property(b, "sekisho:database:created", b->report->database_created);
	sk_json_end(&b->w);
	sk_json_end(&b->w);
}

/* ---- vulnerabilities ---- */

static void put_source(struct bom *b, const char *id)
{
	sk_cleanup(sk_buf_release) struct sk_buf url = { 0 };
	struct sk_span s = sk_span_str(id);

	sk_json_key(&b->w, "source");
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "name",
			sk_span_starts(s, "CVE-")    ? "NVD"
			: sk_span_starts(s, "GHSA-") ? "GITHUB"
						     : "OSV");
	if (sk_report_id_url(id, &url))
		sk_json_put_str(&b->w, "url", sk_buf_str(&url));
	sk_json_end(&b->w);
}

static void put_aliases(struct bom *b, const struct sk_finding *f)
{
	if (!f->aliases.count)
		return;
	sk_json_key(&b->w, "references");
	sk_json_array(&b->w);
	for (size_t i = 0; i < f->aliases.count; i++) {
		sk_json_object(&b->w);
		sk_json_put_str(&b->w, "id", f->aliases.items[i]);
		put_source(b, f->aliases.items[i]);
		sk_json_end(&b->w);
	}
	sk_json_end(&b->w);
}

static void put_cvss(struct bom *b, const struct sk_finding *f)
{
	static const char *const methods[] = {
		[SK_CVSS_2_0] = "CVSSv2",
		[SK_CVSS_3_0] = "CVSSv3",
		[SK_CVSS_3_1] = "CVSSv31",
		[SK_CVSS_4_0] = "CVSSv4",
	};
	struct sk_cvss cvss;

	if (!f->cvss_vector || sk_cvss_parse(&cvss, sk_span_str(f->cvss_vector), NULL) < 0)
		return;
	sk_json_key(&b->w, "score");
	sk_json_double(&b->w, sk_cvss_score(&cvss));
	sk_json_put_str(&b->w, "method", methods[cvss.version]);
	sk_json_put_str(&b->w, "vector", f->cvss_vector);
}

static void put_ratings(struct bom *b, const struct sk_finding *f)
{
	sk_json_key(&b->w, "ratings");
	sk_json_array(&b->w);
	sk_json_object(&b->w);
	if (f->severity_source) {
		sk_json_key(&b->w, "source");
		sk_json_object(&b->w);
		sk_json_put_str(&b->w, "name", f->severity_source);
		sk_json_end(&b->w);
	}
	put_cvss(b, f);
	sk_json_put_str(&b->w, "severity",
			f->severity == SK_SEVERITY_NEGLIGIBLE ? "info"
							      : sk_severity_name(f->severity));
	sk_json_end(&b->w);
	sk_json_end(&b->w);
}

static void put_advisories(struct bom *b, const struct sk_finding *f)
{
	sk_json_key(&b->w, "advisories");
	sk_json_array(&b->w);
	for (size_t i = 0; i < f->references.count; i++) {
		if (!sk_report_is_url(f->references.items[i]))
			continue;
		sk_json_object(&b->w);
		sk_json_put_str(&b->w, "url", f->references.items[i]);
		sk_json_end(&b->w);
	}
	sk_json_end(&b->w);
}

static void put_version(struct bom *b, const char *version, const char *status)
{
	if (!version || !version[0])
		return;
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "version", version);
	sk_json_put_str(&b->w, "status", status);
	sk_json_end(&b->w);
}

static void put_affects(struct bom *b, const char *ref, const struct sk_finding *f)
{
	sk_json_key(&b->w, "affects");
	sk_json_array(&b->w);
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "ref", ref);
	sk_json_key(&b->w, "versions");
	sk_json_array(&b->w);
	put_version(b, f->package->version, "affected");
	put_version(b, f->fixed_version, "unaffected");
	sk_json_end(&b->w);
	sk_json_end(&b->w);
	sk_json_end(&b->w);
}

static void put_time(struct bom *b, const char *key, const char *text)
{
	char clean[SK_TIME_TEXT];
	int64_t time;

	if (text && sk_time_parse(sk_span_str(text), &time))
		sk_json_put_str(&b->w, key, sk_time_format(time, clean));
}

static void put_vulnerability_properties(struct bom *b, const struct sk_finding *f)
{
	char epss[32] = "";

	if (f->epss > 0)
		snprintf(epss, sizeof(epss), "%.5f", f->epss);
	sk_json_key(&b->w, "properties");
	sk_json_array(&b->w);
	put_property(b, "sekisho:fixState", sk_fix_state_name(f->fix));
	put_property(b, "sekisho:fixedVersion", f->fixed_version);
	put_property(b, "sekisho:kev", f->kev ? "true" : "false");
	put_property(b, "sekisho:epss", epss);
	if (sk_finding_use(f) != SK_USE_UNKNOWN)
		put_property(b, "sekisho:inUse", sk_finding_use(f) == SK_USE_YES ? "true" : "false");
	put_property(b, "sekisho:advisory", f->advisory);
	sk_json_end(&b->w);
}

/* VEX: what somebody says of it, in CycloneDX's words. */
static void put_analysis(struct bom *b, const struct sk_finding *f)
{
	static const char *const states[] = {
		[SK_VEX_ACCEPTED] = "exploitable",	   [SK_VEX_NOT_AFFECTED] = "not_affected",
		[SK_VEX_FIXED] = "resolved",		   [SK_VEX_AFFECTED] = "exploitable",
		[SK_VEX_INVESTIGATED] = "in_triage",
	};
	const struct sk_statement *s = f->statement;

	if (!s)
		return;
	sk_json_key(&b->w, "analysis");
	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "state", states[s->status]);
	sk_json_put_opt(&b->w, "justification", sk_vex_to_cyclonedx(s->justification));
	if (s->status == SK_VEX_ACCEPTED) {
		sk_json_key(&b->w, "response");
		sk_json_array(&b->w);
		sk_json_str(&b->w, "will_not_fix");
		sk_json_end(&b->w);
	}
	sk_json_put_opt(&b->w, "detail", s->reason);
	put_time(b, "lastUpdated", s->timestamp);
	sk_json_end(&b->w);
}

static void put_vulnerability(struct bom *b, const char *ref, const struct sk_finding *f)
{
	const char *id = f->id && f->id[0] ? f->id : "unknown";

	sk_json_object(&b->w);
	sk_json_put_str(&b->w, "bom-ref",
			make_ref(b, sk_arena_printf(&b->arena, "%s/%s", id, ref)));
	sk_json_put_str(&b->w, "id", id);
	put_source(b, id);
	put_aliases(b, f);
	put_ratings(b, f);
	sk_json_put_opt(&b->w, "description", f->title);
	sk_json_put_opt(&b->w, "detail", f->description);
	sk_json_put_opt(&b->w, "recommendation", f->remedy);
	put_advisories(b, f);
	put_time(b, "published", f->published);
	put_time(b, "updated", f->modified);
	put_analysis(b, f);
	put_affects(b, ref, f);
	put_vulnerability_properties(b, f);
	sk_json_end(&b->w);
}

static void put_vulnerabilities_of(struct bom *b, struct sk_finding *const *findings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct sk_finding *f = findings[i];
		const char *ref;

		if (f->kind != SK_FINDING_VULNERABILITY || !f->package)
			continue;
		ref = package_ref(b, &f->package);
		if (ref)
			put_vulnerability(b, ref, f);
	}
}

static void put_vulnerabilities(struct bom *b)
{
	sk_json_key(&b->w, "vulnerabilities");
	sk_json_array(&b->w);
	for (size_t i = 0; i < b->report->result_count; i++) {
		const struct sk_result *r = &b->report->results[i];

		put_vulnerabilities_of(b, r->findings, r->finding_count);
		if (b->report->show_ignored)
			put_vulnerabilities_of(b, r->ignored, r->ignored_count);
	}
	sk_json_end(&b->w);
}

/* What is in a target, and whether all of it could be looked at. */
static void put_dependencies(struct bom *b)
{
	sk_json_key(&b->w, "dependencies");
	sk_json_array(&b->w);
	for (size_t i = 0; i < b->report->result_count; i++) {
		const struct sk_inventory *inv = b->report->results[i].inventory;

		sk_json_object(&b->w);
		sk_json_put_str(&b->w, "ref", artifact_ref(b, &b->report->results[i]));
		sk_json_key(&b->w, "dependsOn");
		sk_json_array(&b->w);
		for (size_t k = 0; k < inv->package_count; k++)
			sk_json_str(
			    &b->w,
			    package_ref(b, (const struct sk_package *const *)&inv->packages[k]));
		sk_json_end(&b->w);
		sk_json_end(&b->w);
	}
	sk_json_end(&b->w);
	sk_json_key(&b->w, "compositions");
	sk_json_array(&b->w);
	for (size_t i = 0; i < b->report->result_count; i++) {
		const struct sk_result *r = &b->report->results[i];
		bool whole =
		    !r->inventory->incomplete && !sk_report_counts(r).kind[SK_FINDING_COVERAGE];

		sk_json_object(&b->w);
		sk_json_put_str(&b->w, "aggregate", whole ? "unknown" : "incomplete");
		sk_json_key(&b->w, "assemblies");
		sk_json_array(&b->w);
		sk_json_str(&b->w, artifact_ref(b, r));
		sk_json_end(&b->w);
		sk_json_end(&b->w);
	}
	sk_json_end(&b->w);
}

static int write_cyclonedx(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct bom b = { .w = { .buf = out, .indent = 2 }, .report = report };
	char uuid[37];

	sk_report_uuid(report, "cyclonedx", uuid);
	sk_json_object(&b.w);
	sk_json_put_str(&b.w, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
	sk_json_put_str(&b.w, "bomFormat", "CycloneDX");
	sk_json_put_str(&b.w, "specVersion", "1.6");
	sk_json_key(&b.w, "serialNumber");
	sk_json_printf(&b.w, "urn:uuid:%s", uuid);
	sk_json_put_int(&b.w, "version", 1);
	put_metadata(&b);
	if (report->result_count == 1) {
		put_components(&b, &report->results[0]);
	} else {
		sk_json_key(&b.w, "components");
		sk_json_array(&b.w);
		for (size_t i = 0; i < report->result_count; i++)
			put_artifact(&b, &report->results[i], true);
		sk_json_end(&b.w);
	}
	put_dependencies(&b);
	put_vulnerabilities(&b);
	sk_json_end(&b.w);
	sk_map_release(&b.refs);
	sk_map_release(&b.of);
	sk_arena_release(&b.arena);
	return 0;
}

const struct sk_format sk_format_cyclonedx = {
	.name = "cyclonedx",
	.summary = "CycloneDX 1.6 JSON: packages, licences and vulnerabilities",
	.extension = "cdx.json",
	.write = write_cyclonedx,
};
