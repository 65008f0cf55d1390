/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, macros and exceptions put into the conditions that name them. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/suggest.h"
#include "guard/rules-collect.h"

#include <stdio.h>

/* One condition while its names are looked up. */
struct finisher {
	struct sk_rules *rules;
	const struct sk_rule_text *text; /* where its offsets point into; NULL: an exception */
	struct sk_rule_place place;	 /* then this */
	size_t values;			 /* that lists have put in */
	unsigned depth;			 /* macros in macros */
	bool failed;
};

__attribute__((format(printf, 3, 4))) static void wrong(struct finisher *f, size_t offset, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	f->failed = true;
	if (f->text)
		sk_rules_problem(f->rules, SK_PROBLEM_ERROR, f->text, offset, "%s", text);
	else
		sk_rules_problem_at(f->rules, SK_PROBLEM_ERROR, f->place, "%s", text);
}

/* "; did you mean ...?", or nothing. */
static const char *similar(struct finisher *f, const struct sk_map *map, struct sk_span name)
{
	struct sk_suggest suggest = { .typed = name };

	for (size_t i = 0; i < map->entries.len; i++)
		sk_suggest_try(&suggest, sk_arena_dup(&f->rules->arena, map->entries.data[i].key));
	return suggest.best ? sk_arena_printf(&f->rules->arena, "; did you mean \"%s\"?", suggest.best) : "";
}

/* ---- lists ---- */

static bool add_value(struct finisher *f, struct sk_operand ***tail, struct sk_span text, uint32_t offset)
{
	struct sk_operand *o;

	if (f->values++ >= SK_MAX_FILTER_NODES) {
		if (!f->failed)
			wrong(f, offset, "the lists of this condition have more than %u items", SK_MAX_FILTER_NODES);
		return false;
	}
	o = sk_arena_alloc(&f->rules->arena, sizeof(*o));
	o->kind = SK_OPERAND_VALUE;
	o->offset = offset;
	o->text = text;
	o->quoted = true;
	**tail = o;
	*tail = &o->next;
	return true;
}

/* Items are often quoted twice, for YAML and for the condition that they will stand in. */
static struct sk_span unquoted(struct finisher *f, struct sk_span item)
{
	struct sk_span inner = sk_span_sub(item, 1, item.len - 2);
	char quote = item.len >= 2 ? item.ptr[0] : '\0', *out;
	size_t n = 0;

	if ((quote != '"' && quote != '\'') || item.ptr[item.len - 1] != quote || sk_span_chr(inner, quote) >= 0)
		return item;
	out = sk_arena_alloc(&f->rules->arena, item.len);
	for (size_t i = 0; i < inner.len; i++) {
		i += inner.ptr[i] == '\\' && i + 1 < inner.len;
		out[n++] = inner.ptr[i];
	}
	return sk_span(out, n);
}

static bool spread_list(struct finisher *f, struct sk_rule_list *list, struct sk_operand ***tail, uint32_t offset,
			unsigned depth)
{
	bool ok = true;

	list->used = true;
	if (list->open || depth > SK_MAX_FILTER_DEPTH) {
		wrong(f, offset, "the list \"%.*s\" contains itself", (int)list->name.len, list->name.ptr);
		return false;
	}
	list->open = true;
	for (size_t i = 0; ok && i < list->items.len; i++) {
		struct sk_rule_list *inner = sk_map_get(&f->rules->lists, list->items.data[i]);

		if (inner == list) /* a list may be called like one of its items */
			inner = NULL;
		ok = inner ? spread_list(f, inner, tail, offset, depth + 1) :
			     add_value(f, tail, unquoted(f, list->items.data[i]), offset);
	}
	list->open = false;
	return ok;
}

static void finish_values(struct finisher *f, struct sk_operand *list)
{
	struct sk_operand *old = list->first, **tail = &list->first;
	struct sk_operand name = *list;

	if (list->kind == SK_OPERAND_NAME) {
		if (!sk_map_get(&f->rules->lists, list->text)) {
			wrong(f, list->offset, "there is no list \"%.*s\"%s", (int)list->text.len, list->text.ptr,
			      similar(f, &f->rules->lists, list->text));
			return;
		}
		list->kind = SK_OPERAND_LIST;
		name.next = NULL;
		old = &name;
	}
	*tail = NULL;
	for (; old; old = old->next) {
		struct sk_rule_list *inner = old->quoted ? NULL : sk_map_get(&f->rules->lists, old->text);

		if (!(inner ? spread_list(f, inner, &tail, old->offset, 0) :
			      add_value(f, &tail, old->text, old->offset)))
			return;
	}
}

/* ---- macros ---- */

static void finish_filter(struct finisher *f, struct sk_filter *filter);

static struct sk_filter *parse_text(struct finisher *f, const struct sk_rule_text *text)
{
	sk_cleanup(sk_buf_release) struct sk_buf whole = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_filter *filter;
	size_t offset = 0;

	for (const struct sk_rule_text *t = text; t; t = t->more) {
		if (t != text)
			sk_buf_putc(&whole, ' ');
		sk_buf_span(&whole, t->text);
	}
	f->text = text;
	filter = sk_filter_parse(sk_buf_view(&whole), &f->rules->arena, &offset, &err);
	if (!filter) {
		const char *what = strstr(err.text, ": ");

		wrong(f, offset, "%s", what ? what + 2 : err.text);
	}
	return filter;
}

/* The macro's own condition, made when it is first named; NULL when it is wrong. */
static struct sk_filter *macro_filter(struct sk_rules *rules, struct sk_rule_macro *macro, unsigned depth)
{
	struct finisher f = { .rules = rules, .depth = depth };

	if (macro->parsed)
		return macro->filter;
	macro->parsed = macro->open = true;
	macro->filter = parse_text(&f, &macro->condition);
	if (macro->filter)
		finish_filter(&f, macro->filter);
	macro->open = false;
	if (f.failed)
		macro->filter = NULL;
	return macro->filter;
}

static void finish_macro(struct finisher *f, struct sk_filter *filter)
{
	struct sk_rule_macro *macro = sk_map_get(&f->rules->macros, filter->macro);

	if (!macro) {
		wrong(f, filter->offset, "there is no macro \"%.*s\"%s", (int)filter->macro.len, filter->macro.ptr,
		      similar(f, &f->rules->macros, filter->macro));
		return;
	}
	macro->used = true;
	if (macro->open || f->depth >= SK_MAX_FILTER_DEPTH) {
		wrong(f, filter->offset, "the macro \"%.*s\" contains itself, or too many others", (int)filter->macro.len, filter->macro.ptr);
		return;
	}
	filter->first = macro_filter(f->rules, macro, f->depth + 1);
	if (!filter->first)
		f->failed = true; /* said where the macro is */
}

static void finish_filter(struct finisher *f, struct sk_filter *filter)
{
	switch (filter->kind) {
	case SK_FILTER_AND:
	case SK_FILTER_OR:
	case SK_FILTER_NOT:
		for (struct sk_filter *child = filter->first; child; child = child->next)
			finish_filter(f, child);
		break;
	case SK_FILTER_MACRO:
		finish_macro(f, filter);
		break;
	case SK_FILTER_CHECK:
		if (filter->right && (filter->right->kind == SK_OPERAND_LIST || filter->right->kind == SK_OPERAND_NAME))
			finish_values(f, filter->right);
		break;
	}
}

/* ---- exceptions ---- */

static struct sk_filter *node(struct sk_rules *rules, enum sk_filter_kind kind, struct sk_filter *first)
{
	struct sk_filter *f = sk_arena_alloc(&rules->arena, sizeof(*f));

	f->kind = kind;
	f->first = first;
	return f;
}

/* Errors in the condition that an exception stands for are told at the exception. */
static const struct sk_rule_text *exception_place(struct sk_rules *rules, const struct sk_rule_exception *e)
{
	struct sk_rule_text *text = sk_arena_alloc(&rules->arena, sizeof(*text));

	text->place = e->place;
	return text;
}

/* condition and not (exception) and not (exception) ... */
static void finish_exceptions(struct sk_rules *rules, struct sk_detection *rule)
{
	struct sk_filter *both = node(rules, SK_FILTER_AND, rule->filter), *last = rule->filter;

	for (struct sk_rule_exception *e = rule->exceptions; e; e = e->next) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		struct finisher f = { .rules = rules, .place = e->place };
		struct sk_err err = SK_ERR_INIT;
		struct sk_filter *filter = NULL;
		size_t offset;

		if (!e->values)
			continue;
		if (!e->fields || !sk_exception_text(rules, e, &text))
			wrong(&f, 0, "rule \"%.*s\": the exception \"%.*s\" must have as many values as fields",
			      (int)rule->name.len, rule->name.ptr, (int)e->name.len, e->name.ptr);
		else if (!(filter = sk_filter_parse(sk_buf_view(&text), &rules->arena, &offset, &err)))
			wrong(&f, 0, "rule \"%.*s\": the exception \"%.*s\": %s", (int)rule->name.len, rule->name.ptr,
			      (int)e->name.len, e->name.ptr, err.text);
		if (filter)
			finish_filter(&f, filter);
		if (f.failed) {
			rule->left_out = true;
			continue;
		}
		last->next = node(rules, SK_FILTER_NOT, filter);
		last = last->next;
		last->text = exception_place(rules, e);
	}
	if (last != rule->filter)
		rule->filter = both;
}

/* ---- all of it ---- */

static void finish_rule(struct sk_rules *rules, struct sk_detection *rule)
{
	struct finisher f = { .rules = rules };

	if (!sk_span_is(rule->source, "syscall")) {
		rule->left_out = true;
		sk_rules_problem_at(rules, SK_PROBLEM_NOTE, rule->place,
				    "rule \"%.*s\": left out, its events come from \"%.*s\", which is no source here",
				    (int)rule->name.len, rule->name.ptr, (int)rule->source.len, rule->source.ptr);
		return;
	}
	rule->filter = parse_text(&f, &rule->condition);
	if (rule->filter)
		finish_filter(&f, rule->filter);
	rule->left_out = f.failed;
	if (!f.failed)
		finish_exceptions(rules, rule);
}

/* '*' is anything; a span needs no NUL. */
static bool is_like(struct sk_span name, struct sk_span pattern)
{
	size_t star = pattern.len, from = 0, n = 0, p = 0;

	while (n < name.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			from = n;
		} else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
			p++;
			n++;
		} else if (star < pattern.len) {
			p = star + 1;
			n = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

static bool has_tag(const struct sk_detection *rule, struct sk_span tag)
{
	for (size_t i = 0; i < rule->tag_count; i++)
		if (sk_span_is(tag, rule->tags[i]))
			return true;
	return false;
}

static void turn_on_and_off(struct sk_rules *rules, struct sk_detection *rule)
{
	for (size_t i = 0; i < rules->selections.count; i++) {
		const struct sk_selection *s = &rules->selections.items[i];

		if ((!s->rule.len || is_like(rule->name, s->rule)) && (!s->tag.len || has_tag(rule, s->tag)))
			rule->enabled = s->on;
	}
}

void sk_rules_finish(struct sk_rules *rules)
{
	for (size_t i = 0; i < rules->rules.len; i++)
		turn_on_and_off(rules, rules->rules.data[i]);
	for (size_t i = 0; i < rules->macros.entries.len; i++)
		macro_filter(rules, rules->macros.entries.data[i].value, 0);
	for (size_t i = 0; i < rules->rules.len; i++)
		finish_rule(rules, rules->rules.data[i]);
	for (size_t i = 0; i < rules->macros.entries.len; i++) {
		const struct sk_rule_macro *m = rules->macros.entries.data[i].value;

		if (!m->used)
			sk_rules_problem_at(rules, SK_PROBLEM_NOTE, m->condition.place, "macro \"%.*s\": nothing uses it",
					    (int)m->name.len, m->name.ptr);
	}
	for (size_t i = 0; i < rules->lists.entries.len; i++) {
		const struct sk_rule_list *l = rules->lists.entries.data[i].value;

		if (!l->used)
			sk_rules_problem_at(rules, SK_PROBLEM_NOTE, l->place, "list \"%.*s\": nothing uses it",
					    (int)l->name.len, l->name.ptr);
	}
}
