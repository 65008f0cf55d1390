/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/drift-internal.h"

#include "agent/config.h"
#include "agent/harden.h"
#include "agent/select.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Programs of the engines that run in containers without being of their images. */
static const char *const engines[] = {
	"/usr/bin/docker-init", "/usr/libexec/docker/docker-init", "/usr/bin/tini", "/usr/libexec/podman/catatonit",
	"/usr/bin/catatonit", "/usr/lib/podman/catatonit",
};

/* A container, by its place in the sensor's table. */
struct room {
	const struct sk_container *container;
	SK_VEC(uint64_t) cgroups;
	int32_t pid; /* the first of its processes that was at home in it: it tells where its root is; 0: none yet */
};

struct sk_drift {
	const struct sk_drift_config *config;
	const struct sk_protect_config *protect;
	sk_drift_say_fn *say_fn;
	void *say_context;
	struct sk_gate *gate;
	struct sk_drift_images *images;
	struct sk_container_table *containers; /* the sensor's */
	SK_VEC(struct room) rooms;
	SK_VEC(const char *) paths; /* scratch of put: what is protected in one container */
	uint64_t host_mounts;
	bool put_failed; /* it was said */
};

__attribute__((format(printf, 3, 4))) static void say(struct sk_drift *d, bool trouble, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	d->say_fn(d->say_context, trouble, text);
}

/* ---- what a container has ---- */

/* Until its image is known, an entry that asks for it is about every container: the stricter of what may be. */
static enum sk_gate_mode mode_of(const struct sk_drift *d, const struct sk_container *c, bool *ret_decided)
{
	int mode = SK_GATE_OFF;

	*ret_decided = true;
	for (size_t i = 0; i < d->config->entries.len; i++) {
		const struct sk_drift_entry *e = &d->config->entries.data[i];
		enum sk_select chosen = sk_select_container(&e->images, &e->labels, c);

		if (chosen != SK_SELECT_NO && e->mode > mode)
			mode = e->mode;
		*ret_decided &= chosen != SK_SELECT_UNKNOWN;
		if (chosen == SK_SELECT_YES)
			return (enum sk_gate_mode)mode;
	}
	return (enum sk_gate_mode)(d->config->mode > mode ? d->config->mode : mode);
}

static const char *const *paths_of(struct sk_drift *d, const struct sk_container *c)
{
	d->paths.len = 0;
	for (size_t i = 0; i < d->protect->entries.len; i++) {
		const struct sk_protect_entry *e = &d->protect->entries.data[i];

		if (sk_select_container(&e->images, &e->labels, c) == SK_SELECT_NO)
			continue;
		for (size_t p = 0; p < e->paths.count; p++)
			*sk_vec_push(&d->paths) = e->paths.items[p];
	}
	if (!d->paths.len)
		return NULL;
	*sk_vec_push(&d->paths) = NULL;
	return d->paths.data;
}

static void put(struct sk_drift *d, const struct sk_container *c, uint64_t cgroup, int32_t pid)
{
	struct sk_gate_target target = { .cgroup = cgroup, .pid = pid, .protect = paths_of(d, c) };
	struct sk_err err = SK_ERR_INIT;

	target.mode = mode_of(d, c, &target.decided);
	if (sk_gate_put(d->gate, c, &target, &err) >= 0 || d->put_failed)
		return;
	d->put_failed = true;
	say(d, true, "a container is not guarded: %s", err.text);
}

static struct room *room_of(struct sk_drift *d, const struct sk_container *c)
{
	for (size_t i = 0; i < d->rooms.len; i++)
		if (d->rooms.data[i].container == c)
			return &d->rooms.data[i];
	return NULL;
}

static void room_drop(struct sk_drift *d, struct room *room)
{
	for (size_t i = 0; i < room->cgroups.len; i++)
		sk_gate_remove(d->gate, room->cgroups.data[i]);
	sk_vec_release(&room->cgroups);
	*room = d->rooms.data[--d->rooms.len];
}

static void add_cgroup(struct sk_drift *d, struct room *room, uint64_t cgroup, int32_t pid)
{
	bool known = false;

	for (size_t i = 0; i < room->cgroups.len; i++)
		known |= room->cgroups.data[i] == cgroup;
	if (!known)
		*sk_vec_push(&room->cgroups) = cgroup;
	if (!known || pid)
		put(d, room->container, cgroup, pid);
}

static void on_container(void *context, enum sk_container_change change, const struct sk_container *c, uint64_t cgroup)
{
	struct sk_drift *d = context;
	struct room *room = room_of(d, c);

	if (!room && (change == SK_CONTAINER_ADDED || change == SK_CONTAINER_CGROUP)) {
		room = sk_vec_push(&d->rooms);
		*room = (struct room){ .container = c };
	}
	if (!room) /* it is gone, and what is learned of it comes too late */
		return;
	switch (change) {
	case SK_CONTAINER_ADDED:
		break;
	case SK_CONTAINER_KNOWN:
		/* What is to come first: nobody is judged without it who can wait. */
		sk_drift_images_want(d->images, c, room->pid);
		for (size_t i = 0; i < room->cgroups.len; i++)
			put(d, c, room->cgroups.data[i], 0);
		break;
	case SK_CONTAINER_CGROUP:
		add_cgroup(d, room, cgroup, 0);
		break;
	case SK_CONTAINER_GONE:
		room_drop(d, room);
		break;
	}
}

void sk_drift_containers(struct sk_drift *d, struct sk_container_table *table)
{
	if (!d || !table)
		return;
	d->containers = table;
	sk_container_table_observe(table, on_container, d);
}

/* The runtime's own init runs among the host's mounts; what follows it is at home. */
void sk_drift_event(struct sk_drift *d, const struct sk_event *event)
{
	const struct sk_process *p = event->process;
	struct room *room;

	if (!d || !p->container || (event->type != SK_EVENT_EXECVE && event->type != SK_EVENT_EXECVEAT) ||
	    p->namespaces[SK_NS_MNT] == d->host_mounts)
		return;
	room = room_of(d, p->container);
	if (!room || room->pid)
		return;
	room->pid = p->pid;
	sk_drift_images_want(d->images, p->container, p->pid);
	add_cgroup(d, room, p->cgroup, p->pid);
}

int sk_drift_poll(struct sk_drift *d, struct sk_process_table *processes, sk_gate_fn *fn, void *context,
		  struct sk_err *err)
{
	sk_autofree char *trouble = d ? sk_drift_images_trouble(d->images) : NULL;

	if (trouble)
		say(d, true, "%s", trouble);
	if (!d)
		return 0;
	if (sk_drift_images_news(d->images))
		sk_gate_know(d->gate);
	return sk_gate_poll(d->gate, processes, d->containers, fn, context, err);
}

const char *sk_drift_mode(const struct sk_drift *d, const struct sk_container *c)
{
	static const char *const names[] = { "off", "alert", "block" };
	bool decided;

	return names[d ? mode_of(d, c, &decided) : SK_GATE_OFF];
}

struct sk_gate *sk_drift_gate(struct sk_drift *d)
{
	return d ? d->gate : NULL;
}

/* ---- opening ---- */

static enum sk_gate_mode strictest(const struct sk_drift_config *c)
{
	int mode = c->mode;

	for (size_t i = 0; i < c->entries.len; i++)
		mode = c->entries.data[i].mode > mode ? c->entries.data[i].mode : mode;
	return (enum sk_gate_mode)mode;
}

bool sk_drift_is_needed(const struct sk_drift_config *drift, const struct sk_protect_config *protect)
{
	return (strictest(drift) != SK_GATE_OFF || protect->entries.len || protect->addresses.count) && sk_gate_built();
}

bool sk_drift_marks(const struct sk_drift_config *c)
{
	unsigned watching = SK_GATE_HOOK_LSM | SK_GATE_HOOK_SIGNAL;

	/* Without the kernel's programs, alerts come of marks too. */
	return strictest(c) == SK_GATE_BLOCK || (strictest(c) != SK_GATE_OFF && c->hooks && !(c->hooks & watching));
}

bool sk_drift_mounts(const struct sk_protect_config *protect)
{
	return protect->entries.len > 0;
}

/* Whether anything is stopped: then it must stay so while the agent is away. */
static bool stops(const struct sk_drift_options *o)
{
	return strictest(o->drift) == SK_GATE_BLOCK || o->protect->entries.len || o->protect->addresses.count;
}

static void say_protections(struct sk_drift *d, const char *tried)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const struct sk_gate_protection *rows;
	size_t count = sk_gate_protections(d->gate, &rows);

	for (size_t i = 0; i < count; i++)
		sk_buf_printf(&text, "%s%s %s%s%s%s", i ? "; " : "", rows[i].name, sk_gate_state_name(rows[i].state),
			      rows[i].hook ? " (" : "", rows[i].hook ? rows[i].hook : "", rows[i].hook ? ")" : "");
	if (count)
		say(d, false, "%s: %s", tried, sk_buf_str(&text));
}

static int mark_addresses(struct sk_drift *d, struct sk_err *err)
{
	for (size_t i = 0; i < d->protect->addresses.count; i++) {
		struct sk_marked_address a;

		if (sk_marked_address_parse(d->protect->addresses.items[i], &a) &&
		    sk_gate_mark_address(d->gate, a.bytes, a.six, a.port, err) < 0)
			return sk_err_wrap(err, "%s", d->protect->addresses.items[i]);
	}
	return 0;
}

/* One agent's own: several, each with a runtime folder of its own, do not take over from each other. */
static char *pins_of(const char *runtime)
{
	if (strcmp(runtime, SK_AGENT_RUNTIME) == 0)
		return sk_strdup(SK_GATE_PINS);
	return sk_printf("%s-%016llx", SK_GATE_PINS, (unsigned long long)sk_hash_stable(sk_span_str(runtime)));
}

static void begin_thread(void)
{
	sk_harden_thread(SK_THREAD_GATE);
}

static int open_gate(struct sk_drift *d, const struct sk_drift_options *o, struct sk_err *err)
{
	bool keep = o->drift->keep && stops(o);
	sk_autofree char *pins = pins_of(o->runtime), *other = NULL;
	struct sk_gate_options options = { .born = (enum sk_gate_mode)o->drift->mode, .unknown = strictest(o->drift),
					   .hold = o->drift->hold, .hooks = o->drift->hooks,
					   .truth = sk_drift_images_truth(d->images), .begin = begin_thread,
					   .pins = keep ? pins : NULL };
	struct sk_err canary = SK_ERR_INIT;

	if (!keep)
		sk_gate_drop(pins);
	if (sk_gate_open(&options, &d->gate, err) < 0 || mark_addresses(d, err) < 0)
		return -err->code;
	if (keep && !sk_gate_is_pinned(d->gate))
		say(d, true, "what is blocked stays so only while this agent runs: nothing can be pinned in /sys/fs/bpf");
	for (size_t i = 0; i < SK_COUNT(engines); i++)
		sk_gate_allow(d->gate, engines[i]);
	if (o->drift->canary && sk_gate_canary(d->gate, &canary) < 0)
		say(d, true, "the protections could not be tried: %s", canary.text);
	say_protections(d, "tried");
	/* After the canary, which takes a moment: what was unpinned just now is gone. */
	other = sk_gate_other(d->gate, pins);
	if (other)
		say(d, true, "%s: what it does not know does not run, whatever this agent says", other);
	return 0;
}

size_t sk_drift_try(const struct sk_drift_options *o, struct sk_gate_protection *ret_rows, size_t room)
{
	struct sk_drift d = { .say_fn = o->say, .say_context = o->context };
	struct sk_gate_options options = { .born = SK_GATE_OFF, .hooks = o->drift->hooks };
	const struct sk_gate_protection *rows;
	struct sk_err err = SK_ERR_INIT;
	size_t count = 0;

	if (!o->drift->canary || !sk_gate_built())
		return 0;
	if (sk_gate_open(&options, &d.gate, &err) < 0 || sk_gate_canary(d.gate, &err) < 0)
		say(&d, true, "the protections could not be tried: %s", err.text);
	else
		say_protections(&d, "nothing is asked for (drift, protect); it would be");
	if (d.gate)
		count = sk_gate_protections(d.gate, &rows);
	for (size_t i = 0; i < count && i < room; i++)
		ret_rows[i] = rows[i];
	if (d.gate)
		sk_gate_close(d.gate, false);
	return count < room ? count : room;
}

int sk_drift_open(const struct sk_drift_options *o, struct sk_drift **ret, struct sk_err *err)
{
	sk_autofree char *manifests = NULL;
	struct sk_drift *d;
	struct stat st;

	*ret = NULL;
	if (!sk_gate_built())
		return 0;
	if (!sk_drift_is_needed(o->drift, o->protect)) {
		sk_autofree char *pins = pins_of(o->runtime);

		sk_gate_drop(pins);
		return 0;
	}
	d = sk_alloc(sizeof(*d));
	d->config = o->drift;
	d->protect = o->protect;
	d->say_fn = o->say;
	d->say_context = o->context;
	/* Who may not look at the first process is taken to be in its mounts, as long as nothing is open. */
	if (stat("/proc/1/ns/mnt", &st) == 0 || stat("/proc/self/ns/mnt", &st) == 0)
		d->host_mounts = st.st_ino;
	manifests = o->drift->manifests ? sk_strdup(o->drift->manifests) : sk_printf("%s/manifests", o->state);
	d->images = sk_drift_images_open(manifests, o->drift->make);
	if (open_gate(d, o, err) < 0) {
		sk_drift_close(d);
		return -err->code;
	}
	*ret = d;
	return 0;
}

void sk_drift_close(struct sk_drift *d)
{
	if (!d)
		return;
	sk_gate_close(d->gate, d->config->keep);
	sk_drift_images_close(d->images);
	for (size_t i = 0; i < d->rooms.len; i++)
		sk_vec_release(&d->rooms.data[i].cgroups);
	sk_vec_release(&d->rooms);
	sk_vec_release(&d->paths);
	free(d);
}
