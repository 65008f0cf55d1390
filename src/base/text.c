/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <wchar.h>

size_t sk_utf8_length(struct sk_span s, uint32_t *ret_codepoint)
{
	const uint8_t *p = (const uint8_t *)s.ptr;
	uint32_t c, least;
	size_t n;

	if (s.len == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_codepoint = p[0];
		return 1;
	}
	if ((p[0] & 0xe0) == 0xc0) {
		n = 2;
		c = p[0] & 0x1f;
		least = 0x80;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3;
		c = p[0] & 0x0f;
		least = 0x800;
	} else if ((p[0] & 0xf8) == 0xf0) {
		n = 4;
		c = p[0] & 0x07;
		least = 0x10000;
	} else {
		return 0;
	}
	if (s.len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret_codepoint = c;
	return n;
}

bool sk_utf8_valid(struct sk_span s)
{
	while (s.len) {
		uint32_t c;
		size_t n = sk_utf8_length(s, &c);

		if (!n)
			return false;
		s = sk_span(s.ptr + n, s.len - n);
	}
	return true;
}

/* Controls, and the characters that reorder or hide the text around them (Unicode TR 36). */
static bool is_hostile(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

void sk_text_plain(struct sk_buf *buf, struct sk_span s)
{
	while (s.len) {
		uint32_t c;
		size_t run = sk_ascii_run(s, "\x7f\x7f\x7f\x7f"), n;

		sk_buf_put(buf, s.ptr, run);
		s = sk_span_from(s, run);
		if (!s.len)
			break;
		n = sk_utf8_length(s, &c);
		if (!n || (is_hostile(c) && c < 0x80))
			sk_buf_printf(buf, "\\x%02x", (uint8_t)s.ptr[0]);
		else if (is_hostile(c))
			sk_buf_printf(buf, "\\u{%04x}", c);
		else
			sk_buf_put(buf, s.ptr, n);
		n = n ? n : 1;
		s = sk_span(s.ptr + n, s.len - n);
	}
}

void sk_text_utf8(struct sk_buf *buf, struct sk_span s)
{
	while (s.len) {
		uint32_t c;
		size_t n = sk_utf8_length(s, &c);

		if (n)
			sk_buf_put(buf, s.ptr, n);
		else
			sk_buf_puts(buf, "\xef\xbf\xbd");
		n = n ? n : 1;
		s = sk_span(s.ptr + n, s.len - n);
	}
}

size_t sk_text_width(struct sk_span s)
{
	size_t width = 0;

	while (s.len) {
		uint32_t c;
		size_t n = sk_utf8_length(s, &c);
		int w = n > 1 ? wcwidth((wchar_t)c) : 1;

		width += w > 0 ? (size_t)w : 0;
		n = n ? n : 1;
		s = sk_span(s.ptr + n, s.len - n);
	}
	return width;
}

void sk_text_hex(struct sk_buf *buf, struct sk_span bytes)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t b = (uint8_t)bytes.ptr[i];

		sk_buf_putc(buf, digit[b >> 4]);
		sk_buf_putc(buf, digit[b & 15]);
	}
}
