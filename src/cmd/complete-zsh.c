/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/complete.h"

/* What is special in the specifications that _arguments and _describe read. */
#define SPECIAL "[]:\\"

/* "_sekisho_db_update" for " db update" */
static void write_function(struct sk_buf *out, const char *path)
{
	sk_buf_puts(out, "_sekisho");
	for (; *path; path++)
		sk_buf_putc(out, *path == ' ' || *path == '-' ? '_' : *path);
}

static void write_action(struct sk_buf *out, enum sk_option_type type, sk_choice_fn *choice)
{
	if (type == SK_OPTION_SET) {
		sk_buf_puts(out, "{_values -s , word ");
		sk_complete_choices(out, choice);
		sk_buf_putc(out, '}');
	} else if (choice) {
		sk_buf_putc(out, '(');
		sk_complete_choices(out, choice);
		sk_buf_putc(out, ')');
	} else if (type == SK_OPTION_FILE) {
		sk_buf_puts(out, "_files");
	} else if (type == SK_OPTION_FOLDER) {
		sk_buf_puts(out, "_files -/");
	} else {
		sk_buf_putc(out, ' ');
	}
}

static void write_options(struct sk_buf *out, const struct sk_option *table)
{
	sk_options_each(o, table) {
		const char *equals = o->type == SK_OPTION_FLAG ? "" : o->alone ? "=-" : "=";
		const char *plus = o->type == SK_OPTION_FLAG ? "" : "+";

		if (o->flags & SK_OPTION_HIDDEN)
			continue;
		if (o->letter)
			sk_buf_printf(out, "\t\t'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name,
				      o->letter, plus, o->name, equals);
		else
			sk_buf_printf(out, "\t\t'--%s%s[", o->name, equals);
		sk_complete_quoted(out, o->help, SPECIAL);
		sk_buf_putc(out, ']');
		if (o->type != SK_OPTION_FLAG) {
			sk_buf_puts(out, o->alone ? "::" : ":");
			sk_complete_quoted(out, o->argument, SPECIAL);
			sk_buf_putc(out, ':');
			write_action(out, o->type, o->choice);
		}
		sk_buf_puts(out, "' \\\n");
	}
}

static void write_subs(struct sk_buf *out, const struct sk_command *command, const char *path)
{
	sk_buf_puts(out, "\t\t'1:command:->command' '*::argument:->rest'\n\tcase $state in\n"
			 "\tcommand)\n\t\tcommands=(\n");
	for (size_t i = 0; command->subs[i]; i++) {
		if (command->subs[i]->hidden)
			continue;
		sk_buf_printf(out, "\t\t\t'%s:", command->subs[i]->name);
		sk_complete_quoted(out, command->subs[i]->summary, SPECIAL);
		sk_buf_puts(out, "'\n");
	}
	sk_buf_puts(out, "\t\t)\n\t\t_describe -t commands command commands ;;\n\trest)\n"
			 "\t\tcase $words[1] in\n");
	for (size_t i = 0; command->subs[i]; i++) {
		sk_autofree char *sub = sk_printf("%s %s", path, command->subs[i]->name);

		if (command->subs[i]->hidden)
			continue;
		sk_buf_printf(out, "\t\t%s) ", command->subs[i]->name);
		write_function(out, sub);
		sk_buf_puts(out, " ;;\n");
	}
	sk_buf_puts(out, "\t\tesac ;;\n\tesac\n");
}

static void write_command(struct sk_buf *out, const struct sk_command *command, const char *path)
{
	write_function(out, path);
	sk_buf_puts(out, "() {\n\tlocal state line\n\tlocal -a commands\n\ttypeset -A opt_args\n"
			 "\t_arguments -s -S -C \\\n");
	write_options(out, command->options);
	write_options(out, sk_global_options);
	if (command->subs) {
		write_subs(out, command, path);
	} else if (command->max_args) {
		sk_buf_puts(out, "\t\t'*:argument:");
		write_action(out, command->args_type, command->args_choice);
		sk_buf_puts(out, "'\n");
	} else {
		sk_buf_puts(out, "\t\t&& return\n");
	}
	sk_buf_puts(out, "}\n\n");
}

void sk_complete_zsh(struct sk_buf *out)
{
	sk_buf_puts(out, "#compdef sekisho\n# written by 'sekisho completion zsh'\n\n");
	sk_complete_walk(out, write_command);
	/* Loaded from $fpath the file is the function's body; sourced, it must register itself. */
	sk_buf_puts(out, "if [ \"$funcstack[1]\" = _sekisho ]; then\n\t_sekisho \"$@\"\nelse\n"
			 "\tcompdef _sekisho sekisho\nfi\n");
}
