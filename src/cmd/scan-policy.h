/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The policies of `sekisho scan`: those of --policy, and the one that --fail-on stands for. */
#include "cmd/policy.h"
#include "policy/exception.h"

struct sk_scan_policies {
	struct sk_policy_set set;
	struct sk_cel_eval *eval;
	bool any;   /* there is a policy */
	bool shown; /* --policy was given: the report says what came of it */
};

int sk_scan_policies_load(struct sk_scan_policies *policies, const struct sk_option_list *paths, int fail_on,
			  const struct sk_policy_choices *choices, struct sk_err *err);
void sk_scan_policies_release(struct sk_scan_policies *policies);

/* What they say of one result of the report. */
void sk_scan_decide(const struct sk_scan_policies *policies, const struct sk_report *report,
		    const struct sk_result *result, const struct sk_exceptions *exceptions, bool no_findings,
		    struct sk_decision *decision);
