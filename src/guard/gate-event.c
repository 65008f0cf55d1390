/* SPDX-License-Identifier: Apache-2.0 */
/* Events of verdicts. */
#include "guard/gate-internal.h"

#include <time.h>
#include <unistd.h>

static const char *const acts[] = { "exec", "loader", "script", "library", "connect", "open", "unlink", "rename", "link",
				    "attributes", "create", "mount" };
static const char *const reasons[] = { "", "changed or new in the container", "outside the image", "memory",
				       "open for writing", "marked address", "protected path" };
static const char *const modes[] = { "off", "alert", "block" };
static const char *const outcomes[] = { "alerted", "killed", "denied" };

static const char *hook_name(unsigned hook)
{
	switch (hook) {
	case SK_GATE_HOOK_LSM: return "lsm";
	case SK_GATE_HOOK_SIGNAL: return "signal";
	case SK_GATE_HOOK_FANOTIFY: return "fanotify";
	case SK_GATE_HOOK_MOUNT: return "mount";
	case SK_GATE_HOOK_CGROUP: return "cgroup";
	default: return "";
	}
}

static int64_t boot_offset(void)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (wall.tv_sec - boot.tv_sec) * INT64_C(1000000000) + wall.tv_nsec - boot.tv_nsec;
}

/* The sensor knows more of it than the verdict; who ended already is what the verdict says. */
static struct sk_process *process_of(struct sk_process_table *processes, struct sk_container_table *containers,
				     const struct sk_gate_verdict *v)
{
	struct sk_process *p = sk_process_table_get(processes, v->pid);

	if (!p && sk_process_table_look(processes, v->pid))
		p = sk_process_table_get(processes, v->pid);
	if (!p) {
		p = sk_process_table_add(processes, v->pid, v->ppid);
		p->uid = v->uid;
		p->gid = v->gid;
		p->cgroup = v->cgroup;
		if (v->comm[0])
			sk_process_table_set(p, SK_PROCESS_NAME, sk_span_str(v->comm));
		sk_process_table_end(processes, p);
	}
	if (!p->container && containers)
		p->container = sk_container_table_find(containers, p, sk_span(NULL, 0));
	return p;
}

static struct sk_arg text(const char *s)
{
	return (struct sk_arg){ .type = SK_ARG_TEXT, .text = sk_span_str(s) };
}

static int hand_out(struct sk_process_table *processes, struct sk_container_table *containers,
		    const struct sk_gate_verdict *v, uint64_t number, sk_gate_fn *fn, void *context, struct sk_err *err)
{
	bool denied = v->outcome == SK_GATE_DENIED;
	struct sk_file file = { .type = v->why == SK_GATE_MEMORY ? SK_FILE_MEMFD : SK_FILE_REGULAR,
				.name = sk_span_str(v->path), .upper = v->why == SK_GATE_UPPER ? 1 : -1 };
	struct sk_arg args[] = {
		{ .type = SK_ARG_ERRNO, .i = denied ? -1 : 0 },
		{ .type = SK_ARG_PATH, .text = sk_span_str(v->path) },
		v->digest[0] ? text(v->digest) : (struct sk_arg){ .type = SK_ARG_ABSENT },
		text(acts[v->act]),
		text(reasons[v->why]),
		text(modes[v->mode]),
		text(outcomes[v->outcome]),
		text(hook_name(v->hook)),
	};
	struct sk_event e = { .type = SK_EVENT_DRIFT, .number = number, .time = v->time + boot_offset(),
			      .result = denied ? -1 : 0, .fd = -1, .file = v->path[0] ? &file : NULL,
			      .process = process_of(processes, containers, v), .args = args, .arg_count = SK_COUNT(args) };

	return fn(context, &e, err);
}

static bool take(struct sk_gate *g, struct sk_gate_verdict *ret)
{
	bool some;

	pthread_mutex_lock(&g->lock);
	some = g->count > 0;
	if (some) {
		*ret = g->queue[g->head++ % SK_GATE_QUEUE];
		g->count--;
	}
	pthread_mutex_unlock(&g->lock);
	return some;
}

int sk_gate_poll(struct sk_gate *g, struct sk_process_table *processes, struct sk_container_table *containers,
		 sk_gate_fn *fn, void *context, struct sk_err *err)
{
	struct sk_gate_verdict v;
	uint64_t unused;
	int n = 0;

	if (read(g->wake, &unused, sizeof(unused)) < 0)
		return 0; /* nothing was told since */
	/* As many as were there: somebody who makes more all the time must not keep us. */
	for (; n < SK_GATE_QUEUE && take(g, &v); n++) {
		int r = hand_out(processes, containers, &v, ++g->number, fn, context, err);

		free(v.path);
		if (r < 0)
			return r;
	}
	return n;
}
