/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/complete.h"

/* Bash splits words at '=' (COMP_WORDBREAKS): --format=json comes as three words. */
static const char head[] =
	"# bash completion for sekisho, written by 'sekisho completion bash'\n"
	"\n"
	"_sekisho_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
	"\n"
	"_sekisho_list() {\n"
	"\tlocal before=\n"
	"\t[[ $cur == *,* ]] && before=${cur%,*},\n"
	"\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\")\n"
	"\tcompopt -o nospace\n"
	"}\n"
	"\n"
	"_sekisho_paths() {\n"
	"\tcompopt -o filenames\n"
	"\tmapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
	"}\n"
	"\n"
	"_sekisho() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
	"\tCOMPREPLY=()\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == = ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfi\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase \"$command ${COMP_WORDS[i]}\" in\n";

static void write_path(struct sk_buf *out, const struct sk_command *command, const char *path)
{
	if (path[0])
		sk_buf_printf(out, "\t\t'%s') command='%s' ;;\n", path, path);
}

static void write_value(struct sk_buf *out, const struct sk_option *o)
{
	switch (o->type) {
	case SK_OPTION_ENUM:
	case SK_OPTION_SET:
		sk_buf_printf(out, "_sekisho_%s '", o->type == SK_OPTION_SET ? "list" : "words");
		sk_complete_choices(out, o->choice);
		sk_buf_putc(out, '\'');
		break;
	case SK_OPTION_FILE:
		sk_buf_puts(out, "_sekisho_paths -f");
		break;
	case SK_OPTION_FOLDER:
		sk_buf_puts(out, "_sekisho_paths -d");
		break;
	default:
		sk_buf_putc(out, ':');
	}
	sk_buf_puts(out, "; return ;;\n");
}

/* One case for each option that takes a value; the global ones match behind any command. */
static void write_values(struct sk_buf *out, const struct sk_option *table, const char *path)
{
	sk_options_each(o, table) {
		if (sk_option_alone(o) || (o->flags & SK_OPTION_HIDDEN))
			continue;
		sk_buf_printf(out, "\t%s --%s'", path, o->name);
		if (o->letter)
			sk_buf_printf(out, " | %s -%c'", path, o->letter);
		sk_buf_puts(out, ") ");
		write_value(out, o);
	}
}

static void write_command_values(struct sk_buf *out, const struct sk_command *command,
				 const char *path)
{
	sk_autofree char *pattern = sk_printf("'%s", path);

	write_values(out, command->options, pattern);
}

static void write_names(struct sk_buf *out, const struct sk_option *table)
{
	sk_options_each(o, table)
		if (!(o->flags & SK_OPTION_HIDDEN))
			sk_buf_printf(out, " --%s", o->name);
}

static void write_options(struct sk_buf *out, const struct sk_command *command, const char *path)
{
	sk_buf_printf(out, "\t\t'%s') _sekisho_words '", path);
	write_names(out, sk_global_options);
	write_names(out, command->options);
	sk_buf_puts(out, "' ;;\n");
}

static void write_arguments(struct sk_buf *out, const struct sk_command *command, const char *path)
{
	sk_buf_printf(out, "\t'%s') ", path);
	if (command->subs) {
		sk_buf_puts(out, "_sekisho_words '");
		for (size_t i = 0; command->subs[i]; i++)
			if (!command->subs[i]->hidden)
				sk_buf_printf(out, "%s ", command->subs[i]->name);
		sk_buf_putc(out, '\'');
	} else if (command->args_choice) {
		sk_buf_puts(out, "_sekisho_words '");
		sk_complete_choices(out, command->args_choice);
		sk_buf_putc(out, '\'');
	} else if (command->args_type == SK_OPTION_FILE) {
		sk_buf_puts(out, "_sekisho_paths -f");
	} else if (command->args_type == SK_OPTION_FOLDER) {
		sk_buf_puts(out, "_sekisho_paths -d");
	} else {
		sk_buf_putc(out, ':');
	}
	sk_buf_puts(out, " ;;\n");
}

void sk_complete_bash(struct sk_buf *out)
{
	sk_buf_puts(out, head);
	sk_complete_walk(out, write_path);
	sk_buf_puts(out, "\t\tesac\n\tdone\n\tcase \"$command $prev\" in\n");
	sk_complete_walk(out, write_command_values);
	write_values(out, sk_global_options, "*'");
	sk_buf_puts(out, "\tesac\n\tif [[ $cur == -* ]]; then\n\t\tcase \"$command\" in\n");
	sk_complete_walk(out, write_options);
	sk_buf_puts(out, "\t\tesac\n\t\treturn\n\tfi\n\tcase \"$command\" in\n");
	sk_complete_walk(out, write_arguments);
	sk_buf_puts(out, "\tesac\n}\n\ncomplete -F _sekisho sekisho\n");
}
