/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan-policy.h"

/*
 * --fail-on as the policy that it stands for. One finding settles it, where
 * others may not be known, so that it does not list them. What could not be
 * looked for is not its business: the exit code 3 tells that.
 */
static const char fail_on_policy[] =
	"apiVersion: sekisho/v1\n"
	"kind: Policy\n"
	"metadata:\n"
	"  name: fail-on\n"
	"  title: No finding of severity %s or above\n"
	"spec:\n"
	"  onUnknown: allow\n"
	"  rules:\n"
	"    - id: severity\n"
	"      expression: '!findings.exists(f, f.kind != \"coverage\" && !f.accepted && f.severityLevel >= severity.%s)'\n"
	"      message: '\"a finding is of severity %s or above\"'\n"
	"      remedy: mend or accept the findings of severity %s or above\n";

static int add_fail_on(struct sk_policy_set *set, int severity, struct sk_err *err)
{
	const char *name = sk_severity_name((enum sk_severity)severity);
	sk_autofree char *text = sk_printf(fail_on_policy, name, name, name, name);

	return sk_policy_parse(set, "--fail-on", sk_span_str(text), err);
}

int sk_scan_policies_load(struct sk_scan_policies *p, const struct sk_option_list *paths, int fail_on,
			  const struct sk_policy_choices *choices, struct sk_err *err)
{
	int r = 0;

	p->shown = paths->count > 0;
	p->any = p->shown || fail_on >= 0;
	if (!p->any && (choices->params.count || choices->params_file))
		return sk_err_set(err, SK_EUSAGE, "--param and --params are for the policies that --policy names");
	if (!p->any)
		return 0;
	p->eval = sk_cel_eval_new();
	if (fail_on >= 0)
		r = add_fail_on(&p->set, fail_on, err);
	return r < 0 ? r : sk_load_policies(paths->items, paths->count, choices, &p->set, err);
}

void sk_scan_policies_release(struct sk_scan_policies *p)
{
	sk_cel_eval_free(p->eval);
	sk_policy_set_release(&p->set);
}

void sk_scan_decide(const struct sk_scan_policies *p, const struct sk_report *report, const struct sk_result *result,
		    const struct sk_exceptions *exceptions, bool no_findings, struct sk_decision *decision)
{
	struct sk_report known = *report;
	struct sk_facts facts = { 0 };

	if (!p->any)
		return;
	known.list_packages = true; /* they are there, whether or not they are shown */
	if (no_findings)
		known.database_created = NULL;
	sk_facts_of_result(&facts, &known, result, NULL, SK_STAGE_BUILD);
	sk_facts_add_exceptions(&facts, exceptions);
	sk_policy_decide(&p->set, &facts, p->eval, decision);
	sk_facts_release(&facts);
}
