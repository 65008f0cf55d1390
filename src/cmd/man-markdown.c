/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/complete.h"
#include "cmd/help.h"
#include "cmd/man.h"

/* Text is ours, not hostile: only what our own words contain must be kept from being markup. */
static void put(struct sk_buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("*_<>|[]`\\", *text))
			sk_buf_putc(out, '\\');
		sk_buf_putc(out, *text);
	}
}

static void write_options(struct sk_buf *out, const struct sk_option *table)
{
	const char *group;

	for (unsigned i = 0; (group = sk_option_group(table, i)); i++) {
		sk_buf_printf(out, "\n| %s | |\n|---|---|\n", group);
		sk_options_each(o, table) {
			sk_autofree char *label = sk_option_label(o), *help = sk_option_help(o);

			if ((o->flags & SK_OPTION_HIDDEN) || strcmp(sk_option_heading(o), group) != 0)
				continue;
			sk_buf_printf(out, "| `%s` | ", label + strspn(label, " "));
			put(out, help);
			sk_buf_puts(out, " |\n");
		}
	}
}

static void write_command(struct sk_buf *out, const struct sk_command *command, const char *path)
{
	sk_buf_printf(out, "\n## sekisho%s\n\n    sekisho%s %s\n\n", path, path, command->synopsis);
	put(out, command->summary);
	sk_buf_puts(out, ".\n");
	for (const char *const *p = command->text; p && *p; p++) {
		bool kept = **p == ' ';

		if (!kept || *p[-1] != ' ')
			sk_buf_putc(out, '\n');
		if (kept)
			sk_buf_printf(out, "   %s", *p);
		else
			put(out, *p);
		sk_buf_putc(out, '\n');
	}
	for (size_t i = 0; command->subs && command->subs[i]; i++)
		if (!command->subs[i]->hidden)
			sk_buf_printf(out, "%s- `%s`: %s\n", i ? "" : "\n", command->subs[i]->name,
				      command->subs[i]->summary);
	write_options(out, command->options);
	if (command == &sk_program)
		write_options(out, sk_global_options);
	for (const struct sk_example *e = command->examples; e && e->command; e++) {
		sk_buf_puts(out, "\n");
		put(out, e->what);
		sk_buf_printf(out, "\n\n    %s\n", e->command);
	}
}

void sk_man_markdown(struct sk_buf *out)
{
	sk_buf_puts(out, "# Commands\n\nWritten by `sekisho man --format markdown`. Every option can also "
			 "stand in `sekisho.yaml` by its\nlong name and in the environment as "
			 "`SEKISHO_` and its name in capitals.\n");
	sk_complete_walk(out, write_command);
}
