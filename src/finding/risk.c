/* SPDX-License-Identifier: Apache-2.0 */
#include "finding/risk.h"

#include "base/time.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/*
 * All weights. The most that severity, exploitation, fix, exposure and class can give together is
 * 100; use comes on top of it, and the sum is cut. Severity alone stays below one half: most critical vulnerabilities are never exploited,
 * while everything in CISA's catalogue has been. docs/risk.md gives the reasons.
 */
static const struct {
	double cvss;		    /* a point of CVSS */
	double severity[SK_SEVERITY_CRITICAL + 1]; /* without a CVSS score: as a score of that range */
	double kev, fix;
	double network;		    /* reachable over the network, and ports are exposed */
	double local;		    /* CVSS says that the attacker needs local or physical access */
	double used, unused;	    /* the package was seen in use; it was watched, and was not */
	double classes[SK_RISK_DEVELOPMENT + 1];
	double bad, more, most;	    /* subject: further findings from `bad` on give `more` each, `most` together */
} weights = {
	.cvss = 4,
	.severity = { [SK_SEVERITY_UNKNOWN] = 5, [SK_SEVERITY_NEGLIGIBLE] = 0.5, [SK_SEVERITY_LOW] = 2,
		      [SK_SEVERITY_MEDIUM] = 5.5, [SK_SEVERITY_HIGH] = 8, [SK_SEVERITY_CRITICAL] = 9.5 },
	.kev = 25,
	.fix = 5,
	.network = 5,
	.local = -5,
	.used = 15,
	.unused = -20,
	.classes = { [SK_RISK_INTERNET_FACING] = 10, [SK_RISK_INTERNAL] = 0, [SK_RISK_REGULATED] = 10,
		     [SK_RISK_DEVELOPMENT] = -15 },
	.bad = 50,
	.more = 1,
	.most = 10,
};

/* Points from a probability of exploitation within 30 days on; the highest first. */
static const struct {
	double from, points;
} epss_steps[] = { { 0.5, 15 }, { 0.1, 11 }, { 0.01, 6 }, { 0.001, 2 }, { 0, 0 } };

static const char *const class_names[] = {
	[SK_RISK_UNSAID] = "unsaid",
	[SK_RISK_INTERNET_FACING] = "internet-facing",
	[SK_RISK_INTERNAL] = "internal",
	[SK_RISK_REGULATED] = "regulated",
	[SK_RISK_DEVELOPMENT] = "development",
};

const char *sk_risk_class_name(enum sk_risk_class class)
{
	return (size_t)class < SK_COUNT(class_names) ? class_names[class] : NULL;
}

static void __attribute__((format(printf, 4, 5)))
add(struct sk_risk *r, const char *name, double value, const char *fmt, ...)
{
	struct sk_risk_term *t = &r->terms[r->count++];
	va_list args;

	t->name = name;
	t->value = round(value * 10) / 10;
	if (r->unexplained)
		return;
	va_start(args, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, args);
	va_end(args);
}

static void finish(struct sk_risk *r)
{
	double sum = 0;

	for (size_t i = 0; i < r->count; i++)
		sum += r->terms[i].value;
	r->score = (int)lround(sum < 0 ? 0 : sum > 100 ? 100 : sum);
}

static void add_severity(struct sk_risk *r, const struct sk_finding *f)
{
	if (f->cvss_score > 0)
		add(r, "severity", f->cvss_score * weights.cvss, "CVSS %.1f", f->cvss_score);
	else
		add(r, "severity", weights.severity[f->severity] * weights.cvss,
		    "severity %s, no CVSS score", sk_severity_name(f->severity));
}

static void add_exploitation(struct sk_risk *r, const struct sk_finding *f)
{
	add(r, "kev", f->kev ? weights.kev : 0,
	    f->kev ? "known to be exploited (CISA)" : "not in CISA's catalogue");
	if (f->epss <= 0) {
		add(r, "epss", 0, "no EPSS score");
		return;
	}
	for (size_t i = 0; i < SK_COUNT(epss_steps); i++) {
		if (f->epss < epss_steps[i].from)
			continue;
		add(r, "epss", epss_steps[i].points, "EPSS %.1f%%: exploited within 30 days",
		    f->epss * 100);
		return;
	}
}

/* CVSS's attack vector: 'N'etwork, 'A'djacent, 'L'ocal, 'P'hysical; 0 where it is not said. */
static char attack_vector(const struct sk_finding *f)
{
	const char *at = f->cvss_vector ? strstr(f->cvss_vector, "AV:") : NULL;

	return at ? at[3] : 0;
}

static void add_exposure(struct sk_risk *r, const struct sk_finding *f, const struct sk_inventory *inv)
{
	size_t ports = inv->artifact.config ? inv->artifact.config->ports.count : 0;
	char vector = attack_vector(f);

	if (vector == 'L' || vector == 'P')
		add(r, "exposure", weights.local, "needs %s access", vector == 'L' ? "local" : "physical");
	else if (!inv->artifact.config)
		add(r, "exposure", 0, "not known: no image configuration");
	else if (!ports)
		add(r, "exposure", 0, "the image exposes no ports");
	else if (vector == 'N')
		add(r, "exposure", weights.network, "over the network, and the image exposes %zu port%s", ports,
		    ports > 1 ? "s" : "");
	else
		add(r, "exposure", 0, "no attack over the network is known");
}

static void add_use(struct sk_risk *r, const struct sk_finding *f)
{
	const struct sk_use *use = f->package ? f->package->use : NULL;
	char text[SK_TIME_TEXT];

	if (use && use->state == SK_USE_YES)
		add(r, "in-use", weights.used, "seen in use, last on %s", sk_time_format_date(use->last, text));
	else if (use && use->state == SK_USE_NO)
		add(r, "in-use", weights.unused, "not seen in use since %s", sk_time_format_date(use->since, text));
	else if (use && use->since)
		add(r, "in-use", 0, "not known: its use would not have been seen");
	else
		add(r, "in-use", 0, "not known: nobody has watched it run");
}

static void add_class(struct sk_risk *r, enum sk_risk_class class)
{
	if (class == SK_RISK_UNSAID)
		add(r, "class", 0, "not said (--risk-class)");
	else
		add(r, "class", weights.classes[class], "%s workload", sk_risk_class_name(class));
}

static void compute(const struct sk_finding *f, const struct sk_inventory *inv,
		    enum sk_risk_class class, struct sk_risk *r)
{
	r->score = -1;
	r->count = 0;
	if (f->kind == SK_FINDING_COVERAGE)
		return;
	add_severity(r, f);
	if (f->kind == SK_FINDING_VULNERABILITY) {
		add_exploitation(r, f);
		add(r, "fix", f->fix == SK_FIX_AVAILABLE ? weights.fix : 0,
		    f->fix == SK_FIX_AVAILABLE ? "a fix is published: attackers can read it too"
					       : "no fix is published");
		add_exposure(r, f, inv);
		add_use(r, f);
	}
	add_class(r, class);
	finish(r);
}

int sk_risk_score(const struct sk_finding *f, const struct sk_inventory *inv, enum sk_risk_class class)
{
	struct sk_risk risk;

	risk.unexplained = true;
	compute(f, inv, class, &risk);
	return risk.score;
}

void sk_risk_of_finding(const struct sk_finding *f, const struct sk_inventory *inv,
			enum sk_risk_class class, struct sk_risk *r)
{
	*r = (struct sk_risk){ 0 };
	compute(f, inv, class, r);
}

void sk_risk_of_subject(struct sk_finding *const *findings, size_t count,
			const struct sk_inventory *inv, enum sk_risk_class class, struct sk_risk *r)
{
	const char *worst = NULL;
	size_t bad = 0;
	double more;
	int score = 0;

	*r = (struct sk_risk){ 0 };
	for (size_t i = 0; i < count; i++) {
		int one = sk_risk_score(findings[i], inv, class);

		bad += one >= weights.bad;
		if (one > score) {
			score = one;
			worst = findings[i]->id;
		}
	}
	bad -= score >= weights.bad;
	more = (double)bad * weights.more;
	add(r, "worst", score, score ? "%s" : "no finding", worst ? worst : "the worst finding");
	add(r, "more", more > weights.most ? weights.most : more, "%zu more of %.0f and above", bad,
	    weights.bad);
	finish(r);
}

struct ranked {
	struct sk_finding *finding;
	int score;
};

static bool in_use(const struct sk_finding *f)
{
	return sk_finding_use(f) == SK_USE_YES;
}

static int cmp_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (in_use(x->finding) != in_use(y->finding)) /* where the cut has made them equal */
		return in_use(x->finding) ? -1 : 1;
	return sk_finding_cmp(&x->finding, &y->finding);
}

void sk_risk_sort(struct sk_finding **findings, size_t count, const struct sk_inventory *inv,
		  enum sk_risk_class class)
{
	sk_autofree struct ranked *all = sk_alloc((count + 1) * sizeof(*all));

	for (size_t i = 0; i < count; i++) {
		all[i] = (struct ranked){ findings[i], sk_risk_score(findings[i], inv, class) };
	}
	qsort(all, count, sizeof(*all), cmp_ranked);
	for (size_t i = 0; i < count; i++)
		findings[i] = all[i].finding;
}
