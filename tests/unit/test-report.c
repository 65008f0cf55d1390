/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every format writes every report of report-cases.h. Some are compared with files in
 * tests/data/report (SK_UPDATE=1 writes them anew); all are read back by
 * tests/report/check.py, which knows the schemas.
 */
#include "tap.h"

#include "base/fd.h"
#include "base/text.h"
#include "report-cases.h"
#include "report/action.h"
#include "report/markdown.h"
#include "report/spdx-licence.h"
#include "report/xml.h"

#include <sys/stat.h>
#include <unistd.h>

static void write_case(size_t i, const struct sk_format *format, struct sk_buf *out)
{
	struct sk_err err = SK_ERR_INIT;

	expect(format->write(&cases[i].report, out, &err) == 0, "%s as %s: %s", cases[i].name,
	       format->name, err.text);
}

static void compare_golden(const char *name, const char *format)
{
	sk_autofree char *path =
	    sk_printf("%s/data/report/%s.%s", getenv("SK_TESTS"), name, format);
	sk_cleanup(sk_buf_release) struct sk_buf want = { 0 }, got = { 0 };
	const struct sk_format *f = sk_format_find(format);
	struct sk_err err = SK_ERR_INIT;

	for (size_t i = 0; f && i < SK_COUNT(cases); i++)
		if (strcmp(cases[i].name, name) == 0)
			write_case(i, f, &got);
	if (getenv("SK_UPDATE"))
		sk_path_replace(path, sk_buf_view(&got), 0644, &err);
	sk_path_slurp(path, 1 << 24, &want, &err);
	ok(got.len && sk_span_eq(sk_buf_view(&got), sk_buf_view(&want)), "%s as %s", name, format);
}

static void test_golden(void)
{
	static const char *const golden[][2] = {
		{ "empty", "table" },  { "one", "table" },     { "many", "table" },
		{ "nodb", "table" },   { "several", "table" }, { "narrow", "table" },
		{ "colour", "table" }, { "empty", "json" },    { "one", "json" },
	};

	if (!getenv("SK_TESTS")) {
		skip("SK_TESTS is not set");
		return;
	}
	for (size_t i = 0; i < SK_COUNT(golden); i++)
		compare_golden(golden[i][0], golden[i][1]);
}

/* Nothing of the hostile names reaches the terminal as more than text, and no line is too long. */
static void test_terminal(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_span rest, line;
	size_t longest = 0;

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		if (cases[i].report.colour)
			continue;
		for (unsigned width = 40; width <= 200; width += 20) {
			cases[i].report.width = width;
			sk_buf_reset(&out);
			write_case(i, sk_format_find("table"), &out);
			rest = sk_buf_view(&out);
			expect(sk_utf8_valid(rest), "%s is UTF-8", cases[i].name);
			while (sk_span_split(&rest, '\n', &line)) {
				for (size_t k = 0; k < line.len; k++)
					expect((uint8_t)line.ptr[k] >= 0x20 && line.ptr[k] != 0x7f,
					       "no control characters in %s", cases[i].name);
				longest = sk_text_width(line);
				expect(longest <= width, "%s: a line of %zu columns on %u: %.*s",
				       cases[i].name, longest, width, (int)line.len, line.ptr);
			}
		}
	}
	ok(true, "the table holds together at all widths");
}

/* All reports as files of a temporary folder, which the checker reads. */
static void test_checker(void)
{
	char dir[] = "/tmp/sekisho-report-XXXXXX";
	const char *keep = getenv("SK_REPORTS");
	sk_autofree char *command = NULL;
	int r;

	if (!keep && !mkdtemp(dir)) {
		skip("no temporary folder");
		return;
	}
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		for (size_t f = 0; sk_formats[f]; f++) {
			sk_autofree char *path = sk_printf("%s/%s.%s", keep ? keep : dir,
							   cases[i].name, sk_formats[f]->name);
			sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
			struct sk_err err = SK_ERR_INIT;

			write_case(i, sk_formats[f], &out);
			expect(sk_path_replace(path, sk_buf_view(&out), 0644, &err) == 0, "%s",
			       err.text);
		}
	}
	if (keep || !getenv("SK_TESTS") ||
	    system("python3 -c 'import jsonschema' 2>/dev/null") != 0) {
		skip("the checker needs python3-jsonschema");
	} else {
		fflush(stdout);
		command = sk_printf("python3 '%s/report/check.py' '%s' '%s'", getenv("SK_TESTS"),
				    dir, corpora() ? corpora() : "");
		r = system(command);
		ok(r == 0, "the checker accepts all formats");
	}
	command = keep ? command : sk_printf("rm -r '%s'", dir);
	if (!keep && system(command) != 0)
		printf("# %s stays\n", dir);
}

static void test_actions(void)
{
	struct sk_actions actions = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf effect = { 0 };

	sk_report_actions(&many_result, &actions);
	is_int(actions.list.len, 3);
	is_str(actions.list.data[0].command,
	       "apt-get update && apt-get -y install --only-upgrade curl libssl3");
	sk_action_effect(&actions.list.data[0], &effect);
	is_str(sk_buf_str(&effect), "2 findings: 1 exploited, 1 critical, 1 high");
	is_str(actions.list.data[2].what, "Update lodash to 4.17.21");
	is_int(actions.unfixed, 2);
	sk_actions_release(&actions);
}

/* Binary packages of one source with the same vulnerability are one row. */
static void test_runs(void)
{
	struct sk_package dev = openssl, other = openssl;
	struct sk_finding second = ssl_high, third = ssl_high;
	struct sk_finding *all[] = { &ssl_high, &second, &third, &lodash_high };
	sk_cleanup(sk_buf_release) struct sk_buf names = { 0 };

	dev.name = "libssl-dev";
	other.name = "openssl";
	second.package = &dev;
	third.package = &other;
	is_int(sk_report_run(&many_result, all, 4), 3);
	sk_report_run_names(all, 3, 3, &names);
	is_str(sk_buf_str(&names), "libssl3, libssl-dev, openssl");
	sk_buf_reset(&names);
	sk_report_run_names(all, 3, 2, &names);
	is_str(sk_buf_str(&names), "libssl3 +2 more");
	third.fixed_version = "3.1";
	is_int(sk_report_run(&many_result, all, 4), 2);
	dev.source_name = "openssl1.1";
	is_int(sk_report_run(&many_result, all, 4), 1);
	is_int(sk_report_run(&many_result, all, 0), 0);
}

static const char *expression(const char *text)
{
	static struct sk_buf buf;

	sk_buf_reset(&buf);
	return sk_spdx_expression(sk_span_str(text), &buf) ? sk_buf_str(&buf) : NULL;
}

static void test_licences(void)
{
	static const char *const none[] = { "",
					    "Expat",
					    "MIT OR",
					    "OR MIT",
					    "(MIT",
					    "MIT)",
					    "MIT MIT",
					    "MIT, BSD",
					    "GPL-2.0 WITH MIT",
					    "MIT WITH Classpath-exception-2.0 WITH MIT",
					    "()",
					    "MIT \x1b[1m",
					    "WITH" };

	is_str(expression("mit"), "MIT");
	is_str(expression("0bsd"), "0BSD");
	is_str(expression("ZPL-2.1"), "ZPL-2.1");
	is_str(expression("(apache-2.0 or MIT) AND GPL-2.0-only with classpath-exception-2.0"),
	       "(Apache-2.0 OR MIT) AND GPL-2.0-only WITH Classpath-exception-2.0");
	is_str(expression("Apache-1.0+"), "Apache-1.0+");
	for (size_t i = 0; i < SK_COUNT(none); i++)
		ok(!expression(none[i]), "\"%s\" is no expression", i == 11 ? "MIT ESC" : none[i]);
}

static void test_escapes(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };

	sk_md_code(&buf, "`a|b``", true);
	is_str(sk_buf_str(&buf), "``` `a\\|b`` ```");
	sk_buf_reset(&buf);
	sk_md_text(&buf, "@me [x](http://y) <b>\n*z*");
	is_str(sk_buf_str(&buf), "@&#8203;me \\[x\\](http:&#8203;//y) &lt;b&gt; \\*z\\*");
	sk_buf_reset(&buf);
	sk_report_xml(&buf, "<a b=\"c\">\x01\n&\xef\xbf\xbe", false);
	is_str(sk_buf_str(&buf), "&lt;a b=&quot;c&quot;&gt;\\x01\\x0a&amp;\\u{fffe}");
	sk_buf_reset(&buf);
	sk_report_uri("/a b/../c:d/./e%\xff", &buf);
	is_str(sk_buf_str(&buf), "a%20b/%2E%2E%2F/c%3Ad/e%25%FF");
	sk_buf_reset(&buf);
	sk_report_step("/bin/sh -c #(nop)  CMD [\"sh\"]", &buf);
	is_str(sk_buf_str(&buf), "CMD [\"sh\"]");
	sk_buf_reset(&buf);
	sk_report_step("RUN /bin/sh -c apt-get   update \t# buildkit", &buf);
	is_str(sk_buf_str(&buf), "RUN apt-get update");
	ok(sk_report_is_url("https://example.org/a?b=c#d"), "a URL");
	ok(!sk_report_is_url("javascript:alert(1)") && !sk_report_is_url("https://a\" onclick=x") &&
	       !sk_report_is_url("https://a b") && !sk_report_is_url(NULL),
	   "no URL");
}

int main(void)
{
	make_cases();
	ok(sk_format_find("table") && sk_format_find("json") && !sk_format_find("punchcard"),
	   "formats by name");
	test_actions();
	test_runs();
	test_licences();
	test_escapes();
	test_golden();
	test_checker();
	test_terminal();
	return tap_done();
}
