/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/additions.h"

#include "base/mem.h"

struct entry {
	const char *output;
	bool suggested; /* what Falco's plugins suggest is always said here */
};

struct match {
	const char *source, *rule;
	struct sk_option_list tags;
};

static const struct sk_option entry_table[] = {
	{ "extra_output", 0, SK_OPT_STRING(struct entry, output), .argument = "TEXT",
	  .help = "Behind the rule's output" },
	{ "suggested_output", 0, SK_OPT_FLAG(struct entry, suggested),
	  .help = "Container and pod behind the rule's output; they always are" },
	{ NULL },
};
static const char *const entry_others[] = { "match", "extra_fields", NULL };

static const struct sk_option match_table[] = {
	{ "source", 0, SK_OPT_STRING(struct match, source), .argument = "SOURCE", .help = "Rules of this source" },
	{ "rule", 0, SK_OPT_STRING(struct match, rule), .argument = "NAME", .help = "This rule" },
	{ "tags", 0, SK_OPT_LIST(struct match, tags), .argument = "TAG", .help = "Rules that have all of them" },
	{ NULL },
};

const struct sk_settings_part sk_additions_parts[] = {
	{ "append_output[]", "What alerts say besides, as in falco.yaml; 'extra_fields' is a list of fields", entry_table },
	{ "append_output[].match", "Which rules; none: all", match_table },
	{ NULL },
};

struct reader {
	struct sk_settings *settings;
	SK_VEC(struct sk_addition) found;
};

static struct sk_span keep(struct reader *r, struct sk_span text)
{
	return sk_span(sk_arena_dup(&r->settings->arena, text), text.len);
}

static struct sk_span optional(const char *text)
{
	return text ? sk_span_str(text) : sk_span(NULL, 0);
}

static int add(struct reader *r, struct sk_addition a, const struct sk_node *node, struct sk_err *err)
{
	struct sk_err inner = SK_ERR_INIT;

	if (sk_addition_check(&a, &inner) < 0)
		return sk_settings_fault(r->settings, node, err, "%s", inner.text);
	*sk_vec_push(&r->found) = a;
	return 0;
}

/* "proc.env": a field by its own name; or "home: on %evt.hostname": one by another, with a text. */
static int read_field(struct reader *r, struct sk_addition a, const struct sk_node *n, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (n->type == SK_NODE_OBJECT && n->count == 1 && sk_node_is(n->child, SK_NODE_STRING)) {
		a.field = keep(r, n->child->key);
		a.text = keep(r, n->child->text);
		return add(r, a, n->child, err);
	}
	if (n->type != SK_NODE_STRING)
		return sk_settings_fault(r->settings, n, err, "must be a field, or a name with a text");
	sk_buf_putc(&text, '%');
	sk_buf_span(&text, n->text);
	a.text = keep(r, sk_buf_view(&text));
	a.field = sk_span_from(a.text, 1);
	a.is_value = true;
	return add(r, a, n, err);
}

static int read_match(struct reader *r, const struct sk_node *node, struct sk_addition *a, struct sk_err *err)
{
	struct match match = { 0 };
	struct sk_span *tags;

	if (sk_settings_read(r->settings, node, match_table, NULL, &match, err) < 0)
		return -err->code;
	a->source = optional(match.source);
	a->rule = optional(match.rule);
	tags = sk_arena_alloc(&r->settings->arena, (match.tags.count + 1) * sizeof(*tags));
	for (size_t i = 0; i < match.tags.count; i++)
		tags[i] = sk_span_str(match.tags.items[i]);
	a->tags = tags;
	a->tag_count = match.tags.count;
	return 0;
}

static int read_entry(struct reader *r, const struct sk_node *node, struct sk_err *err)
{
	const struct sk_node *fields = sk_node_get(node, "extra_fields");
	struct sk_addition a = { 0 };
	struct entry entry = { 0 };

	if (sk_settings_read(r->settings, node, entry_table, entry_others, &entry, err) < 0 ||
	    read_match(r, sk_node_get(node, "match"), &a, err) < 0 ||
	    sk_settings_want_list(r->settings, fields, err) < 0)
		return -err->code;
	sk_node_each(n, fields)
		if (read_field(r, a, n, err) < 0)
			return -err->code;
	if (!entry.output)
		return 0;
	a.text = sk_span_str(entry.output);
	return add(r, a, sk_node_get(node, "extra_output"), err);
}

static int read_all(struct reader *r, const struct sk_node *section, struct sk_err *err)
{
	if (sk_settings_want_list(r->settings, section, err) < 0)
		return -err->code;
	sk_node_each(n, section)
		if (read_entry(r, n, err) < 0)
			return -err->code;
	return 0;
}

int sk_additions_config(struct sk_settings *settings, const struct sk_node *section, struct sk_additions *ret,
			struct sk_err *err)
{
	struct reader r = { .settings = settings };
	int result = read_all(&r, section, err);

	ret->count = r.found.len;
	ret->items = sk_arena_alloc(&settings->arena, (r.found.len + 1) * sizeof(*r.found.data));
	if (r.found.len)
		memcpy((void *)ret->items, r.found.data, r.found.len * sizeof(*r.found.data));
	sk_vec_release(&r.found);
	return result;
}
