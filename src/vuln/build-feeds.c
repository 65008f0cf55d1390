/* SPDX-License-Identifier: Apache-2.0 */
/* Where a mirror keeps its feeds, and reading all of them into a builder. */
#include "base/fd.h"
#include "base/limits.h"
#include "vuln/build.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* One archive while it is read. */
struct reading {
	struct sk_builder *builder;
	struct sk_build_source source;
};

static void doc_release(struct sk_doc *doc)
{
	sk_doc_release(doc);
}

/* A record that is not valid is passed over and counted: one of 50,000 must not cost the others. */
static int add_file(void *ctx, const char *name, struct sk_span bytes, struct sk_err *err)
{
	struct reading *reading = ctx;
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	sk_cleanup(doc_release) struct sk_doc doc = { 0 };
	struct sk_err why = SK_ERR_INIT;
	struct sk_advisory adv;

	if (sk_doc_parse(&doc, SK_DOC_JSON, bytes, 0, &why) < 0 ||
	    sk_osv_read(doc.root, &arena, &adv, &why) < 0) {
		reading->source.broken++;
		if (reading->source.broken <= 5)
			sk_builder_note(reading->builder, "%s: %s: %s", reading->source.name, name,
					why.text);
		return 0;
	}
	sk_builder_add(reading->builder, &adv);
	reading->source.records++;
	reading->source.withdrawn += adv.withdrawn;
	if (adv.modified > reading->source.date)
		reading->source.date = adv.modified;
	return 0;
}

static int damaged(const struct sk_builder *b, const char *path, const struct sk_err *err)
{
	if (b->options && b->options->damaged)
		b->options->damaged(b->options->ctx, path);
	return -err->code;
}

static int read_archive(struct sk_builder *b, const char *path, const char *name,
			struct sk_err *err)
{
	struct reading reading = { .builder = b };

	reading.source.name = sk_arena_str(&b->arena, name);
	if (sk_feed_read(path, add_file, &reading, err) < 0)
		return damaged(b, path, err);
	if (!reading.source.records) {
		sk_err_set(err, SK_EINVAL, "%s: no advisory in it (%u are broken)", path,
			   reading.source.broken);
		return damaged(b, path, err);
	}
	if (reading.source.broken)
		sk_builder_note(b, "%s: %u records are broken and were passed over", name,
				reading.source.broken);
	*sk_vec_push(&b->sources) = reading.source;
	return 0;
}

/* ---- where the archives are ---- */

struct feed {
	char *path, *name;
};
struct feeds {
	SK_VEC(struct feed) list;
};

static void feeds_release(struct feeds *feeds)
{
	for (size_t i = 0; i < feeds->list.len; i++) {
		free(feeds->list.data[i].path);
		free(feeds->list.data[i].name);
	}
	sk_vec_release(&feeds->list);
}

static int feed_cmp(const void *a, const void *b)
{
	return strcmp(((const struct feed *)a)->name, ((const struct feed *)b)->name);
}

static bool wanted(const struct sk_builder *b, struct sk_span name)
{
	const char *const *list = b->options ? b->options->ecosystems : NULL;

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

/* <ecosystem>.zip, <ecosystem>/all.zip, or a folder <ecosystem>/ of JSON files (below osv/ alone).
 */
static void add_feed(const struct sk_builder *b, const char *dir, const char *entry, bool folders,
		     struct feeds *feeds)
{
	sk_autofree char *path = sk_printf("%s/%s", dir, entry);
	struct sk_span name = sk_span_str(entry);
	struct feed *feed;

	if (sk_span_ends(name, ".zip")) {
		name.len -= 4;
	} else {
		sk_autofree char *all = sk_printf("%s/all.zip", path);

		if (!is_folder(path))
			return;
		if (access(all, F_OK) == 0) {
			free(path);
			path = sk_strdup(all);
		} else if (!folders) {
			return;
		}
	}
	if (!name.len || !wanted(b, name))
		return;
	feed = sk_vec_push(&feeds->list);
	feed->name = sk_strndup(name.ptr, name.len);
	feed->path = path;
	path = NULL;
}

static int find_feeds(const struct sk_builder *b, const char *dir, bool folders,
		      struct feeds *feeds, struct sk_err *err)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (!d)
		return sk_err_errno(err, "%s", dir);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			add_feed(b, dir, entry->d_name, folders, feeds);
	closedir(d);
	if (feeds->list.len)
		qsort(feeds->list.data, feeds->list.len, sizeof(struct feed), feed_cmp);
	return 0;
}

static int read_advisories(struct sk_builder *b, const char *from, struct sk_err *err)
{
	sk_cleanup(feeds_release) struct feeds feeds = { 0 };
	sk_autofree char *osv = sk_printf("%s/osv", from);
	int r = 0;

	if (is_folder(osv))
		r = find_feeds(b, osv, true, &feeds, err);
	if (r == 0 && !feeds.list.len)
		r = find_feeds(b, from, false, &feeds, err);
	if (r == 0 && !feeds.list.len)
		r = sk_err_set(
		    err, SK_ENOTFOUND,
		    "%s: no advisories there (osv/<ecosystem>.zip or <ecosystem>/all.zip)", from);
	for (size_t i = 0; r == 0 && i < feeds.list.len; i++)
		r = read_archive(b, feeds.list.data[i].path, feeds.list.data[i].name, err);
	return r;
}

/* ---- what is said about CVEs ---- */

struct counted {
	struct sk_builder *builder;
	uint32_t count;
};

static void add_kev(void *ctx, const struct sk_kev *kev)
{
	struct counted *c = ctx;

	sk_builder_kev(c->builder, kev);
	c->count++;
}

static void add_epss(void *ctx, const struct sk_epss *epss)
{
	struct counted *c = ctx;

	sk_builder_epss(c->builder, epss);
	c->count++;
}

/* The first of these files that is there, or NULL; owned. */
static char *find_file(const char *from, const char *const *names)
{
	for (; *names; names++) {
		char *path = sk_printf("%s/%s", from, *names);

		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int read_catalogue(struct sk_builder *b, const char *from, bool kev, struct sk_err *err)
{
	static const char *const kev_names[] = { "kev.json", "known_exploited_vulnerabilities.json",
						 NULL };
	static const char *const epss_names[] = { "epss_scores-current.csv.gz",
						  "epss_scores-current.csv", "epss.csv.gz",
						  "epss.csv", NULL };
	sk_autofree char *path = find_file(from, kev ? kev_names : epss_names);
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct counted counted = { b, 0 };
	struct sk_build_source source = { .name = kev ? "kev" : "epss" };
	size_t broken = 0;
	int r;

	if (!path) {
		/* EPSS changes daily and is large: mirrors often leave it out. */
		if (kev)
			sk_builder_note(
			    b,
			    "%s: no kev.json there: findings will not say what is being "
			    "exploited",
			    from);
		return 0;
	}
	r = sk_feed_slurp(path, SK_MAX_CATALOGUE, &bytes, err);
	if (r < 0)
		return damaged(b, path, err);
	if (kev)
		r = sk_kev_read(sk_buf_view(&bytes), add_kev, &counted, &source.date, err);
	else
		r = sk_epss_read(sk_buf_view(&bytes), add_epss, &counted, &source.date, &broken,
				 err);
	if (r < 0) {
		sk_err_wrap(err, "%s", path);
		return damaged(b, path, err);
	}
	source.records = counted.count;
	source.broken = (uint32_t)broken;
	*sk_vec_push(&b->sources) = source;
	return 0;
}

int sk_builder_read(struct sk_builder *b, const char *from, struct sk_err *err)
{
	int r = read_advisories(b, from, err);

	if (r == 0)
		r = read_catalogue(b, from, true, err);
	if (r == 0)
		r = read_catalogue(b, from, false, err);
	return r;
}

/* ---- the whole ---- */

static void sections_release(struct sk_buf (*sections)[SK_SECTION_COUNT])
{
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sk_buf_release(&(*sections)[i]);
}

int sk_db_build(const char *from, const char *path, const struct sk_db_build *options,
		struct sk_err *err)
{
	sk_cleanup(sk_builder_release) struct sk_builder b = { .options = options };
	sk_cleanup(sections_release) struct sk_buf buffers[SK_SECTION_COUNT] = { 0 };
	struct sk_db_sections sections;
	int r = sk_builder_read(&b, from, err);

	if (r == 0)
		r = sk_builder_sections(&b, buffers, err);
	if (r < 0)
		return r;
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sections.at[i] = sk_buf_view(&buffers[i]);
	return sk_db_write(path, &sections, err);
}
