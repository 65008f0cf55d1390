/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen in a container before it was known what it has: its first
 * programs come sooner than anybody's word about its image. Who would be
 * stopped is held (SIGSTOP before its next instruction) until that is known.
 */
#include "guard/gate-internal.h"

#include <bpf/bpf.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int64_t sk_gate_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void push(struct sk_gate *g, struct sk_gate_pending *p)
{
	uint64_t one = 1;

	pthread_mutex_lock(&g->lock);
	/* Who makes thousands of them must not have our descriptors. */
	if (g->pending.len >= SK_GATE_PENDING)
		sk_closep(&p->fd);
	*sk_vec_push(&g->pending) = *p;
	pthread_mutex_unlock(&g->lock);
	if (write(g->deferred, &one, sizeof(one)) < 0)
		return; /* its count is full: it is readable then */
}

/* The file is opened at once: a container that lives for some milliseconds takes it along. */
void sk_gate_pend(struct sk_gate *g, struct sk_gate_verdict *v, const struct sk_wire_file *file)
{
	struct sk_gate_member m = { .key = v->key, .device = sk_gate_known_device(g, v->key) };
	struct sk_gate_pending p = { .verdict = *v, .file = *file, .pidfd = -1, .fd = -1,
				     .deadline = sk_gate_now() + g->options.hold * 1000000000 };

	if (v->outcome == SK_GATE_HELD)
		p.pidfd = (int)syscall(SYS_pidfd_open, v->pid, 0);
	p.image = sk_gate_is_image(g, &m, &p.verdict, file, &p.fd);
	push(g, &p);
}

static bool member_of(struct sk_gate *g, const struct sk_gate_verdict *v, struct sk_gate_member *ret)
{
	*ret = (struct sk_gate_member){ .key = v->key };
	return sk_gate_member_of(g, v->key, ret) || sk_gate_member_by_cgroup(g, v->pid, ret);
}

/* One process may be held for several files: the last goes on with it. */
static bool is_held_still(struct sk_gate *g, int32_t pid)
{
	bool found = false;

	for (size_t i = 0; i < g->resolving.len; i++)
		found |= g->resolving.data[i].pidfd >= 0 && g->resolving.data[i].verdict.pid == pid;
	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < g->pending.len; i++)
		found |= g->pending.data[i].pidfd >= 0 && g->pending.data[i].verdict.pid == pid;
	pthread_mutex_unlock(&g->lock);
	return found;
}

static void let_go(struct sk_gate *g, struct sk_gate_pending *p, bool end)
{
	int fd = p->pidfd;

	p->pidfd = -1;
	if (fd >= 0 && end)
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	else if (fd >= 0 && !is_held_still(g, p->verdict.pid))
		syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0);
	sk_closep(&fd);
}

bool sk_gate_may_wait(struct sk_gate *g, const struct sk_gate_member *m, int64_t deadline)
{
	const struct sk_gate_truth *truth = &g->options.truth;

	return sk_gate_now() < deadline &&
	       (!m->settled || (truth->is_coming && m->image_id && truth->is_coming(truth->context, m->image_id)));
}

/* Nobody has registered it in all that time: nothing of it is held again. */
static void settle_birth(struct sk_gate *g, uint64_t key)
{
	struct sk_gate_birth birth;

	if (bpf_map_lookup_elem(g->kernel.maps[SK_GATE_MAP_BIRTHS], &key, &birth) < 0)
		return;
	birth.settled = 1;
	bpf_map_update_elem(g->kernel.maps[SK_GATE_MAP_BIRTHS], &key, &birth, BPF_EXIST);
}

/* Done with it: told, or nothing to tell. False: what it is judged by is still to come. */
static bool resolve(struct sk_gate *g, struct sk_gate_pending *p)
{
	struct sk_gate_verdict *v = &p->verdict;
	struct sk_gate_member m;
	bool known = member_of(g, v, &m), image, wait;

	v->mode = known ? m.mode : g->options.born;
	image = p->image || (v->mode != SK_GATE_OFF && sk_gate_is_image(g, &m, v, &p->file, &p->fd));
	wait = image ? false : v->mode == SK_GATE_OFF ? !m.settled && sk_gate_now() < p->deadline : sk_gate_may_wait(g, &m, p->deadline);
	sk_gate_member_release(&m);
	if (wait)
		return false;
	if (!known && !image)
		settle_birth(g, v->key);
	sk_closep(&p->fd);
	let_go(g, p, !image && v->mode == SK_GATE_BLOCK);
	if (image || v->mode == SK_GATE_OFF) {
		free(v->path);
		return true;
	}
	v->outcome = v->outcome == SK_GATE_HELD && v->mode == SK_GATE_BLOCK ? SK_GATE_KILLED : SK_GATE_ALERTED;
	sk_gate_tell(g, v);
	return true;
}

bool sk_gate_resolve(struct sk_gate *g)
{
	size_t waiting = 0;

	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < g->pending.len; i++)
		*sk_vec_push(&g->resolving) = g->pending.data[i];
	g->pending.len = 0;
	pthread_mutex_unlock(&g->lock);
	for (size_t i = 0; i < g->resolving.len; i++) {
		struct sk_gate_pending *p = &g->resolving.data[i];

		if (!resolve(g, p))
			g->resolving.data[waiting++] = *p;
	}
	g->resolving.len = waiting;
	return waiting > 0;
}

void sk_gate_resolve_all(struct sk_gate *g)
{
	for (size_t i = 0; i < g->pending.len; i++)
		g->pending.data[i].deadline = 0;
	for (size_t i = 0; i < g->resolving.len; i++)
		g->resolving.data[i].deadline = 0;
	sk_gate_resolve(g);
	sk_vec_release(&g->pending);
	sk_vec_release(&g->resolving);
}
