/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/man.h"

#include "base/time.h"
#include "cmd/help.h"

#include <ctype.h>

/* A '-' stays an ASCII one, so that it can be copied; a line's first '.' is no request. */
static void put(struct sk_buf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		sk_buf_puts(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			sk_buf_puts(out, "\\e");
		else if (*text == '-')
			sk_buf_puts(out, "\\-");
		else if (*text == '\'')
			sk_buf_puts(out, "\\(aq");
		else if (*text == '~')
			sk_buf_puts(out, "\\(ti");
		else if (*text == '^')
			sk_buf_puts(out, "\\(ha");
		else
			sk_buf_putc(out, *text);
	}
}

static void put_line(struct sk_buf *out, const char *text)
{
	put(out, text);
	sk_buf_putc(out, '\n');
}

static void put_upper(struct sk_buf *out, const char *text)
{
	for (; *text; text++)
		sk_buf_putc(out, (char)toupper((unsigned char)*text));
}

static void write_option(struct sk_buf *out, const struct sk_option *o)
{
	sk_autofree char *help = sk_option_help(o);

	sk_buf_puts(out, ".TP\n");
	if (o->letter)
		sk_buf_printf(out, "\\fB\\-%c\\fR, ", o->letter);
	sk_buf_puts(out, "\\fB\\-\\-");
	put(out, o->name);
	sk_buf_puts(out, "\\fR");
	if (o->argument) {
		sk_buf_puts(out, o->alone ? "[=\\fI" : " \\fI");
		put(out, o->argument);
		sk_buf_puts(out, o->alone ? "\\fR]" : "\\fR");
	}
	sk_buf_putc(out, '\n');
	put(out, help);
	sk_buf_puts(out, ".\n");
}

static void write_options(struct sk_buf *out, const struct sk_command *command, const struct sk_option *table, const char *macro)
{
	const char *group;

	for (unsigned i = 0; (group = sk_option_group(table, i)); i++) {
		sk_buf_printf(out, "%s ", macro);
		put_line(out, group);
		sk_options_each(o, table)
			if (!(o->flags & SK_OPTION_HIDDEN) && !sk_command_hides(command, o) &&
			    strcmp(sk_option_heading(o), group) == 0)
				write_option(out, o);
	}
}

static void write_text(struct sk_buf *out, const char *const *text)
{
	for (const char *const *p = text; p && *p; p++) {
		bool kept = **p == ' ';

		if (kept && (p == text || *p[-1] != ' '))
			sk_buf_puts(out, ".PP\n.nf\n");
		else if (!kept)
			sk_buf_puts(out, ".PP\n");
		put_line(out, *p + (kept ? strspn(*p, " ") : 0));
		if (kept && (!p[1] || *p[1] != ' '))
			sk_buf_puts(out, ".fi\n");
	}
}

static void write_subs(struct sk_buf *out, const struct sk_command *command, const char *name)
{
	if (!command->subs)
		return;
	sk_buf_puts(out, ".SH COMMANDS\n");
	for (size_t i = 0; command->subs[i]; i++) {
		const struct sk_command *sub = command->subs[i];

		if (sub->hidden)
			continue;
		if (command == &sk_program) {
			sk_buf_printf(out, ".TP\n\\fBsekisho\\-%s\\fR(1)\n%s.\n", sub->name, sub->summary);
			continue;
		}
		sk_buf_puts(out, ".SS ");
		put(out, name);
		sk_buf_printf(out, " %s ", sub->name);
		put_line(out, sub->synopsis);
		put(out, sub->summary);
		sk_buf_puts(out, ".\n");
		write_text(out, sub->text);
		sk_options_each(o, sub->options)
			if (!(o->flags & SK_OPTION_HIDDEN))
				write_option(out, o);
	}
}

/* Those of a command's own page, and of the subs that have none. */
static void write_examples(struct sk_buf *out, const struct sk_command *command, bool *heading)
{
	for (const struct sk_example *e = command->examples; e && e->command; e++) {
		sk_buf_puts(out, *heading ? "" : ".SH EXAMPLES\n");
		*heading = true;
		sk_buf_puts(out, ".TP\n\\fB");
		put(out, e->command);
		sk_buf_puts(out, "\\fR\n");
		put_line(out, e->what);
	}
	for (size_t i = 0; command != &sk_program && command->subs && command->subs[i]; i++)
		write_examples(out, command->subs[i], heading);
}

static const char *const configuration[] = {
	"Every option can stand in \\fIsekisho.yaml\\fR in the current directory or in "
	"\\fI\\(ti/.config/sekisho/sekisho.yaml\\fR by its long name, for all commands at the top or "
	"for one under the name of the command, and in the environment in capitals behind SEKISHO_. "
	"The command line wins over the environment, the environment over the current directory, "
	"that over the home directory.",
	".PP",
	".nf",
	"fail\\-on: high",
	"ignore\\-unfixed: true",
	"scan:",
	"  format: json",
	".fi",
	".PP",
	"SEKISHO_FAIL_ON=high does the same as the first line.",
};

static void write_tail(struct sk_buf *out, const struct sk_command *command)
{
	bool heading = false;

	sk_buf_puts(out, ".SH CONFIGURATION\n");
	for (size_t i = 0; i < SK_COUNT(configuration); i++)
		sk_buf_printf(out, "%s\n", configuration[i]);
	sk_buf_puts(out, ".SH EXIT STATUS\n"
			 ".TP\n0\nClean.\n"
			 ".TP\n1\nThe policy says no: \\fB\\-\\-fail\\-on\\fR was reached.\n"
			 ".TP\n2\nThe call makes no sense.\n"
			 ".TP\n3\nSomething could not be finished or looked at; wins over 1.\n");
	write_examples(out, command, &heading);
	sk_buf_puts(out, ".SH SEE ALSO\n");
	if (command != &sk_program)
		sk_buf_puts(out, "\\fBsekisho\\fR(1)\n");
	else
		for (size_t i = 0, n = 0; sk_commands[i]; i++)
			if (!sk_commands[i]->hidden)
				sk_buf_printf(out, "%s\\fBsekisho\\-%s\\fR(1)", n++ ? ",\n" : "",
					      sk_commands[i]->name);
	sk_buf_puts(out, command == &sk_program ? "\n" : "");
}

void sk_man_roff(struct sk_buf *out, const struct sk_command *command)
{
	bool top = command == &sk_program;
	sk_autofree char *name = top ? sk_strdup("sekisho") : sk_printf("sekisho %s", command->name);
	char date[SK_TIME_TEXT];

	sk_buf_puts(out, ".\\\" Written by 'sekisho man' from the option tables.\n.TH SEKISHO");
	if (!top)
		sk_buf_puts(out, "\\-");
	put_upper(out, top ? "" : command->name);
	sk_buf_printf(out, " 1 %s \"Sekisho " SK_VERSION "\" \"User Commands\"\n.SH NAME\nsekisho",
		      sk_time_format_date(sk_time_now(), date));
	if (!top)
		sk_buf_printf(out, "\\-%s", command->name);
	sk_buf_printf(out, " \\- %c", tolower((unsigned char)command->summary[0]));
	put_line(out, command->summary + 1);
	sk_buf_printf(out, ".SH SYNOPSIS\n\\fB%s\\fR ", name);
	put_line(out, command->synopsis);
	sk_buf_puts(out, ".SH DESCRIPTION\n");
	put(out, command->summary);
	sk_buf_puts(out, ".\n");
	write_text(out, command->text);
	write_subs(out, command, name);
	sk_buf_puts(out, ".SH OPTIONS\n");
	write_options(out, command, command->options, ".SS");
	write_options(out, command, sk_global_options, ".SS");
	write_tail(out, command);
}
