/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Reports made by hand, for every format; included by test-report.c and test-report-read.c. */
#include "base/mem.h"
#include "report/format.h"

#define STRINGS(...) \
	{ (const char *[]){ __VA_ARGS__ }, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *) }

static struct sk_os debian = {
	.id = "debian", .version = "12", .codename = "bookworm",
	.name = "Debian GNU/Linux 12 (bookworm)", .root = "", .path = "usr/lib/os-release",
};

static struct sk_layer layers[] = {
	{ .diff_id = "sha256:1f3c3a4cb21a3f8fee7d2fbdb6a4ef5f1a9d5ec4ecf05bb6f1bb56a3b9a2d1c0",
	  .digest = "sha256:aa3c3a4cb21a3f8fee7d2fbdb6a4ef5f1a9d5ec4ecf05bb6f1bb56a3b9a2d1c0",
	  .size = 121344000,
	  .created_by = "/bin/sh -c #(nop) ADD file:4d192565a7220e135cab6c77fbc1c73211b69f3d9fb37e62857b2c6eb9363d51 in / ",
	  .cached = true },
	{ .diff_id = "sha256:2e8b7a4cb21a3f8fee7d2fbdb6a4ef5f1a9d5ec4ecf05bb6f1bb56a3b9a2d1c1",
	  .size = 5120000,
	  .created_by = "RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit" },
	{ .diff_id = "sha256:3d9c7a4cb21a3f8fee7d2fbdb6a4ef5f1a9d5ec4ecf05bb6f1bb56a3b9a2d1c2",
	  .size = 9216000,
	  .created_by = "COPY app /srv/app # buildkit" },
};

static struct sk_package
	openssl = { .type = "deb", .ns = "debian", .name = "libssl3", .version = "3.0.11-1~deb12u1",
		    .arch = "amd64", .source_name = "openssl", .licence = "Apache-2.0 AND GPL-2.0-or-later",
		    .path = "var/lib/dpkg/status", .flags = SK_PACKAGE_INSTALLED, .layer = 0, .root = "",
		    .os = &debian,
		    .purl = "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?arch=amd64&distro=debian-12" },
	zlib = { .type = "deb", .ns = "debian", .name = "zlib1g", .version = "1:1.2.13.dfsg-1",
		 .arch = "amd64", .source_name = "zlib", .licence = "Zlib", .path = "var/lib/dpkg/status",
		 .flags = SK_PACKAGE_INSTALLED, .layer = 0, .root = "", .os = &debian,
		 .purl = "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64&distro=debian-12" },
	curl = { .type = "deb", .ns = "debian", .name = "curl", .version = "7.88.1-10+deb12u4",
		 .arch = "amd64", .licence = "curl", .path = "var/lib/dpkg/status",
		 .flags = SK_PACKAGE_INSTALLED, .layer = 1, .root = "", .os = &debian,
		 .purl = "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u4?arch=amd64&distro=debian-12" },
	lodash = { .type = "npm", .name = "lodash", .version = "4.17.20", .licence = "MIT",
		   .path = "srv/app/package-lock.json", .line = 42, .flags = SK_PACKAGE_INDIRECT, .layer = 2,
		   .root = "", .os = &debian, .purl = "pkg:npm/lodash@4.17.20" },
	traverse = { .type = "npm", .ns = "@babel", .name = "traverse", .version = "7.23.0", .licence = "MIT",
		     .path = "srv/app/package-lock.json", .line = 7, .flags = SK_PACKAGE_DEV, .layer = 2,
		     .root = "", .os = &debian, .purl = "pkg:npm/%40babel/traverse@7.23.0" };

static const struct sk_statement
	web_team = { .reason = "only compiles our own code", .owner = "web team", .until = "2027-03-01" };

static struct sk_finding
	kev = { .kind = SK_FINDING_VULNERABILITY, .severity = SK_SEVERITY_CRITICAL, .severity_source = "nvd",
		.id = "CVE-2023-38545", .aliases = STRINGS("DSA-5523-1", "GHSA-7xw4-vc92-4qjx"),
		.package = &curl, .fixed_version = "7.88.1-10+deb12u5", .fix = SK_FIX_AVAILABLE,
		.title = "SOCKS5 heap buffer overflow",
		.description = "This flaw makes curl overflow a heap based buffer in the SOCKS5 proxy "
			       "handshake.\n\nWhen curl is asked to pass along the hostname, it can be 255 bytes.",
		.remedy = "apt-get update && apt-get install --only-upgrade curl",
		.references = STRINGS("https://curl.se/docs/CVE-2023-38545.html",
				      "https://security-tracker.debian.org/tracker/CVE-2023-38545"),
		.advisory = "DEBIAN-CVE-2023-38545",
		.cvss_vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", .cvss_score = 9.8, .kev = true,
		.kev_due = "2023-11-01", .epss = 0.9213, .epss_percentile = 0.996,
		.published = "2023-10-18T04:15:11Z", .modified = "2026-02-13T00:00:00Z",
		.path = "var/lib/dpkg/status", .layer = 1 },
	ssl_high = { .kind = SK_FINDING_VULNERABILITY, .severity = SK_SEVERITY_HIGH, .severity_source = "debian",
		     .id = "CVE-2023-5363", .package = &openssl, .fixed_version = "3.0.11-1~deb12u2",
		     .fix = SK_FIX_AVAILABLE, .title = "Incorrect cipher key & IV length processing",
		     .remedy = "apt-get update && apt-get install --only-upgrade libssl3",
		     .references = STRINGS("https://www.openssl.org/news/secadv/20231024.txt"),
		     .advisory = "DEBIAN-CVE-2023-5363",
		     .cvss_vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", .cvss_score = 7.5,
		     .epss = 0.0042, .epss_percentile = 0.7, .layer = 0 },
	lodash_high = { .kind = SK_FINDING_VULNERABILITY, .severity = SK_SEVERITY_HIGH, .severity_source = "github",
			.id = "CVE-2021-23337", .aliases = STRINGS("GHSA-35jh-r3h4-6jhm"), .package = &lodash,
			.fixed_version = "4.17.21", .fix = SK_FIX_AVAILABLE, .title = "Command Injection in lodash",
			.remedy = "npm install lodash@4.17.21", .advisory = "GHSA-35jh-r3h4-6jhm",
			.cvss_score = -1, .epss = -1, .layer = 2, .path = "srv/app/package-lock.json", .line = 42 },
	zlib_wont = { .kind = SK_FINDING_VULNERABILITY, .severity = SK_SEVERITY_CRITICAL, .severity_source = "nvd",
		      .id = "CVE-2023-45853", .package = &zlib, .fix = SK_FIX_WONT,
		      .title = "Integer overflow and resultant heap-based buffer overflow in zipOpenNewFileInZip4_6",
		      .remedy = "Debian will not fix this; accept it in .sekishoignore.yaml with a reason and a date",
		      .advisory = "DEBIAN-CVE-2023-45853", .cvss_score = 9.8,
		      .cvss_vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", .epss = 0.0101,
		      .epss_percentile = 0.83, .layer = 0 },
	zlib_low = { .kind = SK_FINDING_VULNERABILITY, .severity = SK_SEVERITY_LOW, .severity_source = "debian",
		     .id = "CVE-2026-27171", .package = &zlib, .fix = SK_FIX_NONE,
		     .title = "CPU exhaustion in crc32_combine", .cvss_score = -1, .epss = -1, .layer = 0 },
	unreadable = { .kind = SK_FINDING_COVERAGE, .severity = SK_SEVERITY_UNKNOWN, .id = "unreadable-file",
		       .title = "zip: the central directory is cut off", .path = "srv/app/lib/broken.jar",
		       .remedy = "Check the file: what it contains was not looked at", .layer = 2,
		       .cvss_score = -1, .epss = -1 },
	secret = { .kind = SK_FINDING_SECRET, .severity = SK_SEVERITY_HIGH, .id = "aws-access-key",
		   .title = "AWS access key", .remedy = "Revoke the key and keep it out of the image",
		   .path = "srv/app/.env", .line = 3, .layer = 2, .cvss_score = -1, .epss = -1 },
	ignored_traverse = { .kind = SK_FINDING_VULNERABILITY, .severity = SK_SEVERITY_CRITICAL,
			     .id = "CVE-2023-45133", .aliases = STRINGS("GHSA-67hx-6x53-jw92"),
			     .package = &traverse, .fixed_version = "7.23.2", .fix = SK_FIX_AVAILABLE,
			     .title = "Babel vulnerable to arbitrary code execution when compiling crafted code",
			     .remedy = "npm install @babel/traverse@7.23.2", .cvss_score = 9.4, .epss = -1,
			     .layer = 2, .statement = &web_team };

/* Names as an attacker writes them. */
#define LONG_NAME "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HOSTILE(text) \
	{ .type = "npm", .name = text, .version = text, .licence = text, .path = text, .purl = text, .root = "", \
	  .layer = 2 }
static struct sk_package evil[] = {
	HOSTILE("\x1b[31mred\x1b]0;title\x07"),
	HOSTILE("line\nbreak\r\nand\ttab"),
	HOSTILE("<script>alert(1)</script>"),
	HOSTILE("\"><img src=x onerror=alert(1)>'`${1}"),
	HOSTILE("=cmd|' /C calc'!A0"),
	HOSTILE("@SUM(1+1)*cmd"),
	HOSTILE("+1+1"),
	HOSTILE("-2+3"),
	HOSTILE("a|b `code` [link](http://evil.example) **bold** @everyone #1 ~~x~~ <!-- -->"),
	HOSTILE("ctrl\x01\x02\x0b\x0c\x1f\x7f"),
	HOSTILE("invalid\xff\xfe\xc0\xaf\xed\xa0\x80utf8"),
	HOSTILE("\xe2\x80\xaertl\xe2\x80\xac \xef\xbf\xbf\xef\xbf\xbe"),
	HOSTILE("]]>&amp;&#0;<![CDATA["),
	HOSTILE("--></style></title><svg/onload=alert(1)>"),
	HOSTILE("`````` ``` `"),
	HOSTILE("$(reboot);`id` && rm -rf /"),
	HOSTILE("%00%s%n\\u0000\\"),
	HOSTILE("../../etc/passwd"),
	HOSTILE("https://evil.example/ www.evil.example me@evil.example"),
	HOSTILE("\xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x92\xa3 e\xcc\x81"),
	HOSTILE(" "),
	HOSTILE(LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME LONG_NAME),
};
static struct sk_finding evil_findings[SK_COUNT(evil)];
static struct sk_statement evil_statements[SK_COUNT(evil)];

#define LIST(type, ...) ((type *[]){ __VA_ARGS__ }), SK_COUNT(((type *[]){ __VA_ARGS__ }))

static struct sk_inventory image = {
	.artifact = { .type = SK_ARTIFACT_IMAGE, .name = "registry.example/shop:1.4",
		      .digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		      .image_id = "sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
		      .platform = "linux/amd64", .created = "2026-11-01T08:00:00Z" },
	.layers = layers, .layer_count = SK_COUNT(layers),
};
static struct sk_inventory clean = {
	.artifact = { .type = SK_ARTIFACT_IMAGE, .name = "clean.tar", .platform = "linux/arm64/v8",
		      .digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
	.layers = layers, .layer_count = 1,
};
static struct sk_inventory source = {
	.artifact = { .type = SK_ARTIFACT_FILESYSTEM, .name = "dir:./shop" },
};
static struct sk_inventory hostile = {
	.artifact = { .type = SK_ARTIFACT_IMAGE, .name = "<b>\x1b[2J=1|\n\xff", .digest = "sha256:\x1b[1m" },
	.layers = layers, .layer_count = SK_COUNT(layers),
};

static struct sk_os *systems[] = { &debian };
static struct sk_package *image_packages[] = { &curl, &openssl, &zlib, &traverse, &lodash };
static struct sk_package *clean_packages[] = { &curl, &openssl };
static struct sk_package *source_packages[] = { &traverse, &lodash };
static struct sk_package *evil_packages[SK_COUNT(evil)];
static struct sk_finding *one_finding[] = { &kev };
static struct sk_finding *many_findings[] = { &kev, &zlib_wont, &ssl_high, &lodash_high, &secret, &zlib_low,
					      &unreadable };
static struct sk_finding *source_findings[] = { &lodash_high };
static struct sk_finding *ignored[] = { &ignored_traverse };
static struct sk_finding *hostile_findings[SK_COUNT(evil)];

static struct sk_result many_result = { .inventory = &image, .findings = many_findings,
					.finding_count = SK_COUNT(many_findings), .ignored = ignored,
					.ignored_count = 1 };
static struct sk_result one_result = { .inventory = &image, .findings = one_finding, .finding_count = 1 };
static struct sk_result clean_result = { .inventory = &clean };
static struct sk_result several_results[2];
static struct sk_result hostile_result = { .inventory = &hostile, .findings = hostile_findings,
					   .finding_count = SK_COUNT(evil), .ignored = hostile_findings,
					   .ignored_count = SK_COUNT(evil) };

#define REPORT(result, n)                                                                          \
	.report = { .results = result,                                                             \
		    .result_count = n,                                                             \
		    .created = 1795262400, /* 2026-11-21T12:00:00Z */                              \
		    .database_created = "2026-11-20T06:00:00Z",                                    \
		    .database_newest = "2026-11-20T04:00:00Z",                                     \
		    .command_line = "sekisho scan shop.tar",                                       \
		    .width = 100

static struct {
	const char *name;
	struct sk_report report;
} cases[] = {
	{ "empty", REPORT(&clean_result, 1) } },
	{ "one", REPORT(&one_result, 1) } },
	{ "many", REPORT(&many_result, 1), .list_packages = true, .show_ignored = true } },
	{ "nodb", REPORT(&clean_result, 1) } },
	{ "several", REPORT(several_results, 2) } },
	{ "hostile", REPORT(&hostile_result, 1), .list_packages = true, .show_ignored = true } },
	{ "colour", REPORT(&many_result, 1), .colour = true } },
	{ "narrow", REPORT(&many_result, 1) } },
	{ "none", REPORT(NULL, 0) } },
};

static void set_packages(struct sk_inventory *inv, struct sk_package **packages, size_t count)
{
	inv->packages = packages;
	inv->package_count = count;
	inv->os = systems;
	inv->os_count = inv == &source ? 0 : 1;
}

static void make_cases(void)
{
	set_packages(&image, image_packages, SK_COUNT(image_packages));
	set_packages(&clean, clean_packages, SK_COUNT(clean_packages));
	set_packages(&source, source_packages, SK_COUNT(source_packages));
	set_packages(&hostile, evil_packages, SK_COUNT(evil));
	for (size_t i = 0; i < SK_COUNT(evil); i++) {
		const char *text = evil[i].name;
		const char **urls = sk_alloc(2 * sizeof(*urls));

		urls[0] = text;
		urls[1] = "javascript:alert(1)";
		evil_packages[i] = &evil[i];
		evil_statements[i] = (struct sk_statement){
			.status = (enum sk_vex_status)(i % (SK_VEX_INVESTIGATED + 1)), .justification = text,
			.reason = text, .owner = text, .until = i % 2 ? text : NULL, .ticket = text,
			.timestamp = text, .source = text, .line = 1,
		};
		evil_findings[i] = (struct sk_finding){
			.kind = i % 4 == 3 ? SK_FINDING_COVERAGE : SK_FINDING_VULNERABILITY,
			.severity = SK_SEVERITY_HIGH, .severity_source = text, .id = text,
			.aliases = { urls, 1 }, .package = &evil[i], .fixed_version = text,
			.fix = SK_FIX_AVAILABLE, .title = text, .description = text, .remedy = text,
			.references = { urls, 2 }, .advisory = text, .cvss_vector = text, .cvss_score = 7.5,
			.epss = 0.5, .epss_percentile = 0.5, .published = text, .modified = text,
			.path = text, .line = 1, .layer = 2, .statement = &evil_statements[i],
		};
		hostile_findings[i] = &evil_findings[i];
	}
	layers[2].created_by = "COPY app /srv/app # buildkit";
	several_results[0] = many_result;
	several_results[1] = (struct sk_result){ .inventory = &source, .findings = source_findings,
						 .finding_count = SK_COUNT(source_findings) };
	cases[3].report.database_created = cases[3].report.database_newest = NULL;
	cases[7].report.width = 44;
}
