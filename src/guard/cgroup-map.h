/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What cgroups are known to be, by their number. Anybody may make millions of
 * them, so the map has a fixed size and forgets: those that are nobody's before
 * those of containers.
 */
#include <stdbool.h>
#include <stdint.h>

struct sk_cgroup_slot {
	uint64_t number; /* 0: empty */
	void *owner;	 /* NULL: no container's */
	bool named;	 /* known by its own name, not by what a process of it said of itself */
};

struct sk_cgroup_map;

struct sk_cgroup_map *sk_cgroup_map_new(void);
void sk_cgroup_map_free(struct sk_cgroup_map *map);

/* NULL: not known. Valid until the next put. */
struct sk_cgroup_slot *sk_cgroup_map_get(struct sk_cgroup_map *map, uint64_t number);
struct sk_cgroup_slot *sk_cgroup_map_put(struct sk_cgroup_map *map, uint64_t number, void *owner, bool named);
void sk_cgroup_map_remove(struct sk_cgroup_map *map, uint64_t number);
/* Forgets all cgroups of that owner. */
void sk_cgroup_map_forget(struct sk_cgroup_map *map, const void *owner);
