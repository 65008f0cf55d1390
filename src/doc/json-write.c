/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/json-write.h"

#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* ---- strings ---- */

/* Printable ASCII but '"', '<', '>' and '\\'. */
static inline bool is_plain(uint8_t c)
{
	static const uint64_t plain[4] = { 0xaffffffb00000000ull, 0x7fffffffefffffffull };

	return plain[c / 64] >> c % 64 & 1;
}

static void put_escaped(struct sk_buf *buf, uint32_t c)
{
	static const char brief[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
				      ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\' };

	if (c < sizeof(brief) && brief[c]) {
		sk_buf_putc(buf, '\\');
		sk_buf_putc(buf, brief[c]);
	} else {
		const uint8_t bytes[2] = { (uint8_t)(c >> 8), (uint8_t)c };

		sk_buf_puts(buf, "\\u");
		sk_text_hex(buf, sk_span((const char *)bytes, 2));
	}
}

/* Bytes at the start of s that stand for themselves. */
static inline size_t plain_run(struct sk_span s)
{
	size_t run = sk_ascii_run(s, "\"<>\\");

	while (run < s.len && is_plain((uint8_t)s.ptr[run]))
		run++;
	return run;
}

void sk_json_quote(struct sk_buf *buf, struct sk_span s)
{
	size_t run = plain_run(s), n;
	char *at = sk_buf_reserve(buf, run + 2);

	at[0] = '"';
	if (run)
		memcpy(at + 1, s.ptr, run);
	buf->len += 1 + run;
	for (s = sk_span_from(s, run); s.len; s = sk_span_from(s, n ? n : 1)) {
		uint32_t c = 0;

		run = plain_run(s);
		sk_buf_put(buf, s.ptr, run);
		s = sk_span_from(s, run);
		if (!s.len)
			break;
		n = sk_utf8_length(s, &c);
		if (!n)
			sk_buf_puts(buf, "\xef\xbf\xbd");
		else if (c < 0xa0 || c == 0x2028 || c == 0x2029)
			put_escaped(buf, c);
		else
			sk_buf_put(buf, s.ptr, n);
	}
	sk_buf_putc(buf, '"');
}

/* ---- structure ---- */

static void new_line(struct sk_json_writer *w)
{
	if (w->indent)
		sk_buf_printf(w->buf, "\n%*s", (int)(w->indent * w->depth), "");
}

/* Before each value: the comma and the line, unless its key has them. */
static void begin(struct sk_json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->used[w->depth])
		sk_buf_putc(w->buf, ',');
	w->used[w->depth] = true;
	if (w->depth)
		new_line(w);
}

static void finish(struct sk_json_writer *w)
{
	if (w->depth == 0 && w->indent)
		sk_buf_putc(w->buf, '\n');
}

static void open_level(struct sk_json_writer *w, char open, char close)
{
	begin(w);
	if (w->depth == SK_JSON_DEPTH)
		abort();
	sk_buf_putc(w->buf, open);
	w->depth++;
	w->used[w->depth] = false;
	w->close[w->depth] = close;
}

void sk_json_object(struct sk_json_writer *w)
{
	open_level(w, '{', '}');
}

void sk_json_array(struct sk_json_writer *w)
{
	open_level(w, '[', ']');
}

void sk_json_end(struct sk_json_writer *w)
{
	bool used = w->used[w->depth];
	char close = w->close[w->depth];

	if (w->depth == 0)
		abort();
	w->depth--;
	if (used)
		new_line(w);
	sk_buf_putc(w->buf, close);
	finish(w);
}

void sk_json_key_span(struct sk_json_writer *w, struct sk_span key)
{
	begin(w);
	sk_json_quote(w->buf, key);
	sk_buf_puts(w->buf, w->indent ? ": " : ":");
	w->after_key = true;
}

void sk_json_key(struct sk_json_writer *w, const char *key)
{
	sk_json_key_span(w, sk_span_str(key));
}

/* ---- values ---- */

void sk_json_span(struct sk_json_writer *w, struct sk_span s)
{
	begin(w);
	sk_json_quote(w->buf, s);
	finish(w);
}

void sk_json_str(struct sk_json_writer *w, const char *s)
{
	if (s)
		sk_json_span(w, sk_span_str(s));
	else
		sk_json_null(w);
}

void sk_json_printf(struct sk_json_writer *w, const char *fmt, ...)
{
	sk_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	sk_json_str(w, text);
}

static void raw(struct sk_json_writer *w, const char *text)
{
	begin(w);
	sk_buf_puts(w->buf, text);
	finish(w);
}

void sk_json_int(struct sk_json_writer *w, int64_t v)
{
	begin(w);
	sk_buf_dec(w->buf, v);
	finish(w);
}

void sk_json_uint(struct sk_json_writer *w, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	raw(w, text);
}

void sk_json_double(struct sk_json_writer *w, double v)
{
	char text[40];

	if (!isfinite(v)) {
		sk_json_null(w);
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	raw(w, text);
}

void sk_json_bool(struct sk_json_writer *w, bool v)
{
	raw(w, v ? "true" : "false");
}

void sk_json_null(struct sk_json_writer *w)
{
	raw(w, "null");
}

void sk_json_put_str(struct sk_json_writer *w, const char *key, const char *value)
{
	sk_json_key(w, key);
	sk_json_str(w, value);
}

void sk_json_put_opt(struct sk_json_writer *w, const char *key, const char *value)
{
	if (value && value[0])
		sk_json_put_str(w, key, value);
}

void sk_json_put_int(struct sk_json_writer *w, const char *key, int64_t value)
{
	sk_json_key(w, key);
	sk_json_int(w, value);
}

void sk_json_put_bool(struct sk_json_writer *w, const char *key, bool value)
{
	sk_json_key(w, key);
	sk_json_bool(w, value);
}
