/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that take regular expressions: libraries regex and k8s-regex, and matches(). */
#include "policy/cel/cel.h"
#include "tap.h"

/* What cel-go's ext.Regex and the Kubernetes API server make of these; "!" begins a part of an error's text. */
static const struct {
	const char *text, *want;
} cases[] = {
	{ "regex.replace('hello world hello', 'hello', 'hi') == 'hi world hi'", "true" },
	{ "regex.replace('banana', 'a', 'x', 0) == 'banana'", "true" },
	{ "regex.replace('banana', 'a', 'x', 1) == 'bxnana'", "true" },
	{ "regex.replace('banana', 'a', 'x', 2) == 'bxnxna'", "true" },
	{ "regex.replace('banana', 'a', 'x', 100) == 'bxnxnx'", "true" },
	{ "regex.replace('banana', 'a', 'x', -12) == 'bxnxnx'", "true" },
	{ "regex.replace('banana', '(', 'x', 0) == 'banana'", "true" },
	{ "regex.replace('banana', 'a', 'x', 2147483648)", "!overflow" },
	{ "regex.replace('foo bar', '(fo)o (ba)r', r'\\2 \\1') == 'ba fo'", "true" },
	{ "regex.replace('foo', 'o', r'<\\0>') == 'f<o><o>'", "true" },
	{ "regex.replace('a\\\\b', r'\\\\', r'\\\\\\\\') == r'a\\\\b'", "true" },
	{ "regex.replace('ac', 'a(b)?c', r'[\\1]') == '[]'", "true" },
	{ "regex.replace('abc', 'x*', '-') == '-a-b-c-'", "true" },
	{ "regex.replace('日本', '', '.') == '.日.本.'", "true" },
	{ "regex.replace('', 'a', 'b') == ''", "true" },
	{ "regex.replace('aaa', 'a', '') == ''", "true" },
	{ "regex.replace('x', 'y', r'\\9') == 'x'", "true" },
	{ "regex.replace('test', '(.)', r'\\2')", "!\\2, but the pattern has 1 group" },
	{ "regex.replace('id=123', r'id=(?P<value>\\d+)', r'value: \\values')", "!digit" },
	{ "regex.replace('id', 'i', 'a\\\\')", "!digit" },
	{ "regex.replace('foo bar', '(', '$2 $1')", "!missing closing )" },
	{ "regex.extract('hello world', 'hello(.*)') == optional.of(' world')", "true" },
	{ "regex.extract('item-A, item-B', 'item-(\\\\w+)') == optional.of('A')", "true" },
	{ "regex.extract('HELLO', 'hello') == optional.none()", "true" },
	{ "regex.extract('ac', 'a(b)?c') == optional.none()", "true" },
	{ "regex.extract('ac', 'a(b?)c') == optional.none()", "true" },
	{ "regex.extract('abc', 'x*') == optional.of('')", "true" },
	{ "regex.extract('a@b', '(.*)@([^.]*)')", "!more than one" },
	{ "regex.extract('a', '[')", "!missing closing ]" },
	{ "regex.extractAll('id:123, id:456', 'id:\\\\d+') == ['id:123', 'id:456']", "true" },
	{ "regex.extractAll('id:123, id:456', 'assa') == []", "true" },
	{ "regex.extractAll('a1b22', '[a-z]([0-9]+)') == ['1', '22']", "true" },
	{ "regex.extractAll('ab1a', 'a(b\\\\d)?') == ['b1']", "true" },
	{ "regex.extractAll('a@b', '(.*)@([^.]*)')", "!more than one" },
	{ "'abc 123'.find('[0-9]+') == '123'", "true" },
	{ "'abc 123'.find('[0-9]*') == ''", "true" },
	{ "'abc 123'.find('xyz') == ''", "true" },
	{ "'abc'.find('a(?P<n')", "!invalid named capture" },
	{ "'123 abc 456'.findAll('[0-9]+') == ['123', '456']", "true" },
	{ "'123 abc 456'.findAll('[0-9]*') == ['123', '', '', '', '', '456']", "true" },
	{ "'123 abc 456'.findAll('[0-9]+', 1) == ['123']", "true" },
	{ "'123 abc 456'.findAll('[0-9]+', 0) == []", "true" },
	{ "'123 abc 456'.findAll('[0-9]+', -1) == ['123', '456']", "true" },
	{ "'123 abc 456'.findAll('xyz') == []", "true" },
	{ "'aéa'.findAll('(a)|é') == ['a', 'é', 'a']", "true" },
	{ "'a'.findAll('*', 0)", "!missing argument" },
	{ "'foobar'.matches('o{2}') && !'foobar'.matches('^o')", "true" },
	{ "matches('héllo', r'^h\\p{Ll}l+o$')", "true" },
	{ "['^b$', 'x'].map(p, 'b'.matches(p)) == [true, false]", "true" },
	{ "'a'.matches(['('][0])", "!missing closing )" },
	{ "['a1', 'b', 'c2'].filter(s, s.find('[0-9]') != '').size() == 2", "true" },
};

static struct sk_cel_env *new_env(struct sk_cel_issues *issues)
{
	struct sk_cel_env *env = sk_cel_env_new();

	for (size_t i = 0; sk_cel_libraries[i]; i++)
		sk_cel_env_library(env, sk_cel_libraries[i], issues);
	return env;
}

static struct sk_cel_value run(const struct sk_cel_env *env, const char *text,
			       struct sk_cel_eval *eval, const struct sk_cel_limits *limits)
{
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program = sk_cel_compile(env, text, strlen(text), 0, &issues);
	struct sk_cel_activation none = { 0 };
	struct sk_cel_value result = { 0 };

	expect(program, "%s compiles: %s", text, issues.first ? issues.first->text : "");
	sk_cel_eval_reset(eval, limits);
	if (program)
		result = sk_cel_run(program, eval, &none);
	sk_cel_program_free(program);
	sk_cel_issues_release(&issues);
	return result;
}

static void test_cases(const struct sk_cel_env *env, struct sk_cel_eval *eval)
{
	struct sk_cel_limits limits = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sk_cel_value got = run(env, cases[i].text, eval, &limits);

		if (cases[i].want[0] != '!')
			ok(sk_cel_is_true(got), "%s", cases[i].text);
		else
			ok(got.kind == SK_CEL_ERROR && strstr(got.error->text, cases[i].want + 1),
			   "%s fails", cases[i].text);
	}
}

/* Work is limited, and the limit is told. */
static void test_limits(const struct sk_cel_env *env, struct sk_cel_eval *eval)
{
	struct sk_cel_limits limits = { .memory = 64 << 10 };
	struct sk_cel_value got;

	got = run(env,
		  "regex.replace('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '', regex.replace("
		  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '', "
		  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'))",
		  eval, &limits);
	ok(got.kind == SK_CEL_ERROR && got.error->code == SK_CEL_ELIMIT, "memory is limited");
	limits = (struct sk_cel_limits){ .cost = 10 };
	got = run(env, "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.findAll('a').size() == 32", eval,
		  &limits);
	ok(got.kind == SK_CEL_ERROR && got.error->code == SK_CEL_ELIMIT, "so is cost");
}

int main(void)
{
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_env *env = new_env(&issues);
	struct sk_cel_eval *eval = sk_cel_eval_new();

	is_int(issues.count, 0);
	test_cases(env, eval);
	test_limits(env, eval);
	sk_cel_eval_free(eval);
	sk_cel_env_free(env);
	sk_cel_issues_release(&issues);
	return tap_done();
}
