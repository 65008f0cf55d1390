/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions against what Go's regexp finds: tests/data/cel/regex.tsv
 * (its form: tools/gen-regex-cases.go), or the files that are named.
 */
#include "policy/cel/regex-internal.h"
#include "tap.h"

#include <pthread.h>

enum { MAX_GROUPS = 64 };

static struct sk_cel_regex_scratch scratch;

struct bytes {
	char *ptr;
	size_t len;
};

/* %XX are bytes. */
static struct bytes unescape(const char *text)
{
	struct bytes bytes = { .ptr = malloc(strlen(text) + 1) };

	for (; *text; text++) {
		unsigned c = (unsigned char)*text;

		if (c == '%' && sscanf(text + 1, "%2x", &c) == 1)
			text += 2;
		bytes.ptr[bytes.len++] = (char)c;
	}
	return bytes;
}

static void print_groups(FILE *f, const ptrdiff_t *groups, unsigned count)
{
	for (unsigned i = 0; i < 2 * (count + 1); i++)
		fprintf(f, "%s%td", i ? "," : "", groups[i]);
}

/* As in the file. */
static char *find_all(const struct sk_cel_regex *rx, struct bytes text)
{
	struct sk_cel_regex_cursor cursor = { 0 };
	ptrdiff_t groups[2 * (MAX_GROUPS + 1)];
	char *result = NULL;
	size_t len;
	FILE *f = open_memstream(&result, &len);

	while (sk_cel_regex_next(rx, &scratch, text.ptr, text.len, &cursor, groups)) {
		if (ftell(f) > 0)
			fputc(';', f);
		print_groups(f, groups, rx->groups);
	}
	if (ftell(f) == 0)
		fputc('-', f);
	fclose(f);
	return result;
}

/* Every engine that answers says the same, wherever the search begins. */
static bool engines_agree(const struct sk_cel_regex *rx, struct bytes text)
{
	ptrdiff_t a[2 * (MAX_GROUPS + 1)], b[2 * (MAX_GROUPS + 1)];

	for (size_t start = 0; start <= text.len; start += 1 + start / 4) {
		size_t begin = start;
		bool nfa = sk_regex_nfa(rx, &scratch, text.ptr, text.len, start, a);
		int back = sk_regex_backtrack(rx, &scratch, text.ptr, text.len, start, b);
		int dfa = sk_regex_dfa(rx, &scratch, text.ptr, text.len, start, &begin);

		if (sk_regex_nfa(rx, &scratch, text.ptr, text.len, start, NULL) != nfa ||
		    (back != SK_REGEX_GIVE_UP && (back == SK_REGEX_YES) != nfa) ||
		    (dfa != SK_REGEX_GIVE_UP && (dfa == SK_REGEX_YES) != nfa) ||
		    (nfa && (size_t)a[0] < begin) ||
		    (nfa && back == SK_REGEX_YES &&
		     memcmp(a, b, 2 * (rx->groups + 1) * sizeof(*a)) != 0))
			return false;
	}
	return true;
}

static const char *check(const char *fields[4])
{
	struct bytes pattern = unescape(fields[0]), text = unescape(fields[1]);
	const char *error = NULL, *why = NULL;
	struct sk_cel_regex *rx, *full = NULL;
	char *found = NULL;
	size_t offset;

	rx = sk_cel_regex_new(pattern.ptr, pattern.len, 0, &error, &offset);
	if (!rx) {
		if (fields[2][0] != '!' || strcmp(fields[2] + 1, error) != 0)
			why = error;
		else if (offset > pattern.len)
			why = "offset beyond the pattern";
	} else if (fields[2][0] == '!') {
		why = "compiles";
	} else {
		found = find_all(rx, text);
		full = sk_cel_regex_new(pattern.ptr, pattern.len, SK_CEL_REGEX_FULL, &error,
					&offset);
		if (strcmp(found, fields[2]) != 0)
			why = "finds something else";
		else if (sk_cel_regex_test(rx, &scratch, text.ptr, text.len) !=
			 (fields[2][0] != '-'))
			why = "test() differs from find()";
		else if (!engines_agree(rx, text))
			why = "the engines differ";
		else if (fields[3][0] != '?' &&
			 sk_cel_regex_test(full, &scratch, text.ptr, text.len) !=
				 (fields[3][0] == '+'))
			why = "full match differs";
		else if (fields[3][0] != '?' && !engines_agree(full, text))
			why = "the engines differ in full match";
	}
	if (why && found)
		printf("# found %s\n", found);
	free(found);
	sk_cel_regex_free(rx);
	sk_cel_regex_free(full);
	free(pattern.ptr);
	free(text.ptr);
	return why;
}

static void test_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0, number = 0, cases = 0;

	while (f && getline(&line, &room, f) > 0) {
		const char *fields[4], *why;
		char *rest = line;
		size_t count = 0;

		number++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		while (count < 4 && rest)
			fields[count++] = strsep(&rest, "\t");
		if (count < 4) {
			expect(false, "%s:%zu has four fields", path, number);
			continue;
		}
		why = check(fields);
		expect(!why, "%s:%zu: %s: %s in %s: want %s %s", path, number, why, fields[0],
		       fields[1], fields[2], fields[3]);
		cases++;
	}
	if (f)
		fclose(f);
	free(line);
	ok(cases > 0, "%zu cases of %s", cases, path);
}

/* ---- What the files do not say ---- */

static struct sk_cel_regex *compile(const char *pattern, size_t len, const char **ret_error)
{
	size_t offset = SIZE_MAX;
	struct sk_cel_regex *rx;

	*ret_error = NULL;
	rx = sk_cel_regex_new(pattern, len, 0, ret_error, &offset);
	expect(rx || (*ret_error && offset <= len), "an error of %.20s has a place", pattern);
	return rx;
}

/* Compiles `count` times `part`, and says how it ended. */
static const char *compile_many(const char *part, size_t count)
{
	size_t len = strlen(part);
	char *pattern = malloc(len * count + 1);
	struct sk_cel_regex *rx;
	const char *error;

	for (size_t i = 0; i < count; i++)
		memcpy(pattern + i * len, part, len);
	pattern[len * count] = '\0';
	rx = compile(pattern, len * count, &error);
	if (rx)
		sk_cel_regex_test(rx, &scratch, "abc", 3);
	sk_cel_regex_free(rx);
	free(pattern);
	return rx ? "compiles" : error;
}

static void test_limits(void)
{
	const char *error;

	is_str(compile_many("(", 1000000), "expression nests too deeply");
	is_str(compile_many("(?:", 1000000), "expression nests too deeply");
	is_str(compile_many(")", 1000000), "unexpected )");
	is_str(compile_many("()", 1000000), "expression too large");
	is_str(compile_many("a?", 1000000), "expression too large");
	is_str(compile_many("|", 1000000), "expression too large");
	is_str(compile_many("[", 1000000), "missing closing ]");
	is_str(compile_many("\\pL", 2500), "compiles");
	is_str(compile_many("[a-c\\pL^-]", 2000), "compiles");
	is_str(compile_many("(?i)[^x]", 500), "compiles");
	is_str(compile_many("\\pL", 200000), "expression too large");
	is_str(compile_many("[\\pL\\PL]", 200000), "expression too large");
	is_str(compile_many("(?i)[^x]", 200000), "expression too large");
	is_str(compile_many("(a)(b)?(c)*", 3000), "expression too large");
	is_str(compile_many("(?i)", 1000000), "compiles");
	ok(!compile("((a{1000}){1000}){1000}", 23, &error), "repetition of repetition is refused");
	is_str(error, "invalid repeat count");
	ok(!compile("((((a{100}b{100}){10}c{500,}){1,}\\pL{1000}){1000}", 49, &error),
	   "large repetition is refused");
}

/* A class that is as big as a pattern of 2 MB makes it. */
static void test_huge_class(void)
{
	char *pattern = malloc(2 << 20);
	size_t len = 0;
	struct sk_cel_regex *rx;
	const char *error;

	pattern[len++] = '[';
	for (uint32_t rune = 0x10ffff; len < (2 << 20) - 8;
	     rune = rune < 0xe002 ? 0x10ffff : rune - 2)
		len += sk_regex_encode(rune, pattern + len);
	pattern[len++] = ']';
	rx = compile(pattern, len, &error);
	ok(!rx && strcmp(error, "expression too large") == 0, "half a million ranges are too many");
	sk_cel_regex_free(rx);
	free(pattern);
}

/* Patterns that are slow where matching tries all ways, in a long text; and more states than are kept. */
static void test_linear(void)
{
	static const char *const patterns[] = { "(a*)*b",   "(a|aa)+$b", "(?:a?){100}a{100}b",
						"(x+x+)+y", "a.{12}b$",	 "(?:a|b)*a(?:a|b){14}c" };
	size_t len = 100000;
	char *text = malloc(len);

	for (size_t i = 0; i < len; i++)
		text[i] = "ab"[(i * 2654435761u >> 7) & 1];
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		const char *error;
		struct sk_cel_regex *rx = compile(patterns[i], strlen(patterns[i]), &error);

		ok(rx && sk_cel_regex_test(rx, &scratch, text, len) ==
				   sk_regex_nfa(rx, &scratch, text, len, 0, NULL),
		   "%s answers", patterns[i]);
		sk_cel_regex_free(rx);
	}
	free(text);
}

/* A limit ends a search, and says so. */
static void test_work(void)
{
	struct sk_cel_regex_scratch own = { .limit = 1000 };
	struct sk_cel_regex_cursor cursor = { 0 };
	size_t len = 20000;
	char *text = malloc(len);
	ptrdiff_t groups[4];
	const char *error;
	struct sk_cel_regex *rx = compile("(a.*z|a)", 8, &error);

	memset(text, 'a', len);
	ok(!sk_cel_regex_find(rx, &own, text, len, 0, groups) && own.failed,
	   "a search ends at the limit");
	own.work = 0;
	ok(sk_cel_regex_find(rx, &own, text, 20, 0, groups) && !own.failed,
	   "the next one works again");
	own.limit = 10000000;
	while (sk_cel_regex_next(rx, &own, text, len, &cursor, groups))
		;
	ok(own.failed && cursor.at < len,
	   "so does looking for all matches, each of which looks at all text");
	sk_cel_regex_scratch_release(&own);
	sk_cel_regex_free(rx);
	free(text);
}

static void test_groups(void)
{
	const char *error;
	struct sk_cel_regex *rx = compile("(a)(?P<year>b)(?<x_1>c)", 23, &error);

	is_int(sk_cel_regex_groups(rx), 3);
	ok(!sk_cel_regex_group_name(rx, 0) && !sk_cel_regex_group_name(rx, 1) &&
		   !sk_cel_regex_group_name(rx, 4),
	   "groups without a name have none");
	is_str(sk_cel_regex_group_name(rx, 2), "year");
	is_str(sk_cel_regex_group_name(rx, 3), "x_1");
	ok(sk_cel_regex_size(rx) > 0, "it has a size");
	sk_cel_regex_free(rx);
}

static void test_flags(void)
{
	const char *error;
	size_t offset;
	ptrdiff_t groups[2];
	struct sk_cel_regex *rx = sk_cel_regex_new(
		"ab|c", 4, SK_CEL_REGEX_ICASE | SK_CEL_REGEX_FULL, &error, &offset);

	ok(sk_cel_regex_test(rx, &scratch, "aB", 2) && sk_cel_regex_test(rx, &scratch, "C", 1),
	   "full match without case");
	ok(!sk_cel_regex_test(rx, &scratch, "abc", 3) && !sk_cel_regex_test(rx, &scratch, NULL, 0),
	   "not of a part");
	ok(!sk_cel_regex_find(rx, &scratch, "ab", 2, 3, groups), "nothing is found behind the end");
	sk_cel_regex_free(rx);
}

/* Scripts of two words, which RE2 knows and Go does not find. */
static void test_scripts(void)
{
	const char *error;
	struct sk_cel_regex *rx = compile("^\\p{Old_Persian}\\P{oldpersian}$", 31, &error);

	ok(rx && sk_cel_regex_test(rx, &scratch, "\xf0\x90\x8e\xa0x", 5), "a script of two words");
	sk_cel_regex_free(rx);
}

/* One pattern, threads with scratches of their own. */
static void *use_pattern(void *pattern)
{
	struct sk_cel_regex_scratch own = { 0 };
	const struct sk_cel_regex *rx = pattern;
	ptrdiff_t groups[4];
	bool right = true;

	for (int i = 0; i < 2000 && right; i++) {
		char text[32];
		size_t len = (size_t)snprintf(text, sizeof(text), "x%d-%d", i, i);

		right = sk_cel_regex_test(rx, &own, text, len) &&
			sk_cel_regex_find(rx, &own, text, len, 0, groups) && groups[2] == 1 &&
			!sk_cel_regex_test(rx, &own, text, len / 2 + 1);
	}
	sk_cel_regex_scratch_release(&own);
	return right ? pattern : NULL;
}

static void test_threads(void)
{
	const char *error;
	struct sk_cel_regex *rx = compile("^x([0-9]+)-[0-9]+$", 18, &error);
	pthread_t threads[4];
	bool right = true;

	for (int i = 0; i < 4; i++)
		pthread_create(threads + i, NULL, use_pattern, rx);
	for (int i = 0; i < 4; i++) {
		void *result;

		pthread_join(threads[i], &result);
		right = right && result;
	}
	ok(right, "four threads use one pattern");
	sk_cel_regex_free(rx);
}

int main(int argc, char **argv)
{
	char path[4096];

	for (int i = 1; i < argc; i++)
		test_file(argv[i]);
	if (argc == 1) {
		snprintf(path, sizeof(path), "%s/data/cel/regex.tsv", getenv("SK_TESTS"));
		test_file(path);
	}
	test_limits();
	test_huge_class();
	test_linear();
	test_work();
	test_groups();
	test_flags();
	test_scripts();
	test_threads();
	sk_cel_regex_scratch_release(&scratch);
	return tap_done();
}
