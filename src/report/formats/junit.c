/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JUnit's XML as Jenkins, GitLab and others read it: a suite a target, a test
 * case a finding that failed. What could not be looked at is an error, what an
 * exception covers is skipped; a clean target is one test case that passed.
 */
#include "base/time.h"
#include "report/format.h"
#include "report/view.h"
#include "report/xml.h"

static void put_body(struct sk_buf *out, const struct sk_result *result, const struct sk_finding *f)
{
	const char *path = sk_report_path(f);
	const char *layer = sk_report_diff_id(result, sk_report_finding_layer(result, f));
	const struct {
		const char *label, *text;
	} lines[] = {
		{ "Title", f->title },
		{ "Installed", f->package ? f->package->version : NULL },
		{ "Fixed in", f->fixed_version },
		{ "Remedy", f->remedy },
		{ "Path", path },
		{ "Layer", layer },
		{ "Package", f->package ? f->package->purl : NULL },
	};

	for (size_t i = 0; i < SK_COUNT(lines); i++) {
		if (!lines[i].text)
			continue;
		sk_buf_printf(out, "%s: ", lines[i].label);
		sk_report_xml(out, lines[i].text, false);
		sk_buf_putc(out, '\n');
	}
	for (size_t i = 0; i < f->references.count; i++) {
		sk_report_xml(out, f->references.items[i], false);
		sk_buf_putc(out, '\n');
	}
}

/* "[high] CVE-2024-1 in curl 7.88.1" */
static void put_case_open(struct sk_buf *out, const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
	const char *path = sk_report_path(f);

	sk_buf_printf(&name, "[%s] %s", sk_severity_name(f->severity), f->id ? f->id : "");
	if (f->package) {
		sk_buf_puts(&name, " in ");
		sk_report_name(f->package, &name);
		sk_buf_printf(&name, " %s", f->package->version ? f->package->version : "");
	}
	sk_buf_puts(out, "    <testcase");
	sk_report_xml_attr(out, "name", sk_buf_str(&name));
	sk_report_xml_attr(out, "classname", path ? path : sk_finding_kind_name(f->kind));
	sk_report_xml_attr(out, "file", path);
	sk_buf_puts(out, " time=\"0\">\n");
}

static void put_finding(struct sk_buf *out, const struct sk_result *result,
			const struct sk_finding *f)
{
	const char *element = f->kind == SK_FINDING_COVERAGE ? "error" : "failure";

	put_case_open(out, f);
	sk_buf_printf(out, "      <%s", element);
	sk_report_xml_attr(out, "type", sk_finding_kind_name(f->kind));
	sk_report_xml_attr(out, "message", f->title ? f->title : f->id ? f->id : "");
	sk_buf_putc(out, '>');
	put_body(out, result, f);
	sk_buf_printf(out, "</%s>\n    </testcase>\n", element);
}

static void put_ignored(struct sk_buf *out, const struct sk_finding *f)
{
	put_case_open(out, f);
	sk_buf_puts(out, "      <skipped");
	sk_report_xml_attr(out, "message", f->statement && f->statement->reason ? f->statement->reason : "ignored");
	sk_buf_puts(out, "/>\n    </testcase>\n");
}

static void put_clean(struct sk_buf *out, const struct sk_result *result)
{
	sk_buf_printf(out,
		      "    <testcase name=\"nothing found in %zu packages\" classname=\"sekisho\" "
		      "time=\"0\"/>\n",
		      result->inventory->package_count);
}

static void put_suite(struct sk_buf *out, const struct sk_report *report,
		      const struct sk_result *result)
{
	size_t ignored = report->show_ignored ? result->ignored_count : 0;
	size_t tests = result->finding_count + ignored, errors;
	struct sk_counts counts = sk_report_counts(result);
	char time[SK_TIME_TEXT];

	errors = counts.kind[SK_FINDING_COVERAGE];
	sk_time_format(report->created, time);
	time[strcspn(time, "Z")] = '\0'; /* the attribute is a local time without zone */
	sk_buf_puts(out, "  <testsuite");
	sk_report_xml_attr(
	    out, "name", result->inventory->artifact.name ? result->inventory->artifact.name : "");
	sk_buf_printf(out,
		      " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"0\" "
		      "timestamp=\"%s\">\n",
		      tests ? tests : 1, result->finding_count - errors, errors, ignored, time);
	for (size_t i = 0; i < result->finding_count; i++)
		put_finding(out, result, result->findings[i]);
	for (size_t i = 0; i < ignored; i++)
		put_ignored(out, result->ignored[i]);
	if (!tests)
		put_clean(out, result);
	sk_buf_puts(out, "  </testsuite>\n");
}

static int write_junit(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	sk_buf_puts(out,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sekisho\">\n");
	for (size_t i = 0; i < report->result_count; i++)
		put_suite(out, report, &report->results[i]);
	sk_buf_puts(out, "</testsuites>\n");
	return 0;
}

const struct sk_format sk_format_junit = {
	.name = "junit",
	.summary = "JUnit XML, for CI systems that show tests",
	.extension = "xml",
	.write = write_junit,
};
