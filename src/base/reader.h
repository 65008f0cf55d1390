/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The bounded reader: all binary input is read through it. Reading past the
 * end sets `failed`, which sticks; every later read gives zero or the empty
 * span. So a parser reads a whole record and asks once whether it was there.
 */
#include "base/span.h"

struct sk_reader {
	const uint8_t *base;
	size_t len, off;
	bool failed;
};

static inline struct sk_reader sk_reader(struct sk_span s)
{
	return (struct sk_reader){ .base = (const uint8_t *)s.ptr, .len = s.len };
}

static inline size_t sk_reader_left(const struct sk_reader *r)
{
	return r->failed ? 0 : r->len - r->off;
}

/* True while there are bytes left and nothing has failed. */
static inline bool sk_reader_more(const struct sk_reader *r)
{
	return sk_reader_left(r) > 0;
}

uint8_t sk_read_u8(struct sk_reader *r);
uint16_t sk_read_u16le(struct sk_reader *r);
uint32_t sk_read_u32le(struct sk_reader *r);
uint64_t sk_read_u64le(struct sk_reader *r);
uint16_t sk_read_u16be(struct sk_reader *r);
uint32_t sk_read_u32be(struct sk_reader *r);
uint64_t sk_read_u64be(struct sk_reader *r);
uint64_t sk_read_varint(struct sk_reader *r);	      /* LEB128, at most 10 bytes */
struct sk_span sk_read_bytes(struct sk_reader *r, size_t n);
struct sk_span sk_read_string(struct sk_reader *r); /* varint length, bytes */
struct sk_span sk_read_cstr(struct sk_reader *r);     /* up to a NUL, which is passed over; it must be there */
void sk_read_seek(struct sk_reader *r, size_t off);   /* from the start; the end itself is allowed */
void sk_read_skip(struct sk_reader *r, size_t n);

/* A reader over [off, off+len) of the same bytes; failed if that is not inside. */
struct sk_reader sk_read_window(const struct sk_reader *r, size_t off, size_t len);
