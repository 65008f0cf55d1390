/* SPDX-License-Identifier: Apache-2.0 */
/* The equations of CVSS 2.0 (guide, section 3.2) and 3.x (specification, section 7). */
#include "finding/cvss-metrics.h"

#include <math.h>

/* The weight of a metric's value; `otherwise` where it is not given or not defined. */
static double weight(const struct sk_cvss *cvss, int metric, double otherwise)
{
	int place = sk_cvss_defined(cvss, metric);

	return place < 0 ? otherwise : sk_cvss_specs[cvss->version].metrics[metric].weights[place];
}

static bool any_defined(const struct sk_cvss *cvss, int first, int end)
{
	for (int i = first; i < end; i++)
		if (sk_cvss_defined(cvss, i) >= 0)
			return true;
	return false;
}

/* To one decimal, halves up; the sums are off by a few ulps, which must not tip a half down. */
static double round1(double x)
{
	return floor(x * 10 + 0.5 + 1e-9) / 10;
}

/* ---- 2.0 ---- */

static double base2(double impact, double exploitability)
{
	if (impact == 0)
		return 0;
	return round1((0.6 * impact + 0.4 * exploitability - 1.5) * 1.176);
}

double sk_cvss_score2(const struct sk_cvss *cvss)
{
	double c = weight(cvss, V2_C, 0), i = weight(cvss, V2_I, 0), a = weight(cvss, V2_A, 0);
	double exploitability =
	    20 * weight(cvss, V2_AV, 0) * weight(cvss, V2_AC, 0) * weight(cvss, V2_AU, 0);
	double temporal = weight(cvss, V2_E, 1) * weight(cvss, V2_RL, 1) * weight(cvss, V2_RC, 1);
	double impact = 10.41 * (1 - (1 - c) * (1 - i) * (1 - a)), score;

	if (!any_defined(cvss, V2_CDP, V2_COUNT))
		return round1(base2(impact, exploitability) * temporal);
	c *= weight(cvss, V2_CR, 1);
	i *= weight(cvss, V2_IR, 1);
	a *= weight(cvss, V2_AR, 1);
	impact = fmin(10, 10.41 * (1 - (1 - c) * (1 - i) * (1 - a)));
	score = round1(base2(impact, exploitability) * temporal);
	return round1((score + (10 - score) * weight(cvss, V2_CDP, 0)) * weight(cvss, V2_TD, 1));
}

/* ---- 3.0, 3.1 ---- */

/*
 * "The smallest number with one decimal that is not less", by appendix A of
 * 3.1, which does it in integers so that 4.000000000002 stays 4.0. 3.0 means the same.
 */
static double roundup(double x)
{
	long long n = llround(x * 100000);

	return n % 10000 == 0 ? (double)n / 100000 : (double)(n / 10000 + 1) / 10;
}

/* PR weighs more where the scope changes. */
static double privileges(const struct sk_cvss *cvss, int metric, bool changed)
{
	static const double changed_pr[] = { 0.85, 0.68, 0.5 };
	int place = sk_cvss_defined(cvss, metric);

	return changed ? changed_pr[place] : weight(cvss, metric, 0);
}

static double total3(double impact, double exploitability, bool changed)
{
	if (impact <= 0)
		return 0;
	return roundup(fmin((changed ? 1.08 : 1) * (impact + exploitability), 10));
}

static double base3(const struct sk_cvss *cvss)
{
	bool changed = weight(cvss, V3_S, 0) > 0;
	double iss = 1 - (1 - weight(cvss, V3_C, 0)) * (1 - weight(cvss, V3_I, 0)) *
			     (1 - weight(cvss, V3_A, 0));
	double impact = changed ? 7.52 * (iss - 0.029) - 3.25 * pow(iss - 0.02, 15) : 6.42 * iss;

	return total3(impact,
		      8.22 * weight(cvss, V3_AV, 0) * weight(cvss, V3_AC, 0) *
			  privileges(cvss, V3_PR, changed) * weight(cvss, V3_UI, 0),
		      changed);
}

/* A modified metric, or the base metric where that is not defined. */
static double modified(const struct sk_cvss *cvss, int metric, int base)
{
	return weight(cvss, metric, weight(cvss, base, 0));
}

static double environmental3(const struct sk_cvss *cvss)
{
	bool changed = modified(cvss, V3_MS, V3_S) > 0;
	int pr = sk_cvss_defined(cvss, V3_MPR) >= 0 ? V3_MPR : V3_PR;
	double iss =
	    fmin(0.915, 1 - (1 - weight(cvss, V3_CR, 1) * modified(cvss, V3_MC, V3_C)) *
				(1 - weight(cvss, V3_IR, 1) * modified(cvss, V3_MI, V3_I)) *
				(1 - weight(cvss, V3_AR, 1) * modified(cvss, V3_MA, V3_A)));
	double impact = 6.42 * iss;

	if (changed && cvss->version == SK_CVSS_3_0)
		impact = 7.52 * (iss - 0.029) - 3.25 * pow(iss - 0.02, 15);
	else if (changed)
		impact = 7.52 * (iss - 0.029) - 3.25 * pow(iss * 0.9731 - 0.02, 13);
	return total3(impact,
		      8.22 * modified(cvss, V3_MAV, V3_AV) * modified(cvss, V3_MAC, V3_AC) *
			  privileges(cvss, pr, changed) * modified(cvss, V3_MUI, V3_UI),
		      changed);
}

double sk_cvss_score3(const struct sk_cvss *cvss)
{
	double score = any_defined(cvss, V3_CR, V3_COUNT) ? environmental3(cvss) : base3(cvss);

	return roundup(score * weight(cvss, V3_E, 1) * weight(cvss, V3_RL, 1) *
		       weight(cvss, V3_RC, 1));
}
