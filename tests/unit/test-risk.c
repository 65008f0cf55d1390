/* SPDX-License-Identifier: Apache-2.0 */
/* Scores: what raises and lowers them, and that the terms are what they are the sum of. */
#include "tap.h"

#include "finding/risk.h"

#include <math.h>

#define NETWORK "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
#define LOCAL "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

static const char *ports[] = { "80/tcp", "443/tcp" };
static struct sk_image_config quiet, open_ports = { .ports = { ports, 2 } };
static struct sk_inventory image = { .artifact = { .config = &quiet } };
static struct sk_inventory server = { .artifact = { .config = &open_ports } };
static struct sk_inventory folder;

#define VULNERABILITY(...) { .kind = SK_FINDING_VULNERABILITY, __VA_ARGS__ }

static const struct {
	const char *what;
	struct sk_finding f;
	const struct sk_inventory *inv;
	enum sk_risk_class class;
	int score;
} cases[] = {
	{ "everything at once", VULNERABILITY(.cvss_score = 10, .cvss_vector = NETWORK, .kev = true, .epss = 0.9,
					      .fix = SK_FIX_AVAILABLE),
	  &server, SK_RISK_INTERNET_FACING, 100 },
	{ "CVSS alone", VULNERABILITY(.cvss_score = 9.8, .cvss_vector = NETWORK), &image, SK_RISK_UNSAID, 39 },
	{ "exploited", VULNERABILITY(.cvss_score = 9.8, .cvss_vector = NETWORK, .kev = true), &image,
	  SK_RISK_UNSAID, 64 },
	{ "a fix", VULNERABILITY(.cvss_score = 9.8, .cvss_vector = NETWORK, .fix = SK_FIX_AVAILABLE), &image,
	  SK_RISK_UNSAID, 44 },
	{ "exposed", VULNERABILITY(.cvss_score = 9.8, .cvss_vector = NETWORK), &server, SK_RISK_UNSAID, 44 },
	{ "exposed, but local", VULNERABILITY(.cvss_score = 9.8, .cvss_vector = LOCAL), &server, SK_RISK_UNSAID,
	  34 },
	{ "no score", VULNERABILITY(.severity = SK_SEVERITY_HIGH), &folder, SK_RISK_UNSAID, 32 },
	{ "unknown", VULNERABILITY(.severity = SK_SEVERITY_UNKNOWN), &folder, SK_RISK_UNSAID, 20 },
	{ "EPSS 60%", VULNERABILITY(.severity = SK_SEVERITY_HIGH, .epss = 0.6), &folder, SK_RISK_UNSAID, 47 },
	{ "EPSS 10%", VULNERABILITY(.severity = SK_SEVERITY_HIGH, .epss = 0.1), &folder, SK_RISK_UNSAID, 43 },
	{ "EPSS 0.01%", VULNERABILITY(.severity = SK_SEVERITY_HIGH, .epss = 0.0001), &folder, SK_RISK_UNSAID, 32 },
	{ "internet-facing", VULNERABILITY(.severity = SK_SEVERITY_HIGH), &folder, SK_RISK_INTERNET_FACING, 42 },
	{ "internal", VULNERABILITY(.severity = SK_SEVERITY_HIGH), &folder, SK_RISK_INTERNAL, 32 },
	{ "regulated", VULNERABILITY(.severity = SK_SEVERITY_HIGH), &folder, SK_RISK_REGULATED, 42 },
	{ "development", VULNERABILITY(.severity = SK_SEVERITY_HIGH), &folder, SK_RISK_DEVELOPMENT, 17 },
	{ "not below 0", VULNERABILITY(.severity = SK_SEVERITY_NEGLIGIBLE), &folder, SK_RISK_DEVELOPMENT, 0 },
	{ "a secret", { .kind = SK_FINDING_SECRET, .severity = SK_SEVERITY_CRITICAL, .cvss_score = -1 }, &folder,
	  SK_RISK_UNSAID, 38 },
	{ "coverage", { .kind = SK_FINDING_COVERAGE }, &folder, SK_RISK_INTERNET_FACING, -1 },
};

static void test_findings(void)
{
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_risk risk;
		double sum = 0;

		sk_risk_of_finding(&cases[i].f, cases[i].inv, cases[i].class, &risk);
		for (size_t k = 0; k < risk.count; k++) {
			sum += risk.terms[k].value;
			expect(risk.terms[k].name && risk.terms[k].why[0], "term %zu of %s says why", k,
			       cases[i].what);
		}
		expect(risk.score < 0 || risk.score == (int)lround(sum < 0 ? 0 : sum > 100 ? 100 : sum),
		       "%s is the sum of its terms", cases[i].what);
		ok(risk.score == cases[i].score, "%s: %d", cases[i].what, risk.score);
	}
}

static void test_subject(void)
{
	struct sk_finding worst = VULNERABILITY(.id = "CVE-1", .cvss_score = 9.8, .kev = true);
	struct sk_finding bad = VULNERABILITY(.id = "CVE-2", .cvss_score = 7, .kev = true);
	struct sk_finding low = VULNERABILITY(.id = "CVE-3", .cvss_score = 2);
	struct sk_finding hole = { .kind = SK_FINDING_COVERAGE };
	struct sk_finding *all[20] = { &low, &bad, &hole, &worst };
	struct sk_risk risk;

	sk_risk_of_subject(all, 4, &folder, SK_RISK_UNSAID, &risk);
	is_int(risk.score, 65); /* 64, and a point for the other bad one */
	is_str(risk.terms[0].why, "CVE-1");
	sk_risk_of_subject(all, 1, &folder, SK_RISK_UNSAID, &risk);
	is_int(risk.score, 8);
	sk_risk_of_subject(all, 0, &folder, SK_RISK_UNSAID, &risk);
	is_int(risk.score, 0);
	for (size_t i = 4; i < 20; i++)
		all[i] = &bad;
	sk_risk_of_subject(all, 20, &folder, SK_RISK_UNSAID, &risk);
	is_int(risk.score, 74); /* ten points at most */
	sk_risk_sort(all, 4, &folder, SK_RISK_UNSAID);
	ok(all[0] == &worst && all[1] == &bad && all[2] == &low && all[3] == &hole, "the worst first");
}

int main(void)
{
	test_findings();
	test_subject();
	return tap_done();
}
