/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A growing byte buffer by value. Zero-initialised is empty. `data` is kept
 * NUL-terminated behind `len`, so that a buffer of text is a C string too
 * (NULL while nothing was ever written; use sk_buf_str).
 */
#include "base/span.h"

#include <stdarg.h>

struct sk_buf {
	char *data;
	size_t len, cap;
};

void sk_buf_release(struct sk_buf *buf);
void sk_buf_reset(struct sk_buf *buf);		       /* keeps the memory */
char *sk_buf_grow(struct sk_buf *buf, size_t extra);   /* what sk_buf_reserve is for, where there is no room */
char *sk_buf_steal(struct sk_buf *buf);		       /* owned C string; buf is empty after */

/* Room for extra bytes behind len, and a NUL. */
static inline char *sk_buf_reserve(struct sk_buf *buf, size_t extra)
{
	return extra < buf->cap - buf->len ? buf->data + buf->len : sk_buf_grow(buf, extra);
}

void sk_buf_put(struct sk_buf *buf, const void *bytes, size_t len);
/* A number in decimal digits; with `width`, zeros in front up to so many. */
void sk_buf_dec(struct sk_buf *buf, int64_t v);
void sk_buf_digits(struct sk_buf *buf, uint64_t v, unsigned width);
void sk_buf_printf(struct sk_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void sk_buf_span(struct sk_buf *buf, struct sk_span s)
{
	sk_buf_put(buf, s.ptr, s.len);
}

static inline void sk_buf_puts(struct sk_buf *buf, const char *s)
{
	sk_buf_put(buf, s, strlen(s));
}

static inline void sk_buf_putc(struct sk_buf *buf, char c)
{
	*sk_buf_reserve(buf, 1) = c;
	buf->data[++buf->len] = '\0';
}

static inline struct sk_span sk_buf_view(const struct sk_buf *buf)
{
	return sk_span(buf->data, buf->len);
}

static inline const char *sk_buf_str(const struct sk_buf *buf)
{
	return buf->data ? buf->data : "";
}

/* Binary writing; reader.h reads the same forms. Integers are little endian. */
void sk_buf_u8(struct sk_buf *buf, uint8_t v);
void sk_buf_u16le(struct sk_buf *buf, uint16_t v);
void sk_buf_u32le(struct sk_buf *buf, uint32_t v);
void sk_buf_u64le(struct sk_buf *buf, uint64_t v);
void sk_buf_varint(struct sk_buf *buf, uint64_t v);	       /* LEB128 */
void sk_buf_string(struct sk_buf *buf, struct sk_span s); /* varint length, bytes */
