/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/suspect.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "guard/container-table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/linux/sched.h; told in field 9 of /proc/PID/stat. */
#define PF_KTHREAD 0x00200000u

static bool read_proc(int32_t pid, const char *name, size_t max, struct sk_buf *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	sk_buf_reset(out);
	return sk_path_slurp(path, max, out, NULL) == 0;
}

/* pid (comm) state ppid ... flags is field 9, starttime field 22; comm may have anything in it. */
bool sk_suspect_stat(int32_t pid, struct sk_suspect_stat *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, word;
	uint64_t value;

	*ret = (struct sk_suspect_stat){ .pid = pid };
	if (!read_proc(pid, "stat", 4096, &text) || sk_span_rchr(sk_buf_view(&text), ')') < 0)
		return false;
	rest = sk_span_from(sk_buf_view(&text), (size_t)sk_span_rchr(sk_buf_view(&text), ')') + 2);
	for (int field = 3; sk_span_split(&rest, ' ', &word) && field <= 22; field++) {
		if (field == 3 && word.len)
			ret->state = word.ptr[0];
		else if (field == 4 && sk_span_u64(word, &value))
			ret->parent = (int32_t)value;
		else if (field == 9 && sk_span_u64(word, &value))
			ret->flags = value;
		else if (field == 22)
			return sk_span_u64(word, &ret->ticks);
	}
	return false;
}

static uint64_t ticks_of(uint64_t boot_start)
{
	return boot_start / (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK));
}

static int send_signal(int pidfd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

static int open_checked(struct sk_suspect *t, struct sk_err *err)
{
	struct sk_suspect_stat stat;

	t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
	if (t->pidfd < 0 && errno == ESRCH)
		return sk_err_set(err, SK_ENOTFOUND, "process %d has ended", t->pid);
	if (t->pidfd < 0)
		return sk_err_errno(err, "process %d", t->pid);
	if (!sk_suspect_stat(t->pid, &stat) || stat.ticks != ticks_of(t->boot_start))
		return sk_err_set(err, SK_ENOTFOUND, "process %d has ended; its number is another's", t->pid);
	/* While it is not waited for, nobody else gets its number: what was read is its own. */
	if (send_signal(t->pidfd, 0) < 0 && errno == ESRCH)
		return sk_err_set(err, SK_ENOTFOUND, "process %d has ended", t->pid);
	if (stat.state == 'Z' || stat.state == 'X')
		return sk_err_set(err, SK_ENOTFOUND, "process %d has ended", t->pid);
	t->kernel_thread = stat.flags & PF_KTHREAD;
	t->parent = stat.parent;
	return 0;
}

int sk_suspect_open(struct sk_suspect *target, int32_t pid, uint64_t boot_start, struct sk_err *err)
{
	int r;

	*target = (struct sk_suspect){ .pid = pid, .boot_start = boot_start, .pidfd = -1 };
	if (pid <= 0 || !boot_start)
		return sk_err_set(err, SK_EINVAL, "it is not known when process %d began", pid);
	r = open_checked(target, err);
	if (r < 0)
		sk_suspect_close(target);
	return r;
}

void sk_suspect_close(struct sk_suspect *target)
{
	sk_closep(&target->pidfd);
}

int sk_suspect_signal(const struct sk_suspect *target, int signal, struct sk_err *err)
{
	if (send_signal(target->pidfd, signal) == 0)
		return 0;
	if (errno == ESRCH)
		return sk_err_set(err, SK_ENOTFOUND, "process %d has ended", target->pid);
	return sk_err_errno(err, "signal to process %d", target->pid);
}

/* Programs that hold containers: whoever kills one kills, or orphans, all of its containers. */
static bool holds_containers(int32_t pid)
{
	static const char *const names[] = { "dockerd", "containerd", "containerd-shim*", "conmon", "conmonrs", "crio",
					     "podman", "runc", "crun", "youki", "kubelet", "docker-proxy" };
	char link[64], path[SK_MAX_PATH];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	for (size_t i = 0; i < SK_COUNT(names); i++)
		if (fnmatch(names[i], sk_span_basename(sk_span_str(path)).ptr, 0) == 0)
			return true;
	return false;
}

static bool is_above_us(int32_t pid)
{
	struct sk_suspect_stat stat;
	int32_t above = getpid();

	for (int depth = 0; depth < SK_MAX_TREE_ROUNDS && above > 1; depth++) {
		if (above == pid)
			return true;
		if (!sk_suspect_stat(above, &stat))
			return false;
		above = stat.parent;
	}
	return false;
}

const char *sk_suspect_protected(const struct sk_suspect *target, bool host)
{
	if (target->pid == getpid())
		return "it is the agent itself";
	if (target->pid == 1)
		return "it is the host's first process";
	if (target->kernel_thread || target->pid == 2)
		return "it is a thread of the kernel";
	if (is_above_us(target->pid))
		return "the agent was started by it";
	if (host && holds_containers(target->pid))
		return "it is an engine's program, which holds containers";
	return NULL;
}

void sk_suspect_cgroups(int32_t pid, struct sk_buf *out)
{
	if (!read_proc(pid, "cgroup", SK_MAX_PROC_FILE, out))
		sk_buf_reset(out);
}

/* ---- all below a process ---- */

struct tree {
	SK_VEC(struct sk_suspect_stat) members;
	const struct sk_suspect *root;
	struct sk_buf cgroups; /* of the root */
	bool host;
	int killed;
};

static bool has(const struct tree *t, int32_t pid)
{
	for (size_t i = 0; i < t->members.len; i++)
		if (t->members.data[i].pid == pid)
			return true;
	return false;
}

static bool in_container(struct sk_span cgroups)
{
	struct sk_span line, id;
	const char *engine;

	while (sk_span_line(&cgroups, &line)) {
		ptrdiff_t slash = sk_span_chr(line, '/');

		if (slash >= 0 && sk_container_id(sk_span_from(line, (size_t)slash), &id, &engine))
			return true;
	}
	return false;
}

static bool may_take(const struct tree *t, const struct sk_suspect *child)
{
	sk_cleanup(sk_buf_release) struct sk_buf cgroups = { 0 };
	bool contained;

	sk_suspect_cgroups(child->pid, &cgroups);
	contained = in_container(sk_buf_view(&cgroups));
	if (sk_suspect_protected(child, !contained))
		return false;
	return t->host || contained || sk_span_eq(sk_buf_view(&cgroups), sk_buf_view(&t->cgroups));
}

/* A signal to a process that stat says is this one. */
static bool signal_one(const struct sk_suspect_stat *stat, int number, const struct tree *check)
{
	struct sk_suspect one;
	bool done;

	if (sk_suspect_open(&one, stat->pid, stat->ticks * (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK)), NULL) < 0)
		return false;
	done = (!check || may_take(check, &one)) && sk_suspect_signal(&one, number, NULL) == 0;
	sk_suspect_close(&one);
	return done;
}

/* Adds and stops the children of those that are there; how many were new. */
static size_t add_children(struct tree *t, DIR *proc)
{
	struct sk_suspect_stat stat;
	struct dirent *entry;
	size_t before = t->members.len;
	uint64_t pid;

	rewinddir(proc);
	while ((entry = readdir(proc)) && t->members.len < SK_MAX_TREE) {
		if (!sk_span_u64(sk_span_str(entry->d_name), &pid) || !sk_suspect_stat((int32_t)pid, &stat))
			continue;
		if (stat.state == 'Z' || !has(t, stat.parent) || has(t, stat.pid))
			continue;
		if (signal_one(&stat, SIGSTOP, t))
			*sk_vec_push(&t->members) = stat;
	}
	return t->members.len - before;
}

int sk_suspect_kill_tree(const struct sk_suspect *root, bool host, struct sk_err *err)
{
	struct tree t = { .root = root, .host = host };
	DIR *proc = opendir("/proc");
	int r;

	sk_suspect_cgroups(root->pid, &t.cgroups);
	r = sk_suspect_signal(root, SIGSTOP, err);
	*sk_vec_push(&t.members) = (struct sk_suspect_stat){ .pid = root->pid };
	for (int round = 0; r == 0 && proc && round < SK_MAX_TREE_ROUNDS && add_children(&t, proc); round++)
		;
	if (r == 0)
		r = sk_suspect_signal(root, SIGKILL, err);
	for (size_t i = 1; r == 0 && i < t.members.len; i++)
		t.killed += signal_one(&t.members.data[i], SIGKILL, NULL);
	if (proc)
		closedir(proc);
	sk_vec_release(&t.members);
	sk_buf_release(&t.cgroups);
	return r < 0 ? r : t.killed + 1;
}
