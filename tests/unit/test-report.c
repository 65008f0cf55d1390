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
	if (keep || !getenv("SK_TESTS") || system("python3 -c 'import jsonschema' 2>/dev/null") != 0) {
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

int main(void)
{
	make_cases();
	ok(sk_format_find("table") && sk_format_find("json") && !sk_format_find("punchcard"),
	   "formats by name");
	test_golden();
	test_checker();
	test_terminal();
	return tap_done();
}
