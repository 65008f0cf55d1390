/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/complete.h"

static const struct {
	const char *name;
	void (*write)(struct sk_buf *out);
} shells[] = {
	{ "bash", sk_complete_bash },
	{ "zsh", sk_complete_zsh },
	{ "fish", sk_complete_fish },
};

static const char *choice_shell(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i < SK_COUNT(shells) ? shells[i].name : NULL;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	for (size_t i = 0; i < SK_COUNT(shells); i++)
		if (strcmp(shells[i].name, call->args[0]) == 0)
			shells[i].write(&out);
	if (!out.len)
		return sk_err_set(err, SK_EUSAGE, "'%s' is not one of bash, zsh, fish",
				  call->args[0]);
	return sk_output(NULL, sk_buf_view(&out), err);
}

static const char *const text[] = {
	"Prints the completion script of one shell. 'meson install' and distribution packages put "
	"all three in place; for one user:",
	" bash: sekisho completion bash > ~/.local/share/bash-completion/completions/sekisho",
	" zsh:  sekisho completion zsh > ~/.zfunc/_sekisho (with ~/.zfunc in fpath)",
	" fish: sekisho completion fish > ~/.config/fish/completions/sekisho.fish",
	NULL,
};

const struct sk_command sk_command_completion = {
	.name = "completion",
	.summary = "Print the completion script of a shell",
	.synopsis = "bash|zsh|fish",
	.text = text,
	.min_args = 1,
	.max_args = 1,
	.args_choice = choice_shell,
	.run = run,
};
