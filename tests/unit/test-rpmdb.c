/* SPDX-License-Identifier: Apache-2.0 */
/* rpm's databases: real ones against what rpm lists, small ones of each format, and broken ones. */
#include "analyze/file.h"
#include "analyze/rpmdb/header.h"
#include "analyze/rpmdb/rpmdb.h"
#include "analyze/sink.h"
#include "base/fd.h"
#include "tap.h"

#include <dirent.h>
#include <zstd.h>

static const char *const files[] = { "Packages", "Packages.db", "rpmdb.sqlite" };

struct list {
	SK_VEC(char *) lines;
	unsigned issues;
	unsigned paths;
};

static void list_release(struct list *l)
{
	for (size_t i = 0; i < l->lines.len; i++)
		free(l->lines.data[i]);
	sk_vec_release(&l->lines);
}

static void put_field(struct sk_buf *line, struct sk_span s, char end)
{
	sk_buf_span(line, s.len ? s : SK_SPAN_LIT("(none)"));
	sk_buf_putc(line, end);
}

static void count_path(void *ctx, struct sk_span path)
{
	struct list *l = ctx;

	l->paths++;
}

/* The line of the .tsv: name, epoch, version, release, arch, source rpm, module, licence. */
static int add_line(void *ctx, struct sk_span blob, struct sk_err *err)
{
	struct list *l = ctx;
	struct sk_rpm_header h;
	sk_cleanup(sk_buf_release) struct sk_buf line = { 0 };

	if (sk_rpm_header_parse(blob, &h, err) < 0) {
		printf("# %s\n", err->text);
		l->issues++;
		return 0;
	}
	if (sk_rpm_header_files(&h, blob.len, count_path, l, err) < 0) {
		printf("# files: %s\n", err->text);
		l->issues++;
	}
	put_field(&line, h.name, '\t');
	if (h.has_epoch)
		sk_buf_printf(&line, "%u\t", h.epoch);
	else
		put_field(&line, sk_span(NULL, 0), '\t');
	put_field(&line, h.version, '\t');
	put_field(&line, h.release, '\t');
	put_field(&line, h.arch, '\t');
	put_field(&line, h.source_rpm, '\t');
	put_field(&line, h.module, '\t');
	put_field(&line, h.licence, '\0');
	*sk_vec_push(&l->lines) = sk_strndup(line.data, line.len);
	return 0;
}

static void add_issue(void *ctx, const char *text)
{
	struct list *l = ctx;

	printf("# issue: %s\n", text);
	l->issues++;
}

static int read_bytes(struct sk_span bytes, struct list *l, struct sk_err *err)
{
	const struct sk_rpmdb_visitor visitor = { l, add_line, add_issue };
	struct sk_file_impl impl;
	struct sk_file file;

	sk_file_from_bytes(&file, &impl, "var/lib/rpm/db", bytes);
	return sk_rpmdb_read(&file, &visitor, err);
}

static int cmp_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(struct list *l)
{
	if (l->lines.len)
		qsort(l->lines.data, l->lines.len, sizeof(char *), cmp_lines);
}

static bool unzstd(const char *path, struct sk_buf *out)
{
	sk_cleanup(sk_buf_release) struct sk_buf in = { 0 };
	struct sk_err err = SK_ERR_INIT;
	unsigned long long size;

	if (sk_path_slurp(path, 256u << 20, &in, &err) < 0)
		return false;
	size = ZSTD_getFrameContentSize(in.data, in.len);
	if (size > (256u << 20))
		return false;
	out->len = ZSTD_decompress(sk_buf_reserve(out, size), size, in.data, in.len);
	return out->len == size;
}

static void load_tsv(const char *path, struct list *l)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line;

	sk_path_slurp(path, 16u << 20, &text, NULL);
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line))
		if (line.len)
			*sk_vec_push(&l->lines) = sk_strndup(line.ptr, line.len);
	sort_lines(l);
}

static void compare(const char *name, struct sk_span bytes, const char *tsv)
{
	struct list got = { 0 }, want = { 0 };
	struct sk_err err = SK_ERR_INIT;
	size_t same = 0;
	int rc = read_bytes(bytes, &got, &err);

	load_tsv(tsv, &want);
	sort_lines(&got);
	for (size_t i = 0; i < got.lines.len && i < want.lines.len; i++)
		if (strcmp(got.lines.data[i], want.lines.data[i]) == 0)
			same++;
		else if (i - same < 3)
			printf("# got  %s\n# want %s\n", got.lines.data[i], want.lines.data[i]);
	ok(rc == 0 && same == want.lines.len && got.lines.len == want.lines.len && !got.issues,
	   "%s: %zu of %zu packages, %u files", name, same, want.lines.len, got.paths);
	if (rc < 0)
		printf("# %s\n", err.text);
	list_release(&got);
	list_release(&want);
}

static void test_corpus(const char *dir)
{
	sk_autofree char *folder = sk_printf("%s/rpmdb", dir);
	DIR *d = opendir(folder);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		size_t n = strlen(entry->d_name);

		if (n < 5 || strcmp(entry->d_name + n - 4, ".tsv"))
			continue;
		for (size_t i = 0; i < SK_COUNT(files); i++) {
			sk_cleanup(sk_buf_release) struct sk_buf db = { 0 };
			sk_autofree char *path = sk_printf("%s/%.*s.%s.zst", folder, (int)n - 4,
							   entry->d_name, files[i]);
			sk_autofree char *tsv = sk_printf("%s/%s", folder, entry->d_name);

			if (unzstd(path, &db))
				compare(entry->d_name, sk_buf_view(&db), tsv);
		}
	}
	if (d)
		closedir(d);
}

static char *data_path(const char *name)
{
	const char *dir = getenv("SK_TESTS");

	return sk_printf("%s/data/rpmdb/%s", dir ? dir : "tests", name);
}

static bool load(const char *name, struct sk_buf *buf)
{
	sk_autofree char *path = data_path(name);

	return sk_path_slurp(path, 16u << 20, buf, NULL) >= 0;
}

static const char *const small[] = { "small-le.Packages", "small-be.Packages", "small.Packages.db",
				     "small.rpmdb.sqlite" };

static void test_small(void)
{
	sk_autofree char *tsv = data_path("small.tsv");

	for (size_t i = 0; i < SK_COUNT(small); i++) {
		sk_cleanup(sk_buf_release) struct sk_buf db = { 0 };

		if (load(small[i], &db))
			compare(small[i], sk_buf_view(&db), tsv);
		else
			ok(false, "%s is there", small[i]);
	}
}

static void test_wal(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf db = { 0 };
	struct list got = { 0 };
	const struct sk_rpmdb_visitor visitor = { &got, add_line, add_issue };
	struct sk_err err = SK_ERR_INIT;
	struct sk_file_impl impl;
	struct sk_file file;
	uint64_t pages = 0;
	int rc;

	ok(load("wal.sqlite", &db) && read_bytes(sk_buf_view(&db), &got, &err) == 0,
	   "without its log");
	is_int(got.lines.len, 1);
	sk_buf_reset(&db);
	ok(load("wal.sqlite-wal", &db), "the log");
	sk_file_from_bytes(&file, &impl, "rpmdb.sqlite-wal", sk_buf_view(&db));
	rc = sk_rpmdb_read_wal(&file, &visitor, &pages, &err);
	ok(rc == 0 && pages > 0, "%u pages in the log", (unsigned)pages);
	is_int(got.lines.len, 3);
	list_release(&got);
}

/* Quiet: what comes of broken input does not matter, only that it ends. */
static int ignore_header(void *ctx, struct sk_span blob, struct sk_err *err)
{
	struct sk_rpm_header h;
	struct list l = { 0 };

	if (sk_rpm_header_parse(blob, &h, NULL) >= 0)
		sk_rpm_header_files(&h, blob.len, count_path, &l, NULL);
	return 0;
}

static void ignore_issue(void *ctx, const char *text)
{
	(*(unsigned *)ctx)++;
}

static int read_quietly(struct sk_span bytes, unsigned *issues)
{
	const struct sk_rpmdb_visitor visitor = { issues, ignore_header, ignore_issue };
	struct sk_file_impl impl;
	struct sk_file file;

	sk_file_from_bytes(&file, &impl, "db", bytes);
	return sk_rpmdb_read(&file, &visitor, NULL);
}

/* In a block of just that size, so that a sanitizer sees one byte too far. */
static int read_exact(const struct sk_buf *db, size_t len, unsigned *issues)
{
	sk_autofree char *copy = sk_alloc(len);

	memcpy(copy, db->data, len);
	return read_quietly(sk_span(copy, len), issues);
}

static void test_broken(void)
{
	uint32_t random = 1;

	for (size_t i = 0; i < SK_COUNT(small); i++) {
		sk_cleanup(sk_buf_release) struct sk_buf db = { 0 };
		unsigned issues = 0, silent = 0;

		load(small[i], &db);
		for (size_t len = 16; len < db.len; len += 37) {
			issues = 0;
			if (read_exact(&db, len, &issues) >= 0 && !issues)
				silent++;
		}
		expect(silent == 0, "%s: %u lengths at which nobody noticed", small[i], silent);
		for (int n = 0; n < 2000; n++) {
			char old;
			size_t at;

			random = random * 1103515245 + 12345;
			at = (random >> 8) % db.len;
			old = db.data[at];
			db.data[at] = (char)(random >> 3);
			read_exact(&db, db.len, &issues);
			db.data[at] = old;
		}
		ok(true, "%s: cut off and with wrong bytes", small[i]);
	}
}

static void put32be(char *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(v >> (24 - 8 * i));
}

/* 100 MB in which everything points at everything: each reader must end by itself, and soon. */
static void test_loops(void)
{
	const size_t size = 100u << 20;
	sk_autofree char *db = sk_alloc(size);
	unsigned issues = 0;

	/* SQLite: the schema is an interior page whose children are all itself. */
	memcpy(db, "SQLite format 3", 16);
	db[16] = 0x10; /* pages of 4096 */
	db[100] = 5;
	db[103] = 0x0f; /* cells */
	put32be(db + 108, 1);
	for (int i = 0; i < 1900; i++) {
		db[112 + 2 * i] = 0x0f;
		db[113 + 2 * i] = (char)0xf0;
	}
	put32be(db + 0xff0, 1);
	ok(read_quietly(sk_span(db, size), &issues) < 0, "a table that contains itself");

	/* Berkeley DB: every page a hash page whose items are all one chain that bites its tail. */
	memset(db, 0, size);
	memcpy(db + 12, "\x61\x15\x06\x00", 4);
	memcpy(db + 20, "\x00\x10\x00\x00", 4);
	db[25] = 8;
	memcpy(db + 32, "\xff\x63\x00\x00", 4);
	for (size_t page = 1; page < 0x6400; page++) {
		char *p = db + page * 4096;

		p[20] = 100;
		p[25] = 13;
		for (int i = 0; i < 100; i++) {
			unsigned at = 4096 - 12 * (i + 1);

			p[26 + 2 * i] = (char)at;
			p[27 + 2 * i] = (char)(at >> 8);
			p[at] = 3;
			p[at + 4] = 1;	   /* page 1 */
			p[at + 10] = 0x70; /* 7 MB */
		}
	}
	db[4096 + 25] = 7;
	db[4096 + 16] = 1;
	db[4096 + 22] = 8;
	issues = 0;
	ok(read_quietly(sk_span(db, size), &issues) < 0, "a chain that bites its tail");

	/* ndb: all slots are the same blob. */
	memset(db, 0, size);
	memcpy(db, "RpmP\0\0\0\0\1\0\0\0\0\x10\0\0", 16); /* 4096 slot pages */
	for (size_t at = 32; at < (16u << 20); at += 16)
		memcpy(db + at, "Slot\1\0\0\0\0\0\x10\0\0\0\x20\0", 16);
	memcpy(db + (16u << 20), "BlbS\1\0\0\0\1\0\0\0\xe4\xff\x1f\0", 16);
	issues = 0;
	ok(read_quietly(sk_span(db, size), &issues) < 0, "one blob in every slot");
}

/* A header that repeats a tag 65,000 times, and one whose files would take gigabytes. */
static void test_headers(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf blob = { 0 };
	struct sk_rpm_header h;
	struct sk_err err = SK_ERR_INIT;

	load("small.header", &blob);
	ok(sk_rpm_header_parse(sk_buf_view(&blob), &h, &err) == 0, "a header");
	ok(sk_span_is(h.name, "alpha") && h.has_epoch && h.epoch == 2, "its name and epoch");
	for (size_t len = 0; len < blob.len; len++)
		expect(sk_rpm_header_parse(sk_span(blob.data, len), &h, NULL) < 0, "cut off at %zu",
		       len);
	ok(true, "cut off, a header is refused");
	sk_buf_reset(&blob);
	sk_buf_put(&blob, "\0\0\xff\xff\1\0\0\0", 8);
	for (int i = 0; i < 0xffff; i++)
		sk_buf_put(&blob, "\0\0\3\xe8\0\0\0\6\0\0\0\0\0\0\0\1", 16);
	memset(sk_buf_reserve(&blob, 1u << 24), 'x', 1u << 24);
	blob.len += 1u << 24;
	ok(sk_rpm_header_parse(sk_buf_view(&blob), &h, &err) < 0,
	   "a name that does not end, 65,535 times");
}

int main(void)
{
	if (corpora())
		test_corpus(corpora());
	else
		skip("SK_CORPORA is not set");
	test_small();
	test_wal();
	test_broken();
	test_loops();
	test_headers();
	return tap_done();
}
