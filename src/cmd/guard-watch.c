/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard-watch.h"

#include "base/mem.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

/* What people say for several calls that do one thing. */
static const struct {
	const char *name;
	enum sk_event_type types[8]; /* ends with EXECVE, which is no second one of any */
} groups[] = {
	{ "exec", { SK_EVENT_EXECVEAT, SK_EVENT_EXECVE } },
	{ "exit", { SK_EVENT_PROCEXIT } },
	{ "fork", { SK_EVENT_CLONE, SK_EVENT_CLONE3, SK_EVENT_FORK, SK_EVENT_VFORK } },
	{ "open", { SK_EVENT_OPEN, SK_EVENT_OPENAT, SK_EVENT_OPENAT2, SK_EVENT_CREAT } },
	{ "unlink", { SK_EVENT_UNLINK, SK_EVENT_UNLINKAT, SK_EVENT_RMDIR } },
	{ "rename", { SK_EVENT_RENAME, SK_EVENT_RENAMEAT, SK_EVENT_RENAMEAT2 } },
	{ "link", { SK_EVENT_LINK, SK_EVENT_LINKAT } },
	{ "symlink", { SK_EVENT_SYMLINK, SK_EVENT_SYMLINKAT } },
	{ "mkdir", { SK_EVENT_MKDIR, SK_EVENT_MKDIRAT } },
	{ "chmod", { SK_EVENT_CHMOD, SK_EVENT_FCHMOD, SK_EVENT_FCHMODAT } },
	{ "chown", { SK_EVENT_CHOWN, SK_EVENT_LCHOWN, SK_EVENT_FCHOWN, SK_EVENT_FCHOWNAT } },
	{ "mount", { SK_EVENT_MOUNT, SK_EVENT_UMOUNT2, SK_EVENT_MOVE_MOUNT } },
	{ "accept", { SK_EVENT_ACCEPT, SK_EVENT_ACCEPT4 } },
	{ "dup", { SK_EVENT_DUP, SK_EVENT_DUP2, SK_EVENT_DUP3 } },
	{ "setuid", { SK_EVENT_SETUID, SK_EVENT_SETRESUID, SK_EVENT_SETREUID } },
	{ "setgid", { SK_EVENT_SETGID, SK_EVENT_SETRESGID, SK_EVENT_SETREGID } },
};

/* What is shown when nobody says anything: what a person wants to follow by eye. */
static const char *const usual[] = { "exec", "exit", "open", "unlink", "rename", "link", "symlink", "mkdir", "chmod",
				     "chown", "mount", "connect", "bind", "listen", "accept", "dns", "setuid", "setgid",
				     "memfd_create", "ptrace", "bpf", "unshare", "setns", "init_module", "finit_module" };

static bool want_group(struct sk_sensor_want *want, struct sk_span name)
{
	for (size_t i = 0; i < SK_COUNT(groups); i++) {
		if (!sk_span_is(name, groups[i].name))
			continue;
		for (size_t j = 0; j == 0 || groups[i].types[j]; j++)
			want->types[groups[i].types[j]] = true;
		if (sk_span_is(name, "exec"))
			want->types[SK_EVENT_EXECVE] = true;
		return true;
	}
	return false;
}

static int want_type(struct sk_sensor_want *want, const char *name, struct sk_err *err)
{
	enum sk_event_type type = sk_event_type_named(sk_span_str(name));

	if (want_group(want, sk_span_str(name)))
		return 0;
	if (type == SK_EVENT_COUNT)
		return sk_err_set(err, SK_EUSAGE, "--type: there is no event '%s'", name);
	if (!sk_sensor_sees(type))
		return sk_err_set(err, SK_EUSAGE, "--type: events of type '%s' are not seen by this sensor", name);
	want->types[type] = true;
	return 0;
}

int sk_guard_want(const struct sk_option_list *types, struct sk_sensor_want *ret, struct sk_err *err)
{
	const char *const *names = types->count ? types->items : usual;
	size_t count = types->count ? types->count : SK_COUNT(usual);

	*ret = (struct sk_sensor_want){ .names = true };
	/* Programs look for their files in many places. */
	for (int type = SK_EVENT_OPEN; type <= SK_EVENT_CREAT; type++)
		ret->not_failed[type] = true;
	for (size_t i = 0; i < count; i++)
		if (want_type(ret, names[i], err) < 0)
			return -err->code;
	return 0;
}

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	stopped = 1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void say_losses(const struct sk_call *call, struct sk_sensor *sensor)
{
	struct sk_sensor_loss losses[SK_SENSOR_LOSSES];

	sk_sensor_losses(sensor, losses);
	for (size_t i = 0; i < SK_SENSOR_LOSSES; i++)
		if (losses[i].count)
			sk_complain(call, "%llu events were lost: %s", (unsigned long long)losses[i].count,
				    losses[i].reason);
}

enum { POLL_MS = 200, READER_NICE = -10 };

static int follow(struct sk_sensor *sensor, int64_t seconds, const struct sk_watcher *w, struct sk_err *err)
{
	int64_t end = seconds ? now_ms() + seconds * 1000 : INT64_MAX;

	while (!stopped && now_ms() < end) {
		int r = sk_sensor_poll(sensor, POLL_MS, w->event, w->context, err);

		if (r < 0 || (r > 0 && (r = w->flush(w->context, err)) < 0))
			return r;
	}
	return 0;
}

int sk_guard_watch(const struct sk_call *call, const struct sk_sensor_want *want, int64_t seconds,
		   const struct sk_watcher *watcher, struct sk_err *err)
{
	struct sigaction action = { .sa_handler = stop };
	struct sk_sensor *sensor;
	int r = sk_sensor_open(want, &sensor, err);

	if (r < 0)
		return r;
	/* Who fills both the CPUs and the ring must not keep its reader from its turn; without the right, no matter. */
	setpriority(PRIO_PROCESS, 0, READER_NICE);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sk_say(call, "watching");
	r = follow(sensor, seconds, watcher, err);
	say_losses(call, sensor);
	sk_sensor_close(sensor);
	return r;
}
