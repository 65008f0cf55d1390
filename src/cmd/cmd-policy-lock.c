/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy lock, and the page of facts that the documentation holds. */
#include "base/fd.h"
#include "cmd/policy.h"
#include "policy/lock.h"

static int run_lock(const struct sk_call *call, struct sk_err *err)
{
	for (size_t i = 0; i < call->arg_count; i++) {
		sk_autofree char *path = sk_printf("%s/" SK_POLICY_LOCK, call->args[i]);
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		int r = sk_policy_lock_text(call->args[i], &text, err);

		if (r == 0)
			r = sk_path_replace(path, sk_buf_view(&text), 0644, err);
		if (r < 0)
			return r;
		sk_say(call, "%s", path);
	}
	return SK_EXIT_CLEAN;
}

static const char *const lock_text[] = {
	"Writes DIR/policy.lock: the SHA-256 of every file of the bundle. From then on the bundle is refused when its "
	"files are not what the lock says, until it is locked anew.",
	NULL,
};

const struct sk_command sk_policy_lock = {
	.name = "lock",
	.summary = "Write down what the files of a bundle are",
	.synopsis = "DIR...",
	.text = lock_text,
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FOLDER,
	.run = run_lock,
};

static int run_facts(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	sk_facts_document(&out);
	return sk_output(NULL, sk_buf_view(&out), err);
}

const struct sk_command sk_policy_facts = {
	.name = "facts",
	.summary = "Print what policies may ask",
	.synopsis = "",
	.hidden = true, /* docs/facts.md is made of it */
	.run = run_facts,
};
