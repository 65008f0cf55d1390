/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/complete.h"

static const char head[] =
	"# fish completion for sekisho, written by 'sekisho completion fish'\n"
	"\n"
	"# Whether the words so far, options and their values left out, name this command.\n"
	"function __sekisho_at\n"
	"\tset -l words\n"
	"\tset -l skip 0\n"
	"\tfor word in (commandline -opc)[2..-1]\n"
	"\t\tif test $skip = 1\n"
	"\t\t\tset skip 0\n"
	"\t\telse if contains -- $word $__sekisho_with_value\n"
	"\t\t\tset skip 1\n"
	"\t\telse if not string match -q -- '-*' $word\n"
	"\t\t\tset -a words $word\n"
	"\t\tend\n"
	"\tend\n"
	"\tif test \"$argv[1]\" = exactly\n"
	"\t\ttest \"$words\" = \"$argv[2..-1]\"\n"
	"\telse\n"
	"\t\ttest \"$words[1..\"(count $argv)\"]\" = \"$argv\"\n"
	"\tend\n"
	"end\n"
	"\n"
	"complete -c sekisho -f\n";

/* Every option that takes a value, whichever command it belongs to. */
static void write_with_value(struct sk_buf *out, const struct sk_option *table)
{
	sk_options_each(o, table) {
		if (sk_option_alone(o))
			continue;
		sk_buf_printf(out, " --%s", o->name);
		if (o->letter)
			sk_buf_printf(out, " -%c", o->letter);
	}
}

static void write_command_with_value(struct sk_buf *out, const struct sk_command *command,
				     const char *path)
{
	write_with_value(out, command->options);
}

static void write_values(struct sk_buf *out, enum sk_option_type type, sk_choice_fn *choice)
{
	if (choice) {
		sk_buf_puts(out, " -x -a '");
		sk_complete_choices(out, choice);
		sk_buf_putc(out, '\'');
	} else if (type == SK_OPTION_FILE) {
		sk_buf_puts(out, " -r -F");
	} else if (type == SK_OPTION_FOLDER) {
		sk_buf_puts(out, " -x -a '(__fish_complete_directories)'");
	} else {
		sk_buf_puts(out, " -x");
	}
}

static void quoted(struct sk_buf *out, const char *text)
{
	sk_buf_puts(out, " -d '");
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			sk_buf_putc(out, '\\');
		sk_buf_putc(out, *text);
	}
	sk_buf_puts(out, "'\n");
}

static void write_options(struct sk_buf *out, const struct sk_option *table, const char *condition)
{
	sk_options_each(o, table) {
		if (o->flags & SK_OPTION_HIDDEN)
			continue;
		sk_buf_printf(out, "complete -c sekisho%s -l %s", condition, o->name);
		if (o->letter)
			sk_buf_printf(out, " -s %c", o->letter);
		if (o->type != SK_OPTION_FLAG)
			write_values(out, o->type, o->choice);
		quoted(out, o->help);
	}
}

static void write_command(struct sk_buf *out, const struct sk_command *command, const char *path)
{
	sk_autofree char *condition = sk_printf(" -n '__sekisho_at%s'", path);

	sk_buf_putc(out, '\n');
	write_options(out, command->options, condition);
	for (size_t i = 0; command->subs && command->subs[i]; i++) {
		if (command->subs[i]->hidden)
			continue;
		sk_buf_printf(out, "complete -c sekisho -n '__sekisho_at exactly%s' -a %s", path,
			      command->subs[i]->name);
		quoted(out, command->subs[i]->summary);
	}
	if (command->args_choice) {
		sk_buf_printf(out, "complete -c sekisho%s -a '", condition);
		sk_complete_choices(out, command->args_choice);
		sk_buf_puts(out, "'\n");
	} else if (command->args_type == SK_OPTION_FILE) {
		sk_buf_printf(out, "complete -c sekisho%s -F\n", condition);
	} else if (command->args_type == SK_OPTION_FOLDER) {
		sk_buf_printf(out, "complete -c sekisho%s -a '(__fish_complete_directories)'\n",
			      condition);
	}
}

void sk_complete_fish(struct sk_buf *out)
{
	sk_buf_puts(out, head);
	sk_buf_puts(out, "set -g __sekisho_with_value");
	write_with_value(out, sk_global_options);
	sk_complete_walk(out, write_command_with_value);
	sk_buf_puts(out, "\n\n");
	write_options(out, sk_global_options, "");
	sk_complete_walk(out, write_command);
}
