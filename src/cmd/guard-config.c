/* SPDX-License-Identifier: Apache-2.0 */
/* guard.yaml explained, from the tables that read it; and checked. */
#include "cmd/guard.h"

#include "agent/config.h"
#include "agent/output.h"
#include "cmd/help.h"

enum { WIDTH = 96 };

/* Comments begin in the column of what they are about. */
static void comment(struct sk_buf *out, unsigned indent, const char *text)
{
	sk_cleanup(sk_buf_release) struct sk_buf wrapped = { 0 };
	struct sk_span rest, line;

	sk_help_wrap(&wrapped, text, 0, 0, WIDTH - indent);
	rest = sk_buf_view(&wrapped);
	while (sk_span_line(&rest, &line))
		sk_buf_printf(out, "%*s# %.*s\n", (int)indent, "", (int)line.len, line.ptr);
}

static void row(struct sk_buf *out, unsigned indent, const struct sk_option *o)
{
	bool many = o->type == SK_OPTION_LIST || o->type == SK_OPTION_SET;
	const char *value = o->fallback ? o->fallback : o->argument ? o->argument : "false";
	sk_autofree char *help = sk_option_help(o);

	comment(out, indent, help);
	sk_buf_printf(out, "%*s#%s: %s%s%s\n", (int)indent, "", o->name, many ? "[" : "", value, many ? "]" : "");
}

/* The last word of a path, and how deep it lies: lists and tables are two columns each. */
static unsigned heading(struct sk_buf *out, const struct sk_settings_part *part)
{
	const char *name = part->path;
	unsigned indent = 0;
	bool list;

	if (!*name)
		return 0;
	for (const char *dot; (dot = strchr(name, '.')); name = dot + 1)
		indent += dot > name && dot[-1] == ']' ? 4 : 2;
	list = name[strlen(name) - 1] == ']';
	if (part->help)
		comment(out, indent, part->help);
	/* Empty sections may stand there; what lies in an item of a list is a comment as the item is. */
	sk_buf_printf(out, "%*s%s%.*s:\n", (int)indent, "", name > strchrnul(part->path, ']') ? "#" : "",
		      (int)(strlen(name) - (list ? 2 : 0)), name);
	if (list)
		sk_buf_printf(out, "%*s#-\n", (int)indent + 2, "");
	return indent + (list ? 4 : 2);
}

static void write_part(struct sk_buf *out, const struct sk_settings_part *part)
{
	unsigned indent = heading(out, part);

	sk_options_each(o, part->rows)
		row(out, indent, o);
	if (strcmp(part->path, "outputs[]") != 0)
		return;
	for (size_t i = 0; sk_output_kinds[i]; i++) {
		sk_buf_printf(out, "%*s# ---- kind: %s (%s)\n", (int)indent, "", sk_output_kinds[i]->name,
			      sk_output_kinds[i]->summary);
		sk_options_each(o, sk_output_kinds[i]->options)
			row(out, indent, o);
	}
}

static void write_all(struct sk_buf *out)
{
	const struct sk_settings_part *parts;

	sk_buf_puts(out, "# The configuration of 'sekisho guard run', " SK_AGENT_CONFIG " unless --config names another.\n"
			 "# Everything here is a comment and shows the default, or what may stand there.\n");
	for (size_t i = 0; (parts = sk_agent_config_parts(i)); i++)
		for (; parts->path; parts++) {
			sk_buf_putc(out, '\n');
			write_part(out, parts);
		}
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_agent_config_release) struct sk_agent_config config = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	if (call->arg_count) {
		if (sk_agent_config_open(&config, call->args[0], err) < 0)
			return -err->code;
		sk_say(call, "%s is well formed", call->args[0]);
		return SK_EXIT_CLEAN;
	}
	write_all(&out);
	return sk_output(NULL, sk_buf_view(&out), err);
}

static const char *const text[] = {
	"Without a FILE: writes all that may stand in the agent's configuration, each with its default and what it does, as "
	"a file to begin with. With a FILE: reads it as the agent would, and says what is wrong with it, with line and column.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard config >guard.yaml", "A file to begin with" },
	{ "guard config " SK_AGENT_CONFIG, "Is it well formed?" },
	{ NULL, NULL },
};

const struct sk_command sk_guard_config = {
	.name = "config",
	.summary = "Explain the agent's configuration, or check one",
	.synopsis = "[options] [FILE]",
	.text = text,
	.examples = examples,
	.max_args = 1,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
