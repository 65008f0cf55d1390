/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy check: all faults of policies at once, and what could be better. */
#include "base/text.h"
#include "cmd/policy.h"
#include "policy/lint.h"

#include <inttypes.h>

struct check_options {
	bool strict, cost;
};

static const struct sk_option options[] = {
	{ "strict", 0, SK_OPT_FLAG(struct check_options, strict), .help = "Exit with 1 for warnings too" },
	{ "cost", 0, SK_OPT_FLAG(struct check_options, cost),
	  .help = "Also list what each rule costs to evaluate: steps at least and at most" },
	{ NULL },
};

static void line(struct sk_buf *out, const char *text)
{
	sk_text_plain(out, sk_span_str(text));
	sk_buf_putc(out, '\n');
}

static void cost_line(struct sk_buf *out, const struct sk_policy *p, const char *rule,
		      const struct sk_cel_program *program)
{
	uint64_t min, max;

	if (!program)
		return;
	sk_rule_cost(p, program, &min, &max);
	sk_buf_puts(out, "cost: ");
	sk_text_plain(out, sk_span_str(p->name));
	sk_buf_putc(out, '/');
	sk_text_plain(out, sk_span_str(rule));
	if (max == UINT64_MAX)
		sk_buf_printf(out, ": %" PRIu64 " and more, as much as there is to look at\n", min);
	else
		sk_buf_printf(out, ": %" PRIu64 " to %" PRIu64 "\n", min, max);
}

static void write_costs(const struct sk_policy_set *set, struct sk_buf *out)
{
	for (size_t i = 0; i < set->policies.len; i++) {
		const struct sk_policy *p = set->policies.data[i];

		for (size_t j = 0; j < p->rule_count; j++)
			cost_line(out, p, p->rules[j].id, p->rules[j].program);
		for (size_t j = 0; p->vap && j < p->vap->validation_count; j++)
			cost_line(out, p, p->vap->validations[j].id, p->vap->validations[j].program);
	}
}

static size_t count_rules(const struct sk_policy_set *set)
{
	size_t rules = 0;

	for (size_t i = 0; i < set->policies.len; i++) {
		const struct sk_policy *p = set->policies.data[i];

		rules += p->vap ? p->vap->validation_count : p->rule_count;
	}
	return rules;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct check_options *o = call->options;
	sk_cleanup(sk_policy_set_release) struct sk_policy_set set = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_lints lints = { 0 };
	struct sk_err own = SK_ERR_INIT;
	int r = 0;

	for (size_t i = 0; i < call->arg_count; i++) {
		r = sk_policy_load(&set, call->args[i], &own);
		if (r < 0 && !set.problems.len) { /* not a fault in a policy: a file that cannot be read */
			*err = own;
			return r;
		}
	}
	for (size_t i = 0; i < set.problems.len; i++)
		line(&out, set.problems.data[i]);
	if (!set.problems.len) {
		sk_policy_lint(&set, &lints);
		for (size_t i = 0; i < lints.warnings.len; i++) {
			sk_buf_puts(&out, "warning: ");
			line(&out, lints.warnings.data[i]);
		}
		if (o->cost)
			write_costs(&set, &out);
	}
	sk_buf_printf(&out, "%zu policies, %zu rules: %zu faults, %zu warnings\n", set.policies.len, count_rules(&set),
		      set.problems.len, lints.warnings.len);
	r = sk_output(NULL, sk_buf_view(&out), err);
	if (r == 0 && (set.problems.len || (o->strict && lints.warnings.len)))
		r = SK_EXIT_POLICY;
	sk_vec_release(&lints.warnings);
	return r;
}

static const char *const text[] = {
	"Loads policies and tells every fault with its file, line and column, and a suggestion where a name is nearly "
	"right. Warnings are about what a reader will miss: variables and parameters that are not used, rules that can "
	"never be broken, missing messages, remedies, severities and controls.",
	"Exit codes: 0 no faults, 1 faults (or warnings with --strict), 3 a file cannot be read.",
	NULL,
};

const struct sk_command sk_policy_check = {
	.name = "check",
	.summary = "Tell all faults of policies, and what could be better",
	.synopsis = "[options] POLICY...",
	.text = text,
	.options = options,
	.options_size = sizeof(struct check_options),
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
