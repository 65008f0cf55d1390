/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>

void sk_buf_release(struct sk_buf *buf)
{
	free(buf->data);
	*buf = (struct sk_buf){ 0 };
}

void sk_buf_reset(struct sk_buf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

char *sk_buf_grow(struct sk_buf *buf, size_t extra)
{
	size_t need, cap = buf->cap ? buf->cap : 64;

	if (__builtin_add_overflow(buf->len, extra, &need) ||
	    __builtin_add_overflow(need, (size_t)1, &need))
		abort();
	while (cap < need)
		cap += cap / 2 + 64;
	buf->data = sk_realloc(buf->data, cap, 1);
	buf->cap = cap;
	return buf->data + buf->len;
}

char *sk_buf_steal(struct sk_buf *buf)
{
	char *data;

	sk_buf_reserve(buf, 0)[0] = '\0';
	data = buf->data;
	*buf = (struct sk_buf){ 0 };
	return data;
}

void sk_buf_put(struct sk_buf *buf, const void *bytes, size_t len)
{
	char *at = sk_buf_reserve(buf, len);

	if (len)
		memcpy(at, bytes, len);
	at[len] = '\0';
	buf->len += len;
}

void sk_buf_digits(struct sk_buf *buf, uint64_t v, unsigned width)
{
	char text[20], *at = text + sizeof(text);

	do {
		*--at = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	for (size_t n = (size_t)(text + sizeof(text) - at); n < width; n++)
		sk_buf_putc(buf, '0');
	sk_buf_put(buf, at, (size_t)(text + sizeof(text) - at));
}

void sk_buf_dec(struct sk_buf *buf, int64_t v)
{
	if (v < 0)
		sk_buf_putc(buf, '-');
	sk_buf_digits(buf, v < 0 ? -(uint64_t)v : (uint64_t)v, 0);
}

void sk_buf_printf(struct sk_buf *buf, const char *fmt, ...)
{
	va_list ap, again;
	char *at = sk_buf_reserve(buf, 0);
	size_t room = buf->cap - buf->len;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(at, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= room) {
		at = sk_buf_reserve(buf, (size_t)n);
		vsnprintf(at, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	if (n > 0)
		buf->len += (size_t)n;
	buf->data[buf->len] = '\0';
}

void sk_buf_u8(struct sk_buf *buf, uint8_t v)
{
	sk_buf_putc(buf, (char)v);
}

static void put_le(struct sk_buf *buf, uint64_t v, size_t bytes)
{
	uint8_t raw[8];

	for (size_t i = 0; i < bytes; i++)
		raw[i] = (uint8_t)(v >> (8 * i));
	sk_buf_put(buf, raw, bytes);
}

void sk_buf_u16le(struct sk_buf *buf, uint16_t v)
{
	put_le(buf, v, 2);
}

void sk_buf_u32le(struct sk_buf *buf, uint32_t v)
{
	put_le(buf, v, 4);
}

void sk_buf_u64le(struct sk_buf *buf, uint64_t v)
{
	put_le(buf, v, 8);
}

void sk_buf_varint(struct sk_buf *buf, uint64_t v)
{
	while (v >= 0x80) {
		sk_buf_u8(buf, (uint8_t)(v | 0x80));
		v >>= 7;
	}
	sk_buf_u8(buf, (uint8_t)v);
}

void sk_buf_string(struct sk_buf *buf, struct sk_span s)
{
	sk_buf_varint(buf, s.len);
	sk_buf_span(buf, s);
}
