/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy explain: policies for people who must answer for them. */
#include "cmd/policy.h"
#include "report/explain.h"

struct explain_options {
	struct sk_policy_choices policies;
	int format;
	const char *output;
};

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "markdown", "html" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

static const struct sk_option options[] = {
	{ "format", 'f', SK_OPT_ENUM(struct explain_options, format, choice_format), .argument = "FORMAT",
	  .fallback = "markdown", .help = "How the document is written" },
	{ "output", 'o', SK_OPT_FILE(struct explain_options, output), .argument = "FILE",
	  .help = "Write it to FILE", .otherwise = "standard output" },
	SK_POLICY_OPTIONS(struct explain_options, policies),
	{ NULL },
};

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct explain_options *o = call->options;
	sk_cleanup(sk_policy_set_release) struct sk_policy_set set = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	int r = 0;

	/* Parameters without a value are told as such. */
	for (size_t i = 0; i < call->arg_count && r == 0; i++)
		r = sk_policy_load(&set, call->args[i], err);
	if (r == 0 && o->policies.params_file)
		r = sk_policy_load_params(&set, o->policies.params_file, err);
	if (r == 0)
		r = sk_set_params(&set, &o->policies.params, err);
	if (r < 0)
		return r;
	if (o->format == 1)
		sk_explain_html(&set, &out);
	else
		sk_explain_markdown(&set, &out);
	return sk_output(o->output, sk_buf_view(&out), err);
}

static const char *const text[] = {
	"Prints policies as a document: why each is there, which controls it answers, every rule in words and as it is "
	"evaluated, what its parameters are set to, and what people have to check themselves.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho policy explain rules/policies/nist-800-190 --format html -o nist.html", "For an auditor." },
	{ NULL },
};

const struct sk_command sk_policy_explain = {
	.name = "explain",
	.summary = "Print policies as a document for an auditor",
	.synopsis = "[options] POLICY...",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct explain_options),
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
