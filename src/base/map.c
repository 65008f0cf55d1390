/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/hash.h"

void sk_map_release(struct sk_map *map)
{
	sk_vec_release(&map->entries);
	free(map->slots);
	*map = (struct sk_map){ 0 };
}

static size_t find_slot(const struct sk_map *map, struct sk_span key, uint64_t hash)
{
	size_t i = hash & map->mask;

	while (map->slots[i]) {
		const struct sk_map_entry *e = &map->entries.data[map->slots[i] - 1];

		if (e->hash == hash && sk_span_eq(e->key, key))
			break;
		i = (i + 1) & map->mask;
	}
	return i;
}

void *sk_map_get(const struct sk_map *map, struct sk_span key)
{
	size_t i;

	if (!map->slots)
		return NULL;
	i = find_slot(map, key, sk_hash(key));
	return map->slots[i] ? map->entries.data[map->slots[i] - 1].value : NULL;
}

static void grow(struct sk_map *map)
{
	size_t size = map->slots ? (map->mask + 1) * 2 : 16;

	free(map->slots);
	map->slots = sk_alloc(size * sizeof(map->slots[0]));
	map->mask = size - 1;
	for (size_t n = 0; n < map->entries.len; n++) {
		size_t i = map->entries.data[n].hash & map->mask;

		while (map->slots[i])
			i = (i + 1) & map->mask;
		map->slots[i] = (uint32_t)(n + 1);
	}
}

void **sk_map_at(struct sk_map *map, struct sk_span key, bool *ret_new)
{
	uint64_t hash = sk_hash(key);
	struct sk_map_entry *e;
	size_t i;

	if (!map->slots || map->entries.len >= (map->mask + 1) / 4 * 3)
		grow(map);
	i = find_slot(map, key, hash);
	if (ret_new)
		*ret_new = !map->slots[i];
	if (!map->slots[i]) {
		e = sk_vec_push(&map->entries);
		e->key = key;
		e->hash = hash;
		map->slots[i] = (uint32_t)map->entries.len;
	}
	return &map->entries.data[map->slots[i] - 1].value;
}
