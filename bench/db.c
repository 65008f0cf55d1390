/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the advisory database: bench-db FEEDS [DATABASE]. Prints one
 * "name value unit" a line; each figure is the median of several runs.
 */
#include "base/fd.h"
#include "vuln/db-format.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 5, LOOKUPS = 4000000 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

static void die(const struct sk_err *err)
{
	fprintf(stderr, "bench-db: %s\n", err->text);
	exit(3);
}

static void bench_build(const char *feeds, const char *path)
{
	double times[3];
	struct sk_err err = SK_ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		double start = now();

		if (sk_db_build(feeds, path, NULL, &err) < 0)
			die(&err);
		times[i] = now() - start;
	}
	printf("build %.2f s\n", median(times, 3));
}

static uint64_t zip_bytes(const char *feeds)
{
	sk_autofree char *dir = sk_printf("%s/osv", feeds);
	DIR *d = opendir(dir);
	struct dirent *entry;
	uint64_t sum = 0;
	struct stat st;

	while (d && (entry = readdir(d))) {
		sk_autofree char *path = sk_printf("%s/%s", dir, entry->d_name);

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	}
	if (d)
		closedir(d);
	return sum;
}

static void bench_open(const char *path)
{
	double times[101];
	struct sk_err err = SK_ERR_INIT;

	for (size_t i = 0; i < SK_COUNT(times); i++) {
		double start = now();
		struct sk_db *db;

		if (sk_db_open(path, &db, &err) < 0)
			die(&err);
		times[i] = now() - start;
		sk_db_close(db);
	}
	printf("open %.3f ms\n", median(times, SK_COUNT(times)) * 1e3);
}

struct query {
	int ecosystem;
	struct sk_span name;
};

/* Every package of the database by name, in an order that no cache likes. */
static size_t all_queries(struct sk_db *db, const struct sk_db_sections *sections,
			  struct query **ret_queries)
{
	struct sk_reader r = sk_reader(sections->at[SK_SECTION_PACKAGES]);
	size_t count = sk_db_info(db)->packages, n = 0;
	struct query *list = sk_alloc((count + 1) * sizeof(*list));

	while (n < count && sk_reader_more(&r)) {
		list[n].ecosystem = (int)sk_read_varint(&r);
		list[n++].name = sk_read_string(&r);
		sk_read_varint(&r);
		sk_read_string(&r);
	}
	for (size_t i = n; i > 1; i--) {
		size_t k = (i * 2654435761u) % i;
		struct query swap = list[i - 1];

		list[i - 1] = list[k];
		list[k] = swap;
	}
	*ret_queries = list;
	return n;
}

/* Finds each package and reads all its entries: what a match does before it compares. */
static void bench_lookups(struct sk_db *db, const struct query *queries, size_t count, bool read)
{
	double times[RUNS];
	struct sk_err err = SK_ERR_INIT;
	uint64_t found = 0;

	for (size_t run = 0; run < RUNS; run++) {
		double start = now();

		for (size_t i = 0, q = 0; i < LOOKUPS; i++, q = q + 1 == count ? 0 : q + 1) {
			struct sk_db_hits hits;
			struct sk_db_entry entry;

			if (!sk_db_find(db, queries[q].ecosystem, queries[q].name, &hits))
				continue;
			while (read && sk_db_next(&hits, &entry, &err) > 0)
				found += entry.interval_count;
			found++;
		}
		times[run] = now() - start;
	}
	printf("%s %.2f million/s\n",
	       read    ? "lookup+entries"
	       : found ? "lookup"
		       : "lookup-missing",
	       LOOKUPS / median(times, RUNS) / 1e6);
}

int main(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[2] : "/tmp/sekisho-bench.mdb";
	struct sk_err err = SK_ERR_INIT;
	sk_cleanup(sk_buf_release) struct sk_buf file = { 0 };
	struct sk_db_sections sections;
	struct query *queries;
	struct sk_db *db;
	size_t count;

	if (argc < 2)
		return fprintf(stderr, "usage: bench-db FEEDS [DATABASE]\n"), 2;
	bench_build(argv[1], path);
	bench_open(path);
	if (sk_db_open(path, &db, &err) < 0 || sk_path_slurp(path, 1u << 30, &file, &err) < 0 ||
	    sk_db_pages(sk_buf_view(&file), &sections, &err) < 0)
		die(&err);
	printf("size %.2f MB\n", (double)file.len / 1e6);
	printf("zips %.2f MB\n", (double)zip_bytes(argv[1]) / 1e6);
	printf("advisories %u records\n", sk_db_info(db)->advisories);
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		printf("section-%s %.2f MB\n", sk_section_names[i],
		       (double)sections.at[i].len / 1e6);
	count = all_queries(db, &sections, &queries);
	bench_lookups(db, queries, count, false);
	bench_lookups(db, queries, count, true);
	for (size_t i = 0; i < count; i++)
		queries[i].name.len--;
	bench_lookups(db, queries, count, false);
	for (size_t i = 0; i < count; i++)
		queries[i].ecosystem = (int)sk_db_info(db)->ecosystems;
	bench_lookups(db, queries, count, false);
	free(queries);
	sk_db_close(db);
	if (argc < 3)
		unlink(path);
	return 0;
}
