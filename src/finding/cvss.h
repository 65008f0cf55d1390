/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The Common Vulnerability Scoring System of FIRST: vectors of version 2.0,
 * 3.0, 3.1 and 4.0 and their scores. A vector is kept as one small number for
 * each metric of its version, in the order of the specification.
 */
#include "base/buf.h"
#include "base/err.h"
#include "finding/finding.h"

enum sk_cvss_version {
	SK_CVSS_2_0,
	SK_CVSS_3_0,
	SK_CVSS_3_1,
	SK_CVSS_4_0,
};

enum { SK_CVSS_METRICS = 32 }; /* version 4.0 has the most of them */

struct sk_cvss {
	enum sk_cvss_version version;
	uint8_t value[SK_CVSS_METRICS]; /* 0: not given, else 1 + its place in the specification's
					   list */
};

/*
 * Reads a vector strictly: all base metrics, each metric once, values that the
 * specification names. 2.0 and 4.0 prescribe the order, 2.0 also that a group
 * is given as a whole; 3.x allows any order.
 */
int sk_cvss_parse(struct sk_cvss *cvss, struct sk_span vector, struct sk_err *err);

/* Appends the vector in the specification's order, with the metrics that were given. */
void sk_cvss_format(const struct sk_cvss *cvss, struct sk_buf *buf);

/*
 * 0.0 to 10.0 with one decimal: the base score, or the temporal (threat) or
 * environmental one where such metrics are given.
 */
double sk_cvss_score(const struct sk_cvss *cvss);

/* The rating that the version's specification (2.0: NVD) gives a score; 0.0 is "negligible". */
enum sk_severity sk_cvss_severity(enum sk_cvss_version version, double score);

const char *sk_cvss_version_name(enum sk_cvss_version version); /* "3.1" */
