/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Text that somebody else wrote, made safe to show. Every report format
 * escapes for itself on top of this.
 */
#include "base/buf.h"

typedef uint8_t sk_bytes16 __attribute__((vector_size(16)));
typedef uint8_t sk_bytes8 __attribute__((vector_size(8)));

/* Whether the bytes there are printable ASCII and none of the four of `but`. */
static inline bool sk_ascii_16(const char *at, const char but[4])
{
	sk_bytes16 v, bad;
	uint64_t any[2];

	memcpy(&v, at, sizeof(v));
	bad = (sk_bytes16)(v - 0x20 > 0x5e) | (sk_bytes16)(v == (uint8_t)but[0]) | (sk_bytes16)(v == (uint8_t)but[1]) |
	      (sk_bytes16)(v == (uint8_t)but[2]) | (sk_bytes16)(v == (uint8_t)but[3]);
	memcpy(any, &bad, sizeof(any));
	return !(any[0] | any[1]);
}

static inline bool sk_ascii_8(const char *at, const char but[4])
{
	sk_bytes8 v, bad;
	uint64_t any;

	memcpy(&v, at, sizeof(v));
	bad = (sk_bytes8)(v - 0x20 > 0x5e) | (sk_bytes8)(v == (uint8_t)but[0]) | (sk_bytes8)(v == (uint8_t)but[1]) |
	      (sk_bytes8)(v == (uint8_t)but[2]) | (sk_bytes8)(v == (uint8_t)but[3]);
	memcpy(&any, &bad, sizeof(any));
	return !any;
}

/*
 * How many bytes at the start of s are so, in great steps: up to 15 less than
 * really are, unless all are.
 */
static inline size_t sk_ascii_run(struct sk_span s, const char but[4])
{
	size_t run = 0;

	while (run + 16 <= s.len && sk_ascii_16(s.ptr + run, but))
		run += 16;
	if (run + 8 <= s.len && sk_ascii_8(s.ptr + run, but))
		run += 8;
	return s.len >= 8 && run + 8 > s.len && sk_ascii_8(s.ptr + s.len - 8, but) ? s.len : run;
}

/* Length in bytes (1 to 4) of the valid UTF-8 sequence (RFC 3629) at the start of s, or 0. */
size_t sk_utf8_length(struct sk_span s, uint32_t *ret_codepoint);
bool sk_utf8_valid(struct sk_span s);

/*
 * Appends s for a terminal or a log line: control characters (C0, DEL, C1),
 * bidirectional overrides and invalid bytes become \xNN or \u{NNNN}.
 */
void sk_text_plain(struct sk_buf *buf, struct sk_span s);

/* Appends s as UTF-8: each invalid byte becomes U+FFFD. */
void sk_text_utf8(struct sk_buf *buf, struct sk_span s);

/* Columns that s takes on a terminal, after sk_text_plain. */
size_t sk_text_width(struct sk_span s);

/* Lower-case hexadecimal of bytes. */
void sk_text_hex(struct sk_buf *buf, struct sk_span bytes);
