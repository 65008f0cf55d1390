/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory whose size we choose: it is there or the program aborts. Sizes that
 * the input chooses are checked against limits.h before they come here.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

void *sk_alloc(size_t size) __attribute__((malloc, returns_nonnull));		 /* zeroed */
void *sk_realloc(void *ptr, size_t count, size_t size) __attribute__((returns_nonnull));
char *sk_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *sk_strndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));
char *sk_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

#define SK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* `sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };` calls sk_buf_release(&buf) at scope end. */
#define sk_cleanup(fn) __attribute__((cleanup(fn)))

static inline void sk_freep(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}
#define sk_autofree sk_cleanup(sk_freep)

/*
 * A growing array by value: SK_VEC(struct item) items = { 0 };
 * sk_vec_push(&items) returns a pointer to a zeroed new last element, valid
 * until the next push.
 */
#define SK_VEC(type) \
	struct { \
		type *data; \
		size_t len, cap; \
	}
#define sk_vec_push(v) \
	((__typeof__((v)->data))sk_vec_grow((void **)&(v)->data, &(v)->len, &(v)->cap, \
					    sizeof((v)->data[0])))
#define sk_vec_release(v) \
	do { \
		free((v)->data); \
		(v)->data = NULL; \
		(v)->len = (v)->cap = 0; \
	} while (0)
void *sk_vec_grow(void **data, size_t *len, size_t *cap, size_t item);
