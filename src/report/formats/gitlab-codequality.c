/* SPDX-License-Identifier: Apache-2.0 */
/* GitLab's code quality report: Code Climate's issues, those of them that GitLab reads. */
#include "base/hash.h"
#include "doc/json-write.h"
#include "report/format.h"
#include "report/view.h"

static const char *severity(const struct sk_finding *f)
{
	static const char *const names[] = {
		[SK_SEVERITY_UNKNOWN] = "info", [SK_SEVERITY_NEGLIGIBLE] = "info",
		[SK_SEVERITY_LOW] = "minor",	[SK_SEVERITY_MEDIUM] = "major",
		[SK_SEVERITY_HIGH] = "critical", [SK_SEVERITY_CRITICAL] = "blocker",
	};

	return names[f->severity];
}

static void put_description(struct sk_json_writer *w, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (f->package) {
		sk_report_name(f->package, &text);
		sk_buf_printf(&text, " %s: ", f->package->version ? f->package->version : "");
	}
	sk_buf_printf(&text, "%s", f->id ? f->id : sk_finding_kind_name(f->kind));
	if (f->title)
		sk_buf_printf(&text, ": %s", f->title);
	if (f->fixed_version)
		sk_buf_printf(&text, " (fixed in %s)", f->fixed_version);
	sk_json_put_str(w, "description", sk_buf_str(&text));
}

static void put_location(struct sk_json_writer *w, const struct sk_result *result,
			 const struct sk_finding *f)
{
	uint32_t line = f->line ? f->line : f->package && !f->path ? f->package->line : 0;
	const char *path = sk_report_path(f), *name = result->inventory->artifact.name;
	sk_cleanup(sk_buf_release) struct sk_buf uri = { 0 };

	sk_report_uri(path ? path : name ? name : "", &uri);
	sk_json_key(w, "location");
	sk_json_object(w);
	sk_json_put_str(w, "path", uri.len ? sk_buf_str(&uri) : "artifact");
	sk_json_key(w, "lines");
	sk_json_object(w);
	sk_json_put_int(w, "begin", line ? line : 1);
	sk_json_end(w);
	sk_json_end(w);
}

static void put_issue(struct sk_json_writer *w, const struct sk_result *result,
		      const struct sk_finding *f)
{
	const char *name = result->inventory->artifact.name;

	sk_json_object(w);
	put_description(w, f);
	sk_json_put_str(w, "check_name", f->id && f->id[0] ? f->id : sk_finding_kind_name(f->kind));
	sk_json_key(w, "fingerprint");
	sk_json_printf(w, "%016llx%016llx", (unsigned long long)sk_report_fingerprint(f),
		       (unsigned long long)sk_hash_stable(sk_span_str(name)));
	sk_json_put_str(w, "severity", severity(f));
	put_location(w, result, f);
	sk_json_end(w);
}

static int write_codequality(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_array(&w);
	for (size_t i = 0; i < report->result_count; i++)
		for (size_t k = 0; k < report->results[i].finding_count; k++)
			put_issue(&w, &report->results[i], report->results[i].findings[k]);
	sk_json_end(&w);
	return 0;
}

const struct sk_format sk_format_gitlab_codequality = {
	.name = "gitlab-codequality",
	.summary = "GitLab's code quality report: an issue a finding, in merge requests",
	.extension = "json",
	.write = write_codequality,
};
