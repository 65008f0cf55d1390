/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's threads: they answer the kernel's questions, and take what its programs tell. */
#include "guard/gate-internal.h"

#include "base/reader.h"
#include "bpf/event.h"
#include "guard/gate-trial.h"
#include "guard/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

void sk_gate_tell(struct sk_gate *g, struct sk_gate_verdict *v)
{
	uint64_t one = 1;

	/* Nobody is to be told of what we tried ourselves. */
	if (v->key == SK_GATE_CANARY_KEY) {
		free(v->path);
		v->path = NULL;
		return;
	}
	pthread_mutex_lock(&g->lock);
	if (g->count == SK_GATE_QUEUE) {
		g->lost++;
		free(v->path);
	} else {
		g->queue[(g->head + g->count++) % SK_GATE_QUEUE] = *v;
	}
	pthread_mutex_unlock(&g->lock);
	v->path = NULL;
	if (write(g->wake, &one, sizeof(one)) < 0)
		return; /* its count is full: it is readable then */
}

/* "c\0b\0a\0" becomes "/a/b/c"; owned. */
static char *path_of(const struct sk_wire_part *part, struct sk_span components)
{
	struct sk_buf buf = { 0 };

	while (components.len) {
		struct sk_span rest = sk_span_sub(components, 0, components.len - 1);
		ptrdiff_t at = sk_span_rchr(rest, '\0');

		if (buf.len || (!part->cut && !part->detached))
			sk_buf_putc(&buf, '/');
		sk_buf_span(&buf, sk_span_from(rest, (size_t)(at + 1)));
		components = sk_span_sub(components, 0, (size_t)(at + 1));
	}
	return buf.len ? sk_buf_steal(&buf) : sk_strdup("");
}

/* The path, and which file that is. */
static char *read_file(struct sk_reader *r, struct sk_wire_file *ret_file)
{
	while (!r->failed && sk_reader_more(r)) {
		struct sk_wire_part part;
		struct sk_span head = sk_read_bytes(r, sizeof(part)), body;

		if (r->failed)
			break;
		memcpy(&part, head.ptr, sizeof(part));
		body = sk_read_bytes(r, part.length);
		if (r->failed || part.kind != SK_PART_FILE || body.len < sizeof(*ret_file))
			continue;
		memcpy(ret_file, body.ptr, sizeof(*ret_file));
		return path_of(&part, sk_span_from(body, sizeof(*ret_file)));
	}
	return sk_strdup("");
}

/*
 * Of the kernel's programs, which had to act before anybody looked at the content. The digest is told where the file can
 * still be had: by the process while it is there, or else by its path. True: there is nothing to tell, or not now.
 */
static bool is_done(struct sk_gate *g, struct sk_gate_verdict *v, const struct sk_wire_file *file, bool settled)
{
	struct sk_gate_member m = { .key = v->key };
	sk_autoclose int fd = -1;
	bool image;

	if (v->act > SK_GATE_LIBRARY || !file->inode)
		return false;
	if (v->outcome == SK_GATE_HELD || (v->outcome == SK_GATE_ALERTED && !settled)) {
		sk_gate_pend(g, v, file);
		return true;
	}
	/* Of one that is not registered, only the digest is told. */
	sk_gate_member_of(g, v->key, &m);
	image = sk_gate_is_image(g, &m, v, file, &fd);
	sk_gate_member_release(&m);
	if (!image || v->outcome != SK_GATE_ALERTED || v->why == SK_GATE_WRITTEN)
		return false;
	free(v->path);
	return true;
}

static int on_record(void *context, void *bytes, size_t size)
{
	struct sk_gate *g = context;
	struct sk_reader r = sk_reader(sk_span(bytes, size));
	struct sk_wire_record head;
	struct sk_span whole = sk_read_bytes(&r, sizeof(head));
	struct sk_wire_file file = { 0 };
	struct sk_gate_verdict v;

	if (r.failed)
		return 0;
	memcpy(&head, whole.ptr, sizeof(head));
	if (head.kind != SK_WIRE_VERDICT || head.args[SK_GATE_FIELD_ACT] >= SK_GATE_ACTS ||
	    head.args[SK_GATE_FIELD_OUTCOME] >= SK_GATE_OUTCOMES)
		return 0;
	v = (struct sk_gate_verdict){
		.time = (int64_t)head.time,
		.pid = head.task.pid, .ppid = head.task.ppid, .uid = head.task.uid, .gid = head.task.gid,
		.cgroup = head.task.cgroup, .key = head.args[SK_GATE_FIELD_KEY],
		.act = (enum sk_gate_act)head.args[SK_GATE_FIELD_ACT],
		.why = (enum sk_gate_why)head.args[SK_GATE_FIELD_WHY],
		.mode = (enum sk_gate_mode)head.args[SK_GATE_FIELD_MODE],
		.outcome = (enum sk_gate_outcome)head.args[SK_GATE_FIELD_OUTCOME],
		.hook = head.args[SK_GATE_FIELD_ACT] == SK_GATE_CONNECT ? SK_GATE_HOOK_CGROUP
			: head.args[SK_GATE_FIELD_OUTCOME] == SK_GATE_DENIED ? SK_GATE_HOOK_LSM : SK_GATE_HOOK_SIGNAL,
		.path = read_file(&r, &file),
	};
	memcpy(v.comm, head.task.name, sizeof(v.comm) - 1);
	if (!is_done(g, &v, &file, head.args[SK_GATE_FIELD_SETTLED]))
		sk_gate_tell(g, &v);
	return 0;
}

/* ---- what was touched, renamed, linked ---- */

/* Where it is, from the root of the process; owned, or NULL. */
static char *read_place(struct sk_reader *r)
{
	sk_autofree char *folder = NULL;

	while (!r->failed && sk_reader_more(r)) {
		struct sk_wire_part part;
		struct sk_span head = sk_read_bytes(r, sizeof(part)), body;

		if (r->failed)
			break;
		memcpy(&part, head.ptr, sizeof(part));
		body = sk_read_bytes(r, part.length);
		if (!r->failed && part.kind == SK_PART_FOLDER && !folder)
			folder = path_of(&part, body);
		if (r->failed || part.kind != SK_PART_STRING)
			continue;
		return body.len && body.ptr[0] == '/' ? sk_strndup(body.ptr, body.len)
						      : sk_printf("%s/%.*s", folder ? folder : "", (int)body.len, body.ptr);
	}
	return folder ? sk_strdup(folder) : NULL;
}

/* What one container's changes may cost others that wait. */
#define CHANGES_NS 200000000

/* The container's share in this reading; those that have the same place take it from each other. */
static struct sk_gate_share *share_of(struct sk_gate *g, uint64_t key)
{
	struct sk_gate_share *share = &g->shares[key % SK_COUNT(g->shares)];

	if (share->key != key || share->reading != g->reading)
		*share = (struct sk_gate_share){ .key = key, .reading = g->reading };
	return share;
}

/* What the kernel itself wrote, for the copy in the upper layer, it lets go of a moment after the call. */
static void outwait_copy(struct sk_gate *g, int fd, struct sk_gate_look *look)
{
	for (int i = 0; i < 5 && look->writers; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		sk_gate_kernel_look(&g->kernel, fd, look);
	}
}

static int on_change(void *context, void *bytes, size_t size)
{
	struct sk_gate *g = context;
	struct sk_reader r = sk_reader(sk_span(bytes, size));
	struct sk_span whole = sk_read_bytes(&r, sizeof(struct sk_wire_record));
	struct sk_gate_told told = { 0 };
	struct sk_gate_share *share;
	struct sk_gate_member m;
	struct sk_gate_look look;
	struct sk_wire_record head;
	int64_t began = sk_gate_now();
	sk_autofree char *path = NULL;
	sk_autoclose int fd = -1;
	char digest[65];

	if (r.failed)
		return 0;
	memcpy(&head, whole.ptr, sizeof(head));
	share = share_of(g, head.args[SK_GATE_FIELD_KEY]);
	path = read_place(&r);
	if (!path || share->spent > CHANGES_NS || !sk_gate_member_of(g, head.args[SK_GATE_FIELD_KEY], &m))
		return 0;
	told.pid = head.task.pid;
	told.path = path;
	fd = sk_gate_open_told(g, &m, &told, &look);
	/* What it finds out the kernel's programs know then. */
	if (fd >= 0) {
		outwait_copy(g, fd, &look);
		sk_gate_content(g, &m, m.pid ? m.pid : told.pid, fd, &look, true, digest);
	}
	sk_gate_member_release(&m);
	share->spent += sk_gate_now() - began;
	return 0;
}

/* Questions first: what they wait for was told before they were asked, and is read after. */
static bool bring_up_to_date(struct sk_gate *g)
{
	struct sk_gate_question *questions;
	bool waiting;
	uint64_t unused;
	size_t count;

	pthread_mutex_lock(&g->lock);
	if (read(g->deferred, &unused, sizeof(unused)) < 0)
		unused = 0; /* nobody waits */
	questions = g->questions.data;
	count = g->questions.len;
	memset(&g->questions, 0, sizeof(g->questions));
	pthread_mutex_unlock(&g->lock);
	g->reading++;
	sk_ring_consume(g->changes);
	waiting = sk_gate_answer_deferred(g, questions, count);
	free(questions);
	return waiting;
}

/* ---- the threads ---- */

/* How soon is looked again for who waits, each time with a look at the file; and how often we say that we live. */
enum { AGAIN_MS = 20, ALIVE_MS = 1000 };

/* Until the gate ends: nobody reads `stop`, so that it stays readable for all threads. */
static bool wait_for(struct sk_gate *g, int fd)
{
	struct pollfd fds[] = { { .fd = g->stop, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	do {
		if (poll(fds, SK_COUNT(fds), -1) < 0 && errno != EINTR)
			return false;
	} while (!fds[0].revents && !(fds[1].revents & POLLIN));
	return !fds[0].revents;
}

/*
 * Somebody waits for each answer. This thread opens no file of a container itself: that
 * asks a question, which nobody but this thread answers.
 */
static void answer(struct sk_gate *g)
{
	while (wait_for(g, g->fanotify))
		sk_gate_answer(g);
}

static void watch(struct sk_gate *g)
{
	while (wait_for(g, sk_ring_fd(g->ring)))
		sk_ring_consume(g->ring);
}

static void follow(struct sk_gate *g)
{
	struct pollfd fds[] = { { .fd = g->stop, .events = POLLIN }, { .fd = sk_ring_fd(g->changes), .events = POLLIN },
				{ .fd = g->deferred, .events = POLLIN } };
	bool waiting = false;

	/* Each second at least the kernel's programs hear that somebody is there for those whom they hold. */
	while (!fds[0].revents && (poll(fds, SK_COUNT(fds), waiting ? AGAIN_MS : ALIVE_MS) >= 0 || errno == EINTR)) {
		sk_gate_kernel_alive(&g->kernel, true);
		waiting = bring_up_to_date(g);
		waiting |= sk_gate_resolve(g);
	}
}

/* A thread's work. */
static void *work(void *context)
{
	struct sk_gate_thread *t = context;

	if (t->gate->options.begin)
		t->gate->options.begin();
	t->fn(t->gate);
	return NULL;
}

static int start(struct sk_gate *g, size_t i, void (*fn)(struct sk_gate *), struct sk_err *err)
{
	sigset_t all, before;
	int r;

	/* Signals are the agent's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	g->threads[i].gate = g;
	g->threads[i].fn = fn;
	r = pthread_create(&g->threads[i].thread, NULL, work, &g->threads[i]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = r;
	if (r)
		return sk_err_errno(err, "the gate's thread");
	g->threads[i].running = true;
	return 0;
}

int sk_gate_watch_start(struct sk_gate *g, struct sk_err *err)
{
	if (sk_ring_open(g->kernel.maps[SK_GATE_MAP_VERDICTS], on_record, g, &g->ring, err) < 0 ||
	    sk_ring_open(g->kernel.maps[SK_GATE_MAP_CHANGES], on_change, g, &g->changes, err) < 0 ||
	    (sk_gate_kernel_alive(&g->kernel, true), start(g, 0, watch, err)) < 0 || start(g, 1, follow, err) < 0)
		return -err->code;
	return g->fanotify >= 0 ? start(g, 2, answer, err) : 0;
}

void sk_gate_watch_stop(struct sk_gate *g)
{
	uint64_t one = 1;

	if (write(g->stop, &one, sizeof(one)) == sizeof(one))
		for (size_t i = 0; i < SK_COUNT(g->threads); i++)
			if (g->threads[i].running)
				pthread_join(g->threads[i].thread, NULL);
	sk_gate_kernel_alive(&g->kernel, false);
	if (g->ring)
		sk_ring_consume(g->ring);
	sk_gate_resolve_all(g);
	/* What was asked and not answered may run: closing the descriptor says so. */
	for (size_t i = 0; i < g->questions.len; i++)
		close(g->questions.data[i].event.fd);
	sk_vec_release(&g->questions);
	sk_ring_close(g->ring);
	sk_ring_close(g->changes);
	g->ring = g->changes = NULL;
}
