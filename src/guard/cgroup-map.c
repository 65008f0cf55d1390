/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/cgroup-map.h"

#include "base/mem.h"

/* Numbers follow each other, so that sets fill evenly. 16 k cgroups, 400 kB. */
enum { SETS = 1 << 11, WAYS = 8 };

struct sk_cgroup_map {
	struct sk_cgroup_slot slots[SETS][WAYS];
	uint8_t next[SETS]; /* who goes next, of equals */
};

struct sk_cgroup_map *sk_cgroup_map_new(void)
{
	return sk_alloc(sizeof(struct sk_cgroup_map));
}

void sk_cgroup_map_free(struct sk_cgroup_map *map)
{
	free(map);
}

/* The upper bits tell hierarchies apart (bpf/task.h). */
static size_t set_of(uint64_t number)
{
	return (number ^ number >> 53) % SETS;
}

struct sk_cgroup_slot *sk_cgroup_map_get(struct sk_cgroup_map *map, uint64_t number)
{
	struct sk_cgroup_slot *set = map->slots[set_of(number)];

	for (size_t i = 0; number && i < WAYS; i++)
		if (set[i].number == number)
			return &set[i];
	return NULL;
}

static struct sk_cgroup_slot *victim(struct sk_cgroup_map *map, size_t set)
{
	struct sk_cgroup_slot *slots = map->slots[set];

	for (size_t i = 0; i < WAYS; i++)
		if (!slots[i].number)
			return &slots[i];
	for (size_t i = 0; i < WAYS; i++) {
		struct sk_cgroup_slot *slot = &slots[(map->next[set] + i) % WAYS];

		if (slot->owner)
			continue;
		map->next[set] = (uint8_t)((map->next[set] + i + 1) % WAYS);
		return slot;
	}
	return &slots[map->next[set]++ % WAYS];
}

struct sk_cgroup_slot *sk_cgroup_map_put(struct sk_cgroup_map *map, uint64_t number, void *owner, bool named)
{
	struct sk_cgroup_slot *slot = sk_cgroup_map_get(map, number);

	if (!slot)
		slot = victim(map, set_of(number));
	*slot = (struct sk_cgroup_slot){ .number = number, .owner = owner, .named = named };
	return slot;
}

void sk_cgroup_map_remove(struct sk_cgroup_map *map, uint64_t number)
{
	struct sk_cgroup_slot *slot = sk_cgroup_map_get(map, number);

	if (slot)
		*slot = (struct sk_cgroup_slot){ 0 };
}

void sk_cgroup_map_forget(struct sk_cgroup_map *map, const void *owner)
{
	for (size_t set = 0; set < SETS; set++)
		for (size_t i = 0; i < WAYS; i++)
			if (map->slots[set][i].owner == owner)
				map->slots[set][i] = (struct sk_cgroup_slot){ 0 };
}
