/* SPDX-License-Identifier: Apache-2.0 */
/* Where a mirror keeps its feeds. */
#include "vuln/build.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

void sk_build_feeds_release(struct sk_build_feeds *feeds)
{
	for (size_t i = 0; i < feeds->list.len; i++) {
		free(feeds->list.data[i].path);
		free(feeds->list.data[i].name);
	}
	sk_vec_release(&feeds->list);
}

static void add(struct sk_build_feeds *feeds, enum sk_feed_kind kind, const char *path,
		struct sk_span name)
{
	*sk_vec_push(&feeds->list) =
		(struct sk_build_feed){ kind, sk_strdup(path), sk_strndup(name.ptr, name.len) };
}

static int feed_cmp(const void *a, const void *b)
{
	return strcmp(((const struct sk_build_feed *)a)->name,
		      ((const struct sk_build_feed *)b)->name);
}

static bool wanted(const struct sk_db_build *options, struct sk_span name)
{
	const char *const *list = options ? options->ecosystems : NULL;

	if (!list)
		return true;
	for (; *list; list++)
		if (sk_span_ieq(name, sk_span_str(*list)))
			return true;
	return false;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* <ecosystem>.zip, <ecosystem>/all.zip, or a folder <ecosystem>/ of JSON files (below osv/ alone). */
static void add_advisories(const struct sk_db_build *options, const char *dir, const char *entry,
			   bool folders, struct sk_build_feeds *feeds)
{
	sk_autofree char *path = sk_printf("%s/%s", dir, entry),
			 *all = sk_printf("%s/all.zip", path);
	struct sk_span name = sk_span_str(entry);
	bool zip = sk_span_ends(name, ".zip");

	if (zip)
		name.len -= 4;
	if (!name.len || !wanted(options, name))
		return;
	if (zip)
		add(feeds, SK_FEED_OSV, path, name);
	else if (is_folder(path) && access(all, F_OK) == 0)
		add(feeds, SK_FEED_OSV, all, name);
	else if (is_folder(path) && folders)
		add(feeds, SK_FEED_OSV, path, name);
}

static int find_advisories(const struct sk_db_build *options, const char *dir, bool folders,
			   struct sk_build_feeds *feeds, struct sk_err *err)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (!d)
		return sk_err_errno(err, "%s", dir);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			add_advisories(options, dir, entry->d_name, folders, feeds);
	closedir(d);
	if (feeds->list.len)
		qsort(feeds->list.data, feeds->list.len, sizeof(feeds->list.data[0]), feed_cmp);
	return 0;
}

/* The first of these files that is there. */
static void find_catalogue(const char *from, enum sk_feed_kind kind, const char *name,
			   const char *const *files, struct sk_build_feeds *feeds)
{
	for (; *files; files++) {
		sk_autofree char *path = sk_printf("%s/%s", from, *files);

		if (access(path, F_OK) == 0) {
			add(feeds, kind, path, sk_span_str(name));
			return;
		}
	}
}

int sk_build_feeds_find(const char *from, const struct sk_db_build *options,
			struct sk_build_feeds *feeds, struct sk_err *err)
{
	static const char *const kev[] = { "kev.json", "known_exploited_vulnerabilities.json",
					   NULL };
	static const char *const epss[] = { "epss_scores-current.csv.gz", "epss_scores-current.csv",
					    "epss.csv.gz", "epss.csv", NULL };
	sk_autofree char *osv = sk_printf("%s/osv", from);
	int r = 0;

	if (is_folder(osv))
		r = find_advisories(options, osv, true, feeds, err);
	if (r == 0 && !feeds->list.len)
		r = find_advisories(options, from, false, feeds, err);
	if (r == 0 && !feeds->list.len)
		r = sk_err_set(
			err, SK_ENOTFOUND,
			"%s: no advisories there (osv/<ecosystem>.zip or <ecosystem>/all.zip)",
			from);
	if (r < 0)
		return r;
	/* EPSS keeps the scores of CVEs that the advisories name: it comes last. */
	find_catalogue(from, SK_FEED_KEV, "kev", kev, feeds);
	find_catalogue(from, SK_FEED_EPSS, "epss", epss, feeds);
	return 0;
}
