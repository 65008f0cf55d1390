/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's thread: answers the kernel's questions, and takes what its programs tell. */
#include "guard/gate-internal.h"

#include "base/reader.h"
#include "bpf/event.h"
#include "guard/gate-trial.h"
#include "guard/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
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

static char *read_path(struct sk_reader *r)
{
	while (!r->failed && sk_reader_more(r)) {
		struct sk_wire_part part;
		struct sk_span head = sk_read_bytes(r, sizeof(part)), body;

		if (r->failed)
			break;
		memcpy(&part, head.ptr, sizeof(part));
		body = sk_read_bytes(r, part.length);
		if (!r->failed && part.kind == SK_PART_FILE && body.len >= sizeof(struct sk_wire_file))
			return path_of(&part, sk_span_from(body, sizeof(struct sk_wire_file)));
	}
	return sk_strdup("");
}

/*
 * An alert for a program whose content nobody has looked at yet, because no
 * question was asked: it may be the image's after all. Its digest is told in
 * any case, while the process is still there.
 */
static bool is_settled(struct sk_gate *g, struct sk_gate_verdict *v)
{
	struct sk_gate_member member = { .key = v->key };
	struct sk_gate_look look;
	char name[32];
	sk_autoclose int fd = -1;
	bool image;

	if (v->act != SK_GATE_EXEC || v->outcome == SK_GATE_DENIED)
		return false;
	snprintf(name, sizeof(name), "/proc/%d/exe", v->pid);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || sk_gate_kernel_look(&g->kernel, fd, &look) < 0 || !sk_gate_member_of(g, v->key, &member))
		return false;
	image = sk_gate_is_image(g, &member, fd, &look, v->digest);
	sk_gate_member_release(&member);
	return image && v->outcome == SK_GATE_ALERTED && v->why != SK_GATE_MEMORY && v->why != SK_GATE_WRITTEN;
}

static int on_record(void *context, void *bytes, size_t size)
{
	struct sk_gate *g = context;
	struct sk_reader r = sk_reader(sk_span(bytes, size));
	struct sk_wire_record head;
	struct sk_span whole = sk_read_bytes(&r, sizeof(head));
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
		.path = read_path(&r),
	};
	memcpy(v.comm, head.task.name, sizeof(v.comm) - 1);
	if (is_settled(g, &v))
		free(v.path);
	else
		sk_gate_tell(g, &v);
	return 0;
}

/* Until the gate ends: nobody reads `stop`, so that it stays readable for both threads. */
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
 * Somebody waits for each answer. This thread opens no file itself: opening one in a
 * container asks a question, which nobody but this thread answers.
 */
static void *answer(void *context)
{
	struct sk_gate *g = context;

	while (wait_for(g, g->fanotify))
		sk_gate_answer(g);
	return NULL;
}

static void *watch(void *context)
{
	struct sk_gate *g = context;

	while (wait_for(g, sk_ring_fd(g->ring)))
		sk_ring_consume(g->ring);
	return NULL;
}

static int start(struct sk_gate *g, pthread_t *thread, bool *running, void *(*fn)(void *), struct sk_err *err)
{
	sigset_t all, before;
	int r;

	/* Signals are the agent's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, NULL, fn, g);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = r;
	if (r)
		return sk_err_errno(err, "the gate's thread");
	*running = true;
	return 0;
}

int sk_gate_watch_start(struct sk_gate *g, struct sk_err *err)
{
	int r = sk_ring_open(g->kernel.maps[SK_GATE_MAP_VERDICTS], on_record, g, &g->ring, err);

	if (r == 0)
		r = start(g, &g->thread, &g->running, watch, err);
	if (r == 0 && g->fanotify >= 0)
		r = start(g, &g->answerer, &g->answers, answer, err);
	return r;
}

void sk_gate_watch_stop(struct sk_gate *g)
{
	uint64_t one = 1;

	if ((g->running || g->answers) && write(g->stop, &one, sizeof(one)) == sizeof(one)) {
		if (g->running)
			pthread_join(g->thread, NULL);
		if (g->answers)
			pthread_join(g->answerer, NULL);
	}
	g->running = g->answers = false;
	sk_ring_close(g->ring);
	g->ring = NULL;
}
