/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/eol-table.h"
#include "analyze/eol.h"
#include "base/time.h"
#include "finding/eol-finding.h"
#include "tap.h"

static int64_t day(const char *date)
{
	int64_t t = 0;

	sk_time_parse(sk_span_str(date), &t);
	return t;
}

static const struct {
	const char *id, *version, *name, *date;
	enum sk_eol_state state;
	const char *newer;
} cases[] = {
	{ "debian", "12", NULL, "2026-11-21", SK_EOL_SUPPORTED, "13" }, /* LTS is free */
	{ "debian", "11", NULL, "2026-11-21", SK_EOL_EXTENDED, "13" },
	{ "debian", "8", NULL, "2026-11-21", SK_EOL_ENDED, "13" },
	{ "debian", "10", NULL, "2024-06-30", SK_EOL_SUPPORTED, "12" },
	{ "debian", "10", NULL, "2024-07-01", SK_EOL_EXTENDED, "12" },
	{ "ubuntu", "20.04", NULL, "2026-11-21", SK_EOL_EXTENDED, "26.04" },
	{ "ubuntu", "24.10", NULL, "2026-11-21", SK_EOL_ENDED, "26.04" },
	{ "ubuntu", "24.04", NULL, "2026-11-21", SK_EOL_SUPPORTED, "26.04" },
	{ "alpine", "3.10.4", NULL, "2026-11-21", SK_EOL_ENDED, "3.24" },
	{ "alpine", "3.2.1", NULL, "2016-01-01", SK_EOL_SUPPORTED, "3.3" },
	{ "alpine", "3.24.1", NULL, "2026-11-21", SK_EOL_SUPPORTED, "3.24" },
	{ "alpine", "3.25_alpha20261101", NULL, "2026-11-21", SK_EOL_UNKNOWN, "3.24" },
	{ "rhel", "7.9", NULL, "2026-11-21", SK_EOL_EXTENDED, "10" },
	{ "centos", "7", "CentOS Linux 7 (Core)", "2026-11-21", SK_EOL_ENDED, "10" },
	{ "centos", "9", "CentOS Stream 9", "2026-11-21", SK_EOL_SUPPORTED, "10" },
	{ "sles", "15", NULL, "2026-11-21", SK_EOL_ENDED, "16.0" },
	{ "sles", "15.6", NULL, "2026-11-21", SK_EOL_EXTENDED, "16.0" },
	{ "amzn", "2018.03", NULL, "2026-11-21", SK_EOL_ENDED, "2023" },
	{ "mariner", "2.0", NULL, "2026-11-21", SK_EOL_ENDED, "3.0" },
	{ "photon", "5.0", NULL, "2026-11-21", SK_EOL_SUPPORTED, "5.0" },
	{ "opensuse", "13.2", NULL, "2026-11-21", SK_EOL_ENDED, "16.0" },
	{ "wolfi", "20230201", NULL, "2026-11-21", SK_EOL_ROLLING, NULL },
	{ "fedora", "35", NULL, "2026-11-21", SK_EOL_ENDED, "44" },
	{ "templeos", "5", NULL, "2026-11-21", SK_EOL_UNKNOWN, NULL },
	{ "debian", "", NULL, "2026-11-21", SK_EOL_UNKNOWN, "13" },
};

static void test_cases(void)
{
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_os os = { .id = cases[i].id,
				    .version = cases[i].version,
				    .name = cases[i].name };
		struct sk_eol eol;
		enum sk_eol_state state = sk_eol_lookup(&os, day(cases[i].date), &eol);
		bool newer =
		    cases[i].newer ? eol.newer && !strcmp(eol.newer, cases[i].newer) : !eol.newer;

		ok(state == cases[i].state && newer, "%s %s on %s", os.id, os.version,
		   cases[i].date);
		if (state != cases[i].state || !newer)
			printf("# got state %d, newer %s\n", state,
			       eol.newer ? eol.newer : "(none)");
	}
}

static void check_date(const char *date, const char *id, const char *version)
{
	int64_t t;

	expect(!date || sk_time_parse(sk_span_str(date), &t), "%s %s: %s is a date", id, version,
	       date);
}

/* Every date is one, and what follows on something ends later. */
static void test_table(void)
{
	for (const struct sk_eol_system *s = sk_eol_systems; s->id; s++)
		for (const struct sk_eol_release *r = s->releases; r->version; r++) {
			check_date(r->released, s->id, r->version);
			check_date(r->ends, s->id, r->version);
			expect(!r->ends || strcmp(r->released, r->ends) < 0,
			       "%s %s ends after its release", s->id, r->version);
			for (int i = 0; i < SK_EOL_PHASES; i++) {
				check_date(r->phase_ends[i], s->id, r->version);
				expect(!r->phase_ends[i] || !r->ends ||
					   strcmp(r->ends, r->phase_ends[i]) < 0,
				       "%s %s: a phase follows", s->id, r->version);
			}
		}
	ok(true, "all dates are dates");
}

static void test_finding(void)
{
	struct sk_arena arena = { 0 };
	struct sk_os os = {
		.id = "alpine", .version = "3.10.4", .path = "etc/os-release", .layer = 2
	};
	struct sk_finding *f = sk_eol_finding(&os, day("2026-11-21"), &arena);

	ok(f && f->kind == SK_FINDING_MISCONFIGURATION && f->severity == SK_SEVERITY_HIGH &&
	       f->layer == 2,
	   "an ended release is a finding");
	is_str(f->id, "os-end-of-life");
	is_str(f->title, "alpine 3.10.4 has been without security updates since 2021-05-01");
	is_str(f->remedy, "Rebuild on a supported release, such as alpine 3.24.");
	is_int(f->references.count, 1);
	os.version = "3.24.0";
	ok(!sk_eol_finding(&os, day("2026-11-21"), &arena), "a supported one is not");
	os = (struct sk_os){ .id = "ubuntu", .version = "20.04", .name = "Ubuntu 20.04.6 LTS" };
	f = sk_eol_finding(&os, day("2026-11-21"), &arena);
	is_str(f->id, "os-extended-support-only");
	sk_arena_release(&arena);
}

int main(void)
{
	test_cases();
	test_table();
	test_finding();
	return tap_done();
}
