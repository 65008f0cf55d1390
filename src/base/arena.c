/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

struct sk_arena_block {
	struct sk_arena_block *next;
	_Alignas(16) char bytes[];
};

/* The first block is small, each further one twice as large as the last: a hundred small arenas take no megabytes. */
enum { FIRST_BLOCK = 2048, BLOCK = 64 * 1024 };

void sk_arena_release(struct sk_arena *arena)
{
	struct sk_arena_block *b = arena->head;

	while (b) {
		struct sk_arena_block *next = b->next;

		free(b);
		b = next;
	}
	*arena = (struct sk_arena){ 0 };
}

void sk_arena_reset(struct sk_arena *arena)
{
	struct sk_arena_block *head = arena->head;
	struct sk_arena rest;

	if (!head)
		return;
	rest = (struct sk_arena){ .head = head->next };
	sk_arena_release(&rest);
	head->next = NULL;
	memset(head->bytes, 0, arena->used);
	arena->used = 0;
	arena->total = arena->cap;
}

static struct sk_arena_block *new_block(struct sk_arena *arena, size_t cap)
{
	arena->total += cap;
	return sk_alloc(sizeof(struct sk_arena_block) + cap);
}

static size_t next_block(const struct sk_arena *arena, size_t size)
{
	size_t cap = !arena->head ? FIRST_BLOCK : arena->cap < BLOCK / 2 ? arena->cap * 2 : BLOCK;

	return size > cap ? size : cap;
}

static void *alloc_aligned(struct sk_arena *arena, size_t size, size_t align)
{
	size_t at = (arena->used + align - 1) & ~(align - 1);

	if (arena->head && at <= arena->cap && size <= arena->cap - at) {
		arena->used = at + size;
		return arena->head->bytes + at;
	}
	if (size > BLOCK / 4 && arena->head) { /* its own block, behind the head that still has room */
		struct sk_arena_block *own = new_block(arena, size);

		own->next = arena->head->next;
		arena->head->next = own;
		return own->bytes;
	}
	arena->cap = next_block(arena, size);

	struct sk_arena_block *b = new_block(arena, arena->cap);

	b->next = arena->head;
	arena->head = b;
	arena->used = size;
	return b->bytes;
}

void *sk_arena_alloc(struct sk_arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		abort();
	return alloc_aligned(arena, size, 16);
}

char *sk_arena_dup(struct sk_arena *arena, struct sk_span s)
{
	char *copy = alloc_aligned(arena, s.len + 1, 1);

	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

char *sk_arena_str(struct sk_arena *arena, const char *s)
{
	return s ? sk_arena_dup(arena, sk_span_str(s)) : NULL;
}

char *sk_arena_printf(struct sk_arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	text = alloc_aligned(arena, (size_t)n + 1, 1);
	vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}
