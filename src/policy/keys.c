/* SPDX-License-Identifier: Apache-2.0 */
/* Faults with their places, and members that are allowed. */
#include "base/limits.h"
#include "base/suggest.h"
#include "doc/place.h"
#include "policy/load.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 0))) static void note(struct sk_policy_loader *l, struct sk_place at,
							 const char *fmt, va_list ap)
{
	char what[1024];

	vsnprintf(what, sizeof(what), fmt, ap);
	*sk_vec_push(&l->set->problems) = sk_arena_printf(&l->set->arena, "%s:%u:%u: %s", l->file->path, at.line,
							  at.column, what);
}

/* Whether one more is told; the last place says that there are others. */
static bool room(struct sk_policy_loader *l)
{
	if (l->set->problems.len == SK_MAX_POLICY_FAULTS)
		*sk_vec_push(&l->set->problems) =
			sk_arena_printf(&l->set->arena, "%s: there are more faults", l->file->path);
	return l->set->problems.len < SK_MAX_POLICY_FAULTS;
}

void sk_policy_fault(struct sk_policy_loader *l, const struct sk_node *n, const char *fmt, ...)
{
	va_list ap;

	if (!room(l))
		return;
	va_start(ap, fmt);
	note(l, sk_place_key(sk_buf_view(&l->file->text), n), fmt, ap);
	va_end(ap);
}

void sk_policy_fault_at(struct sk_policy_loader *l, const struct sk_node *n, size_t index, const char *fmt, ...)
{
	va_list ap;

	if (!room(l))
		return;
	va_start(ap, fmt);
	note(l, sk_place_value(sk_buf_view(&l->file->text), n, index), fmt, ap);
	va_end(ap);
}

static bool has_type(const struct sk_node *n, enum sk_key_type type)
{
	switch (type) {
	case SK_KEY_STRING:
		return n->type != SK_NODE_ARRAY && n->type != SK_NODE_OBJECT;
	case SK_KEY_BOOL:
		return n->type == SK_NODE_BOOL;
	case SK_KEY_LIST:
		return n->type == SK_NODE_ARRAY;
	case SK_KEY_OBJECT:
		return n->type == SK_NODE_OBJECT;
	default:
		return true;
	}
}

static void check_member(struct sk_policy_loader *l, const struct sk_node *n, const struct sk_key *keys)
{
	static const char *const names[] = { "a text", "true or false", "a list", "keys and values" };
	struct sk_suggest s = { .typed = n->key };

	for (const struct sk_key *k = keys; k->name; k++) {
		if (sk_span_is(n->key, k->name)) {
			if (n->type != SK_NODE_NULL && !has_type(n, k->type))
				sk_policy_fault(l, n, "'%s' must be %s", k->name, names[k->type]);
			return;
		}
		sk_suggest_try(&s, k->name);
	}
	if (s.best)
		sk_policy_fault(l, n, "unknown key '%.*s'; did you mean '%s'?", (int)(n->key.len < 80 ? n->key.len : 80),
				n->key.ptr, s.best);
	else
		sk_policy_fault(l, n, "unknown key '%.*s'", (int)(n->key.len < 80 ? n->key.len : 80), n->key.ptr);
}

bool sk_policy_keys(struct sk_policy_loader *l, const struct sk_node *n, const struct sk_key *keys)
{
	if (!sk_node_is(n, SK_NODE_OBJECT)) {
		if (n)
			sk_policy_fault(l, n, "this must be keys and values");
		return false;
	}
	sk_node_each(child, n)
		check_member(l, child, keys);
	for (const struct sk_key *k = keys; k->name; k++) {
		const struct sk_node *member = k->required ? sk_node_get(n, k->name) : n;

		if (!member || member->type == SK_NODE_NULL)
			sk_policy_fault(l, n, "'%s' is missing", k->name);
	}
	return true;
}

const char *sk_policy_text(struct sk_policy_loader *l, const struct sk_node *n)
{
	struct sk_span s = sk_node_text(n);

	return s.len ? sk_arena_dup(&l->set->arena, s) : NULL;
}

struct sk_strings sk_policy_strings(struct sk_policy_loader *l, const struct sk_node *n)
{
	bool is_list = sk_node_is(n, SK_NODE_ARRAY);
	struct sk_strings list = { 0 };

	if (!n || n->type == SK_NODE_NULL)
		return list;
	list.items = sk_arena_alloc(&l->set->arena, (is_list ? n->count : 1) * sizeof(*list.items));
	if (!is_list && sk_node_text(n).len)
		list.items[list.count++] = sk_policy_text(l, n);
	sk_node_each(item, is_list ? n : NULL) {
		if (sk_node_text(item).len)
			list.items[list.count++] = sk_policy_text(l, item);
		else
			sk_policy_fault(l, item, "this must be a text");
	}
	return list;
}

int sk_policy_word(struct sk_policy_loader *l, const struct sk_node *n, const char *const *words)
{
	struct sk_span text = sk_node_text(n);
	struct sk_suggest s = { .typed = text };
	struct sk_buf all = { 0 };

	for (int i = 0; words[i]; i++) {
		if (sk_span_is(text, words[i])) {
			sk_buf_release(&all);
			return i;
		}
		sk_suggest_try(&s, words[i]);
		sk_buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	sk_policy_fault_at(l, n, 0, "'%.*s' is not one of %s%s%s%s", (int)(text.len < 80 ? text.len : 80),
			   text.ptr ? text.ptr : "", sk_buf_str(&all), s.best ? "; did you mean '" : "",
			   s.best ? s.best : "", s.best ? "'?" : "");
	sk_buf_release(&all);
	return -1;
}
