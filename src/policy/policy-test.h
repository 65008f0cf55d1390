/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Cases of a policy test (kind PolicyTest, docs/policies.md): facts or an
 * object in, a decision out.
 */
#include "policy/decision.h"

struct sk_policy_case {
	const char *name, *file; /* file: with the facts, relative to the test's; NULL */
	const struct sk_node *facts, *object, *old_object, *namespace_object, *params;
	int stage;		 /* enum sk_stage; -1: by what it is */
	int64_t now;		 /* 0: the real time */
	struct sk_strings policies; /* only these; none: all */
	int decision;		 /* enum sk_effect; -1: not asked */
	const struct sk_node *reasons, *unknown; /* "policy/rule" of all that are broken, unknown; NULL: not asked */
	uint32_t line;
};

struct sk_policy_cases {
	struct sk_arena arena;
	struct sk_policy_file file;
	struct sk_policy_case *cases;
	size_t count;
};

int sk_policy_cases_load(struct sk_policy_cases *cases, const char *path, struct sk_err *err);
void sk_policy_cases_release(struct sk_policy_cases *cases);

/* The facts of a case without `file`. */
int sk_policy_case_facts(const struct sk_policy_case *c, struct sk_facts *facts, struct sk_err *err);
/* Why the decision is not what the case wants, appended to why; nothing where it is. */
void sk_policy_case_judge(const struct sk_policy_case *c, const struct sk_decision *decision, struct sk_buf *why);
