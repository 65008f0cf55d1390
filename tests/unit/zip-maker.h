/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Writes small zip archives, also wrong ones, for the tests of their readers. */
#include "base/buf.h"

#include <zlib.h>

struct zip_maker {
	struct sk_buf body, directory;
	unsigned count;
};

static inline void zip_local(struct sk_buf *b, struct sk_span name, unsigned method, uint32_t crc,
			     size_t packed, size_t size)
{
	sk_buf_u32le(b, 0x04034b50);
	sk_buf_u16le(b, 20);
	sk_buf_u16le(b, 0);
	sk_buf_u16le(b, method);
	sk_buf_u32le(b, 0);
	sk_buf_u32le(b, crc);
	sk_buf_u32le(b, packed);
	sk_buf_u32le(b, size);
	sk_buf_u16le(b, name.len);
	sk_buf_u16le(b, 0);
	sk_buf_span(b, name);
}

static inline void zip_central(struct sk_buf *b, struct sk_span name, unsigned method, uint32_t crc,
			       size_t packed, size_t size, size_t header)
{
	sk_buf_u32le(b, 0x02014b50);
	sk_buf_u16le(b, 20);
	sk_buf_u16le(b, 20);
	sk_buf_u16le(b, 0);
	sk_buf_u16le(b, method);
	sk_buf_u32le(b, 0);
	sk_buf_u32le(b, crc);
	sk_buf_u32le(b, packed);
	sk_buf_u32le(b, size);
	sk_buf_u16le(b, name.len);
	sk_buf_u32le(b, 0);
	sk_buf_u32le(b, 0);
	sk_buf_u32le(b, 0);
	sk_buf_u32le(b, header);
	sk_buf_span(b, name);
}

static inline void zip_add(struct zip_maker *z, const char *name, struct sk_span bytes,
			   bool deflated)
{
	uint32_t crc = crc32_z(0, (const unsigned char *)bytes.ptr, bytes.len);
	struct sk_span n = sk_span_str(name);
	struct sk_buf packed = { 0 };
	size_t header = z->body.len;

	if (deflated) {
		z_stream s = { 0 };
		size_t most;

		deflateInit2(&s, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
		most = deflateBound(&s, bytes.len);
		s.next_in = (unsigned char *)(uintptr_t)bytes.ptr;
		s.avail_in = bytes.len;
		s.next_out = (unsigned char *)sk_buf_reserve(&packed, most);
		s.avail_out = most;
		deflate(&s, Z_FINISH);
		packed.len = s.total_out;
		deflateEnd(&s);
	} else {
		sk_buf_span(&packed, bytes);
	}
	zip_local(&z->body, n, deflated ? 8 : 0, crc, packed.len, bytes.len);
	sk_buf_span(&z->body, sk_buf_view(&packed));
	zip_central(&z->directory, n, deflated ? 8 : 0, crc, packed.len, bytes.len, header);
	z->count++;
	sk_buf_release(&packed);
}

/* Closes the archive into z->body. */
static inline struct sk_span zip_done(struct zip_maker *z)
{
	size_t start = z->body.len;

	sk_buf_span(&z->body, sk_buf_view(&z->directory));
	sk_buf_u32le(&z->body, 0x06054b50);
	sk_buf_u32le(&z->body, 0);
	sk_buf_u16le(&z->body, z->count);
	sk_buf_u16le(&z->body, z->count);
	sk_buf_u32le(&z->body, z->directory.len);
	sk_buf_u32le(&z->body, start);
	sk_buf_u16le(&z->body, 0);
	return sk_buf_view(&z->body);
}

static inline void zip_maker_release(struct zip_maker *z)
{
	sk_buf_release(&z->body);
	sk_buf_release(&z->directory);
}
