/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is not wrong in policies, and yet not good: said by `sekisho policy check`. */
#include "policy/policy.h"

/* Appends "file:line:column: text" lines to warnings, in the order of the set. */
struct sk_lints {
	SK_VEC(const char *) warnings; /* in the set's arena */
};
void sk_policy_lint(struct sk_policy_set *set, struct sk_lints *lints);

/* What evaluating a rule, its variables included, costs: least and most; UINT64_MAX where the input decides. */
void sk_rule_cost(const struct sk_policy *policy, const struct sk_cel_program *program, uint64_t *ret_min,
		  uint64_t *ret_max);
