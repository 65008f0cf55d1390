/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a person reads of a decision: one line for each rule that is not kept,
 * and the shortest way to pass: what to do, once each, the most useful first.
 */
#include "report/action.h"

struct sk_verdict_line {
	const char *policy, *rule, *title;
	const char *mark;    /* "deny", "warn", "audit", "unknown" */
	const char *example; /* the first reason's message */
	size_t reasons;
	size_t others;	     /* reasons behind the first */
};

struct sk_way {
	const char *what, *command; /* command: NULL where `what` says it all */
	size_t settles;		    /* reasons */
};

struct sk_verdicts {
	struct sk_arena arena;
	SK_VEC(struct sk_verdict_line) lines;
	SK_VEC(struct sk_way) ways; /* of what stops it, or warns where nothing does */
	size_t kept, skipped, manual;
};

/* verdicts is zero-initialised; result->decision is there. */
void sk_report_verdicts(const struct sk_result *result, struct sk_verdicts *verdicts);
void sk_verdicts_release(struct sk_verdicts *verdicts);
