/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "analyze/package.h"
#include "analyze/purl.h"
#include "base/fd.h"
#include "doc/doc.h"

#include <dirent.h>

static int cases, left_out;

/*
 * Cases of the suite that contradict others of it: an upper-case qualifier
 * key must be refused here, but maven's "repositorY_url" must be read, and
 * these very purls have a canonical form in the cases beside them.
 */
static bool contradicts(const struct sk_node *test)
{
	static const char *const inputs[] = {
		"pkg:gem/jruby-launcher@1.1.2?Platform=java",
		"pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25",
	};

	for (size_t i = 0; i < SK_COUNT(inputs); i++) {
		if (sk_node_bool(sk_node_get(test, "expected_failure"), false) &&
		    sk_span_is(sk_node_str(sk_node_get(test, "input")), inputs[i]))
			return true;
	}
	return false;
}

static bool same(const char *got, const struct sk_node *want)
{
	const char *text = sk_node_cstr(want);

	return got ? text && !strcmp(got, text) : !text;
}

static bool same_parts(const struct sk_purl *p, const struct sk_node *want)
{
	const struct sk_node *qualifiers = sk_node_get(want, "qualifiers");

	if (qualifiers && p->qualifier_count != qualifiers->count)
		return false;
	sk_node_each(q, qualifiers)
	{
		if (!same(sk_purl_qualifier(p, q->key.ptr), q))
			return false;
	}
	return same(p->type, sk_node_get(want, "type")) &&
	       same(p->ns, sk_node_get(want, "namespace")) &&
	       same(p->name, sk_node_get(want, "name")) &&
	       same(p->version, sk_node_get(want, "version")) &&
	       same(p->subpath, sk_node_get(want, "subpath"));
}

static int read_parts(struct sk_purl *p, const struct sk_node *in, struct sk_arena *arena,
		      struct sk_err *err)
{
	const struct sk_node *qualifiers = sk_node_get(in, "qualifiers");

	*p = (struct sk_purl){ .type = sk_node_cstr(sk_node_get(in, "type")),
			       .ns = sk_node_cstr(sk_node_get(in, "namespace")),
			       .name = sk_node_cstr(sk_node_get(in, "name")),
			       .version = sk_node_cstr(sk_node_get(in, "version")),
			       .subpath = sk_node_cstr(sk_node_get(in, "subpath")) };
	p->qualifiers =
	    sk_arena_alloc(arena, (qualifiers ? qualifiers->count : 0) * sizeof(p->qualifiers[0]));
	sk_node_each(q, qualifiers) p->qualifiers[p->qualifier_count++] =
	    (struct sk_purl_qualifier){ q->key.ptr, sk_node_cstr(q) };
	return sk_purl_normalize(p, arena, err);
}

static void one_case(const struct sk_node *test)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const struct sk_node *in = sk_node_get(test, "input"),
			     *out = sk_node_get(test, "expected_output");
	struct sk_arena arena = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_purl purl = { 0 };
	int r;

	cases++;
	if (contradicts(test)) {
		left_out++;
		return;
	}
	if (sk_node_is(in, SK_NODE_OBJECT))
		r = read_parts(&purl, in, &arena, &err);
	else
		r = sk_purl_parse(&purl, sk_node_str(in), &arena, &err);
	if (sk_node_bool(sk_node_get(test, "expected_failure"), false)) {
		expect(r < 0, "line %u: must fail", test->line);
	} else if (r < 0) {
		expect(false, "line %u: %s", test->line, err.text);
	} else if (sk_node_is(out, SK_NODE_OBJECT)) {
		expect(same_parts(&purl, out), "line %u: parts", test->line);
	} else {
		sk_purl_write(&text, &purl);
		expect(sk_span_eq(sk_buf_view(&text), sk_node_str(out)), "line %u: %s, not %s",
		       test->line, sk_buf_str(&text), sk_node_cstr(out));
	}
	sk_arena_release(&arena);
}

static void suite_file(const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_doc doc;
	int failed = tap_failed;

	if (sk_path_slurp(path, 1u << 24, &bytes, &err) < 0 ||
	    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&bytes), 0, &err) < 0) {
		ok(false, "%s: %s", path, err.text);
		return;
	}
	sk_node_each(test, sk_node_get(doc.root, "tests")) one_case(test);
	sk_doc_release(&doc);
	ok(failed == tap_failed, "%s", strrchr(path, '/') + 1);
}

static void test_suite(void)
{
	sk_autofree char *dir_path = NULL, *spec = NULL;
	struct dirent *entry;
	DIR *dir;

	if (!corpora()) {
		skip("no corpora");
		return;
	}
	spec = sk_printf("%s/purl-spec/spec/specification-test.json", corpora());
	dir_path = sk_printf("%s/purl-spec/types", corpora());
	suite_file(spec);
	dir = opendir(dir_path);
	while (dir && (entry = readdir(dir))) {
		sk_autofree char *path = sk_printf("%s/%s", dir_path, entry->d_name);

		if (entry->d_name[0] != '.')
			suite_file(path);
	}
	if (dir)
		closedir(dir);
	is_int(cases, 586);
	is_int(left_out, 2);
}

static void test_refused(void)
{
	static const char *const texts[] = {
		"",
		"pkg:",
		"pkg:npm",
		"pkg:npm/",
		"pkg:npm/a%2",
		"pkg:npm/a%00",
		"pkg:npm/a@%zz",
		"pkg:npm/a?b",
		"pkg:npm/a?b=1&B=2",
		"pkg:npm/a#%",
		"pkg:n_m/a",
		"http://npm/a",
		"pkg:pypi/ns/name",
		"pkg:npm/@",
	};

	for (size_t i = 0; i < SK_COUNT(texts); i++) {
		struct sk_arena arena = { 0 };
		struct sk_err err = SK_ERR_INIT;
		struct sk_purl purl;

		ok(sk_purl_parse(&purl, sk_span_str(texts[i]), &arena, &err) == -SK_EINVAL,
		   "refused: %s: %s", texts[i], err.text);
		sk_arena_release(&arena);
	}
}

static void test_packages(void)
{
	struct sk_os debian = { .id = "debian", .version = "12" },
		     fedora = { .id = "fedora", .version = "25" }, arch = { .id = "arch" };
	struct {
		struct sk_package p;
		const char *purl;
	} packages[] = {
		{ { .type = "deb",
		    .ns = "debian",
		    .name = "libstdc++6",
		    .version = "12.2.0-14",
		    .arch = "amd64",
		    .source_name = "gcc-12",
		    .os = &debian },
		  "pkg:deb/debian/"
		  "libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12" },
		{ { .type = "deb",
		    .ns = "debian",
		    .name = "bash",
		    .version = "1:5.2-1+b1",
		    .source_version = "5.2-1",
		    .os = &debian },
		  "pkg:deb/debian/bash@1:5.2-1%2Bb1?distro=debian-12&upstream=bash%405.2-1" },
		{ { .type = "rpm",
		    .ns = "fedora",
		    .name = "curl",
		    .version = "2:7.50-1.fc25",
		    .arch = "i686",
		    .source_name = "curl",
		    .source_version = "2:7.50-1.fc25",
		    .os = &fedora,
		    .module = "a:b", .qualifiers = "rpmmod=c" },
		  "pkg:rpm/fedora/"
		  "curl@7.50-1.fc25?arch=i686&distro=fedora-25&epoch=2&rpmmod=a:b&upstream=curl-7."
		  "50-1."
		  "fc25.src.rpm" },
		{ { .type = "alpm", .name = "zlib", .version = "1", .os = &arch },
		  "pkg:alpm/arch/zlib@1?distro=arch" },
		{ { .type = "npm",
		    .ns = "@babel",
		    .name = "core",
		    .version = "7.0.0",
		    .os = &debian },
		  "pkg:npm/%40babel/core@7.0.0" },
		{ { .type = "golang",
		    .ns = "github.com/BurntSushi",
		    .name = "toml",
		    .version = "v1.0.0+incompatible" },
		  "pkg:golang/github.com/BurntSushi/toml@v1.0.0%2Bincompatible" },
		{ { .type = "pypi", .name = "Typing_Extensions", .version = "4.0" },
		  "pkg:pypi/typing-extensions@4.0" },
		{ { .type = "npm", .name = "a\xff\"<\n&?#@%/..", .version = "1 2" },
		  "pkg:npm/a%FF%22%3C%0A%26%3F%23%40%25%2F..@1%202" },
	};

	for (size_t i = 0; i < SK_COUNT(packages); i++) {
		struct sk_arena arena = { 0 };

		is_str(sk_package_purl(&packages[i].p, &arena), packages[i].purl);
		sk_arena_release(&arena);
	}
}

int main(void)
{
	test_suite();
	test_refused();
	test_packages();
	return tap_done();
}
