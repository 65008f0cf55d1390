/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/cel.h"

#include <stdlib.h>
#include <string.h>

struct sk_cel_block {
	struct sk_cel_block *below;
	size_t size;
	char bytes[];
};

#define FIRST_BLOCK 4000u
#define LARGEST_STEP (1u << 20)

static bool grow(struct sk_cel_arena *arena, size_t size)
{
	size_t want = arena->head ? arena->head->size * 2 : FIRST_BLOCK;
	struct sk_cel_block *block;

	if (want > LARGEST_STEP)
		want = LARGEST_STEP;
	if (want < size)
		want = size;
	if (arena->limit && (want > arena->limit || arena->total > arena->limit - want))
		want = size; /* the last bytes up to the limit */
	if (arena->limit && (size > arena->limit || arena->total > arena->limit - size))
		return false;
	block = malloc(sizeof(*block) + want);
	if (!block)
		return false;
	block->below = arena->head;
	block->size = want;
	arena->head = block;
	arena->next = block->bytes;
	arena->end = block->bytes + want;
	arena->total += want;
	return true;
}

void *sk_cel_alloc(struct sk_cel_arena *arena, size_t size)
{
	void *bytes;

	if (size > SIZE_MAX / 2)
		arena->failed = true;
	size = size ? (size + 7) & ~(size_t)7 : 8; /* nothing has an address too */
	if (arena->failed || ((size_t)(arena->end - arena->next) < size && !grow(arena, size))) {
		arena->failed = true;
		return NULL;
	}
	bytes = memset(arena->next, 0, size);
	arena->next += size;
	return bytes;
}

static void free_blocks(struct sk_cel_block *block)
{
	while (block) {
		struct sk_cel_block *below = block->below;

		free(block);
		block = below;
	}
}

void sk_cel_arena_reset(struct sk_cel_arena *arena)
{
	arena->failed = false;
	if (!arena->head)
		return;
	free_blocks(arena->head->below);
	arena->head->below = NULL;
	if (arena->head->size > LARGEST_STEP ||
	    (arena->limit && arena->head->size > arena->limit)) {
		/* One that was made for a single large value is not kept, nor one above the limit. */
		free(arena->head);
		*arena = (struct sk_cel_arena){ .limit = arena->limit };
		return;
	}
	arena->next = arena->head->bytes;
	arena->total = arena->head->size;
}

void sk_cel_arena_release(struct sk_cel_arena *arena)
{
	free_blocks(arena->head);
	*arena = (struct sk_cel_arena){ .limit = arena->limit };
}
