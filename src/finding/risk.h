/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Risk: one number from 0 to 100 to sort by, the sum of terms that each say
 * why. The weights are one table (risk.c), explained in docs/risk.md. It
 * orders work; it decides nothing by itself.
 */
#include "analyze/inventory.h"
#include "finding/finding.h"

/* Where the workload stands. */
enum sk_risk_class {
	SK_RISK_UNSAID,
	SK_RISK_INTERNET_FACING,
	SK_RISK_INTERNAL,
	SK_RISK_REGULATED,
	SK_RISK_DEVELOPMENT,
};
const char *sk_risk_class_name(enum sk_risk_class class); /* "internet-facing", ...; NULL behind the last */

enum { SK_RISK_TERMS = 8 };

struct sk_risk_term {
	const char *name; /* "severity", "kev", "epss", "fix", "exposure", "in-use", "class" */
	double value;	  /* points, to one decimal; may be below 0 */
	char why[96];
};

struct sk_risk {
	int score; /* 0 to 100; -1: a coverage finding, which has none */
	struct sk_risk_term terms[SK_RISK_TERMS];
	size_t count;
	bool unexplained; /* no term says why: whoever wants the score alone saves the printing */
};

/* The score alone, where nobody asks why. */
int sk_risk_score(const struct sk_finding *finding, const struct sk_inventory *inv,
		  enum sk_risk_class class);
void sk_risk_of_finding(const struct sk_finding *finding, const struct sk_inventory *inv,
			enum sk_risk_class class, struct sk_risk *ret);

/* Of all of it: the worst finding, and a little for each further one that is bad. */
void sk_risk_of_subject(struct sk_finding *const *findings, size_t count,
			const struct sk_inventory *inv, enum sk_risk_class class,
			struct sk_risk *ret);

/* The highest score first, then as sk_finding_cmp has it. */
void sk_risk_sort(struct sk_finding **findings, size_t count, const struct sk_inventory *inv,
		  enum sk_risk_class class);
