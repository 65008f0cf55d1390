/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of the table of containers share: its entries, and how they are found (container-table.h). */
#include "base/arena.h"
#include "guard/cgroup-map.h"
#include "guard/container-aside.h"
#include "guard/container-engines.h"
#include "guard/container-table.h"

enum { SK_CONTAINER_BUCKETS = 1 << 10, SK_CONTAINER_SPACES = 1 << 9, SK_CONTAINER_CALLS = 64 };

struct sk_container_entry {
	struct sk_container container; /* first: a container of the table is its entry */
	struct sk_arena arena;
	char *bundle;	     /* NULL: not known */
	const char *runtime; /* that was started for it; "" */
	bool odd;	     /* its cgroup's name has not its whole id in it */
	bool has_cgroup, looked_whole, asked, ended;
	unsigned known;			/* bits: what was there at the last look */
	int64_t next_look, wait,
		seen;	/* milliseconds of the monotonic clock; next_look INT64_MAX: no more */
	uint64_t pidns; /* of the first process that was seen in it */
	struct sk_container_entry *next_id;	  /* of the same bucket */
	struct sk_container_entry *older, *newer; /* in the order of their making */
};

/* Namespaces of processes whose cgroup says nothing. */
struct sk_container_space {
	uint64_t pid, mnt;
	struct sk_container_entry *entry; /* NULL: no container's */
};

/* A runtime that was started for a container: cgroups that it makes are that one's. */
struct sk_container_call {
	int32_t pid;
	struct sk_container_entry *entry;
};

struct sk_container_observer {
	sk_container_fn *fn;
	void *context;
};

struct sk_container_table {
	struct sk_container_entry *buckets[SK_CONTAINER_BUCKETS];
	struct sk_container_entry *oldest, *newest;
	size_t count, ended;
	struct sk_cgroup_map *cgroups;
	struct sk_container_aside *aside;     /* looks at what users run */
	struct sk_container_engines *engines; /* NULL: nobody is asked */
	struct sk_container_space spaces[SK_CONTAINER_SPACES];
	struct sk_container_call calls[SK_CONTAINER_CALLS];
	size_t next_call;
	SK_VEC(struct sk_container_observer) observers;
	uint64_t host_pid, host_mnt; /* namespaces of the host */
	int64_t next_sweep, next_count;
};

/* The entry of that id: NULL if there is none. */
struct sk_container_entry *sk_container_entry_get(struct sk_container_table *table,
						  struct sk_span id);
/* The same, made if there is none, alive again if it has ended. NULL: there are as many as there may be. */
struct sk_container_entry *sk_container_entry_of(struct sk_container_table *table,
						 struct sk_span id, const char *engine);
/* Reads what files say of it, if it is time to. */
void sk_container_entry_look(struct sk_container_table *table, struct sk_container_entry *e,
			     const struct sk_process *process);
/* It has ended; it stays until it is swept. */
void sk_container_entry_end(struct sk_container_table *table, struct sk_container_entry *e);
void sk_container_entry_tell(struct sk_container_table *table, enum sk_container_change change,
			     const struct sk_container_entry *e, uint64_t cgroup);
/* What namespaces were found to be: `e`'s, or (NULL) nobody's. */
void sk_container_forget_spaces(struct sk_container_table *table,
				const struct sk_container_entry *e);

/* The entry that a process of /proc is in; *ret_read: whether it could be asked. */
struct sk_container_entry *sk_container_entry_in_proc(struct sk_container_table *table, int32_t pid,
						      bool *ret_read);
/* Where the cgroup says nothing: by its namespaces. */
struct sk_container_entry *sk_container_entry_by_namespaces(struct sk_container_table *table,
							    const struct sk_process *process);

int64_t sk_container_now(void); /* milliseconds of the monotonic clock */
