/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GitLab's container scanning report, version 15 of its schema
 * (gitlab.com/gitlab-org/security-products/security-report-schemas): packages
 * with vulnerabilities; what could not be looked at is a message of the scan.
 */
#include "base/hash.h"
#include "base/time.h"
#include "doc/json-write.h"
#include "finding/cvss.h"
#include "report/format.h"
#include "report/view.h"

/* The schema's limits, in characters. */
enum { MAX_NAME = 255, MAX_SOLUTION = 7000, MAX_MESSAGE = 1000 };

static void put_cut(struct sk_json_writer *w, const char *key, const char *text, size_t max)
{
	struct sk_span s = sk_span_str(text);

	if (!s.len)
		return;
	if (s.len > max) {
		s.len = max;
		while (s.len && ((uint8_t)s.ptr[s.len] & 0xc0) == 0x80)
			s.len--;
	}
	sk_json_key(w, key);
	sk_json_span(w, s);
}

static const char *severity(const struct sk_finding *f)
{
	static const char *const names[] = {
		[SK_SEVERITY_UNKNOWN] = "Unknown", [SK_SEVERITY_NEGLIGIBLE] = "Info",
		[SK_SEVERITY_LOW] = "Low",	   [SK_SEVERITY_MEDIUM] = "Medium",
		[SK_SEVERITY_HIGH] = "High",	   [SK_SEVERITY_CRITICAL] = "Critical",
	};

	return names[f->severity];
}

/* The schema wants NAME:TAG or NAME@DIGEST and no other colons. */
static void image_name(const struct sk_result *result, struct sk_buf *buf)
{
	const struct sk_artifact *a = &result->inventory->artifact;
	struct sk_span name = sk_span_str(a->tag_count ? a->tags[0] : a->name);
	bool plain = name.len > 0, tagged = sk_span_rchr(name, ':') > sk_span_rchr(name, '/');

	for (size_t i = 0; i < name.len; i++)
		plain &= strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-:@",
				name.ptr[i]) != NULL;
	if (plain && tagged) {
		sk_buf_span(buf, name);
		return;
	}
	if (plain)
		sk_buf_span(buf, name);
	else
		sk_report_uri(name.len ? name.ptr : "artifact", buf);
	sk_buf_puts(buf, buf->len ? ":latest" : "artifact:latest");
}

static void put_identifier(struct sk_json_writer *w, const char *id)
{
	sk_cleanup(sk_buf_release) struct sk_buf url = { 0 };

	sk_json_object(w);
	sk_json_put_str(w, "type",
			strncmp(id, "CVE-", 4) == 0    ? "cve"
			: strncmp(id, "GHSA-", 5) == 0 ? "ghsa"
						       : "osv");
	put_cut(w, "name", id, MAX_NAME);
	put_cut(w, "value", id, MAX_NAME);
	if (sk_report_id_url(id, &url))
		sk_json_put_str(w, "url", sk_buf_str(&url));
	sk_json_end(w);
}

static void put_identifiers(struct sk_json_writer *w, const struct sk_finding *f)
{
	enum { MOST = 20 }; /* the schema's maxItems */

	sk_json_key(w, "identifiers");
	sk_json_array(w);
	put_identifier(w, f->id && f->id[0] ? f->id : "unknown");
	for (size_t i = 0; i < f->aliases.count && i + 1 < MOST; i++)
		if (f->aliases.items[i][0])
			put_identifier(w, f->aliases.items[i]);
	sk_json_end(w);
}

static void put_links(struct sk_json_writer *w, const struct sk_finding *f)
{
	sk_json_key(w, "links");
	sk_json_array(w);
	for (size_t i = 0; i < f->references.count; i++) {
		if (!sk_report_is_url(f->references.items[i]))
			continue;
		sk_json_object(w);
		sk_json_put_str(w, "url", f->references.items[i]);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void put_vectors(struct sk_json_writer *w, const struct sk_finding *f)
{
	struct sk_cvss cvss;

	if (!f->cvss_vector || sk_cvss_parse(&cvss, sk_span_str(f->cvss_vector), NULL) < 0 ||
	    (cvss.version != SK_CVSS_3_0 && cvss.version != SK_CVSS_3_1))
		return;
	sk_json_key(w, "cvss_vectors");
	sk_json_array(w);
	sk_json_object(w);
	sk_json_put_str(w, "vendor", f->severity_source && f->severity_source[0] ? f->severity_source
										 : "unknown");
	sk_json_put_str(w, "vector", f->cvss_vector);
	sk_json_end(w);
	sk_json_end(w);
}

static void put_location(struct sk_json_writer *w, const struct sk_result *result,
			 const struct sk_finding *f, const char *image)
{
	const struct sk_os *os = sk_report_os(result);
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };

	sk_report_name(f->package, &name);
	sk_json_key(w, "location");
	sk_json_object(w);
	sk_json_key(w, "dependency");
	sk_json_object(w);
	sk_json_key(w, "package");
	sk_json_object(w);
	sk_json_put_str(w, "name", name.len ? sk_buf_str(&name) : "unknown");
	sk_json_end(w);
	sk_json_put_str(w, "version", f->package->version && f->package->version[0] ? f->package->version
										    : "unknown");
	sk_json_end(w);
	sk_json_put_str(w, "operating_system", os ? sk_report_os_name(os) : "Unknown");
	sk_json_put_str(w, "image", image);
	sk_json_end(w);
}

/* The same tomorrow, as a name-based UUID (RFC 9562, version 8). */
static void put_id(struct sk_json_writer *w, const struct sk_finding *f, const char *image)
{
	uint64_t a = sk_report_fingerprint(f), b = sk_hash_stable(sk_span_str(image));

	sk_json_key(w, "id");
	sk_json_printf(w, "%08x-%04x-8%03x-a%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
		       (unsigned)a & 0xfff, (unsigned)(b >> 48) & 0xfff,
		       (unsigned long long)b & 0xffffffffffff);
}

static void put_vulnerability(struct sk_json_writer *w, const struct sk_result *result,
			      const struct sk_finding *f, const char *image)
{
	const char *id = f->id && f->id[0] ? f->id : "unknown";

	sk_json_object(w);
	put_id(w, f, image);
	put_cut(w, "name", f->title && f->title[0] ? f->title : id, MAX_NAME);
	sk_json_put_opt(w, "description", f->description ? f->description : f->title);
	sk_json_put_str(w, "severity", severity(f));
	put_cut(w, "solution", f->remedy, MAX_SOLUTION);
	put_identifiers(w, f);
	put_links(w, f);
	put_vectors(w, f);
	put_location(w, result, f, image);
	sk_json_end(w);
}

static void put_vulnerabilities(struct sk_json_writer *w, const struct sk_report *report)
{
	sk_json_key(w, "vulnerabilities");
	sk_json_array(w);
	for (size_t i = 0; i < report->result_count; i++) {
		const struct sk_result *r = &report->results[i];
		sk_cleanup(sk_buf_release) struct sk_buf image = { 0 };

		image_name(r, &image);
		for (size_t k = 0; k < r->finding_count; k++)
			if (r->findings[k]->kind == SK_FINDING_VULNERABILITY && r->findings[k]->package)
				put_vulnerability(w, r, r->findings[k], sk_buf_str(&image));
	}
	sk_json_end(w);
}

/* ---- the scan ---- */

static void put_tool(struct sk_json_writer *w, const char *key)
{
	sk_json_key(w, key);
	sk_json_object(w);
	sk_json_put_str(w, "id", "sekisho");
	sk_json_put_str(w, "name", "Sekisho");
	sk_json_put_str(w, "version", SK_VERSION);
	sk_json_key(w, "vendor");
	sk_json_object(w);
	sk_json_put_str(w, "name", "Sekisho");
	sk_json_end(w);
	sk_json_end(w);
}

static void put_messages(struct sk_json_writer *w, const struct sk_report *report)
{
	sk_json_key(w, "messages");
	sk_json_array(w);
	for (size_t i = 0; i < report->result_count; i++) {
		const struct sk_result *r = &report->results[i];

		for (size_t k = 0; k < r->finding_count; k++) {
			const struct sk_finding *f = r->findings[k];

			if (f->kind != SK_FINDING_COVERAGE)
				continue;
			sk_json_object(w);
			sk_json_put_str(w, "level", "warn");
			put_cut(w, "value", f->title && f->title[0] ? f->title : "not looked at", MAX_MESSAGE);
			sk_json_end(w);
		}
	}
	sk_json_end(w);
}

static void put_scan(struct sk_json_writer *w, const struct sk_report *report)
{
	bool whole = true;
	char time[SK_TIME_TEXT];

	for (size_t i = 0; i < report->result_count; i++)
		whole &= !report->results[i].inventory->incomplete;
	sk_time_format(report->created, time);
	time[strcspn(time, "Z")] = '\0'; /* the schema has no zone; it is UTC */
	sk_json_key(w, "scan");
	sk_json_object(w);
	put_tool(w, "analyzer");
	put_tool(w, "scanner");
	sk_json_put_str(w, "type", "container_scanning");
	sk_json_put_str(w, "start_time", time);
	sk_json_put_str(w, "end_time", time);
	sk_json_put_str(w, "status", whole ? "success" : "failure");
	put_messages(w, report);
	sk_json_end(w);
}

static int write_gitlab(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_object(&w);
	sk_json_put_str(&w, "version", "15.2.1");
	put_scan(&w, report);
	put_vulnerabilities(&w, report);
	sk_json_key(&w, "remediations");
	sk_json_array(&w);
	sk_json_end(&w);
	sk_json_end(&w);
	return 0;
}

const struct sk_format sk_format_gitlab = {
	.name = "gitlab",
	.summary = "GitLab's container scanning report, schema 15",
	.extension = "json",
	.write = write_gitlab,
};
