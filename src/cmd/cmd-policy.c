/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy.h"

static const struct sk_command *const subs[] = {
	&sk_policy_eval,    &sk_policy_test,   &sk_policy_check, &sk_policy_explain,
	&sk_policy_replay,  &sk_policy_init,   &sk_policy_lock,  &sk_policy_facts, NULL,
};

static const char *const text[] = {
	"A policy is a file of rules in CEL, the expression language of Kubernetes' own admission policies, over what "
	"is known of an image, a workload, a host or an event. The same file decides in CI, in the registry, at "
	"admission and at run time. docs/policies.md describes the format, docs/facts.md what can be asked.",
	NULL,
};

const struct sk_command sk_command_policy = {
	.name = "policy",
	.summary = "Decide by policies; test, check, explain and replay them",
	.synopsis = "COMMAND",
	.text = text,
	.subs = subs,
};
