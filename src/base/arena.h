/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An arena: many small allocations that are freed together. One arena holds
 * one scan's results. Zero-initialised is empty; not for two threads at once.
 */
#include "base/mem.h"
#include "base/span.h"

struct sk_arena {
	struct sk_arena_block *head;
	size_t used, cap; /* of the head block */
	size_t total;	  /* bytes of all blocks */
};

/* Strings that live in an arena. */
struct sk_strings {
	const char **items;
	size_t count;
};

void sk_arena_release(struct sk_arena *arena);
/* Empties it and keeps one block of its memory: for what is filled again and again. */
void sk_arena_reset(struct sk_arena *arena);
void *sk_arena_alloc(struct sk_arena *arena, size_t size) /* zeroed, aligned for any type */
	__attribute__((returns_nonnull));
char *sk_arena_dup(struct sk_arena *arena, struct sk_span s); /* NUL-terminated copy */
char *sk_arena_str(struct sk_arena *arena, const char *s);    /* NULL stays NULL */
char *sk_arena_printf(struct sk_arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));
