/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The containers that a sensor met. One is known by its id as soon as a
 * process in its cgroup is seen; name, image, labels and mounts come from the
 * files that the runtime and the engine keep (container-read.h), without their
 * help. What was not there yet is looked for again, ever more rarely.
 */
#include "guard/container.h"
#include "guard/process.h"

struct sk_container_table;

struct sk_container_table *sk_container_table_new(void);
void sk_container_table_free(struct sk_container_table *table);
size_t sk_container_table_count(const struct sk_container_table *table);

/*
 * The container that a process is in by the name of its cgroup ("/docker/ID");
 * empty: not told this time, the process's cgroup id is enough where that was
 * seen before. NULL: none. Valid as long as the table.
 */
const struct sk_container *sk_container_table_find(struct sk_container_table *table,
						   const struct sk_process *process, struct sk_span cgroup);

/*
 * The container's id in a cgroup's name, and the engine as far as the name
 * tells ("" if not): "/docker/ID", "/system.slice/docker-ID.scope",
 * "/kubepods/burstable/podUID/ID", ".../cri-containerd-ID.scope",
 * "/machine.slice/libpod-ID.scope/container". False: no container's.
 */
bool sk_container_id(struct sk_span cgroup, struct sk_span *ret_id, const char **ret_engine);
