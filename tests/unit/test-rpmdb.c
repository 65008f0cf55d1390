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

static const char *or_none(struct sk_span s, char *room)
{
	if (!s.len)
		return "(none)";
	memcpy(room, s.ptr, s.len < 511 ? s.len : 511);
	room[s.len < 511 ? s.len : 511] = '\0';
	return room;
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
	char room[8][512], epoch[16] = "(none)";

	if (sk_rpm_header_parse(blob, &h, err) < 0) {
		printf("# %s\n", err->text);
		l->issues++;
		return 0;
	}
	if (sk_rpm_header_files(&h, blob.len, count_path, l, err) < 0) {
		printf("# files: %s\n", err->text);
		l->issues++;
	}
	if (h.has_epoch)
		snprintf(epoch, sizeof(epoch), "%u", h.epoch);
	*sk_vec_push(&l->lines) =
	    sk_printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", or_none(h.name, room[0]), epoch,
		      or_none(h.version, room[1]), or_none(h.release, room[2]),
		      or_none(h.arch, room[3]), or_none(h.source_rpm, room[4]),
		      or_none(h.module, room[5]), or_none(h.licence, room[6]));
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

int main(void)
{
	if (corpora())
		test_corpus(corpora());
	else
		skip("SK_CORPORA is not set");
	return tap_done();
}
