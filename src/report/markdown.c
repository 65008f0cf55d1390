/* SPDX-License-Identifier: Apache-2.0 */
#include "report/markdown.h"

#include "base/text.h"
#include "report/view.h"

/* What makes links and mentions out of text without any markup: "@name", "://", "www.". */
static bool is_trigger(struct sk_span s)
{
	return sk_span_starts(s, "@") || sk_span_starts(s, "://") || sk_span_starts(s, "www.");
}

void sk_md_text(struct sk_buf *buf, const char *s)
{
	sk_cleanup(sk_buf_release) struct sk_buf folded = { 0 }, plain = { 0 };

	if (!s)
		return;
	sk_report_fold(s, &folded);
	sk_text_plain(&plain, sk_buf_view(&folded));
	for (size_t i = 0; i < plain.len; i++) {
		char c = plain.data[i];

		if (c == '<' || c == '>' || c == '&')
			sk_buf_puts(buf, c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;");
		else if (is_trigger(sk_span_from(sk_buf_view(&plain), i)))
			/* A zero-width space behind it: no mention, no automatic link. */
			sk_buf_printf(buf, "%c&#8203;", c);
		else if (strchr("\\`*_[]#|~$", c) || (i == 0 && strchr("-+=", c)))
			sk_buf_printf(buf, "\\%c", c);
		else
			sk_buf_putc(buf, c);
	}
}

void sk_md_code(struct sk_buf *buf, const char *s, bool in_table)
{
	sk_cleanup(sk_buf_release) struct sk_buf plain = { 0 };
	size_t run = 0, longest = 0;
	bool pad;

	if (!s || !s[0])
		return;
	sk_text_plain(&plain, sk_span_str(s));
	for (size_t i = 0; i < plain.len; i++) {
		run = plain.data[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	/* Blanks inside the fence are taken off again by the reader. */
	pad = plain.data[0] == '`' || plain.data[plain.len - 1] == '`' || plain.data[0] == ' ';
	for (size_t i = 0; i <= longest; i++)
		sk_buf_putc(buf, '`');
	sk_buf_puts(buf, pad ? " " : "");
	for (size_t i = 0; i < plain.len; i++) {
		if (in_table && plain.data[i] == '|')
			sk_buf_putc(buf, '\\');
		sk_buf_putc(buf, plain.data[i]);
	}
	sk_buf_puts(buf, pad ? " " : "");
	for (size_t i = 0; i <= longest; i++)
		sk_buf_putc(buf, '`');
}
