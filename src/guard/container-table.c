/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-table.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/limits.h"
#include "guard/cgroup-map.h"
#include "guard/container-find.h"
#include "guard/container-runtime.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/*
 * A look at the files of a container that is not whole yet: at once, then after so long, twice that ...; and once
 * more when it is, for what is known only after its start: addresses.
 */
enum { FIRST_WAIT_MS = 20, LAST_WAIT_MS = 60000, WHOLE_WAIT_MS = 1000 };
/* Events of its last processes may come after its end; and one that nobody was seen in for so long has ended unseen. */
enum { LINGER_MS = 5000, UNSEEN_MS = 600000, SWEEP_MS = 1000, COUNT_MS = 60000 };

enum { BUCKETS = 1 << 10, SPACES = 1 << 9, CALLS = 64 };

struct entry {
	struct sk_container container; /* first: a container of the table is its entry */
	struct sk_arena arena;
	char *bundle;		     /* NULL: not known */
	const char *runtime;	     /* that was started for it; "" */
	uint32_t owner;		     /* user id of the runtime */
	bool odd;		     /* its cgroup's name has not its whole id in it */
	bool has_cgroup, known, looked_whole, ended;
	int64_t next_look, wait, seen; /* milliseconds of the monotonic clock; next_look INT64_MAX: no more */
	uint64_t pidns;		     /* of the first process that was seen in it */
	struct entry *next_id;	     /* of the same bucket */
	struct entry *older, *newer; /* in the order of their making */
};

/* Namespaces of processes whose cgroup says nothing. */
struct space {
	uint64_t pid, mnt;
	struct entry *entry; /* NULL: no container's */
};

/* A runtime that was started for a container: cgroups that it makes are that one's. */
struct call {
	int32_t pid;
	struct entry *entry;
};

struct observer {
	sk_container_fn *fn;
	void *context;
};

struct sk_container_table {
	struct entry *buckets[BUCKETS];
	struct entry *oldest, *newest;
	size_t count, ended;
	struct sk_cgroup_map *cgroups;
	struct space spaces[SPACES];
	struct call calls[CALLS];
	size_t next_call;
	SK_VEC(struct observer) observers;
	uint64_t host_pid, host_mnt; /* namespaces of the host */
	int64_t next_sweep, next_count;
};

static uint64_t namespace_of(const char *path, const char *own)
{
	struct stat st;

	return stat(path, &st) == 0 || stat(own, &st) == 0 ? st.st_ino : 0;
}

struct sk_container_table *sk_container_table_new(void)
{
	struct sk_container_table *table = sk_alloc(sizeof(*table));

	table->cgroups = sk_cgroup_map_new();
	table->host_pid = namespace_of("/proc/1/ns/pid", "/proc/self/ns/pid");
	table->host_mnt = namespace_of("/proc/1/ns/mnt", "/proc/self/ns/mnt");
	return table;
}

static void entry_free(struct entry *e)
{
	sk_arena_release(&e->arena);
	free(e->bundle);
	free(e);
}

void sk_container_table_free(struct sk_container_table *table)
{
	if (!table)
		return;
	while (table->oldest) {
		struct entry *e = table->oldest;

		table->oldest = e->newer;
		entry_free(e);
	}
	sk_cgroup_map_free(table->cgroups);
	sk_vec_release(&table->observers);
	free(table);
}

size_t sk_container_table_count(const struct sk_container_table *table)
{
	return table->count - table->ended;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void tell(struct sk_container_table *table, enum sk_container_change change, const struct entry *e,
		 uint64_t cgroup)
{
	for (size_t i = 0; i < table->observers.len; i++)
		table->observers.data[i].fn(table->observers.data[i].context, change, &e->container, cgroup);
}

void sk_container_table_observe(struct sk_container_table *table, sk_container_fn *fn, void *context)
{
	*sk_vec_push(&table->observers) = (struct observer){ fn, context };
	for (struct entry *e = table->oldest; e; e = e->newer)
		if (!e->ended)
			fn(context, SK_CONTAINER_ADDED, &e->container, 0);
}

/* ---- entries ---- */

static struct entry **bucket(struct sk_container_table *table, struct sk_span id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < id.len; i++)
		hash = (hash ^ (unsigned char)id.ptr[i]) * UINT64_C(0x100000001b3);
	return &table->buckets[hash % BUCKETS];
}

static struct entry *get(struct sk_container_table *table, struct sk_span id)
{
	for (struct entry *e = *bucket(table, id); e; e = e->next_id)
		if (sk_span_eq(e->container.id, id))
			return e;
	return NULL;
}

static void forget_spaces(struct sk_container_table *table, const struct entry *e)
{
	for (size_t i = 0; i < SPACES; i++)
		if (table->spaces[i].entry == e)
			table->spaces[i] = (struct space){ 0 };
}

static void end(struct sk_container_table *table, struct entry *e)
{
	if (e->ended)
		return;
	forget_spaces(table, e);
	e->ended = true;
	e->seen = now_ms();
	table->ended++;
	tell(table, SK_CONTAINER_GONE, e, 0);
}

/* No way leads to it any more, but processes still may point to it. */
static void unlink_entry(struct sk_container_table *table, struct entry *e)
{
	struct entry **at = bucket(table, e->container.id);

	end(table, e);
	table->ended--;
	table->count--;
	while (*at != e)
		at = &(*at)->next_id;
	*at = e->next_id;
	*(e->older ? &e->older->newer : &table->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &table->newest) = e->older;
	sk_cgroup_map_forget(table->cgroups, e);
	for (size_t i = 0; i < CALLS; i++)
		if (table->calls[i].entry == e)
			table->calls[i] = (struct call){ 0 };
}

/* A container that comes again under its id, as those that are started anew do. */
static void revive(struct sk_container_table *table, struct entry *e)
{
	e->ended = e->looked_whole = e->has_cgroup = false;
	e->next_look = e->wait = 0;
	e->pidns = 0;
	e->container.start = 0;
	table->ended--;
	tell(table, SK_CONTAINER_ADDED, e, 0);
}

/* NULL: there are as many as there may be, and which of them goes is decided between two events. */
static struct entry *entry_of(struct sk_container_table *table, struct sk_span id, const char *engine)
{
	struct entry *e = get(table, id), **at;

	if (e && e->ended)
		revive(table, e);
	if (e || table->count >= 2 * SK_MAX_CONTAINERS)
		return e;
	e = sk_alloc(sizeof(*e));
	e->container = (struct sk_container){ .id = sk_span(sk_arena_dup(&e->arena, id), id.len),
					      .engine = sk_span_str(engine), .privileged = -1 };
	e->runtime = "";
	e->seen = now_ms();
	at = bucket(table, id);
	e->next_id = *at;
	*at = e;
	e->older = table->newest;
	*(table->newest ? &table->newest->newer : &table->oldest) = e;
	table->newest = e;
	table->count++;
	tell(table, SK_CONTAINER_ADDED, e, 0);
	return e;
}

static bool is_known(const struct sk_container *c)
{
	return c->name.len && c->image.len;
}

static void plan_look(struct entry *e, int64_t now)
{
	bool whole = is_known(&e->container);

	if (whole) {
		e->wait = WHOLE_WAIT_MS;
		e->next_look = e->looked_whole ? INT64_MAX : now + e->wait;
		e->looked_whole = true;
		return;
	}
	e->wait = e->wait ? e->wait * 2 : FIRST_WAIT_MS;
	e->next_look = e->wait > LAST_WAIT_MS ? INT64_MAX : now + e->wait;
}

/* What is found is put beside what was known, so that a container looked at for ever takes no more memory. */
static void look(struct sk_container_table *table, struct entry *e, const struct sk_process *process)
{
	struct sk_arena arena = { 0 };
	struct sk_container next;
	int64_t now;

	if (e->next_look == INT64_MAX)
		return;
	now = now_ms();
	if (now < e->next_look)
		return;
	next = sk_container_copy(&e->container, &arena);
	sk_container_look(&next, process, &e->bundle, &arena);
	if (!next.name.len && e->bundle)
		next.name = next.id;
	if (!next.engine.len)
		next.engine = sk_span_str(e->runtime);
	sk_arena_release(&e->arena);
	e->container = next;
	e->arena = arena;
	plan_look(e, now);
	if (!e->known && is_known(&e->container)) {
		e->known = true;
		tell(table, SK_CONTAINER_KNOWN, e, 0);
	}
}

/* ---- by cgroup ---- */

/* What the last component of the cgroup of that container is (runc's and crun's rule). */
static bool is_cgroup_of(const struct entry *e, struct sk_span component)
{
	struct sk_span told = e->container.cgroup, slice, prefix, name;

	if (sk_span_ends(component, ".scope"))
		component.len -= strlen(".scope");
	if (!told.len)
		return sk_span_eq(component, e->container.id) ||
		       (component.len == strlen(e->runtime) + 1 + e->container.id.len &&
			sk_span_starts(component, e->runtime) && component.ptr[strlen(e->runtime)] == '-' &&
			sk_span_eq(sk_span_from(component, strlen(e->runtime) + 1), e->container.id));
	if (told.ptr[0] == '/' || sk_span_chr(told, ':') < 0)
		return sk_span_eq(component, sk_span_basename(told));
	if (!sk_span_split(&told, ':', &slice) || !sk_span_split(&told, ':', &prefix) ||
	    !sk_span_split(&told, ':', &name))
		return false;
	if (!prefix.len)
		return sk_span_eq(component, name);
	return component.len == prefix.len + 1 + name.len && sk_span_eq(sk_span_sub(component, 0, prefix.len), prefix) &&
	       component.ptr[prefix.len] == '-' && sk_span_eq(sk_span_from(component, prefix.len + 1), name);
}

static bool is_below(const struct entry *e, struct sk_span path)
{
	struct sk_span component;

	while (sk_span_split(&path, '/', &component))
		if (component.len && is_cgroup_of(e, component))
			return true;
	return false;
}

/* Of those whose cgroups carry any name; `free_only`: that have none yet. */
static struct entry *odd_entry(struct sk_container_table *table, struct sk_span path, bool free_only)
{
	for (struct entry *e = table->newest; e; e = e->older)
		if (e->odd && !e->ended && !(free_only && e->has_cgroup) && is_below(e, path))
			return e;
	return NULL;
}

static struct entry *entry_named(struct sk_container_table *table, struct sk_span path)
{
	const char *engine;
	struct sk_span id;

	if (sk_container_id(path, &id, &engine))
		return entry_of(table, id, engine);
	return odd_entry(table, path, false);
}

/* The name in /proc/PID/cgroup that names a container, of whatever hierarchy (cgroups(7)). */
static struct entry *entry_in_proc(struct sk_container_table *table, int32_t pid, bool *ret_read)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line;
	struct entry *e = NULL;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	*ret_read = sk_path_slurp(path, SK_MAX_PATH * 16, &text, NULL) >= 0 && text.len;
	rest = sk_buf_view(&text);
	while (*ret_read && !e && sk_span_line(&rest, &line))
		e = entry_named(table, line);
	return e;
}

static struct entry *by_cgroup(struct sk_container_table *table, const struct sk_process *process, struct sk_span name)
{
	struct sk_cgroup_slot *slot = sk_cgroup_map_get(table->cgroups, process->cgroup);
	struct entry *e;
	bool read = true;

	if (slot && (slot->named || !name.len))
		return slot->owner;
	e = name.len ? entry_named(table, name) : entry_in_proc(table, process->pid, &read);
	/* A process that has ended says nothing, which is not to say that there is no container. */
	if (!read || !process->cgroup)
		return e;
	sk_cgroup_map_put(table->cgroups, process->cgroup, e, name.len > 0);
	if (e) {
		e->has_cgroup = true;
		tell(table, SK_CONTAINER_CGROUP, e, process->cgroup);
	}
	return e;
}

/* ---- by what stands above ---- */

/* Who is no root may say so only of containers that are his. */
static bool may_own(const struct entry *e, const struct sk_process *runtime)
{
	return runtime->uid == 0 || e->owner == runtime->uid;
}

static struct entry *entry_above(struct sk_container_table *table, const struct sk_process *process)
{
	struct sk_arena arena = { 0 };
	struct entry *e = NULL;

	for (const struct sk_process *p = process->parent; p && !e; p = p->parent) {
		struct sk_runtime_call call;

		/* What stands in the namespace of the runtime is the engine's own, not yet the container's. */
		if (p->container || p->namespaces[SK_NS_MNT] == process->namespaces[SK_NS_MNT] ||
		    !sk_runtime_call(p, &arena, &call))
			continue;
		e = get(table, call.id);
		if (e && !may_own(e, p))
			e = NULL;
		if (e || get(table, call.id))
			continue;
		e = entry_of(table, call.id, "");
		if (e) {
			e->owner = p->uid;
			e->runtime = call.runtime;
			e->bundle = call.bundle.len ? sk_strndup(call.bundle.ptr, call.bundle.len) : NULL;
		}
	}
	sk_arena_release(&arena);
	return e;
}

/* Where the cgroup says nothing: it is in other namespaces than the host, and a runtime stands above it. */
static struct entry *by_namespaces(struct sk_container_table *table, const struct sk_process *process)
{
	uint64_t pid = process->namespaces[SK_NS_PID], mnt = process->namespaces[SK_NS_MNT];
	struct space *space = &table->spaces[(pid * 31 + mnt) % SPACES];
	struct entry *e;

	if (!mnt || mnt == table->host_mnt)
		return NULL;
	if (space->pid == pid && space->mnt == mnt)
		return space->entry;
	e = entry_above(table, process);
	/* One whose runtime is gone is known by its parent's container. */
	if (!e && process->parent && process->parent->container &&
	    process->parent->namespaces[SK_NS_MNT] == mnt)
		e = get(table, process->parent->container->id);
	/* One that has a cgroup is only not in it yet. */
	if (!e || !e->has_cgroup)
		*space = (struct space){ pid, mnt, e };
	return e;
}

const struct sk_container *sk_container_table_find(struct sk_container_table *table,
						   const struct sk_process *process, struct sk_span name)
{
	struct entry *e = by_cgroup(table, process, name);

	if (!e)
		e = by_namespaces(table, process);
	if (!e)
		return NULL;
	if (!e->pidns && process->namespaces[SK_NS_PID] != table->host_pid)
		e->pidns = process->namespaces[SK_NS_PID];
	look(table, e, process);
	return &e->container;
}

/* ---- what makes and ends them ---- */

static void remember_call(struct sk_container_table *table, int32_t pid, struct entry *e)
{
	table->calls[table->next_call++ % CALLS] = (struct call){ pid, e };
	/* Namespaces' numbers are given again. */
	forget_spaces(table, NULL);
}

static struct entry *called_by(const struct sk_container_table *table, const struct sk_process *process)
{
	for (int level = 0; process && level < 3; level++, process = process->parent)
		for (size_t i = 0; i < CALLS; i++)
			if (table->calls[i].entry && table->calls[i].pid == process->pid)
				return table->calls[i].entry;
	return NULL;
}

static bool has_whole_id(const struct entry *e)
{
	struct sk_span id;
	const char *engine;

	return sk_container_id(e->container.cgroup.len ? e->container.cgroup : e->container.id, &id, &engine) &&
	       sk_span_eq(id, e->container.id);
}

void sk_container_table_program(struct sk_container_table *table, const struct sk_process *process)
{
	struct sk_arena arena = { 0 };
	struct sk_runtime_call call;
	struct entry *e;

	if (process->container || !sk_runtime_call(process, &arena, &call) || !call.starts) {
		sk_arena_release(&arena);
		return;
	}
	e = get(table, call.id);
	if (e && !e->ended && !may_own(e, process))
		e = NULL;
	else
		e = entry_of(table, call.id, "");
	if (e) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		free(e->bundle);
		e->bundle = sk_strndup(call.bundle.ptr ? call.bundle.ptr : "", call.bundle.len);
		e->runtime = call.runtime;
		e->owner = process->uid;
		e->container.start = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
		e->next_look = 0;
		look(table, e, process);
		e->odd = !has_whole_id(e);
		remember_call(table, process->pid, e);
	}
	sk_arena_release(&arena);
}

static void cgroup_gone(struct sk_container_table *table, uint64_t number, struct sk_span name)
{
	struct sk_cgroup_slot *slot = sk_cgroup_map_get(table->cgroups, number);
	struct entry *e = slot ? slot->owner : NULL;
	struct sk_span id, last = sk_span_basename(name);
	const char *engine;

	if (e && (is_cgroup_of(e, last) || (sk_container_id(last, &id, &engine) && sk_span_eq(id, e->container.id))))
		end(table, e);
	sk_cgroup_map_remove(table->cgroups, number);
}

void sk_container_table_cgroup(struct sk_container_table *table, const struct sk_process *maker, uint64_t number,
			       struct sk_span name, bool gone)
{
	const char *engine;
	struct entry *e;
	struct sk_span id;

	if (gone) {
		cgroup_gone(table, number, name);
		return;
	}
	if (sk_container_id(name, &id, &engine)) {
		e = entry_of(table, id, engine);
	} else if (maker->container) {
		e = (struct entry *)maker->container;
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
	e->seen = now_ms();
	tell(table, SK_CONTAINER_CGROUP, e, number);
	look(table, e, maker);
}

void sk_container_table_exit(struct sk_container_table *table, const struct sk_process *process)
{
	struct entry *e = (struct entry *)process->container;

	if (e && !e->has_cgroup && process->vpid == 1 && e->pidns && process->namespaces[SK_NS_PID] == e->pidns)
		end(table, e);
}

/* ---- all of them ---- */

static void seed_process(void *context, struct sk_process *process)
{
	struct sk_container_table *table = context;
	bool read;
	struct entry *e = entry_in_proc(table, process->pid, &read);

	if (!e)
		e = by_namespaces(table, process);
	process->container = e ? &e->container : NULL;
	if (e)
		look(table, e, process);
}

void sk_container_table_seed(struct sk_container_table *table, struct sk_process_table *processes)
{
	sk_process_table_each(processes, seed_process, table);
}

static void note_seen(void *context, struct sk_process *process)
{
	struct entry *e = (struct entry *)process->container;

	if (e && !process->ended)
		e->seen = *(const int64_t *)context;
}

static void leave(void *context, struct sk_process *process)
{
	struct entry *const *gone = context;

	for (; *gone && process->container; gone++)
		if (process->container == &(*gone)->container)
			process->container = NULL;
}

/* Those whose end nobody told: no process of theirs is known. */
static void end_unseen(struct sk_container_table *table, struct sk_process_table *processes, int64_t now)
{
	if (now < table->next_count)
		return;
	table->next_count = now + COUNT_MS;
	sk_process_table_each(processes, note_seen, &now);
	for (struct entry *e = table->oldest; e; e = e->newer)
		if (now - e->seen > UNSEEN_MS)
			end(table, e);
}

static void end_oldest(struct sk_container_table *table)
{
	struct entry *e = table->oldest;

	for (size_t living = sk_container_table_count(table); living > SK_MAX_CONTAINERS && e; e = e->newer) {
		living -= !e->ended;
		end(table, e);
	}
}

void sk_container_table_sweep(struct sk_container_table *table, struct sk_process_table *processes)
{
	enum { AT_ONCE = 64 };
	struct entry *gone[AT_ONCE + 1] = { 0 };
	size_t n = 0;
	int64_t now;

	if (!table->count)
		return;
	now = now_ms();
	if (now < table->next_sweep)
		return;
	table->next_sweep = now + SWEEP_MS;
	end_unseen(table, processes, now);
	end_oldest(table);
	for (struct entry *e = table->oldest, *next; e && table->ended && n < AT_ONCE; e = next) {
		next = e->newer;
		if (!e->ended || now - e->seen < LINGER_MS)
			continue;
		unlink_entry(table, e);
		gone[n++] = e;
	}
	if (n == AT_ONCE)
		table->next_sweep = 0;
	if (n)
		sk_process_table_each(processes, leave, gone);
	for (size_t i = 0; i < n; i++)
		entry_free(gone[i]);
}
