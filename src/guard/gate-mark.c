/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanotify: the kernel holds a program before it starts and asks. What the
 * answer found out goes into the kernel's map of verified files first, so that
 * the programs there agree, and hold on to it when nobody answers any more.
 */
#include "guard/gate-internal.h"

#include "base/limits.h"
#include "guard/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* Opens too: libraries and scripts that were only touched are verified when they are opened. */
#define ASKED (FAN_OPEN_EXEC_PERM | FAN_OPEN_PERM)
#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x00000200
#endif

/* ---- marks ---- */

/*
 * Whether a whole file system may be marked: one that lies in memory or in
 * layers, and that the host does not use, whose programs are not asked about.
 */
static bool is_private(const char *type, unsigned major_number, unsigned minor_number)
{
	FILE *file = fopen("/proc/1/mountinfo", "re");
	char line[8192];
	unsigned a, b;
	bool hosts;

	if (!file)
		file = fopen("/proc/self/mountinfo", "re");
	hosts = !file || (strcmp(type, "overlay") != 0 && strcmp(type, "tmpfs") != 0);
	while (!hosts && fgets(line, sizeof(line), file))
		hosts = sscanf(line, "%*u %*u %u:%u", &a, &b) == 2 && a == major_number && b == minor_number;
	if (file)
		fclose(file);
	return !hosts;
}

/* "\040" is a blank. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		unsigned code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool can_run(const char *type)
{
	static const char *const never[] = { "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "bpf", "tracefs",
					     "debugfs", "securityfs", "fusectl", "configfs" };

	for (size_t i = 0; i < SK_COUNT(never); i++)
		if (strcmp(type, never[i]) == 0)
			return false;
	return true;
}

/* A container's mounts while they are marked. */
struct marking {
	int fanotify;
	int32_t pid;
	unsigned how; /* FAN_MARK_ADD, FAN_MARK_REMOVE */
	uint64_t mask;
};

static void mark_line(const struct marking *m, char *line)
{
	unsigned a, b;
	char point[4096], type[64];
	const char *behind = strstr(line, " - ");
	sk_autofree char *path = NULL;
	unsigned kind;

	if (!behind || sscanf(line, "%*u %*u %u:%u %*s %4095s", &a, &b, point) != 3 ||
	    sscanf(behind, " - %63s", type) != 1 || !can_run(type))
		return;
	unescape(point);
	path = sk_printf("/proc/%d/root%s", m->pid, point);
	/* The container's root is also among the engine's mounts; what else is may be anybody's. */
	kind = (strcmp(point, "/") == 0 && strcmp(type, "overlay") == 0) || is_private(type, a, b)
		       ? FAN_MARK_FILESYSTEM : FAN_MARK_MOUNT;
	/* What cannot be marked is judged by the kernel's programs alone. */
	if (fanotify_mark(m->fanotify, m->how | kind, m->mask, AT_FDCWD, path) < 0)
		return;
}

static int mark_all(const struct marking *m, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("/proc/%d/mountinfo", m->pid), *root = sk_printf("/proc/%d/root", m->pid);
	FILE *file;
	char line[8192];

	/* The root's own file system first: it may be another mount by that name that mountinfo has. */
	if (fanotify_mark(m->fanotify, m->how | FAN_MARK_MOUNT, m->mask, AT_FDCWD, root) < 0)
		return sk_err_errno(err, "the programs of process %d", m->pid);
	file = fopen(path, "re");
	if (!file)
		return sk_err_errno(err, "%s", path);
	for (int i = 0; i < (int)SK_MAX_CONTAINER_MOUNTS && fgets(line, sizeof(line), file); i++)
		mark_line(m, line);
	fclose(file);
	return 0;
}

/* Whether the kernel's programs see what runs: then there is nothing to ask where nothing is stopped. */
static bool is_watched(const struct sk_gate *g)
{
	return g->kernel.hooks & (SK_GATE_HOOK_SIGNAL | SK_GATE_HOOK_LSM);
}

uint64_t sk_gate_marks(const struct sk_gate *g, enum sk_gate_mode mode)
{
	if (g->fanotify < 0)
		return 0;
	return mode == SK_GATE_BLOCK ? ASKED : mode == SK_GATE_ALERT && !is_watched(g) ? FAN_OPEN_EXEC : 0;
}

int sk_gate_mark(struct sk_gate *g, int32_t pid, enum sk_gate_mode mode, uint64_t *marked, struct sk_err *err)
{
	uint64_t wanted = sk_gate_marks(g, mode);
	struct marking m = { .fanotify = g->fanotify, .pid = pid, .how = FAN_MARK_ADD, .mask = wanted };
	struct marking old = { .fanotify = g->fanotify, .pid = pid, .how = FAN_MARK_REMOVE, .mask = *marked & ~wanted };
	struct sk_err gone = SK_ERR_INIT;

	if (pid <= 0 || *marked == wanted)
		return 0;
	if (wanted && mark_all(&m, err) < 0)
		return -err->code;
	if (old.mask)
		mark_all(&old, &gone);
	*marked = wanted;
	return 0;
}

/* ---- questions ---- */

static uint32_t root_of(struct sk_gate *g, int32_t pid)
{
	sk_autofree char *path = sk_printf("/proc/%d/root", pid);
	sk_autoclose int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sk_gate_look look;

	return root >= 0 && sk_gate_kernel_look(&g->kernel, root, &look) == 0 ? look.device : 0;
}

/* By its cgroup; one that came in by setns(2) by its root, if that still is the container's. */
static bool asked_by(struct sk_gate *g, int32_t pid, struct sk_gate_member *ret)
{
	if (sk_gate_member_by_cgroup(g, pid, ret))
		return true;
	if (!sk_gate_member_by_device(g, root_of(g, pid), ret))
		return false;
	if (!ret->pid || root_of(g, ret->pid) == ret->device)
		return true;
	sk_gate_forget_device(g, ret->key);
	sk_gate_member_release(ret);
	return false;
}

/* Who asked waits, and can be looked at. */
static void put_asker(struct sk_gate_verdict *v)
{
	sk_autofree char *path = sk_printf("/proc/%d/status", v->pid);
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "Name:%*1[\t]%15[^\n]", v->comm);
		sscanf(line, "PPid: %d", &v->ppid);
		sscanf(line, "Uid: %*u %u", &v->uid);
		sscanf(line, "Gid: %*u %u", &v->gid);
	}
	if (file)
		fclose(file);
}

static void tell_denied(struct sk_gate *g, const struct sk_gate_member *m, const struct fanotify_event_metadata *e,
			const struct sk_gate_look *look, const char *digest, bool denied)
{
	struct sk_gate_verdict v = { .pid = e->pid, .key = m->key, .cgroup = m->key, .act = SK_GATE_EXEC,
				     .why = look->writers ? SK_GATE_WRITTEN
					    : look->device == m->device ? SK_GATE_UPPER : SK_GATE_OUTSIDE,
				     .mode = m->mode, .outcome = denied ? SK_GATE_DENIED : SK_GATE_ALERTED,
				     .hook = SK_GATE_HOOK_FANOTIFY };
	char path[4096];
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	v.time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	sk_gate_path(m->pid ? m->pid : e->pid, e->fd, path, sizeof(path));
	v.path = sk_strdup(path);
	memcpy(v.digest, digest, sizeof(v.digest));
	put_asker(&v);
	sk_gate_tell(g, &v);
}

/*
 * What stays as it is until somebody writes to it is asked about no more until then: files of the layers, and files that
 * are not the image's. One that has the image's content and lies elsewhere always is: when it is touched it must be
 * verified again, and nobody tells us of the touch. Programs are always asked about: who waits for them brings all that
 * was touched before up to date (gate-watch.c).
 */
static void ask_no_more(struct sk_gate *g, int fd, const struct sk_gate_look *look)
{
	char path[64];
	struct sk_gate_look now;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fanotify_mark(g->fanotify, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_EVICTABLE, FAN_OPEN_PERM, AT_FDCWD,
			  path) < 0)
		return; /* older kernels: it is asked about each time */
	/* Who wrote to it before the mark was there is not told of by it. */
	if (sk_gate_kernel_look(&g->kernel, fd, &now) == 0 && now.layer == look->layer && now.ctime == look->ctime &&
	    now.size == look->size && !now.writers)
		return;
	fanotify_mark(g->fanotify, FAN_MARK_REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN_PERM, AT_FDCWD, path);
}

/* An answer that is not given yet. */
enum { LATER = 0 };

static uint32_t judge(struct sk_gate *g, const struct sk_gate_member *m, const struct fanotify_event_metadata *e,
		      struct sk_gate_look *look, int64_t deadline)
{
	bool runs = e->mask & (FAN_OPEN_EXEC_PERM | FAN_OPEN_EXEC);
	char digest[65] = "";
	enum sk_gate_content content = sk_gate_content(g, m, m->pid ? m->pid : e->pid, e->fd, look, true, digest);
	bool image = content == SK_GATE_CONTENT_LAYER || content == SK_GATE_CONTENT_IMAGE;
	bool denied = runs && !image && m->mode == SK_GATE_BLOCK;

	if (!runs && (content == SK_GATE_CONTENT_LAYER || content == SK_GATE_CONTENT_OTHER))
		ask_no_more(g, e->fd, look);
	if (denied && content == SK_GATE_CONTENT_OTHER && sk_gate_may_wait(g, m, deadline))
		return LATER;
	/* An alert is told by the kernel's program, where there is one: it has more to say. */
	if (denied || (runs && !image && !is_watched(g))) {
		sk_gate_digest(g, e->fd, look, digest);
		tell_denied(g, m, e, look, digest, denied);
	}
	return denied ? FAN_DENY : FAN_ALLOW;
}

static uint32_t answer(struct sk_gate *g, const struct fanotify_event_metadata *e, int64_t deadline)
{
	struct sk_gate_member m;
	struct sk_gate_look look;
	uint32_t r = FAN_ALLOW;
	bool own;

	if (e->pid == getpid() || sk_gate_kernel_look(&g->kernel, e->fd, &look) < 0)
		return FAN_ALLOW;
	/* Most files are of a lower layer of a container that they are opened in. */
	own = look.layer == 0 && sk_gate_member_by_device(g, look.device, &m);
	/* Who is only told of may have ended: then the file says whose it was. */
	if (!own && !asked_by(g, e->pid, &m) &&
	    ((e->mask & ASKED) || !sk_gate_member_by_device(g, look.device, &m)))
		return FAN_ALLOW;
	if (m.mode != SK_GATE_OFF)
		r = judge(g, &m, e, &look, deadline);
	sk_gate_member_release(&m);
	return r;
}

/* False: it waits. */
static bool answer_one(struct sk_gate *g, const struct sk_gate_question *q)
{
	const struct fanotify_event_metadata *e = &q->event;
	struct fanotify_response response = { .fd = e->fd, .response = answer(g, e, q->deadline) };

	if (response.response == LATER)
		return false;
	if ((e->mask & ASKED) && write(g->fanotify, &response, sizeof(response)) < 0 && errno == EINVAL) {
		/* The asker has gone. */
	}
	close(e->fd);
	return true;
}

void sk_gate_defer(struct sk_gate *g, const struct sk_gate_question *q)
{
	pthread_mutex_lock(&g->lock);
	*sk_vec_push(&g->questions) = *q;
	pthread_mutex_unlock(&g->lock);
}

/*
 * A program that starts uses what was touched before. What the kernel told of that is read in another thread, as it
 * takes to open files of the container; the question waits for it.
 */
static bool is_behind(struct sk_gate *g, const struct fanotify_event_metadata *e)
{
	return (e->mask & FAN_OPEN_EXEC_PERM) && e->pid != getpid() && sk_ring_has(g->changes);
}

bool sk_gate_answer_deferred(struct sk_gate *g, const struct sk_gate_question *questions, size_t count)
{
	bool waiting = false;

	for (size_t i = 0; i < count; i++) {
		if (answer_one(g, &questions[i]))
			continue;
		sk_gate_defer(g, &questions[i]);
		waiting = true;
	}
	return waiting;
}

void sk_gate_answer(struct sk_gate *g)
{
	char bytes[8192] __attribute__((aligned(8)));
	ssize_t n = read(g->fanotify, bytes, sizeof(bytes));
	const struct fanotify_event_metadata *e = (const void *)bytes;
	uint64_t one = 1;

	for (; n > 0 && FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
		struct sk_gate_question q = { .event = *e, .deadline = sk_gate_now() + g->options.hold * 1000000000 };

		if (e->fd < 0 || (!is_behind(g, e) && answer_one(g, &q)))
			continue;
		sk_gate_defer(g, &q);
		if (write(g->deferred, &one, sizeof(one)) < 0)
			continue; /* its count is full: it is readable then */
	}
}
