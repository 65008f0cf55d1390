/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a byte of a condition stands in its file. YAML folds lines and takes
 * indentation away, but keeps every character that is no blank, in order: the
 * n-th such character of the text is the n-th behind the key.
 */
#include "base/buf.h"
#include "guard/rules-collect.h"

#include <ctype.h>
#include <stdio.h>

static size_t line_start(struct sk_span source, uint32_t line)
{
	size_t at = 0;

	while (line > 1 && at < source.len)
		if (source.ptr[at++] == '\n')
			line--;
	return at;
}

static void set_place(struct sk_span source, size_t at, struct sk_rule_place *place)
{
	place->line = place->column = 1;
	for (size_t i = 0; i < at; i++) {
		place->column++;
		if (source.ptr[i] == '\n') {
			place->line++;
			place->column = 1;
		}
	}
}

static struct sk_rule_place locate(struct sk_rules *rules, const struct sk_rule_text *text, size_t offset)
{
	struct sk_rule_place place = text->place;
	const struct sk_span *source = place.file ? sk_map_get(&rules->files, sk_span_str(place.file)) : NULL;
	size_t at, last;
	ptrdiff_t colon;

	if (!source)
		return place;
	at = line_start(*source, place.line);
	colon = sk_span_chr(sk_span_from(*source, at), ':');
	if (colon < 0)
		return place;
	last = at += (size_t)colon + 1;
	for (size_t i = 0; i <= offset && i < text->text.len; i++) {
		if (isspace((unsigned char)text->text.ptr[i]))
			continue;
		while (at < source->len && source->ptr[at] != text->text.ptr[i])
			at++;
		last = at++;
	}
	set_place(*source, offset < text->text.len ? last : at, &place);
	return place;
}

void sk_rules_problem(struct sk_rules *rules, enum sk_rule_problem_kind kind, const struct sk_rule_text *text,
		      size_t offset, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	while (text->more && offset > text->text.len) {
		offset -= text->text.len + 1;
		text = text->more;
	}
	sk_rules_problem_at(rules, kind, locate(rules, text, offset), "%s", line);
}
