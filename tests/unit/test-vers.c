/* SPDX-License-Identifier: Apache-2.0 */
/* Version ranges over the corpus vers-spec/; data/versions/vers-skipped.txt says what is left out
 * and why. */
#include "tap.h"

#include "base/fd.h"
#include "doc/doc.h"
#include "vuln/vers.h"

#include <dirent.h>

static struct sk_buf skip_text, compare_skip_text;
static struct sk_map skipped, compare_skipped;

static bool slurp(const char *dir, const char *name, struct sk_buf *buf)
{
	sk_autofree char *path = sk_printf("%s/%s", dir, name);
	struct sk_err err;

	if (sk_path_slurp(path, 16u << 20, buf, &err) == 0)
		return true;
	printf("# %s\n", err.text);
	return false;
}

static void load(const char *name, struct sk_buf *text, struct sk_map *map)
{
	sk_autofree char *dir = sk_printf("%s/data/versions", getenv("SK_TESTS"));
	struct sk_span rest, line;

	ok(slurp(dir, name, text), "%s", name);
	rest = sk_buf_view(text);
	while (sk_span_line(&rest, &line))
		if (line.len && *line.ptr != '#')
			sk_map_put(map, line, map);
}

static bool is_listed(const struct sk_map *map, const char *line)
{
	return sk_map_get(map, sk_span_str(line)) != NULL;
}

static bool same_format(const struct sk_vers *r, struct sk_span want)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };

	sk_vers_format(r, &buf);
	return sk_span_eq(sk_buf_view(&buf), want);
}

static bool check_comparison(const struct sk_node *t, bool equality)
{
	const struct sk_node *input = sk_node_get(t, "input"),
			     *want = sk_node_get(t, "expected_output");
	const struct sk_node *versions = equality ? sk_node_get(input, "versions") : want,
			     *last = NULL;
	const struct sk_scheme *s = sk_scheme_find(sk_node_str(sk_node_get(input, "input_scheme")));
	bool good = s != NULL, skip = false;

	sk_node_each(v, versions)
	{
		struct sk_span a = sk_node_str(last), b = sk_node_str(v);

		if (s && last) {
			sk_autofree char *line = sk_printf("%s %.*s < %.*s", s->name, (int)a.len,
							   a.ptr, (int)b.len, b.ptr);
			int d = s->compare(a, b);

			skip = skip || is_listed(&compare_skipped, line);
			good = good && s->valid(a) && s->valid(b) && s->compare(b, a) == -d &&
			       (equality ? (d == 0) == sk_node_bool(want, false) : d <= 0);
		}
		last = v;
	}
	return good != skip;
}

static bool check_native(const struct sk_node *t, struct sk_arena *arena)
{
	const struct sk_node *input = sk_node_get(t, "input");
	struct sk_span scheme = sk_node_str(sk_node_get(input, "scheme"));
	struct sk_span native = sk_node_str(sk_node_get(input, "native_range"));
	struct sk_vers r = { 0 };
	struct sk_err err;
	sk_autofree char *line =
	    sk_printf("%.*s '%.*s'", (int)scheme.len, scheme.ptr, (int)native.len, native.ptr);
	bool good = sk_vers_from_native(&r, scheme, native, arena, &err) == 0 &&
		    same_format(&r, sk_node_str(sk_node_get(t, "expected_output")));

	return good != is_listed(&skipped, line);
}

static bool check_containment(const struct sk_node *t, struct sk_arena *arena)
{
	const struct sk_node *input = sk_node_get(t, "input");
	struct sk_vers r = { 0 };
	struct sk_err err;

	return sk_vers_read(&r, sk_node_str(sk_node_get(input, "vers")), arena, &err) == 0 &&
	       sk_vers_contains(&r, sk_node_str(sk_node_get(input, "version"))) ==
		   sk_node_bool(sk_node_get(t, "expected_output"), false);
}

static bool check_validate(const struct sk_node *t, struct sk_arena *arena)
{
	struct sk_vers r = { 0 };
	struct sk_err err;

	return sk_vers_read(&r, sk_node_str(sk_node_get(t, "input")), arena, &err) == 0 &&
	       same_format(&r, sk_node_str(sk_node_get(t, "expected_output")));
}

static bool same_constraints(const struct sk_vers *r, const struct sk_node *want)
{
	static const char *const ops[] = { "!=", "<", "<=", "=", ">", ">=" };
	size_t i = 0;

	sk_node_each(c, want)
	{
		if (i == r->count ||
		    !sk_span_is(sk_node_str(sk_node_at(c, 0)), ops[r->constraints[i].op]) ||
		    !sk_span_eq(sk_node_str(sk_node_at(c, 1)), r->constraints[i].version))
			return false;
		i++;
	}
	return i == r->count;
}

static bool check_parse(const struct sk_node *t, struct sk_arena *arena)
{
	const struct sk_node *want = sk_node_get(t, "expected_output");
	struct sk_vers r = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (sk_vers_parse(&r, sk_node_str(sk_node_get(t, "input")), arena, &err) < 0)
		return sk_node_bool(sk_node_get(t, "expected_failure"), false) &&
		       sk_span_is(sk_node_str(sk_node_get(t, "expected_message")), err.text);
	return sk_span_eq(r.type, sk_node_str(sk_node_get(want, "scheme"))) &&
	       same_constraints(&r, sk_node_get(want, "version_constraints"));
}

static void check_test(const char *file, const struct sk_node *t)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	struct sk_span type = sk_node_str(sk_node_get(t, "test_type"));
	bool good = false;

	if (sk_span_is(type, "comparison"))
		good = check_comparison(t, false);
	else if (sk_span_is(type, "equality"))
		good = check_comparison(t, true);
	else if (sk_span_is(type, "from_native"))
		good = check_native(t, &arena);
	else if (sk_span_is(type, "containment"))
		good = check_containment(t, &arena);
	else if (sk_span_is(type, "validate"))
		good = check_validate(t, &arena);
	else if (sk_span_is(type, "parse"))
		good = check_parse(t, &arena);
	expect(good, "%s: line %u (%.*s), or it passes although it is left out", file, t->line,
	       (int)type.len, type.ptr);
}

static void check_file(const char *dir, const char *file)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_err err;
	int cases = 0;

	if (!slurp(dir, file, &buf) ||
	    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&buf), 0, &err) < 0) {
		ok(false, "%s can be read", file);
		return;
	}
	sk_node_each(t, sk_node_get(doc.root, "tests"))
	{
		check_test(file, t);
		cases++;
	}
	ok(cases > 0, "%d cases of %s", cases, file);
}

static int is_json(const struct dirent *d)
{
	return sk_span_ends(sk_span_str(d->d_name), ".json");
}

static void test_corpus(void)
{
	sk_autofree char *dir = sk_printf("%s/vers-spec", corpora());
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_json, alphasort);

	ok(n > 0, "the corpus");
	for (int i = 0; i < n; i++) {
		check_file(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

/* data/versions/native.tsv: type, native range, VERS or "!" for an error. */
static void test_native(void)
{
	sk_autofree char *dir = sk_printf("%s/data/versions", getenv("SK_TESTS"));
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span rest, line, type, native;

	if (!slurp(dir, "native.tsv", &buf))
		return;
	rest = sk_buf_view(&buf);
	while (sk_span_line(&rest, &line)) {
		sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
		struct sk_span left = line;
		struct sk_vers r = { 0 };
		struct sk_err err;
		int rc;

		if (!line.len || *line.ptr == '#' || !sk_span_split(&left, '\t', &type) ||
		    !sk_span_split(&left, '\t', &native))
			continue;
		rc = sk_vers_from_native(&r, type, native, &arena, &err);
		ok(sk_span_is(left, "!") ? rc < 0 : rc == 0 && same_format(&r, left), "%.*s",
		   (int)line.len, line.ptr);
	}
}

static void contains(const char *vers, const char *version, bool want)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	struct sk_vers r = { 0 };
	struct sk_err err;

	ok(sk_vers_read(&r, sk_span_str(vers), &arena, &err) == 0 &&
	       sk_vers_contains(&r, sk_span_str(version)) == want,
	   "%s %s %s", version, want ? "in" : "not in", vers);
}

static void test_contains(void)
{
	contains("vers:npm/1.2.3|>=2.0.0|<5.0.0", "1.2.3", true);
	contains("vers:npm/1.2.3|>=2.0.0|<5.0.0", "1.2.4", false);
	contains("vers:npm/1.2.3|>=2.0.0|<5.0.0", "2.0.0", true);
	contains("vers:npm/1.2.3|>=2.0.0|<5.0.0", "4.9.9", true);
	contains("vers:npm/1.2.3|>=2.0.0|<5.0.0", "5.0.0", false);
	contains("vers:npm/<1.0.0", "0.1.0", true);
	contains("vers:npm/<1.0.0", "1.0.0", false);
	contains("vers:npm/>1.0.0", "1.0.0", false);
	contains("vers:npm/>1.0.0", "1.0.1", true);
	contains("vers:npm/!=1.0.0", "1.0.0", false);
	contains("vers:npm/!=1.0.0", "1.0.1", true);
	contains("vers:npm/1.0.0|!=2.0.0", "3.0.0", false);
	contains("vers:gem/>=2.2.0|!=2.2.1|<2.3.0", "2.2.1", false);
	contains("vers:gem/>=2.2.0|!=2.2.1|<2.3.0", "2.2.2", true);
	contains("vers:npm/>1.0.0|>2.0.0|<3.0.0|<4.0.0", "1.5.0", true);
	contains("vers:npm/>1.0.0|>2.0.0|<3.0.0|<4.0.0", "2.0.0", true);
	contains("vers:npm/>1.0.0|>2.0.0|<3.0.0|<4.0.0", "3.5.0", true);
	contains("vers:npm/>1.0.0|>2.0.0|<3.0.0|<4.0.0", "1.0.0", false);
	contains("vers:npm/>1.0.0|>2.0.0|<3.0.0|<4.0.0", "4.0.0", false);
	contains("vers:all/*", "1", true);
	contains("vers:none/*", "1", false);
	contains("vers:deb/<1%2A", "0", true);
}

static void refused(const char *vers)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	struct sk_vers r = { 0 };
	struct sk_err err;

	ok(sk_vers_parse(&r, sk_span_str(vers), &arena, &err) < 0, "refused: %s", vers);
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"",
		"vers:",
		"vers:npm",
		"vers:npm/",
		"VERS:npm/1",
		"vers:NPM/1",
		"vers:no-such-type/1",
		"vers:/1",
		"vers:1x/1",
		"vers:npm/>=",
		"vers:npm/*|1",
		"vers:npm/1|*",
		"vers:all/1",
		"vers:npm/1.0.0|1.0.0",
		"vers:npm/>1|>2",
		"vers:npm/<1|<2",
		"vers:npm/1|<2",
		"vers:npm/1=2",
		"vers:npm/1%",
		"vers:npm/1%2",
		"vers:npm/%41",
		"vers:npm/==1",
	};

	for (size_t i = 0; i < SK_COUNT(bad); i++)
		refused(bad[i]);
}

int main(void)
{
	load("vers-skipped.txt", &skip_text, &skipped);
	load("skipped.txt", &compare_skip_text, &compare_skipped);
	test_contains();
	test_refused();
	test_native();
	if (corpora())
		test_corpus();
	else
		skip("no corpora");
	sk_map_release(&skipped);
	sk_map_release(&compare_skipped);
	sk_buf_release(&skip_text);
	sk_buf_release(&compare_skip_text);
	return tap_done();
}
