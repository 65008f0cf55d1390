/* SPDX-License-Identifier: Apache-2.0 */
/* In which container a process is, and what makes and ends containers. */
#include "guard/container-internal.h"

#include "base/fd.h"
#include "base/limits.h"
#include "guard/container-runtime.h"

#include <stdio.h>
#include <time.h>

/* ---- by cgroup ---- */

static bool is_cgroup_of(const struct sk_container_entry *e, struct sk_span component)
{
	return sk_container_is_cgroup(&e->container, e->runtime, component);
}

static bool is_below(const struct sk_container_entry *e, struct sk_span path)
{
	struct sk_span component;

	while (sk_span_split(&path, '/', &component))
		if (component.len && is_cgroup_of(e, component))
			return true;
	return false;
}

/* Of those whose cgroups carry any name; `free_only`: that have none yet. */
static struct sk_container_entry *odd_entry(struct sk_container_table *table, struct sk_span path,
					    bool free_only)
{
	for (struct sk_container_entry *e = table->newest; e; e = e->older)
		if (e->odd && !e->ended && !(free_only && e->has_cgroup) && is_below(e, path))
			return e;
	return NULL;
}

static struct sk_container_entry *entry_named(struct sk_container_table *table, struct sk_span path)
{
	const char *engine;
	struct sk_span id;

	if (sk_container_id(path, &id, &engine))
		return sk_container_entry_of(table, id, engine);
	return odd_entry(table, path, false);
}

/* The name in /proc/PID/cgroup that names a container, of whatever hierarchy (cgroups(7)). */
struct sk_container_entry *sk_container_entry_in_proc(struct sk_container_table *table, int32_t pid,
						      bool *ret_read)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line;
	struct sk_container_entry *e = NULL;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	*ret_read = sk_path_slurp(path, SK_MAX_PATH * 16, &text, NULL) >= 0 && text.len;
	rest = sk_buf_view(&text);
	while (*ret_read && !e && sk_span_line(&rest, &line))
		e = entry_named(table, line);
	return e;
}

static struct sk_container_entry *by_cgroup(struct sk_container_table *table,
					    const struct sk_process *process, struct sk_span name)
{
	struct sk_cgroup_slot *slot = sk_cgroup_map_get(table->cgroups, process->cgroup);
	struct sk_container_entry *e;
	bool read = true;

	if (slot && (slot->named || !name.len))
		return slot->owner;
	e = name.len ? entry_named(table, name)
		     : sk_container_entry_in_proc(table, process->pid, &read);
	/* A process that has ended says nothing, which is not to say that there is no container. */
	if (!read || !process->cgroup)
		return e;
	sk_cgroup_map_put(table->cgroups, process->cgroup, e, name.len > 0);
	if (e) {
		e->has_cgroup = true;
		sk_container_entry_tell(table, SK_CONTAINER_CGROUP, e, process->cgroup);
	}
	return e;
}

/* ---- by what stands above ---- */

/* Who is no root may say so only of containers that are his. */
static bool may_own(const struct sk_container_entry *e, const struct sk_process *runtime)
{
	return runtime->uid == 0 || e->container.owner == runtime->uid;
}

static struct sk_container_entry *entry_above(struct sk_container_table *table,
					      const struct sk_process *process)
{
	struct sk_arena arena = { 0 };
	struct sk_container_entry *e = NULL;

	for (const struct sk_process *p = process->parent; p && !e; p = p->parent) {
		struct sk_runtime_call call;

		/* What stands in the namespace of the runtime is the engine's own, not yet the container's. */
		if (p->container || p->namespaces[SK_NS_MNT] == process->namespaces[SK_NS_MNT] ||
		    !sk_runtime_call(p, &arena, &call))
			continue;
		e = sk_container_entry_get(table, call.id);
		if (e && !may_own(e, p))
			e = NULL;
		if (e || sk_container_entry_get(table, call.id))
			continue;
		e = sk_container_entry_of(table, call.id, "");
		if (e) {
			e->container.owner = p->uid;
			e->runtime = call.runtime;
			e->bundle = call.bundle.len ? sk_strndup(call.bundle.ptr, call.bundle.len)
						    : NULL;
		}
	}
	sk_arena_release(&arena);
	return e;
}

/* Where the cgroup says nothing: it is in other namespaces than the host, and a runtime stands above it. */
struct sk_container_entry *sk_container_entry_by_namespaces(struct sk_container_table *table,
							    const struct sk_process *process)
{
	uint64_t pid = process->namespaces[SK_NS_PID], mnt = process->namespaces[SK_NS_MNT];
	struct sk_container_space *space = &table->spaces[(pid * 31 + mnt) % SK_CONTAINER_SPACES];
	struct sk_container_entry *e;

	if (!mnt || mnt == table->host_mnt)
		return NULL;
	if (space->pid == pid && space->mnt == mnt)
		return space->entry;
	e = entry_above(table, process);
	/* One whose runtime is gone is known by its parent's container. */
	if (!e && process->parent && process->parent->container &&
	    process->parent->namespaces[SK_NS_MNT] == mnt)
		e = sk_container_entry_get(table, process->parent->container->id);
	/* One that has a cgroup is only not in it yet. */
	if (!e || !e->has_cgroup)
		*space = (struct sk_container_space){ pid, mnt, e };
	return e;
}

const struct sk_container *sk_container_table_find(struct sk_container_table *table,
						   const struct sk_process *process,
						   struct sk_span name)
{
	struct sk_container_entry *e = by_cgroup(table, process, name);

	if (!e)
		e = sk_container_entry_by_namespaces(table, process);
	if (!e)
		return NULL;
	if (!e->pidns && process->namespaces[SK_NS_PID] != table->host_pid)
		e->pidns = process->namespaces[SK_NS_PID];
	sk_container_entry_look(table, e, process);
	return &e->container;
}

/* ---- what makes and ends them ---- */

static void remember_call(struct sk_container_table *table, int32_t pid,
			  struct sk_container_entry *e)
{
	table->calls[table->next_call++ % SK_CONTAINER_CALLS] =
		(struct sk_container_call){ pid, e };
	/* Namespaces' numbers are given again. */
	sk_container_forget_spaces(table, NULL);
}

static struct sk_container_entry *called_by(const struct sk_container_table *table,
					    const struct sk_process *process)
{
	for (int level = 0; process && level < 3; level++, process = process->parent)
		for (size_t i = 0; i < SK_CONTAINER_CALLS; i++)
			if (table->calls[i].entry && table->calls[i].pid == process->pid)
				return table->calls[i].entry;
	return NULL;
}

static bool has_whole_id(const struct sk_container_entry *e)
{
	struct sk_span id;
	const char *engine;

	return sk_container_id(e->container.cgroup.len ? e->container.cgroup : e->container.id, &id,
			       &engine) &&
	       sk_span_eq(id, e->container.id);
}

void sk_container_table_program(struct sk_container_table *table, const struct sk_process *process)
{
	struct sk_arena arena = { 0 };
	struct sk_runtime_call call;
	struct sk_container_entry *e;

	if (process->container || !sk_runtime_call(process, &arena, &call) || !call.starts) {
		sk_arena_release(&arena);
		return;
	}
	e = sk_container_entry_get(table, call.id);
	if (e && !e->ended && !may_own(e, process))
		e = NULL;
	else
		e = sk_container_entry_of(table, call.id, "");
	if (e) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		free(e->bundle);
		e->bundle = sk_strndup(call.bundle.ptr ? call.bundle.ptr : "", call.bundle.len);
		e->runtime = call.runtime;
		e->container.owner = process->uid;
		e->container.start = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
		e->next_look = 0;
		sk_container_entry_look(table, e, process);
		e->odd = !has_whole_id(e);
		remember_call(table, process->pid, e);
	}
	sk_arena_release(&arena);
}

static void cgroup_gone(struct sk_container_table *table, uint64_t number, struct sk_span name)
{
	struct sk_cgroup_slot *slot = sk_cgroup_map_get(table->cgroups, number);
	struct sk_container_entry *e = slot ? slot->owner : NULL;
	struct sk_span id, last = sk_span_basename(name);
	const char *engine;

	if (e && (is_cgroup_of(e, last) ||
		  (sk_container_id(last, &id, &engine) && sk_span_eq(id, e->container.id))))
		sk_container_entry_end(table, e);
	sk_cgroup_map_remove(table->cgroups, number);
}

void sk_container_table_cgroup(struct sk_container_table *table, const struct sk_process *maker,
			       uint64_t number, struct sk_span name, bool gone)
{
	const char *engine;
	struct sk_container_entry *e;
	struct sk_span id;

	if (gone) {
		cgroup_gone(table, number, name);
		return;
	}
	if (sk_container_id(name, &id, &engine)) {
		e = sk_container_entry_of(table, id, engine);
	} else if (maker->container) {
		e = (struct sk_container_entry *)maker->container;
	} else {
		e = called_by(table, maker);
		if (e && !is_below(e, name))
			e = NULL;
		/* systemd makes it for a runtime that asked for it. */
		if (!e && sk_span_is(maker->name, "systemd"))
			e = odd_entry(table, name, true);
	}
	sk_cgroup_map_put(table->cgroups, number, e, true);
	if (!e)
		return;
	e->has_cgroup = true;
	e->seen = sk_container_now();
	sk_container_entry_tell(table, SK_CONTAINER_CGROUP, e, number);
	sk_container_entry_look(table, e, maker);
}

void sk_container_table_exit(struct sk_container_table *table, const struct sk_process *process)
{
	struct sk_container_entry *e = (struct sk_container_entry *)process->container;

	if (e && !e->has_cgroup && process->vpid == 1 && e->pidns &&
	    process->namespaces[SK_NS_PID] == e->pidns)
		sk_container_entry_end(table, e);
}
