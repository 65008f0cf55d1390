/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The containers that a sensor knows. One is known when its runtime is started
 * for it, when its cgroup is made, or at the latest when a process in it is
 * seen; name, image, labels and mounts come from the files that the runtime and
 * the engine keep (container-find.h), without their help. What was not there yet
 * is looked for again, ever more rarely.
 *
 * A container keeps its address until it is dropped, some time after its end;
 * its strings may be others after the next call. Nothing here is told twice: at
 * most SK_MAX_CONTAINERS are kept, and then the one that ended first goes, or
 * else the one that was not seen for longest.
 */
#include "guard/container.h"
#include "guard/process-table.h"

struct sk_container_table;

struct sk_container_table *sk_container_table_new(void);
void sk_container_table_free(struct sk_container_table *table);
/* Those that have not ended. */
size_t sk_container_table_count(const struct sk_container_table *table);

/*
 * The container that a process is in: by its cgroup's name ("/docker/ID"; empty:
 * not told this time), by its cgroup's number where that was seen before, or, where
 * the runtime makes no cgroup (rootless ones), by the runtime above it. NULL: none.
 */
const struct sk_container *sk_container_table_find(struct sk_container_table *table,
						   const struct sk_process *process, struct sk_span cgroup);

/* A program was started, with its arguments: if it is a runtime, then for whom? */
void sk_container_table_program(struct sk_container_table *table, const struct sk_process *process);
/* `maker` has made a cgroup of that number and name, or it is gone. */
void sk_container_table_cgroup(struct sk_container_table *table, const struct sk_process *maker, uint64_t number,
			       struct sk_span name, bool gone);
/* A process ended: one without cgroup may have ended with it. */
void sk_container_table_exit(struct sk_container_table *table, const struct sk_process *process);

/* Containers that run already: those of all processes in the table, which are put into them. */
void sk_container_table_seed(struct sk_container_table *table, struct sk_process_table *processes);
/* Drops those that ended, and takes them out of the processes. Between two events. */
void sk_container_table_sweep(struct sk_container_table *table, struct sk_process_table *processes);

/* Calls fn with each that has not ended, the oldest first. */
void sk_container_table_each(const struct sk_container_table *table,
			     void (*fn)(void *context, const struct sk_container *container), void *context);

/*
 * Asks engines at these sockets (ended by NULL) about what their files did not
 * tell: addresses, labels, digests. Their answers are taken when they have come,
 * between two events. Without this nobody is asked.
 */
void sk_container_table_ask(struct sk_container_table *table, const char *const *sockets);

enum sk_container_change {
	SK_CONTAINER_ADDED,  /* nothing but its id may be known */
	SK_CONTAINER_KNOWN,  /* something is known that was not */
	SK_CONTAINER_CGROUP, /* `cgroup` is its, or lies in its */
	SK_CONTAINER_GONE,
};

/* Called from within the functions above; it must not call them. */
typedef void sk_container_fn(void *context, enum sk_container_change change, const struct sk_container *container,
			     uint64_t cgroup);

/* `fn` hears of all changes from now on; at first that those which are there were added. */
void sk_container_table_observe(struct sk_container_table *table, sk_container_fn *fn, void *context);

/*
 * The container's id in a cgroup's name, and the engine as far as the name
 * tells ("" if not): "/docker/ID", "/system.slice/docker-ID.scope",
 * "/kubepods/burstable/podUID/ID", ".../cri-containerd-ID.scope",
 * "/machine.slice/libpod-ID.scope/container". False: no container's, or one whose
 * id is no 64 hexadecimal digits.
 */
bool sk_container_id(struct sk_span cgroup, struct sk_span *ret_id, const char **ret_engine);

/* Whether a cgroup of that name is the container's, whatever its id: as its runtime ("runc") was told to call it. */
bool sk_container_is_cgroup(const struct sk_container *container, const char *runtime, struct sk_span component);
