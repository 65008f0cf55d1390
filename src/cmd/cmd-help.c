/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"
#include "cmd/terminal.h"

#include <unistd.h>

static int run(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	unsigned width = sk_terminal_width(STDOUT_FILENO);
	const struct sk_command *c = &sk_program;
	const char *name = c->name;

	for (size_t i = 0; i < call->arg_count; i++) {
		const struct sk_command *sub = sk_command_find(c, call->args[i]);

		if (!sub)
			return sk_err_set(err, SK_EUSAGE, "'%s' has no command '%s'", name,
					  call->args[i]);
		c = sub;
		name = sk_arena_printf(call->arena, "%s %s", name, c->name);
	}
	sk_help(&out, c, name, width ? width : 80,
		sk_terminal_colour(STDOUT_FILENO, call->globals.colour));
	return sk_output(NULL, sk_buf_view(&out), err);
}

static const char *choice_command(unsigned i, const char **ret_summary)
{
	if (sk_commands[i])
		*ret_summary = sk_commands[i]->summary;
	return sk_commands[i] ? sk_commands[i]->name : NULL;
}

const struct sk_command sk_command_help = {
	.name = "help",
	.summary = "Show the help of a command",
	.synopsis = "[COMMAND [COMMAND]]",
	.max_args = 2,
	.args_choice = choice_command,
	.run = run,
};
