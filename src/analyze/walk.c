/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/walk.h"

#include "analyze/capture.h"
#include "analyze/sink.h"
#include "base/limits.h"
#include "base/map.h"

#include <stdio.h>

/* One walk's state. */
struct walker {
	const struct sk_walk *walk;
	struct sk_tar *tar;
	struct sk_recorder *rec;
	struct sk_capture capture;
	struct sk_arena arena;
	struct sk_map analysed; /* paths of this layer that some analyzer saw */
	struct sk_map runs;	/* path -> struct sk_run_file of what can run */
};

static void walker_release(struct walker *w)
{
	sk_capture_release(&w->capture);
	sk_map_release(&w->analysed);
	sk_map_release(&w->runs);
	sk_arena_release(&w->arena);
}

void sk_pending_release(struct sk_pending *pending)
{
	sk_vec_release(&pending->links);
	sk_arena_release(&pending->arena);
}

bool sk_walk_whiteout(struct sk_recorder *rec, struct sk_span path)
{
	struct sk_span name = sk_span_basename(path), dir = sk_span_dirname(path);
	char hidden[SK_MAX_PATH + 1];

	if (!sk_span_starts(name, ".wh."))
		return false;
	if (sk_span_is(name, ".wh..wh..opq")) {
		sk_record_name(rec, dir, SK_NAME_OPAQUE);
	} else if (!sk_span_starts(name, ".wh..wh.")) { /* aufs keeps its own books under that prefix */
		name = sk_span_from(name, 4);
		if (dir.len)
			snprintf(hidden, sizeof(hidden), "%.*s/%.*s", (int)dir.len, dir.ptr, (int)name.len,
				 name.ptr);
		else
			snprintf(hidden, sizeof(hidden), "%.*s", (int)name.len, name.ptr);
		sk_record_name(rec, sk_span_str(hidden), SK_NAME_ENTRY);
	}
	return true;
}

static void analyse(struct walker *w, const struct sk_capture *c, const char *path, uint32_t mode,
		    const struct sk_match *matches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sk_file_impl impl = sk_capture_impl(c);
		struct sk_file file = {
			.path = path,
			.root = sk_span(path, matches[i].root_len),
			.size = c->size,
			.mode = mode,
			.head = sk_span(c->head, c->head_len),
			.impl = &impl,
		};

		sk_sink_run(w->rec, matches[i].analyzer, &file);
		sk_file_impl_release(&impl);
	}
	sk_map_put(&w->analysed, sk_span_str(sk_arena_dup(&w->arena, sk_span_str(path))), w);
}

static ssize_t pull_tar(void *context, const void **ret_bytes, uint64_t *ret_offset, struct sk_err *err)
{
	return sk_tar_data(context, ret_bytes, ret_offset, err);
}

static void record_run(struct walker *w, const char *path, uint32_t mode)
{
	struct sk_run_file *file = sk_arena_alloc(&w->arena, sizeof(*file));

	sk_capture_describe(&w->capture, &w->arena, path, mode, file);
	sk_map_put(&w->runs, sk_span_str(file->path), file);
	sk_record_run_file(w->rec, file);
}

static int walk_file(struct walker *w, const struct sk_entry *e, struct sk_err *err)
{
	struct sk_match matches[SK_MOST_MATCHES];
	struct sk_capture *c = &w->capture;
	size_t count = sk_patterns_match(w->walk->patterns, sk_span_str(e->path), matches);
	char path[SK_MAX_PATH + 1];
	bool runs;
	int r;

	if (e->size == 0 && !count)
		return 0;
	sk_capture_begin(c, e->size, pull_tar, w->tar);
	r = sk_capture_head(c, err);
	if (r < 0)
		return r;
	count = sk_patterns_match_magic(w->walk->patterns, sk_span(c->head, c->head_len), matches, count);
	runs = w->walk->manifest && sk_capture_runs(c, e->path, e->mode);
	if (!count && !runs)
		return 0;
	snprintf(path, sizeof(path), "%s", e->path); /* the entry's own goes with the next read */
	r = sk_capture_rest(c, count > 0, runs, err);
	if (r == -SK_ELIMIT) {
		sk_record_issue(w->rec, "limit", path, 0, err->text);
		count = 0;
		r = runs ? sk_capture_rest(c, false, true, err) : 0;
	}
	if (r < 0)
		return r;
	if (runs)
		record_run(w, path, e->mode);
	if (count)
		analyse(w, c, path, e->mode, matches, count);
	return 0;
}

/* A hard link's content came under another name: known there, or to be fetched later. */
static void walk_hardlink(struct walker *w, const struct sk_entry *e, struct sk_pending *pending)
{
	struct sk_match matches[SK_MOST_MATCHES];
	bool wanted = sk_patterns_match(w->walk->patterns, sk_span_str(e->path), matches) > 0;
	const struct sk_run_file *same = sk_map_get(&w->runs, sk_span_str(e->link));

	if (same) {
		struct sk_run_file file = *same;

		file.path = e->path;
		sk_record_run_file(w->rec, &file);
	}
	if (sk_map_get(&w->analysed, sk_span_str(e->link)))
		sk_record_alias(w->rec, e->path, e->link);
	if (wanted && pending) {
		struct sk_pending_link *link = sk_vec_push(&pending->links);

		link->path = sk_arena_str(&pending->arena, e->path);
		link->target = sk_arena_str(&pending->arena, e->link);
	} else if (wanted) {
		sk_record_issue(w->rec, "unreadable-file", e->path, 0, "hard link to a file that cannot be read again");
	}
}

static int walk_entry(struct walker *w, const struct sk_entry *e, struct sk_pending *pending,
		      struct sk_err *err)
{
	struct sk_span path = sk_span_str(e->path);

	if (path.len == 0 || sk_walk_whiteout(w->rec, path))
		return 0;
	sk_record_name(w->rec, path, e->type == SK_ENTRY_DIR ? SK_NAME_DIR : SK_NAME_ENTRY);
	switch (e->type) {
	case SK_ENTRY_FILE:
		return walk_file(w, e, err);
	case SK_ENTRY_SYMLINK:
		sk_record_link(w->rec, e->path, e->link);
		return 0;
	case SK_ENTRY_HARDLINK:
		walk_hardlink(w, e, pending);
		return 0;
	default:
		return 0;
	}
}

static int too_many(struct sk_err *err)
{
	return sk_err_set(err, SK_ELIMIT, "more than %u entries", SK_MAX_LAYER_ENTRIES);
}

int sk_walk_tar(const struct sk_walk *walk, struct sk_tar *tar, struct sk_recorder *rec,
		struct sk_pending *pending, struct sk_err *err)
{
	sk_cleanup(walker_release) struct walker w = { .walk = walk, .tar = tar, .rec = rec };
	struct sk_entry e;
	int r;

	sk_capture_init(&w.capture, walk->spool);
	while ((r = sk_tar_next(tar, &e, err)) > 0) {
		if (++rec->entries > SK_MAX_LAYER_ENTRIES)
			return too_many(err);
		rec->bytes += e.type == SK_ENTRY_FILE ? e.size : 0;
		r = walk_entry(&w, &e, pending, err);
		if (r < 0)
			break;
	}
	if (sk_tar_refused(tar)) {
		char text[128];

		snprintf(text, sizeof(text), "%llu entries have names that leave the root; they were left out",
			 (unsigned long long)sk_tar_refused(tar));
		sk_record_issue(rec, "hostile-path", NULL, 0, text);
	}
	return r;
}

int sk_walk_tar_again(const struct sk_walk *walk, struct sk_tar *tar, struct sk_recorder *rec,
		      const struct sk_pending *pending, struct sk_err *err)
{
	sk_cleanup(walker_release) struct walker w = { .walk = walk, .tar = tar, .rec = rec };
	sk_cleanup(sk_map_release) struct sk_map targets = { 0 };
	struct sk_entry e;
	int r;

	/* Several links to one target are chained by their index + 1. */
	sk_autofree size_t *next = sk_alloc((pending->links.len + 1) * sizeof(*next));

	for (size_t i = 0; i < pending->links.len; i++) {
		void **slot = sk_map_at(&targets, sk_span_str(pending->links.data[i].target), NULL);

		next[i + 1] = (size_t)*slot;
		*slot = (void *)(i + 1);
	}
	sk_capture_init(&w.capture, walk->spool);
	while ((r = sk_tar_next(tar, &e, err)) > 0) {
		size_t at = e.type == SK_ENTRY_FILE ? (size_t)sk_map_get(&targets, sk_span_str(e.path)) : 0;
		uint32_t mode = e.mode;

		if (!at)
			continue;
		sk_capture_begin(&w.capture, e.size, pull_tar, tar);
		r = sk_capture_head(&w.capture, err);
		if (r == 0)
			r = sk_capture_rest(&w.capture, true, false, err);
		if (r < 0)
			return r;
		for (; at; at = next[at]) {
			const char *path = pending->links.data[at - 1].path;
			struct sk_match matches[SK_MOST_MATCHES];
			size_t count = sk_patterns_match(walk->patterns, sk_span_str(path), matches);

			analyse(&w, &w.capture, path, mode, matches, count);
		}
	}
	return r;
}
