/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-table.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "guard/container-find.h"

#include <stdio.h>
#include <time.h>

/* A look at the files of a container that is not whole yet: at once, then after so long, twice that ... */
enum { FIRST_WAIT_MS = 20, LAST_WAIT_MS = 60000 };

struct entry {
	struct sk_container container; /* first: a container of the table is its entry */
	struct sk_arena arena;
	bool whole;
	int64_t next_look, wait; /* milliseconds of the monotonic clock */
};

/* What a cgroup means; a slot of a table that forgets. */
struct cgroup {
	uint64_t id;
	struct entry *entry; /* NULL: no container's */
	bool known;
	bool named; /* by its own name, not by what a process of it said of itself */
};

enum { CGROUPS = 1 << 12 };

struct sk_container_table {
	struct sk_map by_id;
	struct cgroup cgroups[CGROUPS];
};

struct sk_container_table *sk_container_table_new(void)
{
	return sk_alloc(sizeof(struct sk_container_table));
}

void sk_container_table_free(struct sk_container_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->by_id.entries.len; i++) {
		struct entry *e = table->by_id.entries.data[i].value;

		sk_arena_release(&e->arena);
		free(e);
	}
	sk_map_release(&table->by_id);
	free(table);
}

size_t sk_container_table_count(const struct sk_container_table *table)
{
	return table->by_id.entries.len;
}

static bool is_id(struct sk_span s)
{
	if (s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	return true;
}

/* "docker-ID.scope" and its like, or ID alone. */
static bool component_id(struct sk_span name, struct sk_span *ret_id, const char **ret_engine)
{
	static const struct {
		const char *prefix, *engine;
	} prefixes[] = {
		{ "docker-", "docker" }, { "cri-containerd-", "containerd" }, { "crio-", "cri-o" },
		{ "libpod-", "podman" }, { "nerdctl-", "containerd" }, { "", "" },
	};

	if (sk_span_ends(name, ".scope"))
		name.len -= strlen(".scope");
	for (size_t i = 0; i < SK_COUNT(prefixes); i++) {
		struct sk_span id = sk_span_from(name, strlen(prefixes[i].prefix));

		if (!sk_span_starts(name, prefixes[i].prefix) || !is_id(id))
			continue;
		*ret_id = id;
		*ret_engine = prefixes[i].engine;
		return true;
	}
	return false;
}

bool sk_container_id(struct sk_span cgroup, struct sk_span *ret_id, const char **ret_engine)
{
	struct sk_span rest = cgroup, name, above = { 0 };
	bool found = false;

	/* The outermost: what runs in a container in a container is the outer one's. */
	while (!found && sk_span_split(&rest, '/', &name)) {
		found = component_id(name, ret_id, ret_engine);
		if (!found)
			above = name;
	}
	if (found && !**ret_engine && sk_span_is(above, "docker"))
		*ret_engine = "docker";
	return found;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static struct entry *entry_of(struct sk_container_table *table, struct sk_span id, const char *engine)
{
	struct entry *e = sk_map_get(&table->by_id, id);

	if (e || table->by_id.entries.len >= SK_MAX_CONTAINERS)
		return e;
	e = sk_alloc(sizeof(*e));
	e->container.privileged = -1;
	e->container.id = sk_span(sk_arena_dup(&e->arena, id), id.len);
	e->container.engine = sk_span_str(engine);
	sk_map_put(&table->by_id, e->container.id, e);
	return e;
}

static void look(struct entry *e, const struct sk_process *process)
{
	int64_t now;

	if (e->whole)
		return;
	now = now_ms();
	if (now < e->next_look)
		return;
	e->whole = sk_container_look(&e->container, process, &e->arena);
	e->wait = e->wait ? e->wait * 2 : FIRST_WAIT_MS;
	if (e->wait > LAST_WAIT_MS)
		e->wait = LAST_WAIT_MS;
	e->next_look = now + e->wait;
}

/* The name in /proc/PID/cgroup that names a container, of whatever hierarchy (cgroups(7)). */
static bool look_up_cgroup(int32_t pid, struct sk_buf *text, struct sk_span *ret_id, const char **ret_engine)
{
	char path[32];
	struct sk_span rest, line;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (sk_path_slurp(path, SK_MAX_PATH * 16, text, NULL) < 0)
		return false;
	rest = sk_buf_view(text);
	while (sk_span_line(&rest, &line))
		if (sk_container_id(line, ret_id, ret_engine))
			return true;
	return false;
}

const struct sk_container *sk_container_table_find(struct sk_container_table *table,
						   const struct sk_process *process, struct sk_span name)
{
	struct cgroup *slot = &table->cgroups[process->cgroup % CGROUPS];
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const char *engine = "";
	struct sk_span id;

	if (!slot->known || slot->id != process->cgroup || (name.len && !slot->named)) {
		bool found = name.len ? sk_container_id(name, &id, &engine) :
					look_up_cgroup(process->pid, &text, &id, &engine);

		/* A process that has ended says nothing, which is not to say that there is no container. */
		if (!found && !name.len && !text.len)
			return NULL;
		*slot = (struct cgroup){ .id = process->cgroup, .known = true, .named = name.len > 0,
					 .entry = found ? entry_of(table, id, engine) : NULL };
	}
	if (!slot->entry)
		return NULL;
	look(slot->entry, process);
	return &slot->entry->container;
}
