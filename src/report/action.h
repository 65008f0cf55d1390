/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What to do first: the findings of one target with a way out, put together
 * by what a person would do about them, the most useful first. All packages of the distribution are
 * one action; a language's package in one file is one; every other finding is its own.
 */
#include "base/arena.h"
#include "report/view.h"

struct sk_action {
	const char *what;    /* "Update 12 Debian packages" */
	const char *join;    /* " in " or ": ", between what and where */
	const char *where;   /* path, or NULL */
	const char *command; /* what to run or change; NULL: `what` says it all */
	size_t fixes;	     /* findings that it settles */
	size_t kev;
	size_t severity[SK_SEVERITY_COUNT];
};

struct sk_actions {
	struct sk_arena arena;
	SK_VEC(struct sk_action) list;
	size_t unfixed; /* vulnerabilities without a fix */
};

/* actions is zero-initialised. */
void sk_report_actions(const struct sk_result *result, struct sk_actions *actions);
void sk_actions_release(struct sk_actions *actions);

/* "18 findings: 1 exploited, 2 critical, 7 high" */
void sk_action_effect(const struct sk_action *action, struct sk_buf *buf);
