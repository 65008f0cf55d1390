/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/man.h"

struct man_options {
	int format;
};

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "roff", "markdown" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

static const struct sk_option options[] = {
	{ "format", 0, SK_OPT_ENUM(struct man_options, format, choice_format), .argument = "FORMAT",
	  .fallback = "roff", .help = "For man(1), or all commands for a web page" },
	{ NULL },
};

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct man_options *o = call->options;
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	const struct sk_command *c = &sk_program;

	if (call->arg_count)
		c = sk_command_find(c, call->args[0]);
	if (!c)
		return sk_err_set(err, SK_EUSAGE, "there is no command '%s'", call->args[0]);
	if (o->format == 1)
		sk_man_markdown(&out);
	else
		sk_man_roff(&out, c);
	return sk_output(NULL, sk_buf_view(&out), err);
}

const struct sk_command sk_command_man = {
	.name = "man",
	.summary = "Print the source of a manual page",
	.synopsis = "[COMMAND]",
	.options = options,
	.options_size = sizeof(struct man_options),
	.max_args = 1,
	.hidden = true, /* the build calls it; people call man */
	.run = run,
};
