/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-policy BUNDLE [FINDINGS]: what a bundle costs on an image with so many
 * findings (1,000), facts built once. Prints loading, building facts and one
 * decision, in microseconds; the best of several rounds.
 */
#include "base/mem.h"
#include "base/time.h"
#include "policy/decision.h"
#include "policy/facts-subject.h"

#include <stdio.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Every fifth has a fix, every hundredth is critical, none is exploited: most rules look at all of them. */
static struct sk_finding **make_findings(size_t count, struct sk_package *packages)
{
	struct sk_finding **list = sk_alloc(count * sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		struct sk_finding *f = sk_alloc(sizeof(*f));

		packages[i] = (struct sk_package){ .type = "deb", .ns = "debian", .name = sk_printf("package-%zu", i),
						   .version = "1.2-3", .purl = "pkg:deb/debian/package@1.2-3", .path = "var/lib/dpkg/status" };
		*f = (struct sk_finding){ .kind = SK_FINDING_VULNERABILITY, .id = sk_printf("CVE-2026-%zu", i),
					  .severity = i % 100 ? (enum sk_severity)(i % 5) : SK_SEVERITY_CRITICAL,
					  .package = &packages[i], .fix = i % 5 || i % 100 == 0 ? SK_FIX_NONE : SK_FIX_AVAILABLE,
					  .fixed_version = "1.2-4", .title = "a bug", .remedy = "apt-get install package", .layer = 0,
					  .cvss_score = 5, .epss = 0.01, .epss_percentile = 0.5, .published = "2026-01-01T00:00:00Z" };
		list[i] = f;
	}
	return list;
}

int main(int argc, char **argv)
{
	struct sk_cel_eval *eval = sk_cel_eval_new();
	struct sk_image_config config = { .user = "10001" };
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	struct sk_package *packages = sk_alloc(count * sizeof(*packages));
	struct sk_os os = { .id = "debian", .version = "12", .name = "Debian 12", .root = "" }, *oses[] = { &os };
	struct sk_inventory inv = { .artifact = { .name = "bench", .config = &config, .created = "2026-06-01T00:00:00Z" },
				    .os = oses, .os_count = 1 };
	struct sk_facts_scan scan = { .inventory = &inv, .findings = make_findings(count, packages), .finding_count = count,
				      .reference = "registry.example.com/app:1", .advisories = "2026-06-01T00:00:00Z" };
	struct sk_policy_set set = { 0 };
	struct sk_facts facts = { 0 };
	struct sk_decision d = { 0 };
	struct sk_err err = SK_ERR_INIT;
	int64_t at = 0;
	double load, build = 1e12, decide = 1e12, start = now();

	if (argc < 2 || sk_policy_load(&set, argv[1], &err) < 0 || sk_policy_ready(&set, &err) < 0) {
		fprintf(stderr, "bench-policy: %s\n", argc < 2 ? "which bundle?" : err.text);
		return 2;
	}
	load = now() - start;
	sk_time_parse(sk_span_str("2026-06-02T00:00:00Z"), &at);
	scan.scanned = at;
	for (int i = 0; i < 20; i++) { /* the best of them: the machine is shared */
		start = now();
		sk_facts_begin(&facts, SK_STAGE_BUILD, at, SK_FACTS_OF_IMAGES);
		sk_facts_add_scan(&facts, &scan);
		sk_facts_add_told_exceptions(&facts, &scan);
		if (now() - start < build)
			build = now() - start;
	}
	for (int i = 0; i < 200; i++) {
		sk_decision_release(&d);
		start = now();
		sk_policy_decide(&set, &facts, eval, &d);
		if (now() - start < decide)
			decide = now() - start;
	}
	printf("load %.0f us\nfacts %.0f us\ndecide %.0f us (%s, %zu rules, %zu reasons)\n", load, build, decide,
	       sk_effect_name(d.effect), d.rules.len, d.reasons.len);
	return 0; /* the memory goes with the process */
}
