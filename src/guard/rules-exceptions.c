/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of rules, written as the conditions that they stand for. */
#include "base/buf.h"
#include "base/mem.h"
#include "guard/rules-collect.h"

#include <ctype.h>

/* `val(proc.pname)` and `toupper(proc.name)` are no texts. */
static bool is_call(struct sk_span text)
{
	static const char *const names[] = { "val(", "tolower(", "toupper(", "b64(", "basename(", "len(",
					     "join(", "concat(", "getopt(" };

	for (size_t i = 0; i < SK_COUNT(names); i++)
		if (sk_span_starts(text, names[i]) && sk_span_ends(text, ")"))
			return true;
	return false;
}

static void put_value(struct sk_rules *rules, struct sk_buf *out, struct sk_span text)
{
	bool bare = text.len > 0, blank = false;

	if (sk_map_get(&rules->lists, text)) {
		sk_buf_span(out, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++)
		blank |= isspace((unsigned char)text.ptr[i]) != 0;
	for (size_t i = 0; i < text.len; i++)
		bare &= text.ptr[i] && !strchr("()\"'=,\\", text.ptr[i]);
	bare = (bare || is_call(text)) && !blank;
	if (text.len > 1 && (text.ptr[0] == '"' || text.ptr[0] == '\'') && text.ptr[text.len - 1] == text.ptr[0])
		bare = true; /* somebody has quoted it for the condition already */
	if (bare) {
		sk_buf_span(out, text);
		return;
	}
	sk_buf_putc(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			sk_buf_putc(out, '\\');
		sk_buf_putc(out, text.ptr[i]);
	}
	sk_buf_putc(out, '"');
}

static bool wants_list(struct sk_span comparison)
{
	return sk_span_is(comparison, "in") || sk_span_is(comparison, "intersects") ||
	       sk_span_is(comparison, "pmatch") || sk_span_ends(comparison, " oneof") ||
	       sk_span_ends(comparison, " anyof") || sk_span_ends(comparison, " allof");
}

static void put_values(struct sk_rules *rules, struct sk_buf *out, const struct sk_exception_entry *first)
{
	sk_buf_putc(out, '(');
	for (const struct sk_exception_entry *v = first; v; v = v->next) {
		if (v != first)
			sk_buf_puts(out, ", ");
		put_value(rules, out, v->text);
	}
	sk_buf_putc(out, ')');
}

static void put_check(struct sk_rules *rules, struct sk_buf *out, struct sk_span field, struct sk_span comparison,
		      const struct sk_exception_entry *value)
{
	sk_buf_span(out, field);
	sk_buf_putc(out, ' ');
	sk_buf_span(out, comparison);
	sk_buf_putc(out, ' ');
	if (value->is_list) {
		put_values(rules, out, value->first);
	} else if (wants_list(comparison) && !sk_span_starts(value->text, "(")) {
		sk_buf_putc(out, '(');
		put_value(rules, out, value->text);
		sk_buf_putc(out, ')');
	} else if (sk_span_starts(value->text, "(")) {
		sk_buf_span(out, value->text);
	} else {
		put_value(rules, out, value->text);
	}
}

static bool same_length(const struct sk_exception_entry *a, const struct sk_exception_entry *b)
{
	while (a && b) {
		a = a->next;
		b = b->next;
	}
	return !a && !b;
}

/* `(f1 = v1 and f2 = v2)`, one row of values; false when it has not one value for each field. */
static bool put_row(struct sk_rules *rules, struct sk_buf *out, const struct sk_rule_exception *e,
		    const struct sk_exception_entry *row)
{
	const struct sk_exception_entry *comparison = e->comps && e->comps->is_list ? e->comps->first : NULL;
	const struct sk_exception_entry *value = row->first;

	if (comparison && !same_length(e->comps->first, e->fields->first))
		return false;
	sk_buf_putc(out, '(');
	for (const struct sk_exception_entry *field = e->fields->first; field; field = field->next) {
		if (!value)
			return false;
		if (field != e->fields->first)
			sk_buf_puts(out, " and ");
		put_check(rules, out, field->text, comparison ? comparison->text : SK_SPAN_LIT("="), value);
		comparison = comparison ? comparison->next : NULL;
		value = value->next;
	}
	sk_buf_putc(out, ')');
	return !value;
}

/* The exception as a condition of its own; false when its parts do not fit each other. */
bool sk_exception_text(struct sk_rules *rules, const struct sk_rule_exception *e, struct sk_buf *out)
{
	if (!e->fields->is_list) {
		for (const struct sk_exception_entry *v = e->values; v; v = v->next)
			if (v->is_list)
				return false;
		sk_buf_span(out, e->fields->text);
		sk_buf_putc(out, ' ');
		sk_buf_span(out, e->comps && !e->comps->is_list ? e->comps->text : SK_SPAN_LIT("in"));
		sk_buf_putc(out, ' ');
		put_values(rules, out, e->values);
		return true;
	}
	for (const struct sk_exception_entry *row = e->values; row; row = row->next) {
		if (row != e->values)
			sk_buf_puts(out, " or ");
		if (!row->is_list || !put_row(rules, out, e, row))
			return false;
	}
	return true;
}
