/* SPDX-License-Identifier: Apache-2.0 */
/* Problems and where they stand. */
#include "base/limits.h"
#include "doc/place.h"
#include "guard/rules-collect.h"

#include <stdio.h>

static void add(struct sk_rules *rules, enum sk_rule_problem_kind kind, const struct sk_rule_file *file,
		struct sk_place at, const char *line)
{
	if (kind == SK_PROBLEM_ERROR)
		rules->errors++;
	if (rules->problems.len >= SK_MAX_RULE_PROBLEMS)
		return;
	*sk_vec_push(&rules->problems) = (struct sk_rule_problem){
		.kind = kind,
		.file = file ? file->name : "",
		.line = at.line,
		.column = at.column,
		.text = sk_arena_str(&rules->arena, line),
	};
}

void sk_rules_problem_at(struct sk_rules *rules, enum sk_rule_problem_kind kind, struct sk_rule_place place,
			 const char *fmt, ...)
{
	struct sk_place at = { 1, 1 };
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (place.file && place.node)
		at = sk_place_key(place.file->text, place.node);
	add(rules, kind, place.file, at, line);
}

void sk_rules_problem(struct sk_rules *rules, enum sk_rule_problem_kind kind, const struct sk_rule_text *text,
		      size_t offset, const char *fmt, ...)
{
	struct sk_place at = { 1, 1 };
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	while (text->more && offset > text->text.len) {
		offset -= text->text.len + 1;
		text = text->more;
	}
	if (text->place.file && !text->text.ptr) /* no text of its own: an exception */
		at = sk_place_key(text->place.file->text, text->place.node);
	else if (text->place.file && text->place.node)
		at = sk_place_value(text->place.file->text, text->place.node, text->lead + offset);
	add(rules, kind, text->place.file, at, line);
}
