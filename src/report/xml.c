/* SPDX-License-Identifier: Apache-2.0 */
#include "report/xml.h"

#include "base/mem.h"
#include "base/text.h"

static void put_escaped(struct sk_buf *buf, struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		switch (s.ptr[i]) {
		case '<':
			sk_buf_puts(buf, "&lt;");
			break;
		case '>':
			sk_buf_puts(buf, "&gt;");
			break;
		case '&':
			sk_buf_puts(buf, "&amp;");
			break;
		case '"':
			sk_buf_puts(buf, "&quot;");
			break;
		case '\'':
			sk_buf_puts(buf, "&#39;");
			break;
		default:
			sk_buf_putc(buf, s.ptr[i]);
		}
	}
}

/* sk_text_plain lets noncharacters pass, which XML forbids. */
static void put_line(struct sk_buf *buf, struct sk_span s)
{
	sk_cleanup(sk_buf_release) struct sk_buf plain = { 0 };
	struct sk_span rest;
	ptrdiff_t at;

	sk_text_plain(&plain, s);
	rest = sk_buf_view(&plain);
	while ((at = sk_span_find(rest, SK_SPAN_LIT("\xef\xbf"))) >= 0 &&
	       (size_t)at + 2 < rest.len) {
		uint8_t last = (uint8_t)rest.ptr[at + 2];

		put_escaped(buf, sk_span_sub(rest, 0, (size_t)at));
		if (last >= 0xbe)
			sk_buf_printf(buf, "\\u{%s}", last == 0xbe ? "fffe" : "ffff");
		else
			sk_buf_put(buf, rest.ptr + at, 3);
		rest = sk_span_from(rest, (size_t)at + 3);
	}
	put_escaped(buf, rest);
}

void sk_report_xml(struct sk_buf *buf, const char *s, bool keep_lines)
{
	struct sk_span rest = sk_span_str(s), line;
	bool first = true;

	if (!keep_lines) {
		put_line(buf, rest);
		return;
	}
	while (sk_span_line(&rest, &line)) {
		if (!first)
			sk_buf_putc(buf, '\n');
		put_line(buf, line);
		first = false;
	}
}

void sk_report_xml_attr(struct sk_buf *buf, const char *name, const char *value)
{
	if (!value)
		return;
	sk_buf_printf(buf, " %s=\"", name);
	sk_report_xml(buf, value, false);
	sk_buf_putc(buf, '"');
}
