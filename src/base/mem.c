/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *or_die(void *ptr)
{
	if (!ptr) {
		static const char text[] = "sekisho: out of memory\n";

		fwrite(text, 1, sizeof(text) - 1, stderr);
		abort();
	}
	return ptr;
}

void *sk_alloc(size_t size)
{
	return or_die(calloc(1, size ? size : 1));
}

void *sk_realloc(void *ptr, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	return or_die(realloc(ptr, bytes ? bytes : 1));
}

char *sk_strdup(const char *s)
{
	return or_die(strdup(s));
}

char *sk_strndup(const char *s, size_t len)
{
	char *copy = sk_alloc(len + 1);

	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *sk_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return or_die(n < 0 ? NULL : text);
}

void *sk_vec_grow(void **data, size_t *len, size_t *cap, size_t item)
{
	void *slot;

	if (*len == *cap) {
		*cap = *cap ? *cap * 2 : 8;
		*data = sk_realloc(*data, *cap, item);
	}
	slot = (char *)*data + *len * item;
	memset(slot, 0, item);
	(*len)++;
	return slot;
}
