/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What rules-read.c collects and rules-finish.c puts together. */
#include "guard/rules.h"

struct sk_rule_list {
	struct sk_span name;
	struct sk_rule_place place;
	SK_VEC(struct sk_span) items;
	bool used, open; /* open: being spread just now, so that a list in itself is seen */
};

struct sk_rule_macro {
	struct sk_span name;
	struct sk_rule_text condition;
	struct sk_filter *filter; /* NULL: not parsed yet, or wrong */
	bool parsed, used, open;
};

/* A problem at a node, or at a place. */
void sk_rules_problem_at(struct sk_rules *rules, enum sk_rule_problem_kind kind, struct sk_rule_place place,
			 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The exception as a condition of its own; false when its parts do not fit each other. */
struct sk_buf;
bool sk_exception_text(struct sk_rules *rules, const struct sk_rule_exception *e, struct sk_buf *out);
