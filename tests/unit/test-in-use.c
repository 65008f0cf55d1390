/* SPDX-License-Identifier: Apache-2.0 */
/* What was in use: the record kept and damaged, and which packages its files mean. */
#include "tap.h"

#include "analyze/in-use.h"
#include "finding/finding.h"
#include "finding/risk.h"

#define ID "sha256:1111111111111111111111111111111111111111111111111111111111111111"
enum {
	BEGIN = 1790000000,
	ALL = SK_IN_USE_RUN | SK_IN_USE_MAPPED | SK_IN_USE_SCRIPT | SK_IN_USE_OPENED
};

static struct sk_in_use_file files[] = {
	{ "usr/lib/x86_64-linux-gnu/libssl.so.3", BEGIN + 5, BEGIN + 900, SK_IN_USE_MAPPED },
	{ "usr/bin/curl", BEGIN + 10, BEGIN + 600, SK_IN_USE_RUN },
	{ "srv/app/node_modules/a/node_modules/b/index.js", BEGIN + 1, BEGIN + 2,
	  SK_IN_USE_OPENED },
	{ "srv/app/package-lock.json", BEGIN + 1, BEGIN + 2, SK_IN_USE_OPENED },
	{ "srv/lib/app.jar", BEGIN + 7, BEGIN + 7, SK_IN_USE_MAPPED },
	{ "usr/local/bin/agent", BEGIN, BEGIN + 1, SK_IN_USE_RUN },
	{ "usr/lib/python3/site-packages/yaml/__init__.py", BEGIN, BEGIN + 3, SK_IN_USE_OPENED },
};

static void test_record(void)
{
	char dir[] = "/tmp/sekisho-in-use.XXXXXX";
	struct sk_in_use use = { .image_id = ID,
				 .name = "app:1",
				 .since = BEGIN,
				 .until = BEGIN + 1000,
				 .watched = ALL,
				 .files = files,
				 .count = SK_COUNT(files) };
	sk_cleanup(sk_in_use_release) struct sk_in_use back = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *clean = NULL;
	struct sk_err err = SK_ERR_INIT;
	size_t accepted = 0;

	if (!mkdtemp(dir))
		return;
	clean = sk_printf("rm -rf '%s'", dir);
	is_int(sk_in_use_save(&use, dir, &err), 0);
	is_int(sk_in_use_open(dir, sk_span_str(ID), &back, &err), 0);
	is_int(back.count, SK_COUNT(files));
	is_int(back.until, BEGIN + 1000);
	is_int(back.watched, ALL);
	is_str(back.image_id, ID);
	is_str(back.name, "app:1");
	for (size_t i = 0; i < back.count; i++) /* saving has sorted them */
		expect(strcmp(back.files[i].path, files[i].path) == 0 &&
			       back.files[i].first == files[i].first &&
			       back.files[i].last == files[i].last &&
			       back.files[i].how == files[i].how,
		       "file %zu", i);
	sk_in_use_release(&back);
	is_int(sk_in_use_open(dir, sk_span_str(&ID[7]), &back, &err), 0);
	is_int(sk_in_use_open(dir, SK_SPAN_LIT("sha256:22"), &back, &err), -SK_EINVAL);
	sk_in_use_release(&back);
	sk_in_use_pack(&use, &bytes);
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 1;
		accepted += sk_in_use_unpack(sk_buf_view(&bytes), &back, NULL) == 0;
		bytes.data[i] ^= 1;
		accepted += sk_in_use_unpack(sk_span(bytes.data, i), &back, NULL) == 0;
	}
	is_int(accepted, 0);
	expect(system(clean) == 0, "clean");
}

/* ---- packages ---- */

static struct sk_span owned(struct sk_arena *arena, const char *const *list)
{
	struct sk_paths paths = { 0 };
	struct sk_span kept;

	for (; *list; list++)
		sk_paths_add(&paths, sk_span_str(*list));
	kept = sk_span(sk_arena_dup(arena, sk_buf_view(&paths.bytes)), paths.bytes.len);
	sk_paths_release(&paths);
	return kept;
}

enum {
	SSL,
	CURL,
	DOC,
	VIM,
	PERL,
	NPM_A,
	NPM_B,
	LOCKED,
	JAR_IN_WAR,
	MODULE,
	OTHER_MODULE,
	YAML,
	IDLE,
	PACKAGES
};

static struct sk_package packages[PACKAGES] = {
	[SSL] = { .type = "deb", .name = "libssl3", .path = "var/lib/dpkg/status" },
	[CURL] = { .type = "deb", .name = "curl", .path = "var/lib/dpkg/status" },
	[DOC] = { .type = "deb", .name = "tzdata", .path = "var/lib/dpkg/status" },
	[VIM] = { .type = "deb", .name = "vim", .path = "var/lib/dpkg/status" },
	[PERL] = { .type = "deb", .name = "perl-modules", .path = "var/lib/dpkg/status" },
	[NPM_A] = { .type = "npm",
		    .name = "a",
		    .path = "srv/app/node_modules/a/package.json",
		    .flags = SK_PACKAGE_INSTALLED },
	[NPM_B] = { .type = "npm",
		    .name = "b",
		    .path = "srv/app/node_modules/a/node_modules/b/package.json",
		    .flags = SK_PACKAGE_INSTALLED },
	[LOCKED] = { .type = "npm", .name = "c", .path = "srv/app/package-lock.json" },
	[JAR_IN_WAR] = { .type = "maven",
			 .name = "log4j",
			 .path = "srv/lib/app.jar!BOOT-INF/lib/log4j.jar" },
	[MODULE] = { .type = "golang", .name = "x/net", .path = "usr/local/bin/agent" },
	[OTHER_MODULE] = { .type = "golang", .name = "x/net", .path = "usr/local/bin/other" },
	[YAML] = { .type = "pypi",
		   .name = "PyYAML",
		   .path = "usr/lib/python3/site-packages/PyYAML-6.dist-info/METADATA",
		   .flags = SK_PACKAGE_INSTALLED },
	[IDLE] = { .type = "pypi",
		   .name = "six",
		   .path = "usr/lib/python3/site-packages/six-1.dist-info/METADATA",
		   .flags = SK_PACKAGE_INSTALLED },
};

static struct sk_run_entry run(const char *path, enum sk_run_kind kind, uint32_t mode)
{
	return (struct sk_run_entry){ .file = { .path = path, .kind = kind, .mode = mode } };
}

static void fill(struct sk_inventory *inv)
{
	static struct sk_package *pointers[PACKAGES];
	static struct sk_run_entry runs[8];
	/* As dpkg has it: before /usr was merged. */
	static const char *const ssl[] = { "lib/x86_64-linux-gnu/libssl.so.3", NULL };
	static const char *const curl[] = { "usr/bin/curl", "usr/share/doc/curl/copyright", NULL };
	static const char *const doc[] = { "usr/share/zoneinfo/UTC", NULL };
	static const char *const vim[] = { "usr/bin/vim", NULL };
	static const char *const perl[] = { "usr/share/perl5/Carp.pm", NULL };
	static const char *const yaml[] = { "usr/lib/python3/site-packages/yaml/__init__.py",
					    NULL };
	static const char *const six[] = { "usr/lib/python3/site-packages/six.py", NULL };

	packages[SSL].files = owned(&inv->arena, ssl);
	packages[CURL].files = owned(&inv->arena, curl);
	packages[DOC].files = owned(&inv->arena, doc);
	packages[VIM].files = owned(&inv->arena, vim);
	packages[PERL].files = owned(&inv->arena, perl);
	packages[YAML].files = owned(&inv->arena, yaml);
	packages[IDLE].files = owned(&inv->arena, six);
	for (size_t i = 0; i < PACKAGES; i++)
		pointers[i] = &packages[i];
	runs[0] = run("usr/bin/curl", SK_RUN_ELF, 0755);
	runs[1] = run("usr/bin/vim", SK_RUN_ELF, 0755);
	runs[2] = run("usr/lib/x86_64-linux-gnu/libssl.so.3", SK_RUN_LIBRARY, 0644);
	runs[3] = run("usr/share/perl5/Carp.pm", SK_RUN_LIBRARY, 0644);
	runs[4] = run("srv/app/node_modules/a/index.js", SK_RUN_SCRIPT, 0644);
	runs[5] = run("usr/local/bin/other", SK_RUN_ELF, 0755);
	runs[6] = run("usr/lib/python3/site-packages/six.py", SK_RUN_SCRIPT, 0644);
	runs[7] = run("usr/local/bin/agent", SK_RUN_ELF, 0755);
	inv->packages = pointers;
	inv->package_count = PACKAGES;
	inv->runs = runs;
	inv->run_count = SK_COUNT(runs);
}

static const struct {
	const char *what;
	enum sk_use_state all, calls; /* everything was watched; all but what is opened */
} wanted[PACKAGES] = {
	[SSL] = { "a library that was mapped, by its path before /usr was merged", SK_USE_YES,
		  SK_USE_YES },
	[CURL] = { "a program that ran", SK_USE_YES, SK_USE_YES },
	[DOC] = { "a package of data alone", SK_USE_UNKNOWN, SK_USE_UNKNOWN },
	[VIM] = { "a program that did not run", SK_USE_NO, SK_USE_NO },
	[PERL] = { "modules, which are only opened", SK_USE_NO, SK_USE_UNKNOWN },
	[NPM_A] = { "a folder around another package's, which was used", SK_USE_NO,
		    SK_USE_UNKNOWN },
	[NPM_B] = { "a file in the innermost folder", SK_USE_YES, SK_USE_YES },
	[LOCKED] = { "a lock file that was read", SK_USE_UNKNOWN, SK_USE_UNKNOWN },
	[JAR_IN_WAR] = { "an archive in an archive that is open", SK_USE_YES, SK_USE_YES },
	[MODULE] = { "a module of a program that ran", SK_USE_YES, SK_USE_YES },
	[OTHER_MODULE] = { "the same module in one that did not", SK_USE_NO, SK_USE_NO },
	[YAML] = { "a module that was opened, by RECORD", SK_USE_YES, SK_USE_YES },
	[IDLE] = { "one that was not", SK_USE_NO, SK_USE_UNKNOWN },
};

static void test_packages(void)
{
	struct sk_in_use use = { .image_id = ID,
				 .since = BEGIN,
				 .watched = ALL,
				 .files = files,
				 .count = SK_COUNT(files) };
	struct sk_inventory inv = { 0 };

	fill(&inv);
	sk_in_use_apply(&inv, &use);
	for (size_t i = 0; i < PACKAGES; i++)
		ok(packages[i].use && packages[i].use->state == wanted[i].all, "%s",
		   wanted[i].what);
	is_int(packages[CURL].use->first, BEGIN + 10);
	is_int(packages[CURL].use->last, BEGIN + 600);
	is_str(packages[CURL].use->path, "usr/bin/curl");
	use.watched = ALL & ~SK_IN_USE_OPENED;
	sk_in_use_apply(&inv, &use);
	for (size_t i = 0; i < PACKAGES; i++)
		expect(packages[i].use->state == wanted[i].calls, "%s, opens not watched",
		       wanted[i].what);
	use.watched = SK_IN_USE_RUN;
	sk_in_use_apply(&inv, &use);
	ok(packages[VIM].use->state == SK_USE_UNKNOWN && packages[CURL].use->state == SK_USE_YES,
	   "without libraries being watched nothing is said to be unused");
	sk_in_use_apply(&inv, NULL);
	ok(packages[CURL].use && packages[CURL].use->state == SK_USE_UNKNOWN,
	   "without a record nothing is known");
	sk_arena_release(&inv.arena);
}

/* ---- risk ---- */

static void test_risk(void)
{
	struct sk_use seen = { .state = SK_USE_YES, .since = BEGIN, .first = BEGIN, .last = BEGIN },
		      not_seen = { .state = SK_USE_NO, .since = BEGIN };
	struct sk_package used = { .type = "deb", .name = "b", .use = &seen },
			  unused = { .type = "deb", .name = "a", .use = &not_seen },
			  unasked = { .type = "deb", .name = "c" };
	struct sk_finding f[] = {
		{ .id = "CVE-1", .cvss_score = 9.8, .package = &unused },
		{ .id = "CVE-1", .cvss_score = 9.8, .package = &unasked },
		{ .id = "CVE-1", .cvss_score = 9.8, .package = &used },
	};
	struct sk_finding *all[] = { &f[0], &f[1], &f[2] };
	struct sk_inventory inv = { 0 };
	struct sk_risk risk;

	sk_risk_sort(all, 3, &inv, SK_RISK_UNSAID);
	ok(all[0] == &f[2] && all[1] == &f[1] && all[2] == &f[0],
	   "in use before unknown before not in use");
	sk_risk_of_finding(&f[2], &inv, SK_RISK_UNSAID, &risk);
	for (size_t i = 0; i < risk.count; i++)
		if (strcmp(risk.terms[i].name, "in-use") == 0)
			is_str(risk.terms[i].why, "seen in use, last on 2026-09-21");
	for (size_t i = 0; i < 3; i++) {
		f[i].cvss_score = 10;
		f[i].kev = true;
		f[i].epss = 0.9;
		f[i].fix = SK_FIX_AVAILABLE;
		all[i] = &f[i];
	}
	seen.last++;
	unasked.name = "a";
	sk_risk_sort(all, 3, &inv, SK_RISK_INTERNET_FACING);
	ok(all[0] == &f[2], "and where the score is cut at 100, too");
}

int main(void)
{
	test_record();
	test_packages();
	test_risk();
	return tap_done();
}
