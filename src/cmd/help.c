/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"

enum { HELP_COLUMN = 30 }; /* where the explanations begin */

void sk_help_wrap(struct sk_buf *out, const char *text, unsigned indent, unsigned at, unsigned width)
{
	struct sk_span rest = sk_span_str(text), word;
	bool first = true;

	for (; at < indent; at++)
		sk_buf_putc(out, ' ');
	while (sk_span_split(&rest, ' ', &word)) {
		if (!first && at + 1 + word.len > width) {
			sk_buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			sk_buf_putc(out, ' ');
			at++;
		}
		sk_buf_span(out, word);
		at += (unsigned)word.len;
		first = false;
	}
	sk_buf_putc(out, '\n');
}

char *sk_option_label(const struct sk_option *o)
{
	const char *blank = o->argument ? " " : "", *argument = o->argument ? o->argument : "";

	if (o->alone)
		return sk_printf("    --%s[=%s]", o->name, argument);

	if (o->letter)
		return sk_printf("-%c, --%s%s%s", o->letter, o->name, blank, argument);
	return sk_printf("    --%s%s%s", o->name, blank, argument);
}

char *sk_option_help(const struct sk_option *o)
{
	struct sk_buf text = { 0 };
	const char *name, *summary;

	sk_buf_puts(&text, o->help);
	if (o->choice) {
		sk_buf_puts(&text, o->type == SK_OPTION_SET ? "; any of " : "; one of ");
		for (unsigned i = 0; (name = o->choice(i, &summary)); i++)
			sk_buf_printf(&text, "%s%s", i ? ", " : "", name);
	}
	if (o->fallback || o->otherwise)
		sk_buf_printf(&text, " (default: %s)", o->fallback ? o->fallback : o->otherwise);
	return sk_buf_steal(&text);
}

const char *sk_option_heading(const struct sk_option *o)
{
	return o->group ? o->group : "Options";
}

const char *sk_option_group(const struct sk_option *table, unsigned i)
{
	sk_options_each(o, table) {
		bool seen = o->flags & SK_OPTION_HIDDEN;

		for (const struct sk_option *before = table; before < o && !seen; before++)
			seen = !(before->flags & SK_OPTION_HIDDEN) &&
			       strcmp(sk_option_heading(before), sk_option_heading(o)) == 0;
		if (!seen && i-- == 0)
			return sk_option_heading(o);
	}
	return NULL;
}

static void heading(struct sk_buf *out, const char *text, bool colour)
{
	sk_buf_printf(out, "\n%s%s:%s\n", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

static void help_row(struct sk_buf *out, const char *label, const char *text, unsigned width)
{
	size_t at = strlen(label) + 2;

	sk_buf_printf(out, "  %s", label);
	if (at + 2 > HELP_COLUMN) {
		sk_buf_putc(out, '\n');
		at = 0;
	}
	sk_help_wrap(out, text, HELP_COLUMN, (unsigned)at, width);
}

static void help_options(struct sk_buf *out, const struct sk_command *command, const struct sk_option *table, unsigned width,
			 bool colour)
{
	const char *group;

	for (unsigned i = 0; (group = sk_option_group(table, i)); i++) {
		heading(out, group, colour);
		sk_options_each(o, table) {
			sk_autofree char *label = sk_option_label(o), *text = sk_option_help(o);

			if (!(o->flags & SK_OPTION_HIDDEN) && !sk_command_hides(command, o) &&
			    strcmp(sk_option_heading(o), group) == 0)
				help_row(out, label, text, width);
		}
	}
}

static void help_examples(struct sk_buf *out, const struct sk_example *examples, unsigned width,
			  bool colour)
{
	if (!examples)
		return;
	heading(out, "Examples", colour);
	for (const struct sk_example *e = examples; e->command; e++) {
		sk_buf_printf(out, "  %s\n", e->command);
		sk_help_wrap(out, e->what, 6, 0, width);
	}
}

static void help_subs(struct sk_buf *out, const struct sk_command *command, unsigned width,
		      bool colour)
{
	if (!command->subs)
		return;
	heading(out, "Commands", colour);
	for (size_t i = 0; command->subs[i]; i++)
		if (!command->subs[i]->hidden)
			help_row(out, command->subs[i]->name, command->subs[i]->summary, width);
}

void sk_help(struct sk_buf *out, const struct sk_command *command, const char *name, unsigned width,
	     bool colour)
{
	if (width < 60)
		width = 60;
	if (width > 100)
		width = 100; /* longer lines are hard to read */
	sk_buf_printf(out, "Usage: %s%s%s\n\n%s.\n", name, command->synopsis[0] ? " " : "",
		      command->synopsis, command->summary);
	for (const char *const *p = command->text; p && *p; p++) {
		if (p == command->text || **p != ' ' || **(p - 1) != ' ')
			sk_buf_putc(out, '\n');
		if (**p == ' ')
			sk_buf_printf(out, "%s\n", *p);
		else
			sk_help_wrap(out, *p, 0, 0, width);
	}
	help_subs(out, command, width, colour);
	help_options(out, command, command->options, width, colour);
	help_options(out, command, sk_global_options, width, colour);
	help_examples(out, command->examples, width, colour);
	if (command->subs)
		sk_buf_printf(out, "\nSee '%s COMMAND --help' for one command.\n", name);
	else if (command->options)
		sk_buf_puts(out, "\nEach option can stand in sekisho.yaml ('fail-on: high') or in the "
				 "environment\n(SEKISHO_FAIL_ON=high); the command line wins.\n");
}
