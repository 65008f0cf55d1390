/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The sandbox that a worker enters before it reads a byte that somebody else
 * wrote: no new privileges, no network, no new programs, no files but the
 * descriptors that it holds (and, if asked, what lies below some folders, to read).
 * What the running kernel does not offer is left out and told.
 */
#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

enum sk_sandbox_parts {
	SK_SANDBOX_SECCOMP = 1 << 0,
	SK_SANDBOX_LANDLOCK = 1 << 1,
	SK_SANDBOX_RLIMITS = 1 << 2,
};

/* folders: descriptors of those to read below. Returns the parts that are active (enum sk_sandbox_parts). */
int sk_sandbox_enter(const int *folders, size_t count, struct sk_err *err);

/* The parts that this machine grants, found out by a child that enters and ends; 0 if none. */
int sk_sandbox_probe(void);

/* A worker: this program again (argv[0] "sekisho-worker", argv[1] the role), connected by a socket. */
struct sk_worker {
	pid_t pid;
	int sock;
};

int sk_worker_start(const char *role, struct sk_worker *ret, struct sk_err *err);

/*
 * Ends the worker and tells how it went: 0, or SK_ECRASH with "killed by
 * signal 11 (Segmentation fault)". Closes the socket.
 */
int sk_worker_end(struct sk_worker *worker, struct sk_err *err);
/*
 * Why a worker that cannot be spoken to (r < 0, as err says) or that has hung up (r = 0) is no
 * longer there: how it died says more than the broken pipe. Ends it; never 0.
 */
int sk_worker_explain(struct sk_worker *worker, int r, struct sk_err *err);
void sk_worker_kill(struct sk_worker *worker);

/* The socket of a worker's own side. */
enum { SK_WORKER_SOCKET = 3 };
