/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A decision: what a set of policies says of a subject, with every reason.
 * Texts live in its arena; names and controls are borrowed from the set.
 */
#include "base/buf.h"
#include "doc/json-write.h"
#include "policy/policy.h"

enum sk_verdict {
	SK_VERDICT_KEPT,
	SK_VERDICT_BROKEN,
	SK_VERDICT_UNKNOWN,	/* could not be found out, or the expression failed */
	SK_VERDICT_SKIPPED,	/* the subject has no such thing */
	SK_VERDICT_MANUAL,	/* for people */
};
const char *sk_verdict_name(enum sk_verdict verdict);

struct sk_reason {
	const char *policy, *rule;
	enum sk_verdict verdict; /* broken or unknown */
	enum sk_rule_action action;
	bool has_severity;
	enum sk_severity severity;
	const char *message, *remedy; /* remedy: NULL where there is none */
	const char *subject, *object; /* what it is about; what was asked about ("Pod web/shop"); NULL where nobody knows */
	struct sk_strings controls;
	size_t finding;		 /* its place in the facts' findings; SIZE_MAX: it is about something else */
	const char *code;	 /* Kubernetes' reason: "Invalid", "Forbidden", ...; NULL */
};

/* One rule of a policy that was asked, kept or not. */
struct sk_rule_result {
	const struct sk_policy *policy;
	const char *rule, *title;
	enum sk_verdict verdict;
	enum sk_rule_action action;
	size_t first_reason, reason_count;
	size_t more; /* offenders beyond SK_MAX_RULE_REASONS */
};

struct sk_annotation {
	const char *key, *value; /* "policy/key", as the API server writes it into its audit log */
};

struct sk_decision {
	struct sk_arena arena;
	enum sk_effect effect;
	SK_VEC(struct sk_reason) reasons;
	SK_VEC(struct sk_rule_result) rules;
	SK_VEC(struct sk_annotation) annotations;
};

/*
 * Asks every policy of the set that is meant for the subject's stage. Facts and
 * set are only read; `eval` is the thread's own and may be used again after.
 */
void sk_policy_decide(const struct sk_policy_set *set, const struct sk_facts *facts, struct sk_cel_eval *eval,
		      struct sk_decision *decision);
void sk_decision_release(struct sk_decision *decision);

/* The members "decision" and "reasons" into the open object. */
void sk_decision_json(const struct sk_decision *decision, struct sk_json_writer *w);
/* For people, made safe to show. */
void sk_decision_text(const struct sk_decision *decision, struct sk_buf *out);
