/* SPDX-License-Identifier: Apache-2.0 */
/* JSON reports read back: what was written comes out again, and what is no report is told. */
#include "tap.h"

#include "base/limits.h"
#include "report-cases.h"
#include "report/read.h"

static void write_json(const struct sk_report *report, struct sk_buf *out)
{
	struct sk_err err = SK_ERR_INIT;

	expect(sk_format_find("json")->write(report, out, &err) == 0, "json: %s", err.text);
}

/* Written, read, written: the same bytes. */
static void test_round_trip(void)
{
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_cleanup(sk_buf_release) struct sk_buf first = { 0 }, second = { 0 };
		sk_cleanup(sk_report_file_release) struct sk_report_file file = { 0 };
		struct sk_report report = cases[i].report;
		struct sk_err err = SK_ERR_INIT;

		report.list_packages = report.show_ignored = report.result_count > 0;
		write_json(&report, &first);
		ok(sk_report_read(&file, sk_buf_view(&first), &err) == 0, "%s is read: %s",
		   cases[i].name, err.text);
		write_json(&file.report, &second);
		ok(sk_span_eq(sk_buf_view(&first), sk_buf_view(&second)), "%s comes out as it was",
		   cases[i].name);
	}
}

static void test_structs(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_cleanup(sk_report_file_release) struct sk_report_file file = { 0 };
	struct sk_report report = cases[2].report;
	const struct sk_result *r;

	write_json(&report, &text);
	if (sk_report_read(&file, sk_buf_view(&text), NULL) < 0) {
		ok(false, "is read");
		return;
	}
	r = file.report.results;
	is_int(r->finding_count, many_result.finding_count);
	is_str(r->inventory->packages[3]->ns, "@babel");
	is_str(r->inventory->packages[3]->name, "traverse");
	is_str(r->inventory->packages[0]->ns, "debian");
	ok(r->findings[0]->package == r->inventory->packages[0],
	   "a finding's package is the one that is listed");
	ok(r->findings[0]->kev && r->findings[0]->epss > 0.9, "scores");
	is_int(r->findings[0]->layer, 1);
	is_str(r->ignored[0]->statement->owner, "web team");
	is_int(file.report.created, report.created);
}

#define HEAD "{\"schemaVersion\":\"1.0\",\"tool\":{\"name\":\"sekisho\"},\"created\":\"2026-11-21\","
#define IMAGE "\"artifact\":{\"name\":\"a\",\"type\":\"image\"},"

static void test_broken(void)
{
	static const struct {
		const char *text;
		int code;
		const char *error;
	} bad[] = {
		{ "", SK_EINVAL, NULL },
		{ "[]", SK_EINVAL, "line 1: this is no JSON report of sekisho" },
		{ "{\"schemaVersion\":\"1.0\"}", SK_EINVAL, "line 1: this is no JSON report of sekisho" },
		{ "{\"schemaVersion\":\"2.0\",\"tool\":{\"name\":\"sekisho\"}}", SK_EUNSUPPORTED,
		  "schemaVersion 2.0 is not known" },
		{ HEAD "\"findings\":[]}", SK_EINVAL,
		  "line 1: an 'artifact' with a known 'type' is missing" },
		{ HEAD "\n" IMAGE "\n\"findings\":{}}", SK_EINVAL, "line 1: 'findings' is missing" },
		{ HEAD IMAGE "\n\"findings\":[\n3]}", SK_EINVAL, "line 3: a finding must be an object" },
		{ HEAD IMAGE "\"findings\":[{\"kind\":\"x\",\"severity\":\"low\"}]}", SK_EINVAL,
		  "line 1: a finding needs a 'kind' that is known" },
		{ HEAD IMAGE "\"findings\":[{\"kind\":\"secret\",\"severity\":\"low\",\"id\":7}]}", SK_EINVAL,
		  "line 1: 'id' has the wrong type" },
		{ HEAD IMAGE "\"findings\":[{\"kind\":\"secret\",\"severity\":\"low\",\"id\":\"\\u0000\"}]}",
		  SK_EINVAL, "line 1: a string contains a NUL" },
		{ HEAD IMAGE "\"findings\":[{\"kind\":\"vulnerability\",\"severity\":\"low\",\"cvss\":"
			     "{\"score\":11}}]}",
		  SK_EINVAL, "line 1: 'score' is no number from 0 to 10" },
		{ HEAD IMAGE "\"findings\":[{\"kind\":\"secret\",\"severity\":\"low\",\"location\":"
			     "{\"layerIndex\":-1}}]}",
		  SK_EINVAL, "line 1: 'layerIndex' is out of range" },
		{ HEAD IMAGE "\"findings\":[],\"findings\":[]}", SK_EINVAL, NULL },
		{ HEAD "\"reports\":[1]}", SK_EINVAL, "line 1: a report must be an object" },
	};

	for (size_t i = 0; i < SK_COUNT(bad); i++) {
		struct sk_report_file file = { 0 };
		struct sk_err err = SK_ERR_INIT;

		ok(sk_report_read(&file, sk_span_str(bad[i].text), &err) == -bad[i].code, "broken %zu: %s",
		   i, err.text);
		if (bad[i].error)
			is_str(err.text, bad[i].error);
		ok(!file.arena.head && !file.report.results, "nothing stays behind");
	}
}

/* A layer's number that no layer has is none; members of a later version are passed over. */
static void test_lenient(void)
{
	sk_cleanup(sk_report_file_release) struct sk_report_file file = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err err = SK_ERR_INIT;

	ok(sk_report_read(&file,
			  sk_span_str(HEAD IMAGE "\"new\":[1],\"findings\":[{\"kind\":\"secret\",\"severity\":"
						 "\"low\",\"location\":{\"layerIndex\":7},\"new\":{}}]}"),
			  &err) == 0,
	   "is read: %s", err.text);
	for (size_t i = 0; sk_formats[i]; i++)
		expect(sk_formats[i]->write(&file.report, &text, &err) == 0, "%s", sk_formats[i]->name);
	is_int(file.report.results[0].finding_count, 1);
	is_int(sk_report_load(&file, "/nonexistent/report.json", &err), -SK_ENOTFOUND);
}

int main(void)
{
	make_cases();
	test_round_trip();
	test_structs();
	test_broken();
	test_lenient();
	return tap_done();
}
