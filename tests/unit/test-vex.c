/* SPDX-License-Identifier: Apache-2.0 */
/* VEX documents: what they say of which finding (tests/data/vex/cases.txt), and what is none. */
#include "tap.h"

#include "base/fd.h"
#include "policy/vex.h"

#include <dirent.h>

#define DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"

static struct sk_os debian = { .id = "debian", .version = "12", .root = "",
			       .cpe = "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*" };
static struct sk_package packages[] = {
	{ .type = "deb", .ns = "debian", .name = "curl", .version = "7.88.1-10", .path = "var/lib/dpkg/status",
	  .purl = "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12", .os = &debian },
	{ .type = "npm", .ns = "@babel", .name = "core", .version = "7.0.0", .path = "srv/package-lock.json",
	  .purl = "pkg:npm/%40babel/core@7.0.0", .os = &debian },
	{ .type = "golang", .ns = "example.com", .name = "app", .version = "v1.0.0", .path = "usr/bin/app",
	  .purl = "pkg:golang/example.com/app@v1.0.0", .flags = SK_PACKAGE_MAIN, .os = &debian },
	{ .type = "golang", .ns = "golang.org/x", .name = "net", .version = "v0.1.0", .path = "usr/bin/app",
	  .purl = "pkg:golang/golang.org/x/net@v0.1.0", .os = &debian },
};
static struct sk_package *list[] = { &packages[0], &packages[1], &packages[2], &packages[3] };
static struct sk_inventory inventory = {
	.artifact = { .type = SK_ARTIFACT_IMAGE, .name = "shop.tar", .digest = DIGEST,
		      .tags = (const char *[]){ "registry.example/shop:1.4" }, .tag_count = 1 },
	.packages = list, .package_count = SK_COUNT(list),
};

static const struct sk_package *find_package(struct sk_span purl)
{
	for (size_t i = 0; i < SK_COUNT(packages); i++)
		if (sk_span_is(purl, packages[i].purl))
			return &packages[i];
	return NULL;
}

static void describe(const struct sk_statement *s, struct sk_buf *out)
{
	if (s)
		sk_buf_printf(out, "%s %s %s", sk_vex_status_name(s->status),
			      s->justification ? s->justification : "-", s->owner ? s->owner : "-");
	else
		sk_buf_puts(out, "-");
}

static void run_case(const char *folder, struct sk_span line)
{
	sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf got = { 0 };
	struct sk_finding finding = { .kind = SK_FINDING_VULNERABILITY }, *findings[] = { &finding };
	struct sk_err err = SK_ERR_INIT;
	struct sk_span whole = line, file, id, purl;

	sk_span_split(&line, ' ', &file);
	sk_span_split(&line, ' ', &id);
	sk_span_split(&line, ' ', &purl);
	{
		sk_autofree char *path = sk_printf("%s/%.*s", folder, (int)file.len, file.ptr);
		sk_autofree char *name = sk_strndup(id.ptr, id.len);

		finding.id = name;
		finding.package = find_package(purl);
		expect(finding.package, "the package of %.*s", (int)whole.len, whole.ptr);
		expect(sk_vex_load(&x, path, &err) == 0, "%s", err.text);
		sk_exceptions_apply(&x, &inventory, 1795219200, findings, 1);
		describe(finding.statement, &got);
		ok(sk_span_eq(sk_buf_view(&got), line), "%.*s", (int)whole.len, whole.ptr);
		if (!sk_span_eq(sk_buf_view(&got), line))
			printf("# got %s\n", sk_buf_str(&got));
	}
}

static void test_cases(const char *folder)
{
	sk_autofree char *path = sk_printf("%s/cases.txt", folder);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line;

	expect(sk_path_slurp(path, 1 << 20, &text, NULL) == 0, "%s", path);
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line))
		if (line.len && line.ptr[0] != '#')
			run_case(folder, line);
}

/* Statements that do not count are told, with their line and why. */
static void test_problems(const char *folder)
{
	static const char *const wanted[] = {
		"CVE-13: says not_affected without a justification or an impact statement",
		"CVE-14: has no status that VEX knows",
		"CVE-19: names no product",
		"CVE-20: has a justification that OpenVEX does not know",
	};
	sk_autofree char *path = sk_printf("%s/openvex.json", folder);
	sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	size_t told = 0;

	expect(sk_vex_load(&x, path, NULL) == 0, "%s", path);
	for (size_t i = 0; i < x.list.len; i++) {
		struct sk_finding *f = sk_exception_finding(&x, x.list.data[i], 0, &arena);

		if (f && told < SK_COUNT(wanted)) {
			is_str(f->title, wanted[told]);
			is_str(f->id, "exception-invalid");
			ok(f->line > 0, "with its line");
		}
		told += f != NULL;
	}
	is_int(told, SK_COUNT(wanted));
}

/* One of our own wins over all that others say. */
static void test_precedence(const char *folder)
{
	sk_autofree char *path = sk_printf("%s/openvex.json", folder);
	sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
	struct sk_finding f = { .kind = SK_FINDING_VULNERABILITY, .id = "CVE-1", .package = &packages[0] };
	struct sk_finding *findings[] = { &f };

	expect(sk_vex_load(&x, path, NULL) == 0, "%s", path);
	expect(sk_exceptions_parse(&x, "own.yaml",
				   sk_span_str("exceptions:\n  - { id: CVE-1, reason: r, owner: o, expires: "
					       "2027-01-01 }\n"),
				   NULL) == 0,
	       "own.yaml");
	is_int(sk_exceptions_apply(&x, &inventory, 1795219200, findings, 1), 1);
	is_str(f.statement->source, "own.yaml");
	f.statement = NULL;
	sk_exceptions_apply(&x, &inventory, 1830000000, findings, 1); /* when that one has expired */
	is_str(f.statement->owner, "Shop team");
}

static void test_broken(void)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "{}", "f: this is no VEX document: neither OpenVEX nor CSAF nor CycloneDX" },
		{ "[]", "f: this is no VEX document: neither OpenVEX nor CSAF nor CycloneDX" },
		{ "{\"document\":{}}", "f: line 1: no csaf_version that is known" },
		{ "{", NULL },
	};
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
		struct sk_err err = SK_ERR_INIT;

		ok(sk_vex_parse(&x, "f", sk_span_str(cases[i].text), &err) == -SK_EINVAL, "broken %zu", i);
		if (cases[i].error)
			is_str(err.text, cases[i].error);
	}
}

/* A group of many products, named many times: an error, not hours. */
static void test_limit(void)
{
	sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err err = SK_ERR_INIT;

	sk_buf_puts(&text, "{\"document\":{\"csaf_version\":\"2.0\"},\"product_tree\":{\"product_groups\":"
			   "[{\"group_id\":\"g\",\"product_ids\":[\"x\"");
	for (int i = 0; i < 2000; i++)
		sk_buf_puts(&text, ",\"x\"");
	sk_buf_puts(&text, "]}]},\"vulnerabilities\":[{\"flags\":[{\"group_ids\":[\"g\"");
	for (int i = 0; i < 2000; i++)
		sk_buf_puts(&text, ",\"g\"");
	sk_buf_puts(&text, "]}]}]}");
	is_int(sk_vex_parse(&x, "f", sk_buf_view(&text), &err), -SK_ELIMIT);
}

/* Published documents, good and bad: each is read or refused. */
static void test_corpus(void)
{
	sk_autofree char *folder = corpora() ? sk_printf("%s/cyclonedx", corpora()) : NULL;
	DIR *dir = folder ? opendir(folder) : NULL;
	size_t count = 0, statements = 0;

	if (!dir) {
		skip("no corpora");
		return;
	}
	for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
		struct sk_finding f = { .kind = SK_FINDING_VULNERABILITY, .id = "CVE-1",
					.package = &packages[0] };
		struct sk_finding *findings[] = { &f };
		sk_autofree char *path = sk_printf("%s/%s", folder, d->d_name);

		if (!sk_span_ends(sk_span_str(d->d_name), ".json"))
			continue;
		if (sk_vex_load(&x, path, NULL) == 0)
			sk_exceptions_apply(&x, &inventory, 0, findings, 1);
		count++;
		statements += x.list.len;
	}
	closedir(dir);
	ok(count > 100 && statements > 0, "%zu CycloneDX documents, %zu statements", count, statements);
}

int main(void)
{
	const char *tests = getenv("SK_TESTS");
	sk_autofree char *folder = tests ? sk_printf("%s/data/vex", tests) : NULL;

	test_broken();
	test_limit();
	test_corpus();
	if (!folder) {
		skip("SK_TESTS is not set");
	} else {
		test_cases(folder);
		test_problems(folder);
		test_precedence(folder);
	}
	return tap_done();
}
