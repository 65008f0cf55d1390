/* SPDX-License-Identifier: Apache-2.0 */
/* The version schemes over the corpora versions/ and rpmver/; data/versions/skipped.txt says what
 * is left out and why. */
#include "tap.h"

#include "base/fd.h"
#include "base/map.h"
#include "vuln/rpm-version.h"
#include "vuln/version.h"

static struct sk_buf skip_text;
static struct sk_map skipped; /* "scheme a op b" */

static bool slurp(const char *dir, const char *name, struct sk_buf *buf)
{
	sk_autofree char *path = sk_printf("%s/%s", dir, name);
	struct sk_err err;

	if (sk_path_slurp(path, 16u << 20, buf, &err) == 0)
		return true;
	printf("# %s\n", err.text);
	return false;
}

static bool is_comment(struct sk_span line)
{
	return line.len == 0 || sk_span_starts(line, "# ") || sk_span_is(line, "#") ||
	       sk_span_starts(line, "// ");
}

static void load_skipped(void)
{
	sk_autofree char *dir = sk_printf("%s/data/versions", getenv("SK_TESTS"));
	struct sk_span rest, line;

	ok(slurp(dir, "skipped.txt", &skip_text), "the list of skipped cases");
	rest = sk_buf_view(&skip_text);
	while (sk_span_line(&rest, &line))
		if (!is_comment(line))
			sk_map_put(&skipped, line, &skipped);
}

static bool is_skipped(const char *scheme, struct sk_span line)
{
	sk_autofree char *key = sk_printf("%s %.*s", scheme, (int)line.len, line.ptr);

	return sk_map_get(&skipped, sk_span_str(key)) != NULL;
}

static int wanted(struct sk_span op)
{
	return sk_span_is(op, "<") ? -1 : sk_span_is(op, ">");
}

static void check_line(const struct sk_scheme *scheme, struct sk_span line)
{
	struct sk_span rest = line, a, op, b;
	bool skip = is_skipped(scheme->name, line), good;
	int want;

	if (!sk_span_split(&rest, ' ', &a) || !sk_span_split(&rest, ' ', &op)) {
		ok(false, "%s: a case: %.*s", scheme->name, (int)line.len, line.ptr);
		return;
	}
	b = rest;
	want = wanted(op);
	good = scheme->compare(a, b) == want && scheme->compare(b, a) == -want &&
	       scheme->valid(a) && scheme->valid(b);
	expect(good != skip, "%s: %.*s%s", scheme->name, (int)line.len, line.ptr,
	       skip ? " passes although it is in skipped.txt" : "");
}

static void check_file(const char *name, const char *file)
{
	const struct sk_scheme *scheme = sk_scheme_find(sk_span_str(name));
	sk_autofree char *dir = sk_printf("%s/versions", corpora());
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span rest, line;
	int cases = 0;

	if (!slurp(dir, file, &buf) || !scheme) {
		ok(false, "%s with %s", name, file);
		return;
	}
	rest = sk_buf_view(&buf);
	while (sk_span_line(&rest, &line)) {
		if (is_comment(line))
			continue;
		check_line(scheme, line);
		cases++;
	}
	ok(cases > 0, "%s: %d cases of %s", name, cases, file);
}

static void test_corpora(void)
{
	/* The ecosystem names of OSV, as its own tests name them. */
	static const char *const files[][2] = {
		{ "Alpine:v3.20", "alpine-versions.txt" },
		{ "Alpine", "alpine-versions-generated.txt" },
		{ "CRAN", "cran-versions.txt" },
		{ "CRAN", "cran-versions-generated.txt" },
		{ "Debian:12", "debian-versions.txt" },
		{ "Debian", "debian-versions-generated.txt" },
		{ "Hackage", "hackage-versions.txt" },
		{ "Maven", "maven-versions.txt" },
		{ "Maven", "maven-versions-generated.txt" },
		{ "NuGet", "nuget-versions.txt" },
		{ "Packagist", "packagist-versions.txt" },
		{ "Packagist", "packagist-versions-generated.txt" },
		{ "Pub", "pub-versions.txt" },
		{ "PyPI", "pypi-versions.txt" },
		{ "PyPI", "pypi-versions-generated.txt" },
		{ "Red Hat", "redhat-versions.txt" },
		{ "RubyGems", "rubygems-versions.txt" },
		{ "RubyGems", "rubygems-versions-generated.txt" },
		{ "npm", "semver-versions.txt" },
		{ "crates.io", "semver-versions.txt" },
		{ "Go", "semver-versions.txt" },
		{ "Hex", "semver-versions.txt" },
		{ "generic", "semver-versions.txt" },
	};

	for (size_t i = 0; i < SK_COUNT(files); i++)
		check_file(files[i][0], files[i][1]);
}

/* Words of a line with any number of blanks between them. */
static size_t words(struct sk_span line, struct sk_span *out, size_t max)
{
	struct sk_span word;
	size_t n = 0;

	while (n < max && sk_span_split(&line, ' ', &word))
		if (word.len)
			out[n++] = sk_span_is(word, "''") || sk_span_is(word, "\"\"")
				       ? sk_span("", 0)
				       : word;
	return n;
}

static void check_rpm(const char *file, bool nevra)
{
	sk_autofree char *dir = sk_printf("%s/rpmver", corpora());
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span rest, line, w[3];
	int cases = 0;

	if (!slurp(dir, file, &buf))
		return;
	rest = sk_buf_view(&buf);
	while (sk_span_line(&rest, &line)) {
		if (is_comment(line) || words(line, w, 3) != 3)
			continue;

		struct sk_nevra a = sk_nevra_parse(w[0]), b = sk_nevra_parse(w[2]);
		int d = nevra ? sk_nevra_compare(&a, &b) : sk_rpm_part_compare(w[0], w[2]);
		int e = nevra ? sk_nevra_compare(&b, &a) : sk_rpm_part_compare(w[2], w[0]);

		expect(d == wanted(w[1]) && e == -d, "rpmver/%s: %.*s", file, (int)line.len,
		       line.ptr);
		cases++;
	}
	ok(cases > 0, "%d cases of rpmver/%s", cases, file);
}

static void check_rpm_parse(void)
{
	sk_autofree char *dir = sk_printf("%s/rpmver", corpora());
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span rest, line, w[6];
	int cases = 0;

	if (!slurp(dir, "parse", &buf))
		return;
	rest = sk_buf_view(&buf);
	while (sk_span_line(&rest, &line)) {
		if (is_comment(line) || words(line, w, 6) != 6)
			continue;

		struct sk_nevra v = sk_nevra_parse(w[0]);

		expect(sk_span_eq(v.name, w[1]) && sk_span_eq(v.epoch, w[2]) &&
			   sk_span_eq(v.version, w[3]) && sk_span_eq(v.release, w[4]) &&
			   sk_span_eq(v.arch, w[5]),
		       "rpmver/parse: %.*s", (int)line.len, line.ptr);
		cases++;
	}
	ok(cases > 0, "%d cases of rpmver/parse", cases);
}

/* data/versions/cases.tsv: scheme, a, b, one of < = > ?, from the ecosystem's own tool or
 * documents. */
static void test_own_cases(void)
{
	sk_autofree char *dir = sk_printf("%s/data/versions", getenv("SK_TESTS"));
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span rest, line;
	int cases = 0;

	if (!slurp(dir, "cases.tsv", &buf))
		return;
	rest = sk_buf_view(&buf);
	while (sk_span_line(&rest, &line)) {
		struct sk_span name, a, b, left = line;
		const struct sk_scheme *s;

		if (is_comment(line) || !sk_span_split(&left, '\t', &name) ||
		    !sk_span_split(&left, '\t', &a) || !sk_span_split(&left, '\t', &b))
			continue;
		s = sk_scheme_find(name);
		cases++;
		if (!s) {
			ok(false, "scheme %.*s", (int)name.len, name.ptr);
		} else if (sk_span_is(left, "?")) {
			expect(!s->valid(a) || !s->valid(b), "not valid: %.*s", (int)line.len,
			       line.ptr);
		} else {
			expect(s->valid(a) && s->valid(b), "valid: %.*s", (int)line.len, line.ptr);
			expect(s->compare(a, b) == wanted(left), "%.*s", (int)line.len, line.ptr);
		}
	}
	ok(cases > 0, "%d own cases", cases);
}

static void test_find(void)
{
	static const char *const names[][2] = {
		{ "deb", "deb" },
		{ "DEBIAN", "deb" },
		{ "Ubuntu:22.04:LTS", "deb" },
		{ "PyPI", "pypi" },
		{ "crates.io", "cargo" },
		{ "Rocky Linux:9", "rpm" },
		{ "SwiftURL", "semver" },
		{ "Wolfi", "apk" },
		{ "Go", "golang" },
		{ "RubyGems", "gem" },
		{ "cocoapods", "gem" },
		{ "Packagist", "composer" },
		{ "GitHub Actions", "generic" },
		{ "Bitnami", "generic" },
	};

	for (size_t i = 0; i < SK_COUNT(names); i++) {
		const struct sk_scheme *s = sk_scheme_find(sk_span_str(names[i][0]));

		ok(s && strcmp(s->name, names[i][1]) == 0, "%s is %s", names[i][0], names[i][1]);
	}
	ok(!sk_scheme_find(SK_SPAN_LIT("no such thing")) && !sk_scheme_find(sk_span(NULL, 0)),
	   "no scheme of another name");
}

/* Deterministic noise (xorshift), so that a failure can be had again. */
static uint64_t seed = 88172645463325252ull;

static uint32_t noise(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static struct sk_span random_version(char *room)
{
	static const char *const atoms[] = {
		"0",	    "1",     "2",
		"00",	    "01",    "9",
		"10",	    ".",     ".",
		".",	    "-",     "-",
		"_",	    "+",     "~",
		"^",	    ":",     "a",
		"b",	    "rc",    "alpha",
		"beta",	    "pre",   "dev",
		"p",	    "r1",    "-r0",
		"_p",	    "_rc",   "sp",
		"ga",	    "final", "snapshot",
		"x",	    "v",     "!",
		"post",	    "go",    "99999999999999999999999",
		"\xc3\xa9", "\xff",  " ",
		"*",	    "A",     "Z",
	};
	size_t len = 0;

	for (uint32_t n = noise(7); n > 0; n--) {
		const char *atom = atoms[noise(SK_COUNT(atoms))];

		memcpy(room + len, atom, strlen(atom));
		len += strlen(atom);
	}
	return sk_span(room, len);
}

/* A missing package release stands for all of them, on purpose (vercmp(8)). */
static bool without_order(const struct sk_scheme *s, struct sk_span v)
{
	return strcmp(s->name, "alpm") == 0 && sk_span_chr(v, '-') < 0;
}

static void test_total_order(const struct sk_scheme *s)
{
	char room[3][256];
	int broken = 0;

	for (int i = 0; i < 20000 && broken < 5; i++) {
		struct sk_span v[3];
		int ab, bc, ac;

		for (int k = 0; k < 3; k++)
			v[k] = random_version(room[k]);
		ab = s->compare(v[0], v[1]);
		bc = s->compare(v[1], v[2]);
		ac = s->compare(v[0], v[2]);
		if (s->compare(v[0], v[0]) != 0 || ab != -s->compare(v[1], v[0])) {
			printf("# %s: not antisymmetric: %s\n", s->name, room[0]);
			broken++;
		}
		if (without_order(s, v[0]) || without_order(s, v[1]) || without_order(s, v[2]))
			continue;
		if ((ab <= 0 && bc <= 0 && ac > 0) || (ab < 0 && bc <= 0 && ac >= 0) ||
		    (ab <= 0 && bc < 0 && ac >= 0)) {
			printf("# %s: \"%.*s\" \"%.*s\" \"%.*s\": %d %d %d\n", s->name,
			       (int)v[0].len, v[0].ptr, (int)v[1].len, v[1].ptr, (int)v[2].len,
			       v[2].ptr, ab, bc, ac);
			broken++;
		}
	}
	ok(broken == 0, "%s is a total order", s->name);
}

/* A quarter of a megabyte of each: linear time, no recursion. */
static void test_long(const struct sk_scheme *s)
{
	static const char *const units[] = { "9",  "0",	 "0.", "-",  "-0", "a",
					     ".a", "1a", "~",  "_p", "+",  "1." };
	enum { SIZE = 1 << 18 };
	sk_autofree char *a = sk_alloc(SIZE), *b = sk_alloc(SIZE);
	int bad = 0;

	for (size_t u = 0; u < SK_COUNT(units); u++) {
		size_t n = strlen(units[u]);

		for (size_t i = 0; i < SIZE; i++)
			a[i] = b[i] = i == 0 ? '1' : units[u][i % n];
		b[SIZE - 1] = '7';
		bad += s->compare(sk_span(a, SIZE), sk_span(b, SIZE)) !=
		       -s->compare(sk_span(b, SIZE), sk_span(a, SIZE));
		s->valid(sk_span(a, SIZE));
		if (s->prerelease)
			s->prerelease(sk_span(a, SIZE));
	}
	ok(bad == 0, "%s: long versions", s->name);
}

int main(void)
{
	load_skipped();
	test_find();
	test_own_cases();
	if (corpora()) {
		test_corpora();
		check_rpm("rpmvercmp", false);
		check_rpm("compare", true);
		check_rpm_parse();
	} else {
		skip("no corpora");
	}
	for (const struct sk_scheme *const *s = sk_schemes; *s; s++) {
		test_total_order(*s);
		test_long(*s);
	}
	sk_map_release(&skipped);
	sk_buf_release(&skip_text);
	return tap_done();
}
