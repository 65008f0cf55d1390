/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The score of CVSS 4.0: specification, section 8 (scoring using MacroVectors
 * and interpolation). A vector falls into one MacroVector, that is one level
 * for each of six equivalence sets; that has a score in the table below.
 * The distance to the worst vector of the same MacroVector then takes away its
 * share of the way down to the next lower MacroVector.
 */
#include "finding/cvss-metrics.h"

#include <math.h>

/* Severity levels of the effective metrics: 0 is the worst. */
enum { AV, PR, UI, AC, AT, VC, VI, VA, CR, IR, AR, SC, SI, SA, E, LEVELS };

/* EQ3 and EQ6 depend on each other and are interpolated as one set. */
enum { SET_EQ1, SET_EQ2, SET_EQ36, SET_EQ4, SETS };

struct macro {
	int eq1, eq2, eq3, eq4, eq5, eq6;
};

#define NO (-1) /* no vector has this MacroVector */

/* Tenths of a point by [EQ1 EQ2 EQ3][EQ4 EQ5 EQ6]: the table that FIRST publishes with the specification. */
static const int8_t scores[18][18] = {
	{ 100, 99, 98, 95, 95, 92, 100, 96, 93, 87, 91, 81, 93, 90, 89, 80, 81, 68 }, /* 000 */
	{ 98, 95, 95, 92, 90, 84, 93, 92, 89, 81, 81, 65, 88, 80, 78, 70, 69, 48 }, /* 001 */
	{ NO, 92, NO, 82, NO, 72, NO, 79, NO, 69, NO, 50, NO, 69, NO, 55, NO, 27 }, /* 002 */
	{ 99, 97, 95, 92, 92, 85, 95, 91, 90, 83, 84, 71, 92, 81, 82, 71, 72, 53 }, /* 010 */
	{ 95, 93, 92, 85, 85, 73, 92, 82, 80, 72, 70, 59, 84, 70, 71, 52, 50, 30 }, /* 011 */
	{ NO, 86, NO, 75, NO, 52, NO, 71, NO, 52, NO, 29, NO, 63, NO, 29, NO, 17 }, /* 012 */
	{ 98, 95, 94, 87, 91, 81, 94, 89, 86, 74, 77, 64, 87, 75, 74, 63, 63, 49 }, /* 100 */
	{ 94, 89, 88, 77, 76, 67, 86, 76, 74, 58, 59, 50, 72, 57, 57, 52, 52, 25 }, /* 101 */
	{ NO, 83, NO, 70, NO, 54, NO, 65, NO, 58, NO, 26, NO, 53, NO, 21, NO, 13 }, /* 102 */
	{ 95, 90, 88, 76, 76, 70, 90, 77, 75, 62, 61, 53, 77, 66, 68, 59, 52, 30 }, /* 110 */
	{ 89, 78, 76, 67, 62, 58, 74, 59, 57, 57, 47, 23, 61, 52, 57, 29, 24, 16 }, /* 111 */
	{ NO, 71, NO, 59, NO, 30, NO, 58, NO, 26, NO, 15, NO, 23, NO, 13, NO, 6 }, /* 112 */
	{ 93, 87, 86, 72, 75, 58, 86, 74, 74, 61, 56, 34, 70, 54, 52, 40, 40, 22 }, /* 200 */
	{ 85, 75, 74, 55, 62, 51, 72, 57, 55, 41, 46, 19, 53, 36, 34, 19, 19, 8 }, /* 201 */
	{ NO, 64, NO, 51, NO, 20, NO, 47, NO, 21, NO, 11, NO, 24, NO, 9, NO, 4 }, /* 202 */
	{ 88, 75, 73, 53, 60, 50, 73, 55, 59, 40, 41, 20, 54, 43, 45, 22, 20, 11 }, /* 210 */
	{ 75, 55, 58, 45, 40, 21, 61, 51, 48, 18, 20, 9, 46, 18, 17, 7, 8, 2 }, /* 211 */
	{ NO, 53, NO, 24, NO, 14, NO, 24, NO, 12, NO, 5, NO, 10, NO, 3, NO, 1 }, /* 212 */
};

/* The worst vectors of one level of a set, in the order of the set's metrics, and the set's depth in steps. */
struct worst {
	int depth;
	const char *vectors[6];
};

static const struct {
	uint8_t first, end; /* metrics of the set, in the order of the levels above */
	struct worst worst[6];
} sets[SETS] = {
	/* AV PR UI */
	[SET_EQ1] = { AV, UI + 1, { { 1, { "000" } }, { 4, { "100", "010", "001" } }, { 5, { "300", "111" } } } },
	/* AC AT */
	[SET_EQ2] = { AC, AT + 1, { { 1, { "00" } }, { 2, { "10", "01" } } } },
	/* VC VI VA CR IR AR; level is EQ3 * 2 + EQ6 */
	[SET_EQ36] = { VC,
		       AR + 1,
		       { { 7, { "000000" } },
			 { 6, { "001110", "000111" } },
			 { 8, { "100000", "010000" } },
			 { 8, { "101010", "100011", "010101", "011100", "110001" } },
			 { 0 },
			 { 10, { "111000" } } } },
	/* SC SI SA */
	[SET_EQ4] = { SC, SA + 1, { { 6, { "100" } }, { 5, { "111" } }, { 4, { "222" } } } },
};

/* The modified metric where it is defined, else the base metric. */
static int effective(const struct sk_cvss *cvss, int base, int modified)
{
	int level = sk_cvss_defined(cvss, modified);

	return level >= 0 ? level : sk_cvss_defined(cvss, base);
}

/* Subsequent impact: level 0 is "safety", which only the modified metrics of SI and SA know. */
static int subsequent(const struct sk_cvss *cvss, int base, int modified)
{
	int level = sk_cvss_defined(cvss, modified);

	if (level < 0)
		return sk_cvss_defined(cvss, base) + 1;
	return modified == V4_MSC ? level + 1 : level;
}

/* Not defined counts as the worst. */
static int worst_if_missing(const struct sk_cvss *cvss, int metric)
{
	int level = sk_cvss_defined(cvss, metric);

	return level < 0 ? 0 : level;
}

static void find_levels(const struct sk_cvss *cvss, int level[LEVELS])
{
	level[AV] = effective(cvss, V4_AV, V4_MAV);
	level[PR] = effective(cvss, V4_PR, V4_MPR);
	level[UI] = effective(cvss, V4_UI, V4_MUI);
	level[AC] = effective(cvss, V4_AC, V4_MAC);
	level[AT] = effective(cvss, V4_AT, V4_MAT);
	level[VC] = effective(cvss, V4_VC, V4_MVC);
	level[VI] = effective(cvss, V4_VI, V4_MVI);
	level[VA] = effective(cvss, V4_VA, V4_MVA);
	level[CR] = worst_if_missing(cvss, V4_CR);
	level[IR] = worst_if_missing(cvss, V4_IR);
	level[AR] = worst_if_missing(cvss, V4_AR);
	level[SC] = subsequent(cvss, V4_SC, V4_MSC);
	level[SI] = subsequent(cvss, V4_SI, V4_MSI);
	level[SA] = subsequent(cvss, V4_SA, V4_MSA);
	level[E] = worst_if_missing(cvss, V4_E);
}

/* Tables 24 to 29 of the specification. */
static struct macro find_macro(const int l[LEVELS])
{
	struct macro m = { 0 };
	int open = !l[AV] + !l[PR] + !l[UI];

	m.eq1 = open == 3 ? 0 : open > 0 && l[AV] < 3 ? 1 : 2;
	m.eq2 = l[AC] || l[AT];
	m.eq3 = !l[VC] && !l[VI] ? 0 : !l[VC] || !l[VI] || !l[VA] ? 1 : 2;
	m.eq4 = !l[SI] || !l[SA] ? 0 : l[SC] == 1 || l[SI] == 1 || l[SA] == 1 ? 1 : 2;
	m.eq5 = l[E];
	m.eq6 = !((!l[CR] && !l[VC]) || (!l[IR] && !l[VI]) || (!l[AR] && !l[VA]));
	return m;
}

/* Tenths of a point, or NO, also for levels that there are not. */
static int lookup(struct macro m)
{
	if (m.eq1 > 2 || m.eq2 > 1 || m.eq3 > 2 || m.eq4 > 2 || m.eq5 > 2 || m.eq6 > 1)
		return NO;
	return scores[m.eq1 * 6 + m.eq2 * 3 + m.eq3][m.eq4 * 6 + m.eq5 * 2 + m.eq6];
}

/* The score of the next lower MacroVector in one set, or NO. */
static int lookup_lower(struct macro m, int set)
{
	struct macro a = m, b = m;

	switch (set) {
	case SET_EQ1:
		a.eq1++;
		return lookup(a);
	case SET_EQ2:
		a.eq2++;
		return lookup(a);
	case SET_EQ4:
		a.eq4++;
		return lookup(a);
	}
	/* From 00 both ways are open: the higher score counts. From 01 and 11 EQ3 falls, from 10 EQ6. */
	a.eq3++;
	b.eq6++;
	if (m.eq3 == 0 && m.eq6 == 0)
		return lookup(a) > lookup(b) ? lookup(a) : lookup(b);
	return lookup(m.eq6 ? a : b);
}

/* Steps from the first worst vector of the set's level that is not better than this one in any metric. */
static int distance(const int level[LEVELS], int set, const struct worst *worst)
{
	size_t n = sets[set].end - sets[set].first;

	for (size_t v = 0; v < SK_COUNT(worst->vectors) && worst->vectors[v]; v++) {
		int sum = 0;
		size_t i;

		for (i = 0; i < n; i++) {
			int steps = level[sets[set].first + i] - (worst->vectors[v][i] - '0');

			if (steps < 0)
				break;
			sum += steps;
		}
		if (i == n)
			return sum;
	}
	return 0;
}

double sk_cvss_score4(const struct sk_cvss *cvss)
{
	int level[LEVELS], score, lower_count = 0;
	double sum = 0;
	struct macro m;

	find_levels(cvss, level);
	if (level[VC] == 2 && level[VI] == 2 && level[VA] == 2 && level[SC] == 3 && level[SI] == 3 &&
	    level[SA] == 3)
		return 0;
	m = find_macro(level);
	score = lookup(m);
	for (int set = 0; set < SETS; set++) {
		const int at[SETS] = { m.eq1, m.eq2, m.eq3 * 2 + m.eq6, m.eq4 };
		const struct worst *worst = &sets[set].worst[at[set]];
		int lower = lookup_lower(m, set);

		if (lower == NO)
			continue;
		lower_count++;
		sum += (double)(score - lower) * distance(level, set, worst) / worst->depth;
	}
	/* EQ5 has one metric and so no distance, yet it counts in the mean. */
	m.eq5++;
	lower_count += lookup(m) != NO;
	if (lower_count)
		sum /= lower_count;
	/* FIRST's calculator rounds with this tolerance, so that 1.4499999 becomes 1.5. */
	return fmax(0, floor(score - sum + 0.5 + 1e-5)) / 10;
}
