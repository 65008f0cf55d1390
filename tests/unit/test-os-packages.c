/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/data/os/<case>/files is a file tree, <case>/expected what is found in
 * it: operating systems and distribution packages with all their fields.
 */
#include "analyze/file.h"
#include "analyze/sink.h"
#include "inventory.h"

#include <dirent.h>

static const char *data_dir(void)
{
	const char *dir = getenv("SK_TESTS");

	return dir ? dir : "tests";
}

/* The first line that differs. */
static void show_difference(struct sk_span got, struct sk_span want)
{
	struct sk_span a = { 0 }, b = { 0 };

	for (;;) {
		bool more_a = sk_span_line(&got, &a), more_b = sk_span_line(&want, &b);

		if (!more_a)
			a = SK_SPAN_LIT("(end)");
		if (!more_b)
			b = SK_SPAN_LIT("(end)");
		if (!sk_span_eq(a, b)) {
			printf("# got  %.*s\n# want %.*s\n", (int)a.len, a.ptr, (int)b.len, b.ptr);
			return;
		}
		if (!more_a && !more_b)
			return;
	}
}

static void test_case(const char *dir, const char *name)
{
	sk_autofree char *files = sk_printf("%s/%s/files", dir, name);
	sk_autofree char *expected = sk_printf("%s/%s/expected", dir, name);
	sk_cleanup(sk_buf_release) struct sk_buf got = { 0 }, want = { 0 };
	sk_cleanup(scanned_release) struct scanned s = { 0 };
	struct sk_err err = SK_ERR_INIT;
	int rc = scan_dir(&s, files, &err);
	bool same;

	if (rc >= 0)
		dump_inventory(&got, &s.inv);
	sk_path_slurp(expected, 1u << 20, &want, NULL);
	same = sk_span_eq(sk_buf_view(&got), sk_buf_view(&want));
	ok(rc >= 0 && same, "%s", name);
	if (rc < 0)
		printf("# %s\n", err.text);
	else if (!same)
		show_difference(sk_buf_view(&got), sk_buf_view(&want));
}

/* A folder of 3,900 bytes, said once, over 50,000 files of one letter: the list ends, and it is said. */
static void test_expansion(void)
{
	extern const struct sk_analyzer sk_analyzer_apk;
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_cleanup(scanned_release) struct scanned s = { 0 };
	struct sk_recorder rec = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_file_impl impl;
	struct sk_file file;
	int rc;

	sk_buf_puts(&text, "P:a\nV:1\nF:");
	memset(sk_buf_reserve(&text, 3900), 'd', 3900);
	text.len += 3900;
	for (int i = 0; i < 50000; i++)
		sk_buf_puts(&text, "\nR:x");
	sk_file_from_bytes(&file, &impl, "lib/apk/db/installed", sk_buf_view(&text));
	sk_sink_run(&rec, &sk_analyzer_apk, &file);
	rc = scan_recorded(&s, &rec, &err);
	ok(rc >= 0 && s.inv.package_count == 1 && s.inv.issue_count == 1, "a list of files that expands");
	sk_recorder_release(&rec);
}

/* `test-os-packages FOLDER`: what is found there, to write new cases with. */
static int show(const char *folder)
{
	sk_cleanup(sk_buf_release) struct sk_buf got = { 0 };
	sk_cleanup(scanned_release) struct scanned s = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (scan_dir(&s, folder, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	dump_inventory(&got, &s.inv);
	fputs(sk_buf_str(&got), stdout);
	return 0;
}

int main(int argc, char **argv)
{
	sk_autofree char *dir = sk_printf("%s/data/os", data_dir());
	struct dirent **names = NULL;
	int count;

	if (argc > 1)
		return show(argv[1]);
	count = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.')
			test_case(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	ok(count > 2, "there are cases");
	test_expansion();
	return tap_done();
}
