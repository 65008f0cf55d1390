/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/inspect.h"

#include "analyze/cache.h"
#include "analyze/target.h"
#include "analyze/view.h"
#include "analyze/worker.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "sandbox/message.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct inspection {
	const struct sk_inspect_options *options;
	struct sk_inventory *inv;
	struct sk_target target;
	const int *folders; /* of an overlay, the lowest first */
	size_t folder_count;
	struct sk_worker worker;
	struct sk_cache *cache;
	struct sk_image image;
	struct sk_view_input *inputs; /* by layer */
	size_t *twin;		      /* the first layer with the same diff id, by layer */
	size_t awaited;
	uint64_t progress;
	int64_t deadline; /* of the monotonic clock, milliseconds; 0: none */
	bool done;
};

static void inspection_release(struct inspection *in)
{
	sk_worker_kill(&in->worker);
	sk_closep(&in->target.fd);
	sk_cache_free(in->cache);
}

/* Whether it is walked where it lies, instead of being read as an archive. */
static bool is_folder(const struct inspection *in)
{
	return in->target.kind == SK_TARGET_DIR || in->target.kind == SK_TARGET_OVERLAY;
}

static void issue(struct inspection *in, const char *id, int32_t layer, const char *text)
{
	sk_inventory_issue(in->inv, id, layer, NULL, 0, text);
	in->inv->incomplete = true;
}

/* ---- starting the worker ---- */

static unsigned job_count(const struct inspection *in)
{
	cpu_set_t cpus;
	unsigned jobs = in->options->jobs;

	if (in->target.kind == SK_TARGET_STREAM || is_folder(in))
		return 1;
	if (!jobs && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		jobs = (unsigned)CPU_COUNT(&cpus);
	return jobs < 1 ? 1 : jobs > SK_MAX_JOBS ? SK_MAX_JOBS : jobs;
}

static bool wants_manifest(const struct inspection *in)
{
	return in->options->manifest == SK_MANIFEST_YES ||
	       (in->options->manifest == SK_MANIFEST_OF_IMAGES && in->target.kind != SK_TARGET_DIR);
}

/* A file without a name, for wanted files that are too large for memory; -1 if there can be none. */
static int open_spool(const struct inspection *in)
{
	const char *dirs[] = { in->options->no_cache ? NULL : in->options->cache_dir, getenv("TMPDIR"), "/var/tmp",
			       "/tmp" };

	for (size_t i = 0; i < SK_COUNT(dirs); i++) {
		int fd = dirs[i] ? open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

		if (fd >= 0)
			return fd;
	}
	return memfd_create("spool", MFD_CLOEXEC);
}

static int start_worker(struct inspection *in, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	struct sk_open_request open = {
		.kind = in->target.kind,
		.manifest = wants_manifest(in),
		.jobs = job_count(in),
		.platform = in->options->platform,
		.reference = in->target.reference,
	};
	int r = sk_worker_start(SK_ROLE_ANALYZE, &in->worker, err);

	for (unsigned i = 0; r == 0 && i < open.jobs; i++) {
		sk_autoclose int spool = open_spool(in);

		if (spool >= 0)
			r = sk_message_send(in->worker.sock, SK_MSG_SPOOL, sk_span("", 0), spool, err);
	}
	for (size_t i = 0; r == 0 && i < in->folder_count; i++)
		r = sk_message_send(in->worker.sock, SK_MSG_FOLDER, sk_span("", 0), in->folders[i], err);
	sk_put_open(&payload, &open);
	return r < 0 ? r : sk_message_send(in->worker.sock, SK_MSG_OPEN, sk_buf_view(&payload), in->target.fd, err);
}

/* ---- what the worker answers ---- */

/* What the manifest and the configuration promise against what was computed. */
static bool digests_hold(struct inspection *in, uint32_t index, const struct sk_layer_reply *reply)
{
	const struct sk_image_layer *layer = &in->image.layers[index];
	char text[512];

	if (layer->digest && reply->blob_digest && strcmp(layer->digest, reply->blob_digest) != 0) {
		snprintf(text, sizeof(text), "the layer's blob is %s, not %s as the manifest says",
			 reply->blob_digest, layer->digest);
		issue(in, "digest-mismatch", (int32_t)index, text);
		return false;
	}
	if (layer->diff_id && reply->diff_id && strcmp(layer->diff_id, reply->diff_id) != 0) {
		snprintf(text, sizeof(text), "the layer is %s, not %s as the configuration says", reply->diff_id,
			 layer->diff_id);
		issue(in, "digest-mismatch", (int32_t)index, text);
		return false;
	}
	return true;
}

static int take_layer(struct inspection *in, struct sk_span payload, int fd, struct sk_err *err)
{
	struct sk_arena *arena = &in->inv->arena;
	struct sk_layer_reply reply;
	struct sk_recording rec;
	struct sk_span bytes;
	bool whole = true;

	if (!sk_get_layer(payload, arena, &reply) || reply.index >= in->image.layer_count ||
	    in->inputs[reply.index].bytes.len || !in->awaited)
		return sk_err_set(err, SK_ECRASH, "the worker answered out of turn");
	in->awaited--;
	if (in->options->events.layer)
		in->options->events.layer(in->options->events.context);
	if (reply.code) {
		issue(in, in->target.kind == SK_TARGET_DIR ? "unreadable-folder" : "unreadable-layer",
		      in->target.kind == SK_TARGET_DIR ? -1 : (int32_t)reply.index,
		      reply.text ? reply.text : "unreadable");
		whole = false;
	}
	whole = digests_hold(in, reply.index, &reply) && whole;
	if (!is_folder(in))
		in->inv->layers[reply.index].size = reply.size;
	if (!in->image.layers[reply.index].diff_id && reply.diff_id && !is_folder(in))
		in->inv->layers[reply.index].diff_id = reply.diff_id;
	bytes = sk_message_adopt(fd);
	if (!bytes.len || sk_recording_open(&rec, bytes, NULL) < 0)
		return 0; /* nothing of it could be read; the issue says why */
	in->inputs[reply.index].bytes = bytes;
	if (whole && in->cache && in->image.layers[reply.index].diff_id)
		sk_cache_put(in->cache, in->image.layers[reply.index].diff_id, bytes);
	return 0;
}

static void take_progress(struct inspection *in, struct sk_span payload)
{
	struct sk_reader r = sk_reader(payload);
	uint64_t now = sk_read_varint(&r);

	if (!r.failed && now > in->progress) {
		if (in->options->events.bytes)
			in->options->events.bytes(in->options->events.context, now - in->progress);
		in->progress = now;
	}
}

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the worker has something to say; a worker that takes too long is ended. */
static int await_message(struct inspection *in, struct sk_err *err)
{
	struct pollfd p = { .fd = in->worker.sock, .events = POLLIN };

	while (in->deadline) {
		int64_t left = in->deadline - monotonic_ms();
		int r = left > 0 ? poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left) : 0;

		if (r > 0)
			break;
		if (r < 0 && errno == EINTR)
			continue;
		sk_worker_kill(&in->worker);
		return sk_err_set(err, SK_ETIMEOUT, "not done after %lld seconds (--timeout)",
				  (long long)in->options->timeout);
	}
	return 0;
}

/* One message; 1 if the conversation goes on, 0 when the worker is gone or done. */
static int take_message(struct inspection *in, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	sk_autoclose int fd = -1;
	uint32_t type = 0;
	int r = await_message(in, err);

	if (r == 0)
		r = sk_message_receive(in->worker.sock, SK_MAX_MESSAGE, &type, &payload, &fd, err);
	if (r <= 0)
		return r;
	switch (type) {
	case SK_MSG_PROGRESS:
		take_progress(in, sk_buf_view(&payload));
		return 1;
	case SK_MSG_LAYER:
		r = take_layer(in, sk_buf_view(&payload), fd, err);
		return r < 0 ? r : 1;
	case SK_MSG_IMAGE:
		if (in->image.layers || !sk_get_image(sk_buf_view(&payload), &in->inv->arena, &in->image))
			break;
		return 2;
	case SK_MSG_FAILED:
		if (!sk_get_error(sk_buf_view(&payload), err))
			break;
		return -err->code;
	case SK_MSG_DONE:
		in->done = true;
		return 0;
	default:
		break;
	}
	return sk_err_set(err, SK_ECRASH, "the worker does not keep to the protocol");
}

/* ---- layers ---- */

static void describe_layers(struct inspection *in)
{
	struct sk_inventory *inv = in->inv;
	size_t count = in->image.layer_count;

	in->inputs = sk_arena_alloc(&inv->arena, count * sizeof(in->inputs[0]));
	in->twin = sk_arena_alloc(&inv->arena, count * sizeof(in->twin[0]));
	if (in->target.kind == SK_TARGET_DIR)
		return;
	inv->layers = sk_arena_alloc(&inv->arena, count * sizeof(inv->layers[0]));
	inv->layer_count = count;
	for (size_t i = 0; i < count; i++) {
		const struct sk_image_layer *l = &in->image.layers[i];

		inv->layers[i] = (struct sk_layer){ .diff_id = l->diff_id, .digest = l->digest,
						    .created_by = l->created_by };
	}
}

/* Layers that no file system is made of: configuration of Helm charts, signatures, models. */
static bool is_foreign_type(const char *type)
{
	return type && !strstr(type, ".layer.") && !strstr(type, "rootfs.diff") && !strstr(type, ".tar");
}

static bool needs_scan(struct inspection *in, size_t i, struct sk_map *seen)
{
	const struct sk_image_layer *l = &in->image.layers[i];
	bool new_one = true;
	char text[256];

	in->twin[i] = i;
	if (is_foreign_type(l->media_type)) {
		snprintf(text, sizeof(text), "a layer of type %.200s is not a file system", l->media_type);
		issue(in, "unsupported-layer", (int32_t)i, text);
		return false;
	}
	if (!l->diff_id)
		return true;
	void **slot = sk_map_at(seen, sk_span_str(l->diff_id), &new_one);

	if (!new_one) {
		in->twin[i] = (size_t)*slot;
		return false;
	}
	*slot = (void *)i;
	/* What was read once already is taken as it was read, its digests checked. */
	if (in->cache && in->target.kind != SK_TARGET_STREAM && sk_cache_get(in->cache, l->diff_id, &in->inputs[i].bytes)) {
		in->inv->layers[i].cached = true;
		return false;
	}
	return true;
}

static int ask_for_layers(struct inspection *in, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf wanted = { 0 };
	sk_cleanup(sk_map_release) struct sk_map seen = { 0 };

	for (size_t i = 0; i < in->image.layer_count; i++) {
		bool need = needs_scan(in, i, &seen);

		sk_buf_u8(&wanted, need);
		in->awaited += need;
	}
	if (in->options->events.begin)
		in->options->events.begin(in->options->events.context, in->target.size, (unsigned)in->awaited);
	if (in->awaited == 0) {
		in->done = true;
		return 0;
	}
	return sk_message_send(in->worker.sock, SK_MSG_SCAN, sk_buf_view(&wanted), -1, err);
}

/* ---- the whole ---- */

/* Waits for IMAGE; what a stream's reading says on the way is taken along. */
static int await_image(struct inspection *in, struct sk_err *err)
{
	int r;

	do {
		r = take_message(in, err);
	} while (r == 1);
	if (r == 2)
		return 0;
	return r == 0 ? sk_worker_explain(&in->worker, r, err) : r;
}

static void await_layers(struct inspection *in)
{
	struct sk_err err = SK_ERR_INIT;
	int r = 1;

	while (!in->done && r > 0)
		r = take_message(in, &err);
	if (in->done)
		return;
	if (r == 0)
		sk_worker_explain(&in->worker, r, &err);
	for (size_t i = 0; i < in->image.layer_count; i++) {
		char text[1200];

		if (in->inputs[i].bytes.len || in->twin[i] != i)
			continue;
		snprintf(text, sizeof(text), "not analysed: %s", err.text);
		issue(in, err.code == SK_ETIMEOUT ? "timeout" : "crash", in->target.kind == SK_TARGET_DIR ? -1 : (int32_t)i, text);
	}
}

static void describe_artifact(struct inspection *in, const char *name)
{
	struct sk_artifact *a = &in->inv->artifact;

	*a = (struct sk_artifact){
		.type = in->target.kind == SK_TARGET_DIR ? SK_ARTIFACT_FILESYSTEM : SK_ARTIFACT_IMAGE,
		.name = sk_arena_str(&in->inv->arena, name),
		.digest = in->image.digest ? in->image.digest : in->image.image_id,
		.image_id = in->image.image_id,
		.tags = in->image.tags,
		.tag_count = in->image.tag_count,
		.platform = in->image.platform,
		.created = in->image.created,
		.config = in->image.config,
	};
	if (strcmp(name, "-") == 0 && a->tag_count)
		a->name = a->tags[0];
	for (size_t i = 0; i < in->image.other_count; i++)
		sk_inventory_issue(in->inv, "other-image", -1, NULL, 0,
				   sk_arena_printf(&in->inv->arena,
						   "the archive also holds %s, which was not scanned: name it as %s#%s",
						   in->image.others[i], name, in->image.others[i]));
}

/* Everything behind the opened target. */
static int inspect(struct inspection *in, const char *name, struct sk_err *err)
{
	const struct sk_inspect_options *options = in->options;
	struct sk_inventory *inv = in->inv;
	int r;

	if (options->timeout)
		in->deadline = monotonic_ms() + options->timeout * 1000;
	if (!options->no_cache && !is_folder(in))
		in->cache = sk_cache_open(options->cache_dir, options->cache_limit, wants_manifest(in), NULL);
	r = start_worker(in, err);
	if (r == 0 && in->target.kind == SK_TARGET_STREAM && options->events.begin)
		options->events.begin(options->events.context, in->target.size, 0);
	else if (r < 0)
		r = sk_worker_explain(&in->worker, r, err);
	if (r == 0)
		r = await_image(in, err);
	if (r < 0)
		return r;
	describe_layers(in);
	describe_artifact(in, name);
	r = ask_for_layers(in, err);
	if (r < 0)
		return sk_worker_explain(&in->worker, r, err);
	await_layers(in);
	for (size_t i = 0; i < in->image.layer_count; i++)
		in->inputs[i].bytes = in->inputs[in->twin[i]].bytes;
	inv->backing = sk_arena_alloc(&inv->arena, in->image.layer_count * sizeof(inv->backing[0]));
	for (size_t i = 0; i < in->image.layer_count; i++)
		if (in->twin[i] == i && in->inputs[i].bytes.len)
			inv->backing[inv->backing_count++] = in->inputs[i].bytes;
	return sk_view_build(inv, in->inputs, in->image.layer_count, err);
}

int sk_inspect(const char *target, const struct sk_inspect_options *options, struct sk_inventory *inv,
	       struct sk_err *err)
{
	sk_cleanup(inspection_release) struct inspection in = {
		.options = options, .inv = inv, .target.fd = -1, .worker.sock = -1,
	};
	int r = sk_target_open(target, &inv->arena, &in.target, err);

	if (r < 0)
		return r;
	r = inspect(&in, target, err);
	return r < 0 ? sk_err_wrap(err, "%s", target) : 0;
}

int sk_inspect_overlay(const char *name, const int *folders, size_t count,
		       const struct sk_inspect_options *options, struct sk_inventory *inv, struct sk_err *err)
{
	sk_cleanup(inspection_release) struct inspection in = {
		.options = options, .inv = inv, .target = { .kind = SK_TARGET_OVERLAY, .fd = -1 }, .worker.sock = -1,
		.folders = folders, .folder_count = count,
	};
	int r;

	if (!count || count > SK_MAX_LAYERS)
		return sk_err_set(err, SK_ELIMIT, "%s: %zu folders", name, count);
	in.target.fd = fcntl(folders[0], F_DUPFD_CLOEXEC, 4);
	if (in.target.fd < 0)
		return sk_err_errno(err, "%s", name);
	r = inspect(&in, name, err);
	return r < 0 ? sk_err_wrap(err, "%s", name) : 0;
}
