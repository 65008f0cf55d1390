/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/build-worker.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/time.h"
#include "sandbox/message.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum message { MSG_FEED = 1, MSG_BUILD, MSG_NOTE, MSG_FAILED, MSG_DONE };
enum { MOST = 1 << 20 }; /* bytes of a message: a path, a note, an error */

/* ---- the builder's side ---- */

void sk_build_worker_release(struct sk_build_worker *w)
{
	if (w->sections.len)
		munmap((void *)(uintptr_t)w->sections.ptr, w->sections.len);
	if (w->process.pid > 0)
		sk_worker_kill(&w->process);
}

int sk_build_worker_start(struct sk_build_worker *w, struct sk_err *err)
{
	return sk_worker_start(SK_ROLE_BUILD, &w->process, err);
}

int sk_build_worker_feed(struct sk_build_worker *w, const struct sk_build_feed *feed, int fd,
			 struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	int r;

	sk_buf_u8(&payload, (uint8_t)feed->kind);
	sk_buf_string(&payload, sk_span_str(feed->path));
	sk_buf_string(&payload, sk_span_str(feed->name));
	r = sk_message_send(w->process.sock, MSG_FEED, sk_buf_view(&payload), fd, err);
	return r < 0 ? sk_worker_explain(&w->process, r, err) : 0;
}

static int failed(struct sk_build_worker *w, struct sk_span payload, struct sk_err *err)
{
	struct sk_reader r = sk_reader(payload);
	uint64_t feed = sk_read_varint(&r), code = sk_read_varint(&r);
	struct sk_span text = sk_read_string(&r);

	if (r.failed || !code || code > SK_ENET)
		return sk_err_set(err, SK_ECRASH, "the worker does not keep to the protocol");
	w->bad_feed = feed ? (size_t)feed - 1 : SIZE_MAX;
	return sk_err_set(err, (int)code, "%.*s", (int)(text.len > 1000 ? 1000 : text.len),
			  text.ptr);
}

/* The sections as they lie in the memfd, each with its length in front. */
static int take_sections(struct sk_build_worker *w, int fd, struct sk_db_sections *ret,
			 struct sk_err *err)
{
	struct sk_reader r;

	w->sections = sk_message_adopt(fd);
	r = sk_reader(w->sections);
	for (int i = 0; i < SK_SECTION_COUNT; i++) {
		uint64_t len = sk_read_u64le(&r);

		ret->at[i] = sk_read_bytes(&r, len <= sk_reader_left(&r) ? (size_t)len : SIZE_MAX);
	}
	return r.failed ? sk_err_set(err, SK_ECRASH, "the worker does not keep to the protocol")
			: 0;
}

/* 1: there is more to come. */
static int take(struct sk_build_worker *w, const struct sk_db_build *options,
		struct sk_db_sections *ret, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	sk_autoclose int fd = -1;
	uint32_t type = 0;
	int r = sk_message_receive(w->process.sock, MOST, &type, &payload, &fd, err);

	if (r <= 0)
		return sk_worker_explain(&w->process, r, err);
	switch (type) {
	case MSG_NOTE:
		if (options->note)
			options->note(options->ctx, sk_buf_str(&payload));
		return 1;
	case MSG_FAILED:
		return failed(w, sk_buf_view(&payload), err);
	case MSG_DONE:
		return take_sections(w, fd, ret, err);
	default:
		return sk_err_set(err, SK_ECRASH, "the worker does not keep to the protocol");
	}
}

int sk_build_worker_finish(struct sk_build_worker *w, const struct sk_db_build *options,
			   struct sk_db_sections *ret_sections, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	int r;

	sk_buf_u64le(&payload, (uint64_t)(options->created ? options->created : sk_time_now()));
	r = sk_message_send(w->process.sock, MSG_BUILD, sk_buf_view(&payload), -1, err);
	if (r < 0)
		return sk_worker_explain(&w->process, r, err);
	do {
		r = take(w, options, ret_sections, err);
	} while (r > 0);
	return r;
}

/* ---- the worker's side ---- */

struct work {
	struct sk_build_feeds feeds;
	SK_VEC(int) fds;
	SK_VEC(int) folders;
	struct sk_db_build options;
};

static void send_note(void *ctx, const char *text)
{
	sk_message_send(SK_WORKER_SOCKET, MSG_NOTE, sk_span_str(text), -1, NULL);
}

static bool take_feed(struct work *w, struct sk_span payload, int fd)
{
	struct sk_reader r = sk_reader(payload);
	struct sk_build_feed feed = { .kind = (enum sk_feed_kind)sk_read_u8(&r) };
	struct sk_span path = sk_read_string(&r), name = sk_read_string(&r);
	struct stat st;

	if (r.failed || fstat(fd, &st) < 0)
		return false;
	feed.path = sk_strndup(path.ptr, path.len);
	feed.name = sk_strndup(name.ptr, name.len);
	*sk_vec_push(&w->feeds.list) = feed;
	*sk_vec_push(&w->fds) = fd;
	if (S_ISDIR(st.st_mode))
		*sk_vec_push(&w->folders) = fd;
	return true;
}

/* All feeds come before the sandbox is entered: it must know which are folders. */
static bool receive_all(struct work *w)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };
	uint32_t type = 0;
	int fd;

	while (sk_message_receive(SK_WORKER_SOCKET, MOST, &type, &payload, &fd, NULL) > 0) {
		if (type == MSG_BUILD) {
			struct sk_reader r = sk_reader(sk_buf_view(&payload));

			w->options.created = (int64_t)sk_read_u64le(&r);
			return !r.failed;
		}
		if (type != MSG_FEED || !take_feed(w, sk_buf_view(&payload), fd))
			return false;
	}
	return false;
}

static int build(struct work *w, size_t *ret_feed, struct sk_buf sections[SK_SECTION_COUNT],
		 struct sk_err *err)
{
	sk_cleanup(sk_builder_release) struct sk_builder b = { .options = &w->options };

	for (size_t i = 0; i < w->feeds.list.len; i++) {
		*ret_feed = i + 1;
		if (sk_builder_read(&b, &w->feeds.list.data[i], w->fds.data[i], err) < 0)
			return -err->code;
	}
	*ret_feed = 0;
	return sk_builder_sections(&b, sections, err);
}

static int send_sections(struct sk_buf sections[SK_SECTION_COUNT], struct sk_err *err)
{
	sk_autoclose int fd = memfd_create("sections", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	for (int i = 0; fd >= 0 && i < SK_SECTION_COUNT; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf length = { 0 };

		sk_buf_u64le(&length, sections[i].len);
		if (sk_write_full(fd, length.data, length.len) < 0 ||
		    sk_write_full(fd, sections[i].data, sections[i].len) < 0)
			return sk_err_errno(err, "the database in memory");
	}
	if (fd < 0)
		return sk_err_errno(err, "memfd_create");
	return sk_message_send(SK_WORKER_SOCKET, MSG_DONE, sk_span("", 0), fd, err);
}

static int send_failure(size_t feed, const struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf payload = { 0 };

	sk_buf_varint(&payload, feed);
	sk_buf_varint(&payload, (uint64_t)err->code);
	sk_buf_string(&payload, sk_span_str(err->text));
	return sk_message_send(SK_WORKER_SOCKET, MSG_FAILED, sk_buf_view(&payload), -1, NULL);
}

int sk_build_worker_main(void)
{
	struct work w = { .options.note = send_note };
	struct sk_buf sections[SK_SECTION_COUNT] = { 0 };
	struct sk_err err = SK_ERR_INIT;
	size_t feed = 0;
	int r;

	if (!receive_all(&w) || sk_sandbox_enter(w.folders.data, w.folders.len, NULL) < 0)
		return 1;
	r = build(&w, &feed, sections, &err);
	if (r == 0)
		r = send_sections(sections, &err);
	if (r < 0)
		r = send_failure(feed, &err);
	/* Nothing is left to do: memory and sandbox go with the process. */
	_exit(r < 0);
}
