/* SPDX-License-Identifier: Apache-2.0 */
/* The database: hostile feeds, determinism, and files that are broken in every way. */
#include "tap.h"

#include "base/fd.h"
#include "vuln/db-format.h"
#include "vuln/feed.h"
#include "vuln/osv-range.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/sekisho-test-db-XXXXXX";

static char *in_dir(const char *name)
{
	return sk_printf("%s/%s", dir, name);
}

static void put(struct archive *a, const char *name, struct sk_span text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)text.len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_mtime(entry, 0, 0);
	archive_write_header(a, entry);
	archive_write_data(a, text.ptr, text.len);
	archive_entry_free(entry);
}

struct file {
	const char *name, *text;
};

static void zip(const char *name, const struct file *files, size_t count)
{
	sk_autofree char *path = in_dir(name);
	struct archive *a = archive_write_new();

	archive_write_set_format_zip(a);
	if (archive_write_open_filename(a, path) != ARCHIVE_OK)
		printf("Bail out! %s\n", archive_error_string(a));
	for (size_t i = 0; i < count; i++)
		put(a, files[i].name, sk_span_str(files[i].text));
	archive_write_free(a);
}

static void write_file(const char *name, struct sk_span text)
{
	sk_autofree char *path = in_dir(name);

	FILE *f = fopen(path, "wb"); /* without fsync: there are thousands */

	fwrite(text.ptr ? text.ptr : "", 1, text.len, f);
	fclose(f);
}

static int build(struct sk_err *err)
{
	sk_autofree char *path = in_dir("db.mdb");
	struct sk_db_build options = { .created = 1700000000 };

	*err = SK_ERR_INIT;
	return sk_db_build(dir, path, &options, err);
}

#define RECORD(id, name, fixed)                                                                    \
	"{\"id\":\"" id "\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{\"package\":{"    \
	"\"ecosystem\":\"npm\",\"name\":\"" name "\"},\"ranges\":[{\"type\":\"SEMVER\","           \
	"\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"" fixed "\"}]}]}]}"

static const struct file good[] = {
	{ "GHSA-aaaa-aaaa-aaaa.json", RECORD("GHSA-aaaa-aaaa-aaaa", "one", "1.0.0") },
	{ "x.json", RECORD("CVE-2024-12345", "two", "2.0.0") },
	{ "readme.txt", "not an advisory" },
};

static void test_good(void)
{
	sk_autofree char *path = in_dir("db.mdb");
	sk_cleanup(sk_buf_release) struct sk_buf first = { 0 }, second = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_db_hits hits;
	struct sk_db *db = NULL;

	zip("osv/npm.zip", good, SK_COUNT(good));
	ok(build(&err) == 0, "built %s", err.text);
	sk_path_slurp(path, 1 << 24, &first, &err);
	ok(build(&err) == 0, "built again");
	sk_path_slurp(path, 1 << 24, &second, &err);
	ok(sk_span_eq(sk_buf_view(&first), sk_buf_view(&second)), "the same bytes");
	ok(sk_db_open(path, &db, &err) == 0, "opened %s", err.text);
	is_int(sk_db_info(db)->advisories, 2);
	is_int(sk_db_info(db)->created, 1700000000);
	ok(sk_db_find(db, sk_db_ecosystem(db, SK_SPAN_LIT("npm")), SK_SPAN_LIT("two"), &hits),
	   "found");
	ok(!sk_db_find(db, 0, SK_SPAN_LIT("three"), &hits), "not found");
	ok(!sk_db_find(db, -1, SK_SPAN_LIT("two"), &hits), "no ecosystem");
	ok(!sk_db_find(db, 7, SK_SPAN_LIT("two"), &hits), "another ecosystem");
	ok(sk_db_check(db, &err) == 0, "checked %s", err.text);
	sk_db_close(db);
}

/* A broken record is counted and passed over; an archive without a good one is refused. */
static void test_broken_records(void)
{
	sk_autofree char *path = in_dir("db.mdb");
	sk_cleanup(sk_buf_release) struct sk_buf deep = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_db *db = NULL;

	for (int i = 0; i < 100000; i++)
		sk_buf_puts(&deep, "[{\"a\":");
	struct file files[] = {
		good[0],
		{ "broken.json", "{\"id\":\"X-1\",\"affected\":[" },
		{ "deep.json", sk_buf_str(&deep) },
		{ "empty.json", "" },
		{ "list.json", "[]" },
		{ "noid.json", "{\"affected\":[]}" },
		{ "types.json", "{\"id\":\"X-2\",\"affected\":\"all\"}" },
		{ "odd.json", "{\"id\":\"X-3\",\"affected\":[null,1,{\"package\":7},{\"package\":{"
			      "\"name\":\"one\",\"ecosystem\":\"npm\"},\"ranges\":{\"events\":1},"
			      "\"versions\":[1,null,\"\"]}],\"aliases\":[1,{}],\"severity\":3,"
			      "\"references\":[[],{\"url\":4}],\"modified\":12}" },
	};

	zip("osv/npm.zip", files, SK_COUNT(files));
	ok(build(&err) == 0, "built %s", err.text);
	ok(sk_db_open(path, &db, &err) == 0, "opened");
	is_int(sk_db_info(db)->sources[0].broken, 6);
	is_int(sk_db_info(db)->sources[0].records, 2);
	sk_db_close(db);
	zip("osv/npm.zip", files + 1, 2);
	ok(build(&err) < 0 && err.code == SK_EINVAL, "no good record at all: %s", err.text);
	ok(sk_db_open(path, &db, &err) == 0, "the old database is still there");
	sk_db_close(db);
}

static void test_bomb(void)
{
	sk_autofree char *zeros = sk_alloc(40 << 20);
	struct sk_err err = SK_ERR_INIT;

	memset(zeros, ' ', (40 << 20) - 1);
	struct file files[] = { good[0], { "bomb.json", zeros } };

	zip("osv/npm.zip", files, 2);
	ok(build(&err) < 0 && err.code == SK_ELIMIT, "a bomb: %s", err.text);
}

static void test_damaged_archives(void)
{
	sk_autofree char *path = in_dir("osv/npm.zip");
	sk_cleanup(sk_buf_release) struct sk_buf whole = { 0 };
	struct sk_err err = SK_ERR_INIT;
	int wrong = 0;

	zip("osv/npm.zip", good, SK_COUNT(good));
	sk_path_slurp(path, 1 << 20, &whole, &err);
	for (size_t cut = 0; cut < whole.len; cut += 7) {
		write_file("osv/npm.zip", sk_span(whole.data, cut));
		wrong += build(&err) == 0;
	}
	/* The last bytes of the directory's end are its comment's length: nothing is lost with
	 * them. */
	ok(wrong <= 3, "cut archives are refused (%d were not)", wrong);
	write_file("osv/npm.zip", SK_SPAN_LIT("PK\3\4 not really"));
	ok(build(&err) < 0, "not an archive: %s", err.text);
	zip("osv/npm.zip", good, SK_COUNT(good));
	write_file("kev.json", SK_SPAN_LIT("{\"vulnerabilities\": 1}"));
	ok(build(&err) < 0, "a broken kev.json: %s", err.text);
	sk_autofree char *kev = in_dir("kev.json");
	unlink(kev);
}

/* Two archives have the same record: the newer one counts, also if it is withdrawn there. */
static void test_duplicates(void)
{
	sk_autofree char *path = in_dir("db.mdb"), *other = in_dir("osv/Other.zip");
	static const struct file newer[] = {
		{ "a.json", "{\"id\":\"GHSA-aaaa-aaaa-aaaa\",\"modified\":\"2025-01-01T00:00:00Z\","
			    "\"withdrawn\":\"2025-01-01T00:00:00Z\"}" },
		{ "b.json", RECORD("CVE-2024-12345", "older", "2.0.0") },
	};
	struct sk_err err = SK_ERR_INIT;
	struct sk_db_hits hits;
	struct sk_db *db = NULL;

	zip("osv/Other.zip", newer, 2);
	ok(build(&err) == 0 && sk_db_open(path, &db, &err) == 0, "built %s", err.text);
	is_int(sk_db_info(db)->advisories, 1);
	ok(!sk_db_find(db, 0, SK_SPAN_LIT("one"), &hits), "the withdrawn one is gone");
	ok(sk_db_find(db, 0, SK_SPAN_LIT("older"), &hits), "of two equally old the first is kept");
	sk_db_close(db);
	unlink(other);
}

/* Opens and reads all of a file image; whatever it says, it comes back. */
static bool survives(const char *path)
{
	struct sk_err err = SK_ERR_INIT;
	struct sk_db *db = NULL;
	bool good_file;

	if (sk_db_open(path, &db, &err) < 0)
		return false;
	sk_db_walk(db, &err);
	good_file = sk_db_check(db, &err) == 0;
	sk_db_close(db);
	return good_file;
}

static void test_broken_files(void)
{
	sk_autofree char *path = in_dir("db.mdb"), *copy = in_dir("copy.mdb");
	sk_cleanup(sk_buf_release) struct sk_buf file = { 0 };
	struct sk_err err = SK_ERR_INIT;
	uint32_t seed = 12345;
	int accepted = 0, meta = 0;

	zip("osv/npm.zip", good, SK_COUNT(good));
	ok(build(&err) == 0, "built");
	sk_path_slurp(path, 1 << 24, &file, &err);
	for (size_t cut = 0; cut < file.len; cut += 1777) {
		write_file("copy.mdb", sk_span(file.data, cut));
		accepted += survives(copy);
	}
	is_int(accepted, 0);
	write_file("copy.mdb", sk_buf_view(&file));
	int fd = open(copy, O_RDWR);
	for (int i = 0; i < 6000; i++) {
		size_t at = (seed = seed * 1664525 + 1013904223) % file.len;
		char blow;

		/* Most of the file is padding: half of the blows go to the headers and the leaf. */
		if (i & 1)
			at = at % 3 * 4096 + (seed >> 8) % 200;
		blow = (char)(seed >> 16);
		expect(pwrite(fd, &blow, 1, (off_t)at) == 1, "written");
		meta += survives(copy);
		expect(pwrite(fd, &file.data[at], 1, (off_t)at) == 1, "written back");
	}
	close(fd);
	ok(true, "6000 flipped bytes, %d of them where nothing stands", meta);
	write_file("copy.mdb", SK_SPAN_LIT(""));
	ok(!survives(copy), "an empty file");
	ok(!survives(dir), "a folder");
}

static void test_transfer(void)
{
	sk_autofree char *path = in_dir("db.mdb"), *to = in_dir("to.mdb");
	sk_cleanup(sk_buf_release) struct sk_buf file = { 0 }, a = { 0 }, b = { 0 };
	struct sk_err err = SK_ERR_INIT;
	int taken = 0;

	ok(sk_db_export(path, &file, &err) == 0, "exported %s", err.text);
	ok(sk_db_import(sk_buf_view(&file), to, &err) == 0, "imported %s", err.text);
	sk_path_slurp(path, 1 << 24, &a, &err);
	sk_path_slurp(to, 1 << 24, &b, &err);
	ok(sk_span_eq(sk_buf_view(&a), sk_buf_view(&b)), "byte for byte");
	for (size_t i = 0; i < file.len; i += 3) {
		file.data[i] ^= 0x20;
		taken += sk_db_import(sk_buf_view(&file), to, &err) == 0;
		file.data[i] ^= 0x20;
	}
	/* zstd has a bit or two that mean nothing; the digest is that of the content. */
	ok(taken <= 2, "flipped bytes are refused (%d were not)", taken);
	taken = 0;
	for (size_t cut = 0; cut < file.len; cut += 11)
		taken += sk_db_import(sk_span(file.data, cut), to, &err) == 0;
	is_int(taken, 0);
	sk_buf_release(&b);
	sk_path_slurp(to, 1 << 24, &b, &err);
	ok(sk_span_eq(sk_buf_view(&a), sk_buf_view(&b)), "what was there stays");
}

static void count_epss(void *ctx, const struct sk_epss *epss)
{
	*(double *)ctx += epss->score;
}

static void test_epss(void)
{
	struct sk_err err = SK_ERR_INIT;
	double sum = 0;
	int64_t date = 0;
	size_t broken = 0;
	struct sk_span csv = SK_SPAN_LIT("#model_version:v1,score_date:2026-01-03T00:00:00+0000\n"
					 "cve,epss,percentile\nCVE-1,0.5,0.25\r\nCVE-2,2.5e-01,1\n"
					 "CVE-3,1.5,0\nCVE-4,,0\nCVE-5,0.1\nx,0.1,0.1\n");

	ok(sk_epss_read(csv, count_epss, &sum, &date, &broken, &err) == 0, "EPSS");
	ok(sum > 0.7499 && sum < 0.7501, "sum %f", sum);
	is_int(broken, 4);
	is_int(date, 1767398400);
	ok(sk_epss_read(SK_SPAN_LIT("<html>"), count_epss, &sum, &date, &broken, &err) < 0,
	   "something else");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	sk_autofree char *osv = in_dir("osv");
	mkdir(osv, 0755);
	test_good();
	test_broken_records();
	test_bomb();
	test_damaged_archives();
	test_duplicates();
	test_broken_files();
	test_transfer();
	test_epss();
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
