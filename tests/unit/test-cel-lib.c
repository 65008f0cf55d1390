/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extension libraries: tests/data/cel/<library>.txt holds a case a line,
 *
 *	expression => what it prints
 *	expression => error: how what evaluation says begins
 *	expression => refused: how what the compiler says begins
 *
 * The variable `authorizer` is what a host gives that has none.
 */
#include "policy/cel/cel.h"
#include "tap.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"

struct fixture {
	struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	struct sk_cel_value slots[1];
	char got[8192];
};

static void setup(struct fixture *f)
{
	struct sk_cel_issues issues = { 0 };

	f->env = sk_cel_env_new();
	f->eval = sk_cel_eval_new();
	for (size_t i = 0; sk_cel_libraries[i]; i++)
		sk_cel_env_library(f->env, sk_cel_libraries[i], &issues);
	is_int(sk_cel_env_variable(f->env, "authorizer", "kubernetes.authorization.Authorizer",
				   &issues),
	       0);
	f->slots[0] = (struct sk_cel_value){ .kind = SK_CEL_OPAQUE, .opaque = &sk_cel_authorizer };
	is_int(issues.count, 0);
	sk_cel_issues_release(&issues);
}

static void release(struct fixture *f)
{
	sk_cel_eval_free(f->eval);
	sk_cel_env_free(f->env);
}

/* What the expression gives, as the data files write it. */
static const char *run(struct fixture *f, struct sk_span text, const struct sk_cel_limits *limits)
{
	struct sk_cel_activation activation = { .slots = f->slots, .count = 1 };
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program = sk_cel_compile(f->env, text.ptr, text.len, 0, &issues);
	struct sk_cel_value v;
	const char *printed;
	size_t len;

	sk_cel_eval_reset(f->eval, limits);
	if (!program) {
		snprintf(f->got, sizeof(f->got), "refused: %s", issues.first->text);
	} else {
		v = sk_cel_run(program, f->eval, &activation);
		printed = sk_cel_print(sk_cel_eval_arena(f->eval), v, false, &len);
		if (v.kind == SK_CEL_ERROR)
			snprintf(f->got, sizeof(f->got), "error: %s", v.error->text);
		else
			snprintf(f->got, sizeof(f->got), "%s", printed ? printed : "(full)");
	}
	sk_cel_program_free(program);
	sk_cel_issues_release(&issues);
	return f->got;
}

static bool matches(const char *got, struct sk_span want)
{
	if (!sk_span_starts(want, "error: ") && !sk_span_starts(want, "refused: "))
		return sk_span_is(want, got);
	return strncmp(got, want.ptr, want.len) == 0;
}

/* Cuts at the last " => ". */
static bool cut_case(struct sk_span line, struct sk_span *ret_text, struct sk_span *ret_want)
{
	for (size_t i = line.len; i-- > 4;) {
		if (memcmp(line.ptr + i - 4, " => ", 4) != 0)
			continue;
		*ret_text = (struct sk_span){ line.ptr, i - 4 };
		*ret_want = (struct sk_span){ line.ptr + i, line.len - i };
		return true;
	}
	return false;
}

static void test_library(struct fixture *f, const char *name)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_autofree char *path = sk_printf("%s/data/cel/%s.txt", getenv("SK_TESTS"), name);
	struct sk_cel_limits limits = { .cost = 10000000, .memory = 16 << 20 };
	struct sk_span rest, line, expression = { 0 }, want = { 0 };
	struct sk_err err = SK_ERR_INIT;
	int cases = 0, before = tap_failed;

	if (sk_path_slurp(path, 1 << 20, &text, &err) < 0) {
		ok(false, "%s: %s", name, err.text);
		return;
	}
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line)) {
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		cases++;
		if (!cut_case(line, &expression, &want)) {
			expect(false, "%s: no case: %.*s", name, (int)line.len, line.ptr);
			continue;
		}
		run(f, expression, &limits);
		expect(matches(f->got, want), "%s: %.*s\n# got  %s", name, (int)line.len, line.ptr,
		       f->got);
	}
	ok(cases > 0 && tap_failed == before, "%s: %d cases", name, cases);
}

/* Outputs that an expression makes large stay within the limits, and soon. */
static void test_limits(struct fixture *f)
{
	static const char *const large[] = {
		"lists.range(100000000).size()",
		"lists.range(30000).map(x, 'aaaaaaaaaa').join('bbbbbbbbbb').replace('', "
		"'0123456789012345678901234567890123456789')",
		"lists.range(2000).map(x, lists.range(2000)).flatten()",
		"cel.bind(a, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], cel.bind(b, [a, a, a, a, a, a, a, a, "
		"a, a], "
		"cel.bind(c, [b, b, b, b, b, b, b, b, b, b], cel.bind(d, [c, c, c, c, c, c, c, c, "
		"c, c], "
		"cel.bind(e, [d, d, d, d, d, d, d, d, d, d], cel.bind(g, [e, e, e, e, e, e, e, e, "
		"e, e], "
		"('%s' + '').format([[g, g, g, g]])))))))",
		"cel.bind(a, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], cel.bind(b, [a, a, a, a, a, a, a, a, "
		"a, a], "
		"cel.bind(c, [b, b, b, b, b, b, b, b, b, b], cel.bind(d, [c, c, c, c, c, c, c, c, "
		"c, c], "
		"cel.bind(e, [d, d, d, d, d, d, d, d, d, d], cel.bind(g, [e, e, e, e, e, e, e, e, "
		"e, e], "
		"[g, g].flatten(9)))))))",
		"lists.range(3000).map(x, [x]).distinct().size()",
		"cel.bind(a, lists.range(999), lists.range(2000).map(x, a + [1]).indexOf(a + [2]))",
		"sets.contains(lists.range(3000).map(x, [x]), lists.range(3000).map(x, [x]))",
		"'%x'.format([lists.range(100000).map(x, "
		"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').join()])",
		"base64.encode(bytes(lists.range(100000).map(x, "
		"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').join()))",
		"lists.range(100000).map(x, 'a,').join().split(',').map(x, "
		"x.split('')).flatten().sort()",
	};
	struct sk_cel_limits limits = { .cost = 1000000, .memory = 4 << 20 };

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		run(f, sk_span_str(large[i]), &limits);
		ok(strstr(f->got, "limit is reached") != NULL, "limited: %.60s", large[i]);
		expect(strstr(f->got, "limit is reached"), "got %.200s", f->got);
	}
}

/* Searches take time in line with the texts, also where each place nearly matches. */
static void test_linear(struct fixture *f)
{
	struct sk_cel_limits limits = { .cost = 10000000 };

	is_str(run(f,
		   sk_span_str("cel.bind(s, lists.range(100000).map(x, 'a').join(), "
			       "s.lastIndexOf('b' + s.substring(0, 50000)))"),
		   &limits),
	       "-1");
	is_str(run(f,
		   sk_span_str("cel.bind(s, lists.range(100000).map(x, 'a').join(), "
			       "s.indexOf(s.substring(0, 50000) + 'b'))"),
		   &limits),
	       "-1");
	is_str(run(f,
		   sk_span_str("lists.range(100000).map(x, string(x)).distinct().size() + "
			       "lists.range(100000).map(x, x % 1000).distinct().size()"),
		   &limits),
	       "101000");
}

int main(void)
{
	struct fixture f = { 0 };

	setup(&f);
	for (size_t i = 0; sk_cel_libraries[i]; i++)
		if (!strstr(sk_cel_library_name(sk_cel_libraries[i]),
			    "regex")) /* test-cel-regex-functions */
			test_library(&f, sk_cel_library_name(sk_cel_libraries[i]));
	test_limits(&f);
	test_linear(&f);
	release(&f);
	return tap_done();
}
