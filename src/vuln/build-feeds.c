/* SPDX-License-Identifier: Apache-2.0 */
/* Reading feeds into a builder, and the whole way from a mirror to a database. */
#include "base/fd.h"
#include "base/limits.h"
#include "vuln/build-worker.h"

#include <fcntl.h>

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

static int read_advisories(struct sk_builder *b, const struct sk_build_feed *feed, int fd,
			   struct sk_err *err)
{
	struct reading reading = { .builder = b };

	reading.source.name = sk_arena_str(&b->arena, feed->name);
	if (sk_feed_read(fd, feed->path, add_file, &reading, err) < 0)
		return -err->code;
	if (!reading.source.records)
		return sk_err_set(err, SK_EINVAL, "%s: no advisory in it (%u are broken)",
				  feed->path, reading.source.broken);
	if (reading.source.broken)
		sk_builder_note(b, "%s: %u records are broken and were passed over", feed->name,
				reading.source.broken);
	*sk_vec_push(&b->sources) = reading.source;
	return 0;
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

static int read_catalogue(struct sk_builder *b, const struct sk_build_feed *feed, int fd,
			  struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct counted counted = { b, 0 };
	struct sk_build_source source = { .name = sk_arena_str(&b->arena, feed->name) };
	size_t broken = 0;
	int r = sk_feed_slurp(fd, feed->path, SK_MAX_CATALOGUE, &bytes, err);

	if (r < 0)
		return r;
	if (feed->kind == SK_FEED_KEV)
		r = sk_kev_read(sk_buf_view(&bytes), add_kev, &counted, &source.date, err);
	else
		r = sk_epss_read(sk_buf_view(&bytes), add_epss, &counted, &source.date, &broken,
				 err);
	if (r < 0)
		return sk_err_wrap(err, "%s", feed->path);
	source.records = counted.count;
	source.broken = (uint32_t)broken;
	*sk_vec_push(&b->sources) = source;
	return 0;
}

int sk_builder_read(struct sk_builder *b, const struct sk_build_feed *feed, int fd,
		    struct sk_err *err)
{
	return feed->kind == SK_FEED_OSV ? read_advisories(b, feed, fd, err)
					 : read_catalogue(b, feed, fd, err);
}

/* ---- the whole ---- */

void sk_build_sections_release(struct sk_buf (*sections)[SK_SECTION_COUNT])
{
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sk_buf_release(&(*sections)[i]);
}

static int open_feed(const struct sk_build_feed *feed, struct sk_err *err)
{
	int fd = open(feed->path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? sk_err_errno(err, "%s", feed->path) : fd;
}

static void damaged(const struct sk_db_build *options, const struct sk_build_feed *feed)
{
	if (options && options->damaged)
		options->damaged(options->ctx, feed->path);
}

static int build_here(const struct sk_build_feeds *feeds, const char *path,
		      const struct sk_db_build *options, struct sk_err *err)
{
	sk_cleanup(sk_builder_release) struct sk_builder b = { .options = options };
	sk_cleanup(sk_build_sections_release) struct sk_buf buffers[SK_SECTION_COUNT] = { 0 };
	struct sk_db_sections sections;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < feeds->list.len; i++) {
		sk_autoclose int fd = open_feed(&feeds->list.data[i], err);

		r = fd < 0 ? fd : sk_builder_read(&b, &feeds->list.data[i], fd, err);
		if (r < 0 && fd >= 0)
			damaged(options, &feeds->list.data[i]);
	}
	if (r == 0)
		r = sk_builder_sections(&b, buffers, err);
	if (r < 0)
		return r;
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sections.at[i] = sk_buf_view(&buffers[i]);
	return sk_db_write(path, &sections, err);
}

static int build_in_worker(const struct sk_build_feeds *feeds, const char *path,
			   const struct sk_db_build *options, struct sk_err *err)
{
	sk_cleanup(sk_build_worker_release) struct sk_build_worker w = { .bad_feed = SIZE_MAX };
	struct sk_db_sections sections;
	int r = sk_build_worker_start(&w, err);

	for (size_t i = 0; r == 0 && i < feeds->list.len; i++) {
		sk_autoclose int fd = open_feed(&feeds->list.data[i], err);

		r = fd < 0 ? fd : sk_build_worker_feed(&w, &feeds->list.data[i], fd, err);
	}
	if (r == 0)
		r = sk_build_worker_finish(&w, options, &sections, err);
	if (r < 0 && w.bad_feed < feeds->list.len)
		damaged(options, &feeds->list.data[w.bad_feed]);
	return r < 0 ? r : sk_db_write(path, &sections, err);
}

int sk_db_build(const char *from, const char *path, const struct sk_db_build *options,
		struct sk_err *err)
{
	sk_cleanup(sk_build_feeds_release) struct sk_build_feeds feeds = { 0 };
	bool kev = false;
	int r = sk_build_feeds_find(from, options, &feeds, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < feeds.list.len; i++)
		kev |= feeds.list.data[i].kind == SK_FEED_KEV;
	/* EPSS changes daily and is large: mirrors often leave it out, and nobody misses a word about it. */
	if (!kev && options && options->note) {
		sk_autofree char *text = sk_printf(
			"%s: no kev.json there: findings will not say what is being exploited",
			from);

		options->note(options->ctx, text);
	}
	if (options && options->sandbox)
		return build_in_worker(&feeds, path, options, err);
	return build_here(&feeds, path, options, err);
}
