/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/worker.h"

#include "analyze/protocol.h"
#include "analyze/walk.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "image/pipeline.h"
#include "image/store.h"
#include "sandbox/message.h"
#include "sandbox/sandbox.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* What became of one layer. */
struct outcome {
	int fd; /* the recording, or -1 */
	struct sk_err err;
	struct sk_pipeline_result digests;
};

struct worker {
	struct sk_arena arena;
	struct sk_open_request open;
	int target;
	SK_VEC(int) spools, folders;
	struct sk_patterns *patterns;
	pthread_mutex_t send_lock;
	_Atomic uint64_t progress;
	struct sk_image image;
	struct sk_store *store;
	bool *wanted; /* by layer */
	/* jobs */
	pthread_mutex_t take_lock;
	size_t *order; /* layers, the largest first */
	size_t next;
	/* an archive that was read once: blob name -> struct outcome */
	struct sk_map once;
};

static int send_message(struct worker *w, enum sk_worker_message type, struct sk_span payload, int fd)
{
	int r;

	pthread_mutex_lock(&w->send_lock);
	r = sk_message_send(SK_WORKER_SOCKET, type, payload, fd, NULL);
	pthread_mutex_unlock(&w->send_lock);
	return r;
}

/* ---- one layer ---- */

static ssize_t pull_pipeline(void *context, const void **ret_bytes, struct sk_err *err)
{
	return sk_pipeline_next(context, ret_bytes, err);
}

static int walk_stream(const struct sk_walk *walk, struct sk_pipeline *p, struct sk_recorder *rec,
		       struct sk_pending *pending, const struct sk_pending *again, struct sk_err *err)
{
	sk_cleanup(sk_tar_freep) struct sk_tar *tar = sk_tar_new(pull_pipeline, p);

	if (again)
		return sk_walk_tar_again(walk, tar, rec, again, err);
	return sk_walk_tar(walk, tar, rec, pending, err);
}

static int save_recording(struct sk_recorder *rec, struct outcome *out)
{
	int r;

	out->fd = memfd_create("layer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (out->fd < 0)
		return sk_err_errno(&out->err, "memfd_create");
	r = sk_recorder_finish(rec, out->fd, &out->err);
	if (r < 0)
		sk_closep(&out->fd);
	return r;
}

/* Walks one blob to its end; raw is used up. Whatever was found before an error is kept. */
static void walk_blob(struct worker *w, struct sk_source *raw, const struct sk_image_layer *layer, int spool,
		      struct sk_pending *pending, struct sk_recorder *rec, struct outcome *out)
{
	struct sk_walk walk = { .patterns = w->patterns, .manifest = w->open.manifest, .spool = spool };
	const char *blob = layer && layer->digest ? sk_digest_algorithm(layer->digest) : "sha256";
	const char *diff = layer && layer->diff_id ? sk_digest_algorithm(layer->diff_id) : "sha256";
	struct sk_err walk_err = SK_ERR_INIT;
	struct sk_pipeline *p = NULL;

	/* A plain layer of docker save has no digest but its diff id; one that is compressed needs both. */
	if (sk_pipeline_start(raw, layer && !layer->digest ? NULL : blob, diff, &w->progress, &p, &out->err) < 0)
		return;
	if (walk_stream(&walk, p, rec, pending, NULL, &walk_err) < 0)
		out->err = walk_err;
	/* An error of reading is the reason for one of walking: it is what counts. */
	if (sk_pipeline_finish(p, &out->digests, &walk_err) < 0) {
		out->err = walk_err;
		out->digests = (struct sk_pipeline_result){ 0 };
	}
}

static void fetch_pending(struct worker *w, const struct sk_image_layer *layer, int spool,
			  const struct sk_pending *pending, struct sk_recorder *rec, struct outcome *out)
{
	struct sk_walk walk = { .patterns = w->patterns, .spool = spool };
	struct sk_pipeline_result ignored;
	struct sk_source *raw;
	struct sk_pipeline *p;
	uint64_t size;

	if (!pending->links.len || out->err.code)
		return;
	if (sk_store_blob(w->store, layer->blob, &raw, &size, &out->err) < 0 ||
	    sk_pipeline_start(raw, NULL, NULL, NULL, &p, &out->err) < 0)
		return;
	walk_stream(&walk, p, rec, NULL, pending, &out->err);
	sk_pipeline_finish(p, &ignored, &out->err);
}

static void scan_layer(struct worker *w, size_t index, int spool, struct outcome *out)
{
	sk_cleanup(sk_recorder_release) struct sk_recorder rec = { 0 };
	sk_cleanup(sk_pending_release) struct sk_pending pending = { 0 };
	const struct sk_image_layer *layer = &w->image.layers[index];
	struct sk_source *raw;
	uint64_t size;

	*out = (struct outcome){ .fd = -1 };
	if (sk_store_blob(w->store, layer->blob, &raw, &size, &out->err) < 0)
		return;
	walk_blob(w, raw, layer, spool, &pending, &rec, out);
	fetch_pending(w, layer, spool, &pending, &rec, out);
	save_recording(&rec, out);
}

static int send_outcome(struct worker *w, size_t index, struct outcome *out)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	struct sk_layer_reply reply = {
		.index = (uint32_t)index,
		.code = out->err.code,
		.text = out->err.text,
		.diff_id = out->digests.diff_id,
		.blob_digest = out->digests.blob_digest,
		.size = out->digests.size,
	};

	sk_put_layer(&payload, &reply);
	return send_message(w, SK_MSG_LAYER, sk_buf_view(&payload), out->fd);
}

/* ---- jobs ---- */

static bool take_layer(struct worker *w, size_t *ret_index)
{
	bool found = false;

	pthread_mutex_lock(&w->take_lock);
	while (!found && w->next < w->image.layer_count) {
		*ret_index = w->order[w->next++];
		found = w->wanted[*ret_index];
	}
	pthread_mutex_unlock(&w->take_lock);
	return found;
}

struct job {
	struct worker *w;
	int spool;
	size_t layer; /* the one to begin with */
	pthread_t thread;
};

static void *job_main(void *arg)
{
	struct job *job = arg;
	size_t index = job->layer;

	do {
		struct outcome out;

		scan_layer(job->w, index, job->spool, &out);
		send_outcome(job->w, index, &out);
		sk_closep(&out.fd);
	} while (take_layer(job->w, &index));
	return NULL;
}

/*
 * Everybody waits for the largest layer in the end, and its digest cannot be
 * computed by more than one thread: the others take what it leaves of the cores.
 */
static void *other_job_main(void *arg)
{
	setpriority(PRIO_PROCESS, 0, 10); /* of this thread and those that it starts */
	return job_main(arg);
}

static void *progress_main(void *arg)
{
	struct worker *w = arg;
	const struct timespec pause = { 0, 50 * 1000 * 1000 };
	uint64_t told = 0;

	for (;;) {
		uint64_t now = w->progress;

		nanosleep(&pause, NULL);
		if (now != told) {
			sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };

			sk_buf_varint(&payload, now);
			send_message(w, SK_MSG_PROGRESS, sk_buf_view(&payload), -1);
			told = now;
		}
	}
	return NULL;
}

struct sized {
	size_t index;
	uint64_t size;
};

static int cmp_sized(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The largest layer first: it is what the others wait for in the end. */
static void order_layers(struct worker *w)
{
	size_t count = w->image.layer_count;
	sk_autofree struct sized *sized = sk_alloc((count + 1) * sizeof(*sized));

	w->order = sk_arena_alloc(&w->arena, count * sizeof(w->order[0]));
	for (size_t i = 0; i < count; i++) {
		struct sk_source *s = NULL;

		sized[i].index = i;
		sk_store_blob(w->store, w->image.layers[i].blob, &s, &sized[i].size, NULL);
		sk_source_close(s);
	}
	qsort(sized, count, sizeof(sized[0]), cmp_sized);
	for (size_t i = 0; i < count; i++)
		w->order[i] = sized[i].index;
}

static void run_jobs(struct worker *w)
{
	size_t count = w->spools.len ? w->spools.len : 1;
	sk_autofree struct job *jobs = sk_alloc(count * sizeof(*jobs));

	order_layers(w);
	for (size_t i = 0; i < count; i++) {
		jobs[i] = (struct job){ .w = w, .spool = i < w->spools.len ? w->spools.data[i] : -1 };
		if (!take_layer(w, &jobs[i].layer)) {
			count = i;
			break;
		}
		if (i > 0 && pthread_create(&jobs[i].thread, NULL, other_job_main, &jobs[i]) != 0)
			abort();
	}
	if (count)
		job_main(&jobs[0]);
	for (size_t i = 1; i < count; i++)
		pthread_join(jobs[i].thread, NULL);
}

/* ---- an archive that is read once ---- */

/* The current entry of the outer archive as a source. */
struct entry_source {
	struct sk_source base;
	struct sk_tar *tar;
	struct sk_span left;
};

static ssize_t entry_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct entry_source *s = (struct entry_source *)source;

	if (!s->left.len) {
		const void *run;
		uint64_t offset;
		ssize_t got = sk_tar_data(s->tar, &run, &offset, err);

		if (got <= 0)
			return got;
		s->left = sk_span(run, (size_t)got);
	}
	if (n > s->left.len)
		n = s->left.len;
	memcpy(bytes, s->left.ptr, n);
	s->left = sk_span(s->left.ptr + n, s->left.len - n);
	return (ssize_t)n;
}

static void entry_close(struct sk_source *source)
{
	free(source);
}

static struct sk_source *entry_source(struct sk_tar *tar, struct sk_span first)
{
	struct entry_source *s = sk_alloc(sizeof(*s));

	s->base = (struct sk_source){ .read = entry_read, .close = entry_close };
	s->tar = tar;
	s->left = first;
	return &s->base;
}

static bool looks_like_json(struct sk_span head)
{
	head = sk_span_trim(head);
	return head.len && (head.ptr[0] == '{' || head.ptr[0] == '[');
}

/* Documents are kept; everything else may be a layer and is walked as one. */
static int take_entry(struct worker *w, struct sk_tar *tar, const struct sk_entry *e, uint64_t *kept,
		      struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	const char *name = sk_arena_str(&w->arena, e->path);
	sk_cleanup(sk_source_closep) struct sk_source *source = NULL;
	struct outcome *out;
	const void *first = NULL;
	uint64_t offset, size = e->size;
	ssize_t n = sk_tar_data(tar, &first, &offset, err);

	if (n < 0)
		return (int)n;
	source = entry_source(tar, sk_span(first, (size_t)n));
	if (size <= SK_MAX_MANIFEST && looks_like_json(sk_span(first, (size_t)n))) {
		*kept += size;
		if (*kept > 8 * (uint64_t)SK_MAX_MANIFEST)
			return sk_err_set(err, SK_ELIMIT, "too many documents in the archive");
		n = sk_source_fill(source, sk_buf_reserve(&bytes, size), size, err);
		if (n < 0)
			return (int)n;
		sk_store_keep(w->store, name, sk_span(bytes.data, (size_t)n));
		return 0;
	}
	sk_store_keep_name(w->store, name, size);
	if (size == 0)
		return 0;
	if (w->once.entries.len >= SK_MAX_LAYERS)
		return sk_err_set(err, SK_ELIMIT, "more than %d blobs in the archive", SK_MAX_LAYERS);
	out = sk_arena_alloc(&w->arena, sizeof(*out));
	*out = (struct outcome){ .fd = -1 };
	sk_map_put(&w->once, sk_span_str(name), out);

	sk_cleanup(sk_recorder_release) struct sk_recorder rec = { 0 };

	walk_blob(w, source, NULL, w->spools.len ? w->spools.data[0] : -1, NULL, &rec, out);
	source = NULL;
	return save_recording(&rec, out) < 0 ? sk_err_set(err, out->err.code, "%s", out->err.text) : 0;
}

/* Past the archive's end: whoever writes it is not cut off, and damage at the end is seen. */
static int drain(struct sk_pipeline *p, struct sk_err *err)
{
	const void *bytes;
	uint64_t size = 0;
	ssize_t n;

	while ((n = sk_pipeline_next(p, &bytes, err)) > 0) {
		size += (uint64_t)n;
		if (size > SK_MAX_TRAILER)
			return sk_err_set(err, SK_ELIMIT,
					  "bytes without end behind the end of the archive");
	}
	return (int)n;
}

static int read_once(struct worker *w, struct sk_err *err)
{
	struct sk_source *source = sk_source_pipe(w->target);
	sk_cleanup(sk_tar_freep) struct sk_tar *tar = NULL;
	struct sk_pipeline_result ignored;
	struct sk_pipeline *p;
	struct sk_entry e;
	uint64_t kept = 0;
	size_t count = 0;
	int r = sk_pipeline_start(source, NULL, NULL, NULL, &p,
				  err); /* each blob has its own digest */

	if (r < 0)
		return r;
	w->store = sk_store_new_memory();
	tar = sk_tar_new(pull_pipeline, p);
	while ((r = sk_tar_next(tar, &e, err)) > 0) {
		if (++count > SK_MAX_ARCHIVE_ENTRIES)
			r = sk_err_set(err, SK_ELIMIT, "more than %u files in an image archive",
				       SK_MAX_ARCHIVE_ENTRIES);
		else if (e.type == SK_ENTRY_FILE)
			r = take_entry(w, tar, &e, &kept, err);
		else if (e.type == SK_ENTRY_SYMLINK)
			sk_store_keep_link(w->store, e.path, e.link);
		else if (e.type == SK_ENTRY_HARDLINK)
			sk_store_keep_link(w->store, e.path, sk_arena_printf(&w->arena, "/%s", e.link));
		if (r < 0)
			break;
	}
	if (r == 0)
		r = drain(p, err);
	sk_pipeline_finish(p, &ignored, NULL);
	return r;
}

static void send_once(struct worker *w)
{
	for (size_t i = 0; i < w->image.layer_count; i++) {
		const char *name = sk_store_follow(w->store, w->image.layers[i].blob);
		struct outcome *out = sk_map_get(&w->once, sk_span_str(name));
		struct outcome missing = { .fd = -1 };

		if (!w->wanted[i])
			continue;
		if (!out) {
			out = &missing;
			sk_err_set(&missing.err, SK_ENOTFOUND, "%s: not in the archive", name);
		}
		send_outcome(w, i, out);
	}
}

/* ---- folders ---- */

static void scan_dir(struct worker *w, size_t index)
{
	sk_cleanup(sk_recorder_release) struct sk_recorder rec = { 0 };
	struct sk_walk walk = { .patterns = w->patterns, .manifest = w->open.manifest,
				.overlay = w->open.kind == SK_TARGET_OVERLAY,
				.spool = w->spools.len ? w->spools.data[0] : -1 };
	struct outcome out = { .fd = -1 };

	sk_walk_dir(&walk, w->folders.data[index], &rec, &w->progress, &out.err);
	save_recording(&rec, &out);
	send_outcome(w, index, &out);
	sk_closep(&out.fd);
}

/* ---- the conversation ---- */

static int receive_open(struct worker *w)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	uint32_t type = 0;
	int fd;

	while (sk_message_receive(SK_WORKER_SOCKET, SK_MAX_MESSAGE, &type, &payload, &fd, NULL) > 0) {
		if (type == SK_MSG_SPOOL && fd >= 0) {
			*sk_vec_push(&w->spools) = fd;
		} else if (type == SK_MSG_FOLDER && fd >= 0 && w->folders.len < SK_MAX_LAYERS) {
			*sk_vec_push(&w->folders) = fd;
		} else if (type == SK_MSG_OPEN && fd >= 0 &&
			   sk_get_open(sk_buf_view(&payload), &w->arena, &w->open)) {
			w->target = fd;
			if (w->open.kind == SK_TARGET_DIR || w->open.kind == SK_TARGET_LAYOUT)
				*sk_vec_push(&w->folders) = fd;
			return 0;
		} else {
			break;
		}
	}
	return -SK_ECRASH;
}

/* Which layers the scanner wants: one byte each. */
static int receive_scan(struct worker *w)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	uint32_t type = 0;
	int fd = -1, r;

	r = sk_message_receive(SK_WORKER_SOCKET, SK_MAX_MESSAGE, &type, &payload, &fd, NULL);
	sk_closep(&fd);
	if (r <= 0 || type != SK_MSG_SCAN || payload.len != w->image.layer_count)
		return -SK_ECRASH;
	w->wanted = sk_arena_alloc(&w->arena, payload.len + 1);
	for (size_t i = 0; i < payload.len; i++)
		w->wanted[i] = payload.data[i] != 0;
	return 0;
}

static int open_target(struct worker *w, struct sk_err *err)
{
	struct sk_image_choice choice = { w->open.platform, w->open.reference };
	int r = 0;

	switch (w->open.kind) {
	case SK_TARGET_ARCHIVE:
		r = sk_store_open_archive(w->target, &w->store, err);
		break;
	case SK_TARGET_LAYOUT:
		w->store = sk_store_open_layout(w->target);
		break;
	case SK_TARGET_STREAM:
		r = read_once(w, err);
		break;
	case SK_TARGET_DIR:
	case SK_TARGET_OVERLAY:
		w->image.layer_count = w->folders.len;
		w->image.layers = sk_arena_alloc(&w->arena, w->folders.len * sizeof(w->image.layers[0]));
		return 0;
	}
	return r < 0 ? r : sk_image_resolve(w->store, &choice, &w->arena, &w->image, err);
}

static int converse(struct worker *w)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (open_target(w, &err) < 0) {
		sk_put_error(&payload, &err);
		return send_message(w, SK_MSG_FAILED, sk_buf_view(&payload), -1) < 0;
	}
	sk_put_image(&payload, &w->image);
	if (send_message(w, SK_MSG_IMAGE, sk_buf_view(&payload), -1) < 0 || receive_scan(w) < 0)
		return 1;
	if (w->open.kind == SK_TARGET_DIR || w->open.kind == SK_TARGET_OVERLAY)
		for (size_t i = 0; i < w->folders.len; i++)
			scan_dir(w, i);
	else if (w->open.kind == SK_TARGET_STREAM)
		send_once(w);
	else
		run_jobs(w);
	return send_message(w, SK_MSG_DONE, sk_span("", 0), -1) < 0;
}

/* A recording is an open file for each layer of an archive that is read once. */
static void allow_many_files(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
		most.rlim_cur = most.rlim_max < 4096 ? most.rlim_max : 4096;
		setrlimit(RLIMIT_NOFILE, &most);
	}
}

int sk_analyze_worker_main(void)
{
	struct worker w = { .target = -1, .send_lock = PTHREAD_MUTEX_INITIALIZER,
			    .take_lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t ticker;
	int r;

	if (receive_open(&w) < 0)
		return 1;
	allow_many_files();
	if (sk_sandbox_enter(w.folders.data, w.folders.len, NULL) < 0)
		return 1;
	mallopt(M_ARENA_MAX, 8); /* each reserves 64 MiB of the address space that is allowed */
	w.patterns = sk_patterns_new(sk_analyzers);
	if (pthread_create(&ticker, NULL, progress_main, &w) != 0)
		return 1;
	r = converse(&w);
	/* Nothing is left to do: the threads, the memory and the sandbox go with the process. */
	_exit(r);
}
