/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A hash map from byte strings to pointers. Keys are borrowed: they must live
 * as long as the map. Entries keep the order of insertion in `entries`, so
 * that walking a map is deterministic; there is no removal.
 */
#include "base/mem.h"
#include "base/span.h"

struct sk_map_entry {
	struct sk_span key;
	uint64_t hash;
	void *value;
};

struct sk_map {
	SK_VEC(struct sk_map_entry) entries;
	uint32_t *slots; /* index + 1 into entries, 0 empty */
	size_t mask;
};

void sk_map_release(struct sk_map *map);

/* The value under key, or NULL. */
void *sk_map_get(const struct sk_map *map, struct sk_span key);

/*
 * The place of the value under key, which is made (NULL) if it is missing;
 * valid until the next call. *ret_new (may be NULL) tells which.
 */
void **sk_map_at(struct sk_map *map, struct sk_span key, bool *ret_new);

static inline void sk_map_put(struct sk_map *map, struct sk_span key, void *value)
{
	*sk_map_at(map, key, NULL) = value;
}
