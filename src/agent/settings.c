/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/settings.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "doc/place.h"

#include <stdio.h>

int sk_settings_parse(struct sk_settings *s, const char *name, struct sk_span text, struct sk_err *err)
{
	s->name = sk_arena_str(&s->arena, name);
	if (!s->text.len)
		sk_buf_put(&s->text, text.ptr, text.len);
	if (sk_doc_parse(&s->doc, SK_DOC_YAML, sk_buf_view(&s->text), SK_DOC_STRICT_KEYS, err) < 0)
		return sk_err_wrap(err, "%s", name);
	if (s->doc.root->type != SK_NODE_OBJECT && s->doc.root->type != SK_NODE_NULL)
		return sk_settings_fault(s, s->doc.root, err, "must be a table of settings");
	return s->doc.root->next ? sk_settings_fault(s, s->doc.root->next, err, "only one document is read") : 0;
}

int sk_settings_open(struct sk_settings *s, const char *path, struct sk_err *err)
{
	if (sk_path_slurp_checked(path, true, SK_MAX_CONFIG, &s->text, err) < 0)
		return -err->code;
	return sk_settings_parse(s, path, sk_buf_view(&s->text), err);
}

void sk_settings_release(struct sk_settings *s)
{
	sk_doc_release(&s->doc);
	sk_buf_release(&s->text);
	sk_arena_release(&s->arena);
}

int sk_settings_fault(const struct sk_settings *s, const struct sk_node *node, struct sk_err *err, const char *fmt, ...)
{
	bool scalar = node->type != SK_NODE_OBJECT && node->type != SK_NODE_ARRAY && node->type != SK_NODE_NULL;
	struct sk_place place = scalar ? sk_place_value(sk_buf_view(&s->text), node, 0) :
					 sk_place_key(sk_buf_view(&s->text), node);
	char text[768];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return sk_err_set(err, SK_EUSAGE, "%s:%u:%u: %s", s->name, place.line, place.column, text);
}

int sk_settings_want_list(const struct sk_settings *s, const struct sk_node *node, struct sk_err *err)
{
	if (!node || node->type == SK_NODE_ARRAY || node->type == SK_NODE_NULL)
		return 0;
	return sk_settings_fault(s, node, err, "must be a list");
}

static int set_scalar(struct sk_settings *s, const struct sk_option *o, const struct sk_node *n, void *base,
		      struct sk_err *err)
{
	struct sk_span text = n->type == SK_NODE_BOOL ? sk_span_str(n->truth ? "true" : "false") : sk_node_text(n);
	struct sk_err inner = SK_ERR_INIT;

	if (n->type == SK_NODE_OBJECT || n->type == SK_NODE_ARRAY)
		return sk_settings_fault(s, n, err, "%s: must be a single value", o->name);
	if (n->type == SK_NODE_NULL)
		return sk_settings_fault(s, n, err, "%s: has no value", o->name);
	/* An item of a list may have commas in it. */
	if (o->type == SK_OPTION_LIST)
		sk_option_append(o, base, text, &s->arena);
	else if (sk_option_set(o, base, text, &s->arena, &inner) < 0)
		return sk_settings_fault(s, n, err, "%s: %s", o->name, inner.text);
	return 0;
}

static int set_member(struct sk_settings *s, const struct sk_option *o, const struct sk_node *n, void *base,
		      struct sk_err *err)
{
	bool many = o->type == SK_OPTION_LIST || o->type == SK_OPTION_SET;

	sk_option_reset(o, base);
	if (!many || n->type != SK_NODE_ARRAY)
		return set_scalar(s, o, n, base, err);
	sk_node_each(item, n)
		if (set_scalar(s, o, item, base, err) < 0)
			return -err->code;
	return 0;
}

static bool is_one_of(const char *const *words, struct sk_span word, struct sk_suggest *suggest)
{
	for (; words && *words; words++) {
		if (sk_span_is(word, *words))
			return true;
		sk_suggest_try(suggest, *words);
	}
	return false;
}

static int unknown_key(struct sk_settings *s, const struct sk_node *n, const char *best, struct sk_err *err)
{
	struct sk_place place = sk_place_key(sk_buf_view(&s->text), n);

	return sk_err_set(err, SK_EUSAGE, "%s:%u:%u: unknown key '%.*s'%s%s%s", s->name, place.line, place.column,
			  (int)n->key.len, n->key.ptr, best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
}

int sk_settings_read(struct sk_settings *s, const struct sk_node *section, const struct sk_option *table,
		     const char *const *others, void *base, struct sk_err *err)
{
	sk_options_each(o, table) {
		sk_option_reset(o, base);
		if (o->fallback && sk_option_set(o, base, sk_span_str(o->fallback), &s->arena, err) < 0)
			return sk_err_wrap(err, "%s", o->name);
	}
	if (!section || section->type == SK_NODE_NULL)
		return 0;
	if (section->type != SK_NODE_OBJECT)
		return sk_settings_fault(s, section, err, "must be a table of settings");
	sk_node_each(n, section) {
		struct sk_suggest suggest = { .typed = n->key };
		const struct sk_option *o = sk_option_find(table, n->key);

		if (o && set_member(s, o, n, base, err) < 0)
			return -err->code;
		if (o || is_one_of(others, n->key, &suggest))
			continue;
		sk_options_each(other, table)
			sk_suggest_try(&suggest, other->name);
		return unknown_key(s, n, suggest.best, err);
	}
	return 0;
}
