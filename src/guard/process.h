/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Processes, as they were when an event happened. The table follows clone,
 * exec and exit; what the kernel says with each event (credentials, names)
 * wins over what the table remembers. An ended process stays until its
 * children need no ancestor any more.
 */
#include "base/err.h"
#include "guard/event.h"

struct sk_container;

/* A row of /etc/passwd, as the container has it (users.h). */
struct sk_user {
	uint32_t uid;
	struct sk_span name, home, shell;
};

enum sk_exe_place { SK_EXE_UNKNOWN, SK_EXE_LOWER, SK_EXE_UPPER, SK_EXE_PLAIN, SK_EXE_MEMFD };

/* One thread group; facts of a single thread are in the event. */
struct sk_process {
	int32_t pid, vpid;	 /* in the agent's and in its own pid namespace */
	int32_t tid, vtid;	 /* of the thread that made the event */
	int32_t ppid;
	const struct sk_process *parent; /* NULL: none known */
	struct sk_span name;	 /* comm, at most 15 bytes */
	struct sk_span exe;	 /* argv[0] */
	struct sk_span exepath;	 /* resolved path of the program */
	struct sk_span args;	 /* argv[1..], each NUL-terminated */
	struct sk_span env;	 /* each NUL-terminated; empty where no rule needs it */
	struct sk_span cwd;
	uint32_t uid, gid, loginuid; /* UINT32_MAX: none */
	const struct sk_user *user, *login; /* NULL: the number has no name */
	struct sk_span group;	 /* name of gid; empty: none */
	uint64_t cap_permitted, cap_effective, cap_inheritable;
	int32_t sid, pgid, vsid, vpgid;
	uint32_t tty;		 /* device number; 0: none */
	int64_t start;		 /* nanoseconds since 1970 */
	int64_t clone_time;	 /* of the fork; `start` is of the last exec */
	uint64_t boot_start;	 /* the fork again, in nanoseconds since boot: no change of clocks moves it; 0 unknown */
	int64_t pidns_start;
	uint64_t exe_inode;
	int64_t exe_ctime, exe_mtime;
	enum sk_exe_place exe_place;
	bool exe_writable;
	uint64_t cgroup;	 /* id of the cgroup (v2) or inode of its folder (v1) */
	uint64_t namespaces[8];	 /* enum sk_namespace: inode numbers */
	const struct sk_container *container; /* NULL: the host */
	struct sk_file standard[3]; /* stdin, stdout, stderr; SK_FILE_UNKNOWN where not known */
	uint32_t look;		 /* the last one at all processes that it was found by (sk_process_table_end_missing) */
	bool ended;
};

enum sk_namespace { SK_NS_MNT, SK_NS_PID, SK_NS_NET, SK_NS_USER, SK_NS_IPC, SK_NS_UTS, SK_NS_CGROUP, SK_NS_TIME };

/* Ancestor n (0 is the process itself), or NULL. */
const struct sk_process *sk_process_ancestor(const struct sk_process *process, unsigned n);
