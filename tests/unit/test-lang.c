/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Language analyzers over data/lang/: in each file "==> PATH" begins a file
 * that is analysed, "<==" ends it, and what follows is what is found, a line
 * for each package (see describe), "error: ..." and "issue" lines too.
 */
#include "analyze/file.h"
#include "analyze/sink.h"
#include "base/fd.h"
#include "base/limits.h"
#include "tap.h"

#include "analyze/pattern.h"
#include "zip-maker.h"

#include <dirent.h>

static struct sk_patterns *patterns;

static void describe(struct sk_buf *out, const struct sk_package *p)
{
	sk_buf_printf(out, "%s ", p->type);
	if (p->ns)
		sk_buf_printf(out, "%s / ", p->ns);
	sk_buf_printf(out, "%s %s %u", p->name, p->version ? p->version : "-", p->line);
	if (p->flags & SK_PACKAGE_INSTALLED)
		sk_buf_puts(out, " installed");
	if (p->flags & SK_PACKAGE_DEV)
		sk_buf_puts(out, " dev");
	if (p->flags & SK_PACKAGE_INDIRECT)
		sk_buf_puts(out, " indirect");
	if (p->flags & SK_PACKAGE_MAIN)
		sk_buf_puts(out, " main");
	if (p->licence)
		sk_buf_printf(out, " licence=%s", p->licence);
	if (p->qualifiers)
		sk_buf_printf(out, " %s", p->qualifiers);
	sk_buf_putc(out, '\n');
}

/* Everything that all analyzers that want this path find in it. */
static void analyse(struct sk_buf *out, const char *path, struct sk_span bytes)
{
	struct sk_match matches[SK_MOST_MATCHES];
	size_t n = sk_patterns_match(patterns, sk_span_str(path), matches);

	for (size_t i = 0; i < n; i++) {
		struct sk_recorder rec = { 0 };
		struct sk_sink sink = { 0 };
		struct sk_err err = SK_ERR_INIT;
		struct sk_file_impl impl = { .fd = -1 };
		struct sk_file file;

		sk_file_from_bytes(&file, &impl, path, bytes);
		if (sk_sink_analyze(&sink, &rec, matches[i].analyzer, &file, &err) < 0)
			sk_buf_printf(out, "error: %s\n", sk_code_name(err.code));
		for (size_t k = 0; k < sink.packages.len; k++)
			describe(out, sink.packages.data[k]);
		for (uint64_t k = 0; k < rec.issues; k++)
			sk_buf_puts(out, "issue\n");
		sk_sink_release(&sink);
		sk_recorder_release(&rec);
		sk_file_impl_release(&impl);
	}
}

static void diagnose(const char *what, struct sk_span text)
{
	struct sk_span line;

	while (sk_span_line(&text, &line))
		printf("# %s %.*s\n", what, (int)line.len, line.ptr);
}

static void compare(const char *name, const char *path, struct sk_span got, struct sk_span want)
{
	ok(sk_span_eq(got, want), "%s: %s", name, path);
	if (sk_span_eq(got, want))
		return;
	diagnose("got ", got);
	diagnose("want", want);
}

static void run_cases(const char *name, struct sk_span text)
{
	struct sk_span line, start;

	while (sk_span_line(&text, &line)) {
		sk_cleanup(sk_buf_release) struct sk_buf path = { 0 }, got = { 0 }, want = { 0 };
		struct sk_span body;

		if (!sk_span_starts(line, "==> "))
			continue;
		sk_buf_span(&path, sk_span_from(line, 4));
		start = text;
		while (sk_span_line(&text, &line) && !sk_span_is(line, "<=="))
			;
		body = sk_span(start.ptr, (size_t)(line.ptr - start.ptr));
		for (struct sk_span rest = text; sk_span_line(&rest, &line) && line.len;
		     text = rest) {
			sk_buf_span(&want, line);
			sk_buf_putc(&want, '\n');
		}
		analyse(&got, sk_buf_str(&path), body);
		compare(name, sk_buf_str(&path), sk_buf_view(&got), sk_buf_view(&want));
	}
}

static void test_files(void)
{
	const char *tests = getenv("SK_TESTS");
	sk_autofree char *folder = sk_printf("%s/data/lang", tests ? tests : "tests");
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort);

	ok(n > 2, "cases in %s", folder);
	for (int i = 0; i < n; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		sk_autofree char *path = sk_printf("%s/%s", folder, names[i]->d_name);
		struct sk_err err = SK_ERR_INIT;

		if (names[i]->d_name[0] != '.') {
			if (sk_path_slurp(path, 1u << 20, &text, &err) < 0)
				ok(false, "%s", err.text);
			run_cases(names[i]->d_name, sk_buf_view(&text));
		}
		free(names[i]);
	}
	free(names);
}

static void is_found(const char *path, struct sk_span bytes, const char *want)
{
	sk_cleanup(sk_buf_release) struct sk_buf got = { 0 };

	analyse(&got, path, bytes);
	compare("encodings", path, sk_buf_view(&got), sk_span_str(want));
}

static void test_encodings(void)
{
	is_found("requirements.txt",
		 SK_SPAN_LIT("\xef\xbb\xbf"
			     "a==1\r\nb == 2\r\n"),
		 "pypi a 1 1\npypi b 2 2\n");
	is_found("requirements.txt",
		 SK_SPAN_LIT("\xff\xfe"
			     "a\0=\0=\0001\0\r\0\n\0b\0=\0=\0002\0\n\0"),
		 "pypi a 1 1\npypi b 2 2\n");
	is_found("requirements.txt", SK_SPAN_LIT("\xfe\xff\0a\0=\0=\0001\0\n\xd8"), "pypi a 1 1\n");
	is_found("Gemfile.lock",
		 SK_SPAN_LIT("GEM\r\n  specs:\r\n    a (1.0)\r\n      b\r\n    b (2)\r\n"
			     "\r\nDEPENDENCIES\r\n  a\r\n"),
		 "gem a 1.0 3\ngem b 2 5 indirect\n");
	is_found("package.json", SK_SPAN_LIT("\xef\xbb\xbf{\"name\":\"a\",\"version\":\"1\"}"),
		 "npm a 1 1 installed main\n");
	is_found("bun.lockb", SK_SPAN_LIT("#!/usr/bin/env bun\nbun-lockfile-format-v0\n"),
		 "error: unsupported\n");
	is_found("x.egg-info", SK_SPAN_LIT("Name: a\nVersion: 1\n\nVersion: 2\n"),
		 "pypi a 1 2 installed\n");
	is_found("x.whl", SK_SPAN_LIT("not a zip"), "error: invalid\n");
}

static void test_zips(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf large = { 0 };
	struct zip_maker z = { 0 };
	struct sk_span bytes;

	zip_add(&z, "a/__init__.py", SK_SPAN_LIT(""), false);
	zip_add(&z, "a/b-1.dist-info/METADATA", SK_SPAN_LIT("Name: carried\nVersion: 1\n"), true);
	zip_add(&z, "a-1.dist-info/METADATA", SK_SPAN_LIT("Name: a\nVersion: 1\nLicense: MIT\n"),
		true);
	zip_add(&z, "EGG-INFO/PKG-INFO", SK_SPAN_LIT("Name: e\nVersion: 2\n"), true);
	bytes = zip_done(&z);
	is_found("a-1-py3-none-any.whl", bytes, "pypi a 1 2 licence=MIT\n");
	is_found("lib/e-2-py3.11.egg", bytes, "pypi e 2 2 installed\n");
	is_found("lib/e-2-py3.11.egg", sk_span_sub(bytes, 0, bytes.len - 10), "error: invalid\n");
	zip_maker_release(&z);

	memset(sk_buf_reserve(&large, SK_MAX_METADATA + 1), ' ', SK_MAX_METADATA + 1);
	large.len = SK_MAX_METADATA + 1;
	z = (struct zip_maker){ 0 };
	zip_add(&z, "a-1.dist-info/METADATA", sk_buf_view(&large), true);
	is_found("a-1-py3-none-any.whl", zip_done(&z), "error: limit\n");
	zip_maker_release(&z);
}

/* One level of nesting for each of n: the parsers must neither crash nor be slow. */
static void test_deep(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf deep = { 0 }, got = { 0 };

	for (int i = 0; i < 200000; i++)
		sk_buf_puts(&deep, "{\"dependencies\":{\"a\":");
	analyse(&got, "package-lock.json", sk_buf_view(&deep));
	ok(sk_span_starts(sk_buf_view(&got), "error: "), "200,000 levels of package-lock.json");

	sk_buf_reset(&deep);
	sk_buf_reset(&got);
	for (int i = 0; i < 100; i++)
		sk_buf_puts(&deep, "{\"dependencies\":{\"a\":");
	sk_buf_puts(&deep, "{\"version\":\"1\"}");
	for (int i = 0; i < 100; i++)
		sk_buf_puts(&deep, "}}");
	analyse(&got, "package-lock.json", sk_buf_view(&deep));
	ok(strcmp(sk_buf_str(&got), "npm a - 1\nnpm a 1 1\n") == 0, "100 levels of it");
}

/* A place with thousands of parents, asked for again and again. */
static void test_wide_bun(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, got = { 0 };

	sk_buf_puts(&text, "{\"workspaces\":{\"\":{\"dependencies\":{\"");
	for (int i = 0; i < 20000; i++)
		sk_buf_puts(&text, "a/");
	sk_buf_puts(&text, "z\":\"1\"}}},\"packages\":{\"");
	for (int i = 0; i < 20000; i++)
		sk_buf_puts(&text, "a/");
	sk_buf_puts(&text, "z\":[\"z@1\",\"\",{\"dependencies\":{");
	for (int i = 0; i < 20000; i++)
		sk_buf_printf(&text, "%s\"b%d\":\"1\"", i ? "," : "", i);
	sk_buf_puts(&text, "}}]}}");
	analyse(&got, "bun.lock", sk_buf_view(&text));
	ok(strcmp(sk_buf_str(&got), "npm z 1 1\nissue\n") == 0, "20,000 parents in bun.lock");
}

int main(void)
{
	patterns = sk_patterns_new(sk_analyzers);
	test_files();
	test_encodings();
	test_zips();
	test_deep();
	test_wide_bun();
	sk_patterns_free(patterns);
	return tap_done();
}
