/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A process that something is to be done to. It is held by a descriptor
 * (pidfd_open(2)), and it is the one that was meant: one that began at another
 * time has only got its number.
 */
#include "base/buf.h"
#include "base/err.h"

struct sk_suspect {
	int32_t pid;
	uint64_t boot_start; /* nanoseconds since boot, as in struct sk_process */
	int pidfd;	     /* -1: not held */
	bool kernel_thread;
	int32_t parent;
};

/*
 * Takes hold of process `pid` that began at `boot_start` (to the clock tick
 * that /proc knows). SK_ENOTFOUND: it has ended, and its number may be another's.
 */
int sk_suspect_open(struct sk_suspect *target, int32_t pid, uint64_t boot_start, struct sk_err *err);
void sk_suspect_close(struct sk_suspect *target);
int sk_suspect_signal(const struct sk_suspect *target, int signal, struct sk_err *err);

/*
 * Why it is never touched, or NULL: this program itself and those above it,
 * process 1, kernel threads; with `host`, engines and shims by their program's name.
 * In a container anybody may call a program like a shim.
 */
const char *sk_suspect_protected(const struct sk_suspect *target, bool host);

/* What /proc/PID/cgroup says; empty when it has ended. */
void sk_suspect_cgroups(int32_t pid, struct sk_buf *out);

/*
 * Kills the process and all below it, which are stopped first so that they make
 * no more. A child is taken when it is in the same cgroups or in a container;
 * with `host`, any but the protected. Returns how many were killed.
 */
int sk_suspect_kill_tree(const struct sk_suspect *root, bool host, struct sk_err *err);

/* pid, parent and start of a process as /proc/PID/stat has them. */
struct sk_suspect_stat {
	int32_t pid, parent;
	uint64_t ticks; /* since boot */
	uint64_t flags; /* PF_… */
	char state;
};
bool sk_suspect_stat(int32_t pid, struct sk_suspect_stat *ret);
