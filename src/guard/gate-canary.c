/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canary: a scratch container (an overlay on a tmpfs in a mount namespace of
 * its own, gone with its process) in which each protection is tried. A try leaves
 * a byte when it got as far as its first action.
 */
#include "guard/gate-internal.h"

#include "guard/gate-trial.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANARY_MS = 5000 };

static const char *const state_names[] = { "absent", "alerts", "kills", "blocks" };

static const struct {
	const char *name;
	unsigned blocks; /* hooks that can, the strongest first */
} rows[SK_GATE_TRIALS] = {
	[SK_GATE_TRIAL_UPPER] = { "drift: programs", SK_GATE_HOOK_LSM | SK_GATE_HOOK_FANOTIFY },
	[SK_GATE_TRIAL_OUTSIDE] = { "drift: programs on other file systems", SK_GATE_HOOK_LSM | SK_GATE_HOOK_FANOTIFY },
	[SK_GATE_TRIAL_MEMORY] = { "drift: programs in memory", SK_GATE_HOOK_LSM },
	[SK_GATE_TRIAL_SCRIPT] = { "drift: scripts of interpreters", SK_GATE_HOOK_LSM },
	[SK_GATE_TRIAL_LIBRARY] = { "drift: libraries", SK_GATE_HOOK_LSM },
	[SK_GATE_TRIAL_CONNECT] = { "connections to marked addresses", SK_GATE_HOOK_CGROUP },
	[SK_GATE_TRIAL_WRITE] = { "protected paths: writing", SK_GATE_HOOK_MOUNT },
	[SK_GATE_TRIAL_UNLINK] = { "protected paths: removing", SK_GATE_HOOK_MOUNT },
	[SK_GATE_TRIAL_RENAME] = { "protected paths: renaming", SK_GATE_HOOK_MOUNT },
};

const char *sk_gate_state_name(enum sk_gate_state state)
{
	return state_names[state];
}

size_t sk_gate_protections(const struct sk_gate *g, const struct sk_gate_protection **ret_rows)
{
	*ret_rows = g->protections;
	return g->protection_count;
}

static const char *hook_name(const struct sk_gate *g, size_t i, enum sk_gate_state state)
{
	unsigned hooks = sk_gate_hooks(g) & rows[i].blocks;

	if (state == SK_GATE_BLOCKS && rows[i].blocks == SK_GATE_HOOK_MOUNT)
		return "mount";

	if (state == SK_GATE_KILLS)
		return "signal";
	if (state != SK_GATE_BLOCKS)
		return NULL;
	return hooks & SK_GATE_HOOK_LSM ? "lsm" : hooks & SK_GATE_HOOK_FANOTIFY ? "fanotify" : "cgroup";
}

/* So many bytes within the time. */
static bool receive(int fd, void *bytes, size_t n)
{
	char *to = bytes;

	while (n) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t r = poll(&p, 1, CANARY_MS) > 0 ? read(fd, to, n) : -1;

		if (r <= 0)
			return false;
		to += r;
		n -= (size_t)r;
	}
	return true;
}

static void mark(struct sk_gate *g, bool marked)
{
	struct sk_gate_address key = { .family = 4, .port = SK_GATE_TRIAL_PORT, .bytes = SK_GATE_TRIAL_ADDRESS };
	uint32_t one = 1;

	if (marked)
		bpf_map_update_elem(g->kernel.maps[SK_GATE_MAP_ADDRESSES], &key, &one, 0);
	else
		bpf_map_delete_elem(g->kernel.maps[SK_GATE_MAP_ADDRESSES], &key);
}

static int run_trials(struct sk_gate *g, pid_t child, int from, int to, uint8_t states[SK_GATE_TRIALS + 1],
		      struct sk_err *err)
{
	static const char *const kept[] = { SK_GATE_TRIAL_KEPT, NULL };
	struct sk_gate_target target = { .protect = kept, .cgroup = SK_GATE_CANARY_KEY, .pid = child, .mode = SK_GATE_BLOCK,
					 .decided = true };
	uint8_t ready;

	if (!receive(from, &ready, 1) || ready)
		return sk_err_set(err, SK_EUNSUPPORTED, "no scratch container can be made here (an overlay on a tmpfs)");
	if (sk_gate_put(g, NULL, &target, err) < 0)
		return -err->code;
	if (write(to, &ready, 1) != 1 || !receive(from, states, SK_GATE_TRIALS + 1))
		return sk_err_set(err, SK_ETIMEOUT, "the scratch container did not answer");
	if (states[SK_GATE_TRIALS] != SK_GATE_ABSENT)
		return sk_err_set(err, SK_EINTEGRITY, "the scratch container's own program was stopped");
	return 0;
}

static void keep(struct sk_gate *g, const uint8_t states[SK_GATE_TRIALS])
{
	free(g->protections);
	g->protections = sk_alloc(SK_GATE_TRIALS * sizeof(*g->protections));
	g->protection_count = SK_GATE_TRIALS;
	for (size_t i = 0; i < SK_GATE_TRIALS; i++)
		g->protections[i] = (struct sk_gate_protection){ rows[i].name, (enum sk_gate_state)states[i],
								 hook_name(g, i, (enum sk_gate_state)states[i]) };
}

int sk_gate_canary(struct sk_gate *g, struct sk_err *err)
{
	uint8_t states[SK_GATE_TRIALS + 1] = { 0 };
	int there[2] = { -1, -1 }, back[2] = { -1, -1 }, r = 0;
	pid_t child;

	if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0) {
		r = sk_err_errno(err, "the canary");
	} else {
		child = fork();
		if (child == 0)
			sk_gate_trials(there[0], back[1]);
		sk_closep(&there[0]);
		sk_closep(&back[1]);
		mark(g, true);
		r = child < 0 ? sk_err_errno(err, "the canary") : run_trials(g, child, back[0], there[1], states, err);
		mark(g, false);
		sk_gate_remove(g, SK_GATE_CANARY_KEY);
		if (child > 0) {
			kill(child, SIGKILL);
			while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
				;
		}
	}
	if (r == 0)
		keep(g, states);
	sk_closep(&there[0]);
	sk_closep(&there[1]);
	sk_closep(&back[0]);
	sk_closep(&back[1]);
	return r < 0 ? r : (int)SK_GATE_TRIALS;
}
