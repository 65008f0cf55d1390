/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/selections.h"

#include "base/mem.h"

struct which {
	const char *rule, *tag;
};

static const struct sk_option which_table[] = {
	{ "rule", 0, SK_OPT_STRING(struct which, rule), .argument = "PATTERN",
	  .help = "Rules of this name, in which * is anything" },
	{ "tag", 0, SK_OPT_STRING(struct which, tag), .argument = "TAG", .help = "Rules that have this tag" },
	{ NULL },
};
static const struct sk_option no_table[] = { { NULL } };
static const char *const entry_others[] = { "enable", "disable", NULL };

const struct sk_settings_part sk_selections_parts[] = {
	{ "select[]", "Which rules are on, whatever their files say; later ones win", no_table },
	{ "select[].disable", "Turned off", which_table },
	{ "select[].enable", "Turned on", which_table },
	{ NULL },
};

static int read_one(struct sk_settings *s, const struct sk_node *entry, struct sk_selection *ret, struct sk_err *err)
{
	const struct sk_node *on = sk_node_get(entry, "enable"), *off = sk_node_get(entry, "disable");
	struct which which = { 0 };

	if (sk_settings_read(s, entry, no_table, entry_others, NULL, err) < 0)
		return -err->code;
	if (!on == !off)
		return sk_settings_fault(s, entry, err, "has 'enable' or 'disable'");
	if (sk_settings_read(s, on ? on : off, which_table, NULL, &which, err) < 0)
		return -err->code;
	if (!which.rule && !which.tag)
		return sk_settings_fault(s, on ? on : off, err, "names a 'rule' or a 'tag'");
	*ret = (struct sk_selection){ on != NULL, which.rule ? sk_span_str(which.rule) : sk_span(NULL, 0),
				      which.tag ? sk_span_str(which.tag) : sk_span(NULL, 0) };
	return 0;
}

int sk_selections_config(struct sk_settings *s, const struct sk_node *section, struct sk_selections *ret,
			 struct sk_err *err)
{
	struct sk_selection *items;
	size_t n = 0;

	if (sk_settings_want_list(s, section, err) < 0)
		return -err->code;
	items = sk_arena_alloc(&s->arena, ((section ? section->count : 0) + 1) * sizeof(*items));
	sk_node_each(entry, section)
		if (read_one(s, entry, &items[n++], err) < 0)
			return -err->code;
	*ret = (struct sk_selections){ items, n };
	return 0;
}
