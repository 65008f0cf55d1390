/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

struct sk_span sk_read_bytes(struct sk_reader *r, size_t n)
{
	struct sk_span s;

	if (r->failed || n > r->len - r->off) {
		r->failed = true;
		return sk_span(NULL, 0);
	}
	s = sk_span(r->base + r->off, n);
	r->off += n;
	return s;
}

static uint64_t read_le(struct sk_reader *r, size_t n)
{
	struct sk_span s = sk_read_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v |= (uint64_t)(uint8_t)s.ptr[i] << (8 * i);
	return v;
}

static uint64_t read_be(struct sk_reader *r, size_t n)
{
	struct sk_span s = sk_read_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | (uint8_t)s.ptr[i];
	return v;
}

uint8_t sk_read_u8(struct sk_reader *r)
{
	return (uint8_t)read_le(r, 1);
}

uint16_t sk_read_u16le(struct sk_reader *r)
{
	return (uint16_t)read_le(r, 2);
}

uint32_t sk_read_u32le(struct sk_reader *r)
{
	return (uint32_t)read_le(r, 4);
}

uint64_t sk_read_u64le(struct sk_reader *r)
{
	return read_le(r, 8);
}

uint16_t sk_read_u16be(struct sk_reader *r)
{
	return (uint16_t)read_be(r, 2);
}

uint32_t sk_read_u32be(struct sk_reader *r)
{
	return (uint32_t)read_be(r, 4);
}

uint64_t sk_read_u64be(struct sk_reader *r)
{
	return read_be(r, 8);
}

uint64_t sk_read_varint(struct sk_reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t b = sk_read_u8(r);

		if (r->failed)
			return 0;
		if (shift == 63 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	r->failed = true;
	return 0;
}

struct sk_span sk_read_string(struct sk_reader *r)
{
	uint64_t n = sk_read_varint(r);

	return sk_read_bytes(r, n);
}

struct sk_span sk_read_cstr(struct sk_reader *r)
{
	const uint8_t *end;
	struct sk_span s;

	end = sk_reader_left(r) ? memchr(r->base + r->off, 0, r->len - r->off) : NULL;
	if (!end) {
		r->failed = true;
		return sk_span(NULL, 0);
	}
	s = sk_read_bytes(r, (size_t)(end - (r->base + r->off)));
	r->off++;
	return s;
}

void sk_read_seek(struct sk_reader *r, size_t off)
{
	if (r->failed || off > r->len)
		r->failed = true;
	else
		r->off = off;
}

void sk_read_skip(struct sk_reader *r, size_t n)
{
	sk_read_bytes(r, n);
}

struct sk_reader sk_read_window(const struct sk_reader *r, size_t off, size_t len)
{
	if (r->failed || off > r->len || len > r->len - off)
		return (struct sk_reader){ .failed = true };
	return (struct sk_reader){ .base = r->base + off, .len = len };
}
