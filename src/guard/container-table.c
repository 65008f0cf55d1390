/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-internal.h"

#include "base/limits.h"
#include "guard/container-find.h"
#include "guard/container-read.h"
#include "guard/container-runtime.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

/*
 * A look at the files of a container that is not whole yet: at once, then after so long, twice that ...; and once
 * more when it is, for what is known only after its start: addresses.
 */
enum { FIRST_WAIT_MS = 20, LAST_WAIT_MS = 60000, WHOLE_WAIT_MS = 1000, ASK_WAIT_MS = 160 };
/* Events of its last processes may come after its end; and one that nobody was seen in for so long has ended unseen. */
enum { LINGER_MS = 5000, UNSEEN_MS = 600000, SWEEP_MS = 1000, COUNT_MS = 60000 };

static uint64_t namespace_of(const char *path, const char *own)
{
	struct stat st;

	return stat(path, &st) == 0 || stat(own, &st) == 0 ? st.st_ino : 0;
}

struct sk_container_table *sk_container_table_new(void)
{
	struct sk_container_table *table = sk_alloc(sizeof(*table));

	table->cgroups = sk_cgroup_map_new();
	table->aside = sk_container_aside_new();
	table->host_pid = namespace_of("/proc/1/ns/pid", "/proc/self/ns/pid");
	table->host_mnt = namespace_of("/proc/1/ns/mnt", "/proc/self/ns/mnt");
	return table;
}

static void entry_free(struct sk_container_entry *e)
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
		struct sk_container_entry *e = table->oldest;

		table->oldest = e->newer;
		entry_free(e);
	}
	sk_container_aside_free(table->aside);
	sk_container_engines_free(table->engines);
	sk_cgroup_map_free(table->cgroups);
	sk_vec_release(&table->observers);
	free(table);
}

void sk_container_table_each(const struct sk_container_table *table,
			     void (*fn)(void *context, const struct sk_container *container), void *context)
{
	for (const struct sk_container_entry *e = table->oldest; e; e = e->newer)
		if (!e->ended)
			fn(context, &e->container);
}

size_t sk_container_table_count(const struct sk_container_table *table)
{
	return table->count - table->ended;
}

int64_t sk_container_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

void sk_container_entry_tell(struct sk_container_table *table, enum sk_container_change change,
			     const struct sk_container_entry *e, uint64_t cgroup)
{
	for (size_t i = 0; i < table->observers.len; i++)
		table->observers.data[i].fn(table->observers.data[i].context, change, &e->container,
					    cgroup);
}

void sk_container_table_observe(struct sk_container_table *table, sk_container_fn *fn,
				void *context)
{
	*sk_vec_push(&table->observers) = (struct sk_container_observer){ fn, context };
	for (struct sk_container_entry *e = table->oldest; e; e = e->newer)
		if (!e->ended)
			fn(context, SK_CONTAINER_ADDED, &e->container, 0);
}

/* ---- entries ---- */

static struct sk_container_entry **bucket(struct sk_container_table *table, struct sk_span id)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < id.len; i++)
		hash = (hash ^ (unsigned char)id.ptr[i]) * UINT64_C(0x100000001b3);
	return &table->buckets[hash % SK_CONTAINER_BUCKETS];
}

struct sk_container_entry *sk_container_entry_get(struct sk_container_table *table,
						  struct sk_span id)
{
	for (struct sk_container_entry *e = *bucket(table, id); e; e = e->next_id)
		if (sk_span_eq(e->container.id, id))
			return e;
	return NULL;
}

void sk_container_forget_spaces(struct sk_container_table *table,
				const struct sk_container_entry *e)
{
	for (size_t i = 0; i < SK_CONTAINER_SPACES; i++)
		if (table->spaces[i].entry == e)
			table->spaces[i] = (struct sk_container_space){ 0 };
}

void sk_container_entry_end(struct sk_container_table *table, struct sk_container_entry *e)
{
	if (e->ended)
		return;
	sk_container_forget_spaces(table, e);
	e->ended = true;
	e->seen = sk_container_now();
	table->ended++;
	sk_container_entry_tell(table, SK_CONTAINER_GONE, e, 0);
}

/* No way leads to it any more, but processes still may point to it. */
static void unlink_entry(struct sk_container_table *table, struct sk_container_entry *e)
{
	struct sk_container_entry **at = bucket(table, e->container.id);

	sk_container_entry_end(table, e);
	table->ended--;
	table->count--;
	while (*at != e)
		at = &(*at)->next_id;
	*at = e->next_id;
	*(e->older ? &e->older->newer : &table->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &table->newest) = e->older;
	sk_cgroup_map_forget(table->cgroups, e);
	for (size_t i = 0; i < SK_CONTAINER_CALLS; i++)
		if (table->calls[i].entry == e)
			table->calls[i] = (struct sk_container_call){ 0 };
}

/* A container that comes again under its id: another one, for all that is known. */
static void revive(struct sk_container_table *table, struct sk_container_entry *e)
{
	struct sk_arena old = e->arena;

	e->arena = (struct sk_arena){ 0 };
	e->container = (struct sk_container){
		.id = sk_span(sk_arena_dup(&e->arena, e->container.id), e->container.id.len),
		.privileged = -1,
	};
	sk_arena_release(&old);
	free(e->bundle);
	e->bundle = NULL;
	e->runtime = "";
	e->ended = e->asked = e->looked_whole = e->has_cgroup = e->odd = false;
	e->known = 0;
	e->next_look = e->wait = 0;
	e->pidns = 0;
	table->ended--;
	sk_container_entry_tell(table, SK_CONTAINER_ADDED, e, 0);
}

/* NULL: there are as many as there may be, and which of them goes is decided between two events. */
struct sk_container_entry *sk_container_entry_of(struct sk_container_table *table,
						 struct sk_span id, const char *engine)
{
	struct sk_container_entry *e = sk_container_entry_get(table, id), **at;

	if (e && e->ended) {
		revive(table, e);
		e->container.engine = sk_span_str(engine);
	}
	if (e || table->count >= 2 * SK_MAX_CONTAINERS)
		return e;
	e = sk_alloc(sizeof(*e));
	e->container = (struct sk_container){ .id = sk_span(sk_arena_dup(&e->arena, id), id.len),
					      .engine = sk_span_str(engine),
					      .privileged = -1 };
	e->runtime = "";
	e->seen = sk_container_now();
	at = bucket(table, id);
	e->next_id = *at;
	*at = e;
	e->older = table->newest;
	*(table->newest ? &table->newest->newer : &table->oldest) = e;
	table->newest = e;
	table->count++;
	sk_container_entry_tell(table, SK_CONTAINER_ADDED, e, 0);
	return e;
}

static bool is_known(const struct sk_container *c)
{
	return c->name.len && c->image.len;
}

static void plan_look(struct sk_container_entry *e, int64_t now)
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

/* Which of the things that others wait for are there. */
static unsigned what_is_known(const struct sk_container *c)
{
	return (c->name.len > 0) | (c->image.len > 0) << 1 | (c->image_id.len > 0) << 2 | (c->image_digest.len > 0) << 3 |
	       (c->pod_name.len > 0) << 4 | (c->label_count > 0) << 5 | (c->pod_label_count > 0) << 6 | (c->ip.len > 0) << 7 |
	       (c->upper.len > 0) << 8;
}

/* Others take the place of its strings, and who waits for them hears it. */
static void put(struct sk_container_table *table, struct sk_container_entry *e, const struct sk_container *next)
{
	struct sk_arena arena = { 0 };

	e->container = sk_container_copy(next, &arena);
	sk_arena_release(&e->arena);
	e->arena = arena;
	if (e->known == what_is_known(next))
		return;
	e->known = what_is_known(next);
	sk_container_entry_tell(table, SK_CONTAINER_KNOWN, e, 0);
}

/* An engine knows all of it once it runs: when there is nothing more to be found without it, or not much for long. */
static void ask(struct sk_container_table *table, struct sk_container_entry *e)
{
	bool late = e->next_look == INT64_MAX || (!is_known(&e->container) && e->wait >= ASK_WAIT_MS);

	if (table->engines && !e->asked && !e->ended && late)
		e->asked = sk_container_engines_ask(table->engines, e->container.id);
}

/* Who started the runtime that it came from, if that was not seen: the files of users are looked at otherwise. */
static void find_owner(struct sk_container_entry *e, const struct sk_process *process)
{
	struct sk_arena arena = { 0 };
	struct sk_runtime_call call;

	for (const struct sk_process *p = process; p && !e->container.owner; p = p->parent)
		if (p->container != &e->container && sk_runtime_call(p, &arena, &call) && sk_span_eq(call.id, e->container.id))
			e->container.owner = p->uid;
	sk_arena_release(&arena);
}

/* A copy of what was known, with all that is found beside it, is copied again without what else was read. */
void sk_container_entry_look(struct sk_container_table *table, struct sk_container_entry *e,
			     const struct sk_process *process)
{
	struct sk_arena work = { 0 };
	struct sk_container next;
	int64_t now;

	if (e->next_look == INT64_MAX)
		return;
	now = sk_container_now();
	if (now < e->next_look)
		return;
	if (!e->wait)
		find_owner(e, process);
	next = sk_container_copy(&e->container, &work);
	if (e->container.owner)
		sk_container_aside_look(table->aside, &next, &e->bundle, &work);
	else
		sk_container_look(&next, process, &e->bundle, &work);
	if (!next.name.len && e->bundle)
		next.name = next.id;
	if (!next.engine.len)
		next.engine = sk_span_str(e->runtime);
	put(table, e, &next);
	sk_arena_release(&work);
	plan_look(e, now);
	ask(table, e);
}

/* What an engine has answered wins over what files said. */
static void take_answer(struct sk_container_table *table, const struct sk_engine_answer *answer)
{
	struct sk_container_entry *e = sk_container_entry_get(table, sk_span_str(answer->id));
	struct sk_arena work = { 0 };
	struct sk_container next;

	if (!e || e->ended)
		return;
	next = sk_container_copy(&e->container, &work);
	sk_container_read(SK_CONTAINER_INSPECT, sk_buf_view(&answer->container), &work, &next, NULL);
	sk_container_read(SK_CONTAINER_INSPECT_IMAGE, sk_buf_view(&answer->image), &work, &next, NULL);
	put(table, e, &next);
	sk_arena_release(&work);
}

static void take_answers(struct sk_container_table *table)
{
	struct sk_engine_answer answer = { 0 };

	while (table->engines && sk_container_engines_take(table->engines, &answer)) {
		take_answer(table, &answer);
		sk_engine_answer_release(&answer);
	}
}

void sk_container_table_ask(struct sk_container_table *table, const char *const *sockets)
{
	sk_container_engines_free(table->engines);
	table->engines = sk_container_engines_new(sockets);
	for (struct sk_container_entry *e = table->oldest; e; e = e->newer)
		ask(table, e);
}

/* ---- all of them ---- */

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static void seed_process(void *context, struct sk_process *process)
{
	struct sk_container_table *table = context;
	bool read;
	struct sk_container_entry *e = sk_container_entry_in_proc(table, process->pid, &read);

	if (!e)
		e = sk_container_entry_by_namespaces(table, process);
	process->container = e ? &e->container : NULL;
	if (e)
		sk_container_entry_look(table, e, process);
}

/* Those of runtimes without an engine, whose cgroups do not tell who they are. */
static void seed_states(struct sk_container_table *table, const char *root, const char *runtime)
{
	sk_cleanup(closedirp) DIR *dir = opendir(root);
	size_t left = SK_MAX_CONTAINERS;
	struct dirent *name;

	while (dir && left-- && (name = readdir(dir))) {
		struct sk_span id = sk_span_str(name->d_name);
		struct sk_container_entry *e;
		char *bundle;

		if (!sk_container_id_valid(id) || sk_container_entry_get(table, id))
			continue;
		bundle = sk_container_state(sk_span_str(root), id);
		if (!bundle)
			continue;
		e = sk_container_entry_of(table, id, "");
		if (!e) {
			free(bundle);
			return;
		}
		e->bundle = bundle;
		e->runtime = runtime;
		e->odd = true;
		sk_container_entry_look(table, e, &(struct sk_process){ 0 });
	}
}

void sk_container_table_seed(struct sk_container_table *table, struct sk_process_table *processes)
{
	seed_states(table, "/run/runc", "runc");
	seed_states(table, "/run/crun", "crun");
	sk_process_table_each(processes, seed_process, table);
}

static void note_seen(void *context, struct sk_process *process)
{
	struct sk_container_entry *e = (struct sk_container_entry *)process->container;

	if (e && !process->ended)
		e->seen = *(const int64_t *)context;
}

static void leave(void *context, struct sk_process *process)
{
	struct sk_container_entry *const *gone = context;

	for (; *gone && process->container; gone++)
		if (process->container == &(*gone)->container)
			process->container = NULL;
}

/* Those whose end nobody told: no process of theirs is known. */
static void end_unseen(struct sk_container_table *table, struct sk_process_table *processes,
		       int64_t now)
{
	if (now < table->next_count)
		return;
	table->next_count = now + COUNT_MS;
	sk_process_table_each(processes, note_seen, &now);
	for (struct sk_container_entry *e = table->oldest; e; e = e->newer)
		if (now - e->seen > UNSEEN_MS)
			sk_container_entry_end(table, e);
}

/* Too many: names of cgroups that nobody knows anything of go first, so that they cannot displace containers. */
static void end_oldest(struct sk_container_table *table)
{
	for (int pass = 0; pass < 2; pass++)
		for (struct sk_container_entry *e = table->oldest;
		     e && sk_container_table_count(table) > SK_MAX_CONTAINERS; e = e->newer)
			if (pass || (!e->known && !e->bundle))
				sk_container_entry_end(table, e);
}

/* Of those that make no events, or whose engine had too much to do. */
static void look_at_quiet(struct sk_container_table *table)
{
	for (struct sk_container_entry *e = table->oldest; e; e = e->newer) {
		if (e->ended)
			continue;
		sk_container_entry_look(table, e, &(struct sk_process){ 0 });
		ask(table, e);
	}
}

void sk_container_table_sweep(struct sk_container_table *table, struct sk_process_table *processes)
{
	enum { AT_ONCE = 64 };
	struct sk_container_entry *gone[AT_ONCE + 1] = { 0 };
	size_t n = 0;
	int64_t now;

	take_answers(table);
	if (!table->count)
		return;
	now = sk_container_now();
	if (now < table->next_sweep)
		return;
	table->next_sweep = now + SWEEP_MS;
	look_at_quiet(table);
	end_unseen(table, processes, now);
	end_oldest(table);
	for (struct sk_container_entry *e = table->oldest, *next; e && table->ended && n < AT_ONCE;
	     e = next) {
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
