/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/time.h"
#include "policy/exception.h"
#include "policy/glob.h"

static int64_t day(const char *date)
{
	int64_t t = 0;

	sk_time_parse(sk_span_str(date), &t);
	return t;
}

static struct sk_inventory inventory = { .artifact = { .name = "shop.tar" } };
static int64_t now;

static void test_glob(void)
{
	static const struct {
		const char *pattern, *path;
		bool match;
	} cases[] = {
		{ "a/b", "a/b", true },
		{ "/a/b", "a/b", true },
		{ "./a", "a", true },
		{ "a", "ab", false },
		{ "", "", true },
		{ "", "a", false },
		{ "*", "a", true },
		{ "*", "", true },
		{ "*", "a/b", false },
		{ "a*c", "abbbc", true },
		{ "a*c*", "abcbd", true },
		{ "*.jar", "x.jar", true },
		{ "*.jar", "lib/x.jar", false },
		{ "**/*.jar", "x.jar", true },
		{ "**/*.jar", "opt/lib/x.jar", true },
		{ "**/x", "ax", false },
		{ "**/x", "a/bx", false },
		{ "**", "a/b/c", true },
		{ "usr/**", "usr/share/doc", true },
		{ "usr/**", "usr", false },
		{ "usr/**/doc", "usr/doc", true },
		{ "usr/**/doc", "usr/a/b/doc", true },
		{ "usr/**/doc", "usr/a/bdoc", false },
		{ "a/**/b/**/c", "a/x/b/y/b/z/c", true },
		{ "a/**/b*/c", "a/bx/bc/d/bz/c", true },
		{ "a/**/b*/c", "a/bx/bc/d/z/c", false },
		{ "?", "/", false },
		{ "a?c", "abc", true },
		{ "a?c", "a/c", false },
		{ "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};
	for (size_t i = 0; i < SK_COUNT(cases); i++)
		expect(sk_glob_match(sk_span_str(cases[i].pattern), sk_span_str(cases[i].path)) ==
			       cases[i].match,
		       "%s against %s", cases[i].pattern, cases[i].path);
	ok(true, "%zu globs", SK_COUNT(cases));
}

static const char text[] =
	"# what we live with\n"
	"ignore:\n"
	"  - id: ghsa-1\n"
	"    reason: the code is never reached\n"
	"    owner: web team\n"
	"    expires: 2027-01-31\n"
	"  - package: zlib\n"
	"    version: 1.2\n"
	"    reason: r\n"
	"    owner: o\n"
	"    expires: 2026-11-21\n"
	"  - id: CVE-2\n"
	"    reason: r\n"
	"    owner: o\n"
	"    expires: 2026-11-20\n"
	"  - id: CVE-3\n"
	"    owner: o\n"
	"    expires: 2027-01-01\n"
	"  - id: CVE-4\n"
	"    reason: r\n"
	"    expires: 2027-01-01\n"
	"  - id: CVE-5\n"
	"    reason: r\n"
	"    owner: o\n"
	"  - id: CVE-6\n"
	"    reason: r\n"
	"    owner: o\n"
	"    expire: 2027-01-01\n"
	"  - reason: r\n"
	"    owner: o\n"
	"    expires: 2027-01-01\n"
	"  - purl: pkg:npm/%40babel/core@7.0.0\n"
	"    reason: r\n"
	"    owner: o\n"
	"    expires: 2027-01-01T00:00:00Z\n"
	"  - path: \"opt/**/*.jar\"\n"
	"    id: CVE-7\n"
	"    reason: r\n"
	"    owner: o\n"
	"    expires: 2027-01-01\n"
	"  - id: CVE-8\n"
	"    reason: r\n"
	"    owner: o\n"
	"    expires: soon\n"
	"  - just a word\n";

static void test_parse(struct sk_exceptions *x)
{
	static const char *const problems[] = {
		NULL, NULL, NULL, "has no reason", "has no owner",
		"has no expiry date ('expires: 2027-01-31')", "unknown key 'expire'; there are id, package, "
		"version, path, purl, scope, status, justification, reason, owner, ticket and expires",
		"says nothing of what it accepts: id, package, path, purl or scope", NULL, NULL,
		"'soon' is no date such as 2027-01-31", "must be keys and values ('id: CVE-2024-1')",
	};
	struct sk_err err = SK_ERR_INIT;
	int r = sk_exceptions_parse(x, "f.yaml", sk_span_str(text), &err);

	ok(r == 0, "parses: %s", err.text);
	is_int(x->list.len, SK_COUNT(problems));
	for (size_t i = 0; i < x->list.len && i < SK_COUNT(problems); i++) {
		const char *got = x->list.data[i]->problem;

		ok(problems[i] ? got && strcmp(got, problems[i]) == 0 : !got, "entry %zu: %s", i,
		   got ? got : "counts");
	}
	is_int(x->list.data[1]->says.line, 7);
}

static void test_apply(struct sk_exceptions *x)
{
	static const char *aliases[] = { "CVE-1", "GHSA-1" };
	struct sk_package zlib = { .type = "deb", .name = "zlib1g", .source_name = "zlib", .version = "1.2" };
	struct sk_package newer = { .type = "deb", .name = "zlib1g", .source_name = "zlib", .version = "1.3" };
	struct sk_package babel = { .type = "npm", .ns = "@babel", .name = "core", .version = "7.0.0",
				    .purl = "pkg:npm/%40babel/core@7.0.0?x=y" };
	struct sk_finding f[] = {
		{ .id = "DSA-1", .aliases = { aliases, 2 } },
		{ .id = "CVE-9", .package = &zlib },
		{ .id = "CVE-9", .package = &newer },
		{ .id = "CVE-10", .package = &babel },
		{ .id = "CVE-7", .path = "opt/app/a.jar" },
		{ .id = "CVE-7", .path = "srv/a.jar" },
		{ .id = "CVE-2" },
		{ .id = "CVE-3" },
		{ .id = "CVE-6" },
	};
	static const bool hidden[] = { true, true, false, true, true, false, false, false, false };
	struct sk_finding *all[SK_COUNT(f)];

	for (size_t i = 0; i < SK_COUNT(f); i++)
		all[i] = &f[i];
	is_int(sk_exceptions_apply(x, &inventory, now, all, SK_COUNT(f)), 4);
	for (size_t i = 0; i < SK_COUNT(f); i++)
		ok(sk_finding_ignored(&f[i]) == hidden[i], "finding %zu", i);
	is_str(f[0].statement->owner, "web team");
	is_str(f[0].statement->until, "2027-01-31");
}

static void test_findings(const struct sk_exceptions *x)
{
	struct sk_arena arena = { 0 };
	struct sk_finding *f;

	ok(!sk_exception_finding(x, x->list.data[0], now, &arena), "a good entry is no finding");
	f = sk_exception_finding(x, x->list.data[2], now, &arena);
	ok(f && strcmp(f->id, "exception-expired") == 0 && f->line == 12, "an expired one is");
	f = sk_exception_finding(x, x->list.data[3], now, &arena);
	ok(f && strcmp(f->id, "exception-invalid") == 0, "so is one without reason");
	sk_arena_release(&arena);
}

/* An expression over finding and image; faults are told when the file is read. */
static void test_scopes(void)
{
	static const struct {
		const char *scope, *problem; /* NULL: it is well made */
		bool covers;
	} cases[] = {
		{ "finding.severity == 'low'", NULL, true },
		{ "finding.severityLevel >= severity.high", NULL, false },
		{ "finding.package.name == 'zlib1g' && finding.id.startsWith('CVE-')", NULL, true },
		{ "findings.size() == 1 && packages.exists(p, p.name == 'zlib1g')", NULL, true },
		{ "now > timestamp('2026-11-21T00:00:00Z')", NULL, true },
		{ "finding.inUse == false", NULL, false }, /* not known: it covers nothing */
		{ "[1][finding.line + 7] == 1", NULL, false }, /* it fails */
		{ "finding.severty == 'low'", "severty", false },
		{ "finding.id", "must give bool", false },
		{ "finding.id ==", "'scope': column", false },
	};
	struct sk_package zlib = { .type = "deb", .name = "zlib1g", .path = "", .version = "1.2" };
	struct sk_package *packages[] = { &zlib };
	struct sk_inventory inv = { .artifact = { .name = "a" }, .packages = packages, .package_count = 1 };

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
		sk_autofree char *file = sk_printf(
			"exceptions:\n  - { scope: \"%s\", reason: r, owner: o, expires: 2027-01-01 }\n",
			cases[i].scope);
		struct sk_finding f = { .kind = SK_FINDING_VULNERABILITY, .id = "CVE-1", .package = &zlib,
					.severity = SK_SEVERITY_LOW };
		struct sk_finding *all[] = { &f };
		const char *problem;

		expect(sk_exceptions_parse(&x, "f", sk_span_str(file), NULL) == 0 && x.list.len == 1, "%s", file);
		problem = x.list.len ? x.list.data[0]->problem : "";
		ok(cases[i].problem ? problem && strstr(problem, cases[i].problem) : !problem, "%s: %s",
		   cases[i].scope, problem ? problem : "counts");
		sk_exceptions_apply(&x, &inv, now, all, 1);
		ok(sk_finding_ignored(&f) == cases[i].covers, "%s", cases[i].covers ? "covers" : "does not cover");
	}
}

/* One file that is loaded once, asked at different times. */
static void test_time(void)
{
	static const struct {
		const char *at;
		enum sk_exception_state state;
	} cases[] = {
		{ "2026-01-01", SK_EXCEPTION_TOO_LONG }, { "2026-10-03", SK_EXCEPTION_ACTIVE },
		{ "2027-01-01T23:59:59Z", SK_EXCEPTION_ACTIVE }, { "2027-01-02", SK_EXCEPTION_EXPIRED },
	};
	sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { .max_seconds = 90 * 86400 };

	sk_exceptions_parse(&x, "f",
			    sk_span_str("exceptions:\n- {id: CVE-1, reason: r, owner: o, expires: 2027-01-01}\n"),
			    NULL);
	for (size_t i = 0; i < SK_COUNT(cases) && x.list.len; i++) {
		struct sk_finding f = { .id = "CVE-1" };
		struct sk_finding *all[] = { &f };

		ok(sk_exception_state(&x, x.list.data[0], day(cases[i].at)) == cases[i].state, "%s at %s",
		   sk_exception_state_name(cases[i].state), cases[i].at);
		sk_exceptions_apply(&x, &inventory, day(cases[i].at), all, 1);
		ok(sk_finding_ignored(&f) == (cases[i].state == SK_EXCEPTION_ACTIVE), "it covers accordingly");
	}
}

static void test_broken(void)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "ignored: []\n", "f: line 1: unknown key 'ignored'; there is 'exceptions'" },
		{ "- id: CVE-1\n", "f: line 1: must begin with 'exceptions:' and a list" },
		{ "\nignore: CVE-1\n", "f: line 2: 'ignore' must be a list" },
	};
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_exceptions x = { 0 };
		struct sk_err err = SK_ERR_INIT;

		ok(sk_exceptions_parse(&x, "f", sk_span_str(cases[i].text), &err) == -SK_EINVAL,
		   "broken %zu", i);
		is_str(err.text, cases[i].error);
		sk_exceptions_release(&x);
	}
}

int main(void)
{
	struct sk_exceptions x = { 0 };

	now = day("2026-11-21") + 3600;
	test_glob();
	test_parse(&x);
	if (x.list.len) {
		test_apply(&x);
		test_findings(&x);
	}
	sk_exceptions_release(&x);
	test_broken();
	test_scopes();
	test_time();
	return tap_done();
}
