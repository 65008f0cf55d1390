/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/gate-internal.h"

#include "guard/container.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <unistd.h>

bool sk_gate_built(void)
{
	return true;
}

static int open_fanotify(const struct sk_gate_options *o)
{
	if (o->hooks && !(o->hooks & SK_GATE_HOOK_FANOTIFY))
		return -1;
	return fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
			     O_RDONLY | O_LARGEFILE | O_CLOEXEC);
}

int sk_gate_open(const struct sk_gate_options *options, struct sk_gate **ret_gate, struct sk_err *err)
{
	struct sk_gate *g;

	if (geteuid() != 0)
		return sk_err_set(err, SK_EUNSUPPORTED, "to prevent what others do needs root");
	g = sk_alloc(sizeof(*g));
	g->options = *options;
	g->fanotify = g->wake = g->stop = g->deferred = -1;
	memset(g->kernel.maps, -1, sizeof(g->kernel.maps));
	memset(g->kernel.programs, -1, sizeof(g->kernel.programs));
	pthread_mutex_init(&g->lock, NULL);
	g->queue = sk_alloc(SK_GATE_QUEUE * sizeof(*g->queue));
	g->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g->stop = eventfd(0, EFD_CLOEXEC);
	g->deferred = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (g->wake < 0 || g->stop < 0 || g->deferred < 0) {
		sk_err_errno(err, "eventfd");
		sk_gate_close(g, true);
		return -err->code;
	}
	g->fanotify = open_fanotify(options);
	if (sk_gate_kernel_open(&g->kernel, options, err) < 0 || sk_gate_watch_start(g, err) < 0) {
		sk_gate_close(g, true);
		return -err->code;
	}
	*ret_gate = g;
	return 0;
}

void sk_gate_close(struct sk_gate *g, bool keep)
{
	if (!g)
		return;
	sk_gate_watch_stop(g);
	sk_closep(&g->fanotify);
	if (!keep && g->options.pins && g->kernel.pinned)
		sk_gate_drop(g->options.pins);
	sk_gate_kernel_close(&g->kernel);
	sk_closep(&g->wake);
	sk_closep(&g->stop);
	sk_closep(&g->deferred);
	for (size_t i = 0; i < g->members.len; i++)
		sk_gate_member_release(&g->members.data[i]);
	sk_vec_release(&g->members);
	for (; g->count; g->count--)
		free(g->queue[g->head++ % SK_GATE_QUEUE].path);
	free(g->queue);
	free(g->protections);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

unsigned sk_gate_hooks(const struct sk_gate *g)
{
	unsigned hooks = g->kernel.hooks & ~(unsigned)SK_GATE_HOOK_FANOTIFY;

	return g->fanotify >= 0 ? hooks | SK_GATE_HOOK_FANOTIFY : hooks;
}

bool sk_gate_is_pinned(const struct sk_gate *g)
{
	return g->kernel.pinned;
}

uint64_t sk_gate_lost(struct sk_gate *g)
{
	uint64_t lost;

	pthread_mutex_lock(&g->lock);
	lost = g->lost;
	pthread_mutex_unlock(&g->lock);
	return lost;
}

int sk_gate_fd(const struct sk_gate *g)
{
	return g->wake;
}

/* ---- containers ---- */

void sk_gate_member_release(struct sk_gate_member *m)
{
	free(m->id);
	free(m->image_id);
	m->id = m->image_id = NULL;
}

static void copy_member(struct sk_gate *g, const struct sk_gate_member *from, struct sk_gate_member *to)
{
	*to = *from;
	to->device = to->device ? to->device : sk_gate_known_device(g, to->key);
	to->id = from->id ? sk_strdup(from->id) : NULL;
	to->image_id = from->image_id ? sk_strdup(from->image_id) : NULL;
}

static struct sk_gate_member *find(struct sk_gate *g, uint64_t key)
{
	for (size_t i = 0; i < g->members.len; i++)
		if (g->members.data[i].key == key)
			return &g->members.data[i];
	return NULL;
}

bool sk_gate_member_of(struct sk_gate *g, uint64_t key, struct sk_gate_member *ret)
{
	struct sk_gate_member *m;

	pthread_mutex_lock(&g->lock);
	m = find(g, key);
	if (m)
		copy_member(g, m, ret);
	pthread_mutex_unlock(&g->lock);
	return m;
}

bool sk_gate_member_by_device(struct sk_gate *g, uint32_t device, struct sk_gate_member *ret)
{
	bool found = false;

	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < g->members.len && !found; i++)
		if (g->members.data[i].device == device && device) {
			copy_member(g, &g->members.data[i], ret);
			found = true;
		}
	pthread_mutex_unlock(&g->lock);
	return found;
}

bool sk_gate_member_by_cgroup(struct sk_gate *g, int32_t pid, struct sk_gate_member *ret)
{
	sk_autofree char *path = sk_printf("/proc/%d/cgroup", pid);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err err;
	bool found = false;

	if (sk_path_slurp(path, 1 << 16, &text, &err) < 0)
		return false;
	pthread_mutex_lock(&g->lock);
	/* A container has several with older hierarchies: the one that knows its root is asked for. */
	for (size_t i = 0; i < g->members.len && !(found && ret->device); i++) {
		struct sk_gate_member *m = &g->members.data[i];

		if (!m->id || !m->id[0] || sk_span_find(sk_buf_view(&text), sk_span_str(m->id)) < 0)
			continue;
		if (found)
			sk_gate_member_release(ret);
		copy_member(g, m, ret);
		found = true;
	}
	pthread_mutex_unlock(&g->lock);
	return found;
}

/* The device of its root, if a process is there to tell; never the host's. */
static uint32_t root_device(struct sk_gate *g, int32_t pid)
{
	sk_autofree char *path = sk_printf("/proc/%d/root", pid);
	sk_autoclose int root = pid > 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct sk_gate_settings settings;
	struct sk_gate_look look;
	uint32_t zero = 0;

	if (root < 0 || sk_gate_kernel_look(&g->kernel, root, &look) < 0 ||
	    bpf_map_lookup_elem(g->kernel.maps[SK_GATE_MAP_SETTINGS], &zero, &settings) < 0)
		return 0;
	return look.device == settings.host_device ? 0 : look.device;
}

static char *copy_span(struct sk_span s)
{
	return s.len ? sk_strndup(s.ptr, s.len) : NULL;
}

/* The kernel saw the first program's root, if it was there then; what it remembers is not for the container to change. */
uint32_t sk_gate_known_device(struct sk_gate *g, uint64_t key)
{
	struct sk_gate_container c = { 0 };
	struct sk_gate_birth birth = { 0 };

	if (bpf_map_lookup_elem(g->kernel.maps[SK_GATE_MAP_CONTAINERS], &key, &c) == 0 && c.device)
		return c.device;
	return bpf_map_lookup_elem(g->kernel.maps[SK_GATE_MAP_BIRTHS], &key, &birth) == 0 ? birth.device : 0;
}

static int put_kernel(struct sk_gate *g, const struct sk_gate_member *m, struct sk_err *err)
{
	struct sk_gate_container c = { .mode = m->mode, .device = m->device, .settled = m->settled };

	if (bpf_map_update_elem(g->kernel.maps[SK_GATE_MAP_CONTAINERS], &m->key, &c, 0) < 0)
		return sk_err_errno(err, "container %s", m->id ? m->id : "?");
	if (m->device)
		bpf_map_update_elem(g->kernel.maps[SK_GATE_MAP_ROOTS], &m->device, &m->key, 0);
	return 0;
}

int sk_gate_put(struct sk_gate *g, const struct sk_container *container, const struct sk_gate_target *t,
		struct sk_err *err)
{
	uint32_t device = sk_gate_known_device(g, t->cgroup);
	struct sk_gate_member m = { .key = t->cgroup, .mode = t->mode, .pid = t->pid,
				    .device = device ? device : root_device(g, t->pid),
				    .id = container ? copy_span(container->id) : NULL,
				    .image_id = container ? copy_span(container->image_id) : NULL };
	struct sk_gate_member *old;

	if (!t->cgroup) {
		sk_gate_member_release(&m);
		return sk_err_set(err, SK_EINVAL, "a container without a cgroup");
	}
	pthread_mutex_lock(&g->lock);
	old = find(g, t->cgroup);
	if (old) {
		m.marked = old->marked;
		m.protected = old->protected;
		m.pid = m.pid ? m.pid : old->pid;
		m.device = m.device ? m.device : old->device;
	} else
		old = sk_vec_push(&g->members);
	sk_gate_member_release(old);
	*old = m;
	pthread_mutex_unlock(&g->lock);
	/* Marked first: what the kernel's programs would stop is asked about from then on. */
	if (m.device)
		sk_gate_mark(g, m.pid, t->mode, &m.marked, err);
	m.settled = t->decided && (t->mode == SK_GATE_OFF || (m.device && m.marked == sk_gate_marks(g, t->mode)));
	pthread_mutex_lock(&g->lock);
	old = find(g, t->cgroup);
	old->marked = m.marked;
	old->settled = m.settled;
	pthread_mutex_unlock(&g->lock);
	if (put_kernel(g, &m, err) < 0)
		return -err->code;
	if (!t->protect || !t->protect[0] || m.protected || !m.device || t->pid <= 0)
		return 0;
	if (g->options.hooks && !(g->options.hooks & SK_GATE_HOOK_MOUNT))
		return 0;
	pthread_mutex_lock(&g->lock);
	find(g, t->cgroup)->protected = true;
	pthread_mutex_unlock(&g->lock);
	return sk_gate_protect(t->pid, t->protect, err);
}

void sk_gate_remove(struct sk_gate *g, uint64_t cgroup)
{
	uint32_t device = 0;

	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < g->members.len; i++) {
		if (g->members.data[i].key != cgroup)
			continue;
		device = g->members.data[i].device;
		sk_gate_member_release(&g->members.data[i]);
		g->members.data[i] = g->members.data[--g->members.len];
		break;
	}
	pthread_mutex_unlock(&g->lock);
	bpf_map_delete_elem(g->kernel.maps[SK_GATE_MAP_CONTAINERS], &cgroup);
	if (device)
		bpf_map_delete_elem(g->kernel.maps[SK_GATE_MAP_ROOTS], &device);
}

void sk_gate_know(struct sk_gate *g)
{
	/* Marks of single files are those that say "no more". */
	if (g->fanotify >= 0 && fanotify_mark(g->fanotify, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL) < 0)
		return;
}

void sk_gate_forget_device(struct sk_gate *g, uint64_t key)
{
	struct sk_gate_member *m;
	struct sk_gate_container c;
	uint32_t device = 0;

	pthread_mutex_lock(&g->lock);
	m = find(g, key);
	if (m) {
		device = m->device;
		m->device = 0;
	}
	pthread_mutex_unlock(&g->lock);
	if (!device)
		return;
	bpf_map_delete_elem(g->kernel.maps[SK_GATE_MAP_ROOTS], &device);
	if (bpf_map_lookup_elem(g->kernel.maps[SK_GATE_MAP_CONTAINERS], &key, &c) == 0) {
		c.device = 0;
		bpf_map_update_elem(g->kernel.maps[SK_GATE_MAP_CONTAINERS], &key, &c, 0);
	}
}

void sk_gate_allow(struct sk_gate *g, const char *path)
{
	sk_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct sk_gate_look look;

	if (fd >= 0 && sk_gate_kernel_look(&g->kernel, fd, &look) == 0)
		sk_gate_kernel_verify(&g->kernel, &look);
}

int sk_gate_mark_address(struct sk_gate *g, const uint8_t *address, bool six, uint16_t port, struct sk_err *err)
{
	struct sk_gate_address key = { .family = six ? 6 : 4, .port = port };
	uint32_t one = 1;

	memcpy(key.bytes, address, six ? 16 : 4);
	return bpf_map_update_elem(g->kernel.maps[SK_GATE_MAP_ADDRESSES], &key, &one, 0) < 0
		       ? sk_err_errno(err, "the marked address") : 0;
}
