/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/complete.h"

void sk_complete_choices(struct sk_buf *out, sk_choice_fn *choice)
{
	const char *name, *summary;

	for (unsigned i = 0; (name = choice(i, &summary)); i++)
		sk_buf_printf(out, "%s%s", i ? " " : "", name);
}

static void walk(struct sk_buf *out, const struct sk_command *command, const char *path,
		 sk_complete_visit *visit)
{
	visit(out, command, path);
	for (size_t i = 0; command->subs && command->subs[i]; i++) {
		sk_autofree char *sub = sk_printf("%s %s", path, command->subs[i]->name);

		if (!command->subs[i]->hidden)
			walk(out, command->subs[i], sub, visit);
	}
}

void sk_complete_walk(struct sk_buf *out, sk_complete_visit *visit)
{
	walk(out, &sk_program, "", visit);
}

void sk_complete_quoted(struct sk_buf *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'') {
			sk_buf_puts(out, "'\\''");
			continue;
		}
		if (strchr(special, *text))
			sk_buf_putc(out, '\\');
		sk_buf_putc(out, *text);
	}
}
