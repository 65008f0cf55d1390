/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the evaluation of both kinds of policies shares; for decide.c and vap-*.c alone. */
#include "policy/decision.h"

struct sk_evaluation {
	const struct sk_policy_set *set;
	const struct sk_policy *policy;
	const struct sk_facts *facts;
	struct sk_cel_eval *eval;
	struct sk_decision *decision;
	struct sk_cel_activation activation;
	struct sk_cel_value *slots; /* facts, variables, `it` */
	size_t first_variable, it;
	size_t last_finding; /* that offended: the next one stands behind it, most of the time */
};

/* Begins a policy: slots from the facts, nothing computed yet. */
void sk_evaluation_begin(struct sk_evaluation *e, const struct sk_policy *policy, uint64_t cost);
/* What is asked about, for people; NULL where nobody knows. */
const char *sk_evaluation_object(struct sk_evaluation *e);
/* A program's value as text in the decision's arena, at most SK_MAX_POLICY_MESSAGE; NULL where it gives no string. */
const char *sk_evaluation_text(struct sk_evaluation *e, const struct sk_cel_program *program);
/* What stands in an error or unknown value, for people. */
const char *sk_evaluation_why(struct sk_evaluation *e, struct sk_cel_value v);
/* Whether an unknown value hangs on nothing but what the subject has not. */
bool sk_evaluation_skips(const struct sk_evaluation *e, struct sk_cel_value v);
/* The decision is at least as bad as this. */
void sk_evaluation_worsen(struct sk_evaluation *e, enum sk_effect effect);

/* A policy of Kubernetes. */
void sk_vap_evaluate(struct sk_evaluation *e);
/* Whether one of ours is meant for the subject. */
bool sk_policy_matches(const struct sk_policy *policy, const struct sk_facts *facts);
