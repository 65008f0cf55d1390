/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/place.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Line and column of the byte at off. */
static struct sk_place place_of(struct sk_span text, size_t off)
{
	struct sk_place p = { 1, 1 };

	for (size_t i = 0; i < off && i < text.len; i++) {
		if (text.ptr[i] == '\n') {
			p.line++;
			p.column = 1;
		} else if (((uint8_t)text.ptr[i] & 0xc0) != 0x80) {
			p.column++;
		}
	}
	return p;
}

static struct sk_span line_at(struct sk_span text, uint32_t line)
{
	struct sk_span rest = text, found = { 0 };

	for (uint32_t i = 0; i < line && sk_span_line(&rest, &found); i++)
		;
	return found;
}

struct sk_place sk_place_key(struct sk_span text, const struct sk_node *node)
{
	struct sk_span line = line_at(text, node->line);
	ptrdiff_t at = node->key.len ? sk_span_find(line, node->key) : -1;

	if (at < 0)
		for (at = 0; (size_t)at < line.len && is_blank(line.ptr[at]); at++)
			;
	return (struct sk_place){ node->line, place_of(line, (size_t)at).column };
}

/* Bytes of an escape sequence in a double-quoted scalar (YAML 1.2.2, section 5.7). */
static size_t escape_length(char c)
{
	return c == 'x' ? 4 : c == 'u' ? 6 : c == 'U' ? 10 : 2;
}

static size_t skip_blanks(struct sk_span text, size_t at)
{
	while (at < text.len && is_blank(text.ptr[at]))
		at++;
	return at;
}

/*
 * Folding and indentation change blanks alone, so text and value are walked
 * together: what is not blank comes in the same order in both.
 */
struct sk_place sk_place_value(struct sk_span text, const struct sk_node *node, size_t index)
{
	struct sk_span value = sk_node_text(node);
	size_t at = node->offset, i = 0;
	char quote = at && at <= text.len ? text.ptr[at - 1] : '\0';

	if (!at && node->key.len) /* of a format without offsets */
		return sk_place_key(text, node);
	while (i < index && i < value.len) {
		char c = value.ptr[i];

		if (!is_blank(c))
			at = skip_blanks(text, at);
		if (at >= text.len)
			break;
		if (quote == '"' && text.ptr[at] == '\\') {
			char kind = at + 1 < text.len ? text.ptr[at + 1] : '\0';

			at += escape_length(kind);
			if (kind == '\n') /* a line continued: nothing in the value */
				continue;
			while (i + 1 < value.len && ((uint8_t)value.ptr[i + 1] & 0xc0) == 0x80)
				i++; /* one escape may stand for several bytes */
		} else if (quote == '\'' && sk_span_starts(sk_span_from(text, at), "''")) {
			at += 2;
		} else if (!is_blank(c) || text.ptr[at] == c) {
			at++;
		}
		i++;
	}
	if (index < value.len && !is_blank(value.ptr[index]))
		at = skip_blanks(text, at);
	return place_of(text, at);
}
