/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files: what is defined, appended, overridden and excepted, and how mistakes are told. */
#include "guard-case.h"

#include "base/fd.h"

#include <sys/stat.h>
#include <unistd.h>

#define RULE(more) "- rule: r\n  desc: d\n  priority: INFO\n  output: o\n  condition: evt.type = execve" more "\n"

static const char trail[] = "process 1 exe=/bin/sh name=sh args=\"-c id\"\nprocess 2 parent=1 exe=/usr/bin/cat args=/etc/hosts\n"
			    "execve @2\n";

/* A file, the first problem that it must tell ("line:column kind text"), and whether the rule "r" fires then. */
static const struct {
	const char *what, *text, *problem;
	int fires; /* -1: not asked */
} cases[] = {
	{ "a rule", RULE(""), NULL, 1 },
	{ "a condition over lines",
	  "- rule: r\n  desc: d\n  priority: INFO\n  output: o\n  condition: >\n    evt.type = execve\n    and proc.name = cat\n",
	  NULL, 1 },
	{ "a macro and a list",
	  "- list: l\n  items: [cat, 'dog']\n- macro: m\n  condition: proc.name in (l)\n" RULE(" and m"), NULL, 1 },
	{ "lists in lists, and numbers",
	  "- list: a\n  items: [cat]\n- list: b\n  items: [a, 1]\n" RULE(" and proc.name in (b)"), NULL, 1 },
	{ "a list like its item", "- list: cat\n  items: [cat]\n" RULE(" and proc.name in (cat)"), NULL, 1 },
	{ "items quoted twice", "- list: l\n  items: ['\"cat\"']\n" RULE(" and proc.name in (l)"), NULL, 1 },
	{ "a macro used before it is defined", RULE(" and m") "- macro: m\n  condition: proc.name = cat\n", NULL, 1 },
	{ "append", RULE("") "- rule: r\n  condition: and proc.name = dog\n  append: true\n", NULL, 0 },
	{ "override by append", RULE("") "- rule: r\n  condition: and proc.name = dog\n  override: {condition: append}\n", NULL,
	  0 },
	{ "override by replace",
	  RULE(" and proc.name = dog") "- rule: r\n  condition: evt.type = execve\n  override: {condition: replace}\n", NULL, 1 },
	{ "a list that grows",
	  "- list: l\n  items: [dog]\n- list: l\n  items: [cat]\n  append: true\n" RULE(" and proc.name in (l)"), NULL, 1 },
	{ "a list that is replaced",
	  "- list: l\n  items: [cat]\n- list: l\n  items: [dog]\n  override: {items: replace}\n" RULE(" and proc.name in (l)"),
	  NULL, 0 },
	{ "a macro that grows",
	  "- macro: m\n  condition: proc.name = dog\n- macro: m\n  condition: or proc.name = cat\n  append: true\n" RULE(" and m"),
	  NULL, 1 },
	{ "a macro that is replaced", "- macro: m\n  condition: proc.name = cat\n- macro: m\n  condition: proc.name = dog\n"
				      RULE(" and m"), NULL, 0 },
	{ "switched off", RULE("") "- rule: r\n  enabled: false\n", NULL, 0 },
	{ "switched off by override", RULE("") "- rule: r\n  enabled: false\n  override: {enabled: replace}\n", NULL, 0 },
	{ "defined anew", RULE(" and proc.name = dog") RULE(""), NULL, 1 },
	{ "two documents, and comments", "# one\n---\n" RULE("") "---\n# two\n", NULL, 1 },
	{ "an older engine", "- required_engine_version: 10\n" RULE(""), NULL, 1 },
	{ "plugins", "- required_plugin_versions:\n    - name: container\n      version: 0.4.0\n" RULE(""), NULL, 1 },
	/* exceptions */
	{ "an exception that fits", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name, proc.pname]\n"
					 "      values:\n        - [cat, sh]"), NULL, 0 },
	{ "one that does not", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name, proc.pname]\n"
				    "      values:\n        - [cat, bash]\n        - [dog, sh]"), NULL, 1 },
	{ "with comparisons", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name, proc.args]\n      comps: [=, contains]\n"
				   "      values:\n        - [cat, etc/]"), NULL, 0 },
	{ "with values in lists", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name, proc.pname]\n      comps: [in, =]\n"
				       "      values:\n        - [[dog, cat], sh]"), NULL, 0 },
	{ "of one field", RULE("\n  exceptions:\n    - name: e\n      fields: proc.name\n      values: [dog, cat]"), NULL, 0 },
	{ "with a modifier", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.args]\n      comps: [contains allof]\n"
				  "      values:\n        - [[etc, hosts]]"), NULL, 0 },
	{ "a value with blanks", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.cmdline]\n"
				      "      values:\n        - [cat /etc/hosts]"), NULL, 0 },
	{ "a value with quotes", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.args]\n"
				      "      values:\n        - ['say \"(x)\"']"), NULL, 1 },
	{ "a field as value", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name]\n      values:\n        - [val(proc.pname)]"),
	  NULL, 1 },
	{ "a list's name as value",
	  "- list: l\n  items: [cat, dog]\n" RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name]\n      comps: [in]\n"
						  "      values:\n        - [l]"), NULL, 0 },
	{ "an exception that grows", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name]\n      values:\n        - [dog]")
	  "- rule: r\n  exceptions:\n    - name: e\n      values:\n        - [cat]\n  append: true\n", NULL, 0 },
	{ "without values", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name]"), NULL, 1 },
	/* other sources */
	{ "another source", "- rule: k\n  desc: d\n  priority: INFO\n  output: '%ka.verb'\n  condition: ka.verb = get\n  source: k8s_audit\n"
	  RULE(""), "1:3 note rule \"k\": left out", 1 },
	{ "skip-if-unknown-filter", "- rule: k\n  desc: d\n  priority: INFO\n  output: o\n  condition: x.y = get\n"
				    "  skip-if-unknown-filter: true\n" RULE(""), "5:14 warning", 1 },
	/* mistakes */
	{ "no list", "a: b\n", "", -1 },
	{ "no YAML", "- rule: [\n", "", -1 },
	{ "an item that is none", "- 5\n" RULE(""), "1:", 1 },
	{ "an unknown kind", "- foo: bar\n" RULE(""), "1:3 warning", 1 },
	{ "an unknown key", RULE("\n  colour: red"), "6:3 warning rule \"r\": unknown key \"colour\"", 1 },
	{ "no output", "- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = execve\n", "1:3 error", 0 },
	{ "no such priority", "- rule: r\n  desc: d\n  priority: LOUD\n  output: o\n  condition: evt.type = execve\n", "3:3 error", 0 },
	{ "a misspelt field", RULE(" and proc.nmae = x"), "5:36 error rule \"r\": there is no field \"proc.nmae\"; did you mean \"proc.name\"?",
	  0 },
	{ "a field that we lack", RULE(" and proc.vmrss > 1"), "5:36 error rule \"r\": the field \"proc.vmrss\" is not known here", 0 },
	{ "a misspelt macro", "- macro: spawned\n  condition: evt.type = execve\n" RULE(" and spawend"),
	  "7:36 error there is no macro \"spawend\"; did you mean \"spawned\"?", 0 },
	{ "a misspelt list", "- list: shells\n  items: [sh]\n" RULE(" and proc.name in shels"), NULL, -1 },
	{ "an error in a folded condition",
	  "- rule: r\n  desc: d\n  priority: INFO\n  output: o\n  condition: >\n    evt.type = execve\n      and proc.name ~ x\n",
	  "7:21 error expected an operator", 0 },
	{ "an error in a quoted condition", "- rule: r\n  desc: d\n  priority: INFO\n  output: o\n  condition: \"a\\tand proc.x = 1\"\n",
	  NULL, -1 },
	{ "an error in what was appended", RULE("") "- rule: r\n  condition: and proc.nmae = x\n  append: true\n", "7:18 error", 0 },
	{ "an error in a macro", "- macro: m\n  condition: proc.nmae = x\n" RULE(" and m"), "2:14 error", 0 },
	{ "an error in an output", "- rule: r\n  desc: d\n  priority: INFO\n  output: hello %proc.nmae\n  condition: evt.type = execve\n",
	  "4:18 error", 0 },
	{ "an error in an exception", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.nmae]\n      values:\n        - [cat]"),
	  "7:", 0 },
	{ "a macro in itself", "- macro: m\n  condition: m\n" RULE(" and m"), "2:14 error the macro \"m\" contains itself", 0 },
	{ "lists in a circle", "- list: a\n  items: [b]\n- list: b\n  items: [a]\n" RULE(" and proc.name in (a)"), "9:", 0 },
	{ "append to nothing", "- rule: q\n  condition: and a\n  append: true\n" RULE(""), "1:3 error rule \"q\": appends to", 1 },
	{ "append to no macro", "- macro: q\n  condition: and a\n  append: true\n" RULE(""), "1:3 error", 1 },
	{ "append to no list", "- list: q\n  items: [a]\n  append: true\n" RULE(""), "1:3 error", 1 },
	{ "priority cannot be appended", RULE("") "- rule: r\n  priority: INFO\n  override: {priority: append}\n", "8:14 error", -1 },
	{ "both ways to append", RULE("") "- rule: r\n  condition: and a\n  append: true\n  override: {condition: append}\n", "9:3 error",
	  -1 },
	{ "an override that is not given", RULE("") "- rule: r\n  override: {condition: append}\n", "7:14 error", -1 },
	{ "an exception with too few values", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name, proc.pname]\n"
						   "      values:\n        - [cat]"), "7:7 error", 0 },
	{ "an exception without fields", RULE("\n  exceptions:\n    - name: e\n      values: [cat]"), "7:7 error", 0 },
	{ "an exception twice", RULE("\n  exceptions:\n    - name: e\n      fields: [proc.name]\n    - name: e\n      fields: [proc.name]"),
	  "9:7 warning", 1 },
	{ "another source for the same rule", RULE("") "- rule: r\n  source: k8s_audit\n  condition: and a\n  append: true\n",
	  "7:3 error", -1 },
	{ "a newer engine", "- required_engine_version: 9.0.0\n" RULE(""), "1:3 error", 1 },
	{ "a version that is none", "- required_engine_version: seven\n" RULE(""), "1:3 error", 1 },
	{ "a capture that is none", RULE("\n  capture_duration: long"), "6:3 error", 0 },
	{ "a capture", RULE("\n  capture: true\n  capture_duration: 5000"), NULL, 1 },
	{ "a name that is none", "- macro: 'a b'\n  condition: proc.name = cat\n" RULE(""), "1:3 warning macro \"a b\"", 1 },
	{ "no event type", "- rule: r\n  desc: d\n  priority: INFO\n  output: o\n  condition: proc.name = cat\n",
	  "5:14 warning rule \"r\": names no evt.type", 1 },
	{ "a type that is not made", RULE(" or evt.type = read"), "5:35 note no event of type \"read\"", 1 },
	{ "a number that is none", RULE(" and fd.num = x"), "5:45 error", 0 },
};

static int fires(const struct sk_graph *graph)
{
	struct sk_graph_eval *eval = sk_graph_eval_new(graph);
	const struct sk_detection *fired[8];
	struct sk_trail *t;
	struct sk_event event;
	int result = 0;

	sk_trail_from(sk_span_str(trail), "trail", &t, NULL);
	while (sk_trail_next(t, &event, NULL) > 0) {
		size_t n = sk_graph_match(eval, &event, fired, SK_COUNT(fired));

		for (size_t i = 0; i < n; i++)
			result |= sk_span_is(fired[i]->name, "r");
	}
	sk_trail_free(t);
	sk_graph_eval_free(eval);
	return result;
}

static bool has_problem(const struct sk_rules *rules, const char *want)
{
	static const char *const kinds[] = { "error", "warning", "note" };

	for (size_t i = 0; i < rules->problems.len; i++) {
		const struct sk_rule_problem *p = &rules->problems.data[i];
		sk_autofree char *line = sk_printf("%u:%u %s %s", p->line, p->column, kinds[p->kind], p->text);

		if (strncmp(line, want, strlen(want)) == 0)
			return true;
		printf("# %s\n", line);
	}
	return false;
}

static void test_case(size_t i)
{
	struct sk_rules rules = { 0 };
	struct sk_graph *graph = NULL;
	struct sk_err err = SK_ERR_INIT;
	int r = sk_rules_read(&rules, "f", sk_span_str(cases[i].text), &err);

	if (cases[i].problem && !*cases[i].problem) {
		expect(r < 0 && err.text[0], "%s is refused", cases[i].what);
		sk_rules_release(&rules);
		return;
	}
	sk_rules_finish(&rules);
	graph = sk_graph_new(&rules);
	expect(r == 0, "%s: %s", cases[i].what, err.text);
	if (cases[i].problem)
		expect(has_problem(&rules, cases[i].problem), "%s: says \"%s\"", cases[i].what, cases[i].problem);
	else if (cases[i].fires >= 0) {
		print_problems(&rules);
		expect(rules.errors == 0, "%s: has no error", cases[i].what);
	} else {
		expect(rules.errors > 0, "%s: has an error", cases[i].what);
	}
	if (cases[i].fires >= 0)
		expect(fires(graph) == cases[i].fires, "%s: %s", cases[i].what, cases[i].fires ? "fires" : "does not fire");
	sk_graph_free(graph);
	sk_rules_release(&rules);
}

/* Who may write rules. */
static void test_trust(void)
{
	char dir[] = "/tmp/sk-rules-XXXXXX";
	struct sk_err err = SK_ERR_INIT;
	struct sk_rules rules = { 0 };
	sk_autofree char *a = NULL, *b = NULL;

	if (!mkdtemp(dir)) {
		skip("no temporary folder");
		return;
	}
	a = sk_printf("%s/a.yaml", dir);
	b = sk_printf("%s/b.yml", dir);
	sk_path_replace(a, SK_SPAN_LIT("- list: l\n  items: [x]\n"), 0644, NULL);
	sk_path_replace(b, SK_SPAN_LIT("- list: l\n  items: [y]\n"), 0644, NULL);
	ok(sk_rules_load(&rules, dir, true, &err) == 0 && rules.files.len == 2, "a folder of two files");
	chmod(b, 0664);
	ok(sk_rules_load(&rules, dir, true, &err) < 0 && strstr(err.text, "b.yml") && strstr(err.text, "others may write"),
	   "a file that a group may write is refused: %s", err.text);
	ok(sk_rules_load(&rules, dir, false, &err) == 0, "unless nobody asked");
	chmod(b, 0644);
	chmod(dir, 0777);
	ok(sk_rules_load(&rules, dir, true, &err) < 0 && strstr(err.text, "others may write"), "and so is a folder");
	chmod(dir, 0755);
	if (geteuid() == 0 && chown(a, 12345, 0) == 0)
		ok(sk_rules_load(&rules, a, true, &err) < 0 && strstr(err.text, "12345"), "and a file of somebody else: %s",
		   err.text);
	else
		skip("not root: cannot give a file away");
	unlink(a);
	unlink(b);
	ok(sk_rules_load(&rules, dir, true, &err) < 0, "a folder without rules is an error");
	rmdir(dir);
	sk_rules_release(&rules);
}

static void test_published(void)
{
	static const struct {
		const char *name;
		size_t rules, enabled;
	} files[] = { { "falco_rules", 25, 25 }, { "falco-incubating_rules", 31, 31 }, { "falco-sandbox_rules", 37, 25 } };
	size_t total = 0;

	if (!corpora()) {
		skip("SK_CORPORA is not set");
		return;
	}
	for (size_t i = 0; i < SK_COUNT(files); i++) {
		sk_autofree char *path = sk_printf("%s/falco-rules/%s.yaml", corpora(), files[i].name);
		struct sk_rules rules = { 0 };
		struct sk_graph *graph;
		struct sk_err err = SK_ERR_INIT;
		size_t enabled = 0;

		ok(sk_rules_load(&rules, path, false, &err) == 0, "%s is read: %s", files[i].name, err.text);
		sk_rules_finish(&rules);
		graph = sk_graph_new(&rules);
		print_problems(&rules);
		for (size_t k = 0; k < rules.rules.len; k++)
			enabled += rules.rules.data[k]->enabled && !rules.rules.data[k]->left_out;
		ok(rules.errors == 0 && rules.rules.len == files[i].rules && enabled == files[i].enabled,
		   "%zu rules, %zu of them on, %zu errors", rules.rules.len, enabled, rules.errors);
		total += rules.rules.len;
		sk_graph_free(graph);
		sk_rules_release(&rules);
	}
	is_int(total, 93);
}

int main(void)
{
	for (size_t i = 0; i < SK_COUNT(cases); i++)
		test_case(i);
	ok(true, "%zu files", SK_COUNT(cases));
	test_trust();
	test_published();
	return tap_done();
}
