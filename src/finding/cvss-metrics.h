/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Inside of cvss*.c: the metrics of each version, and the scores. */
#include "finding/cvss.h"

/* Places of the metrics, in the specification's order. */
enum {
	V2_AV, V2_AC, V2_AU, V2_C, V2_I, V2_A,
	V2_E, V2_RL, V2_RC,
	V2_CDP, V2_TD, V2_CR, V2_IR, V2_AR,
	V2_COUNT,
};

enum {
	V3_AV, V3_AC, V3_PR, V3_UI, V3_S, V3_C, V3_I, V3_A,
	V3_E, V3_RL, V3_RC,
	V3_CR, V3_IR, V3_AR,
	V3_MAV, V3_MAC, V3_MPR, V3_MUI, V3_MS, V3_MC, V3_MI, V3_MA,
	V3_COUNT,
};

enum {
	V4_AV, V4_AC, V4_AT, V4_PR, V4_UI, V4_VC, V4_VI, V4_VA, V4_SC, V4_SI, V4_SA,
	V4_E,
	V4_CR, V4_IR, V4_AR,
	V4_MAV, V4_MAC, V4_MAT, V4_MPR, V4_MUI, V4_MVC, V4_MVI, V4_MVA, V4_MSC, V4_MSI, V4_MSA,
	V4_S, V4_AU, V4_R, V4_V, V4_RE, V4_U,
	V4_COUNT,
};

struct cvss_metric {
	const char *name;
	const char *values;	/* separated by blanks, most metrics' worst first; "X"/"ND" (not defined) always last */
	const double *weights;	/* one for each value; NULL in 4.0, which has none */
	uint8_t group;		/* 0 base, 1 temporal or threat, 2 environmental, 3 supplemental */
};

struct cvss_spec {
	const char *name;
	const char *prefix;
	const struct cvss_metric *metrics;
	uint8_t count;
	bool ordered;	   /* metrics come in the specification's order */
	bool whole_groups; /* a group is given as a whole or not at all */
};

extern const struct cvss_spec sk_cvss_specs[];

double sk_cvss_score2(const struct sk_cvss *cvss);
double sk_cvss_score3(const struct sk_cvss *cvss);
double sk_cvss_score4(const struct sk_cvss *cvss);

/* Place of the metric's value in its list, or -1 where it is not given or given as not defined. */
int sk_cvss_defined(const struct sk_cvss *cvss, int metric);
