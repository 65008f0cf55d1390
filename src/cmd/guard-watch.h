/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands share that look at a live kernel: which events, for how long, and what was lost. */
#include "cmd/guard.h"
#include "guard/sensor.h"

#define SK_WATCH_TYPES(s, f) \
	{ "type", 't', SK_OPT_LIST(s, f), .argument = "TYPE", \
	  .help = "Only these: a system call (openat), or a word for several (exec, exit, fork, open, unlink, rename, " \
		  "link, symlink, mkdir, chmod, chown, mount, accept, dup, setuid, setgid)", \
	  .otherwise = "those that say what programs run, what they change and whom they talk to" }
#define SK_WATCH_READS(s, f) \
	{ "reads", 0, SK_OPT_FLAG(s, f), .help = "Files that are opened for reading alone, too" }

/* The types of those names, or the usual ones. */
int sk_guard_want(const struct sk_option_list *types, struct sk_sensor_want *ret, struct sk_err *err);

struct sk_watcher {
	sk_sensor_fn *event;
	int (*flush)(void *context, struct sk_err *err); /* after each handful of events */
	void *context;
};

/* Until Ctrl-C, or so many seconds (0: any); says on standard error what was lost. */
int sk_guard_watch(const struct sk_call *call, const struct sk_sensor_want *want, int64_t seconds,
		   const struct sk_watcher *watcher, struct sk_err *err);
