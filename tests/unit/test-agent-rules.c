/* SPDX-License-Identifier: Apache-2.0 */
/* What guard.yaml says of rules: select and append_output, their mistakes and what they do. */
#include "guard-case.h"

#include "agent/additions.h"
#include "agent/selections.h"

static const char rules_text[] =
	"- rule: opens\n  desc: d\n  priority: NOTICE\n  tags: [files, host]\n"
	"  condition: evt.type=openat\n  output: 'opened %fd.name'\n";

static const char trail_text[] = "process 10 exe=/bin/cat args=/etc/shadow uid=7 env=MARK=x\n"
				 "openat @10 fd=3 name=/etc/shadow flags=O_RDONLY\n";

static int configure(struct sk_settings *s, const char *yaml, struct sk_additions *ret, struct sk_err *err)
{
	if (sk_settings_parse(s, "guard.yaml", sk_span_str(yaml), err) < 0)
		return -err->code;
	return sk_additions_config(s, sk_node_get(s->doc.root, "append_output"), ret, err);
}

static void test_mistakes(void)
{
	static const struct {
		const char *yaml, *error;
	} cases[] = {
		{ "append_output: yes", "guard.yaml:1:16: must be a list" },
		{ "append_output:\n- extra_otput: x", "guard.yaml:2:3: unknown key 'extra_otput'; did you mean 'extra_output'?" },
		{ "append_output:\n- match: { ruel: x }", "unknown key 'ruel'; did you mean 'rule'?" },
		{ "append_output:\n- extra_output: '%proc.nmae'", "proc.nmae" },
		{ "append_output:\n- extra_fields: proc.name", "must be a list" },
		{ "append_output:\n- extra_fields: [proc.nmae]", "proc.nmae" },
		{ "append_output:\n- extra_fields: [{ a: '%fd.nmae' }]", "fd.nmae" },
		{ "append_output:\n- extra_fields: [{ a: x, b: y }]", "must be a field, or a name with a text" },
		{ "append_output:\n- extra_fields: [[x]]", "must be a field, or a name with a text" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_settings s = { 0 };
		struct sk_additions additions = { 0 };
		struct sk_err err = SK_ERR_INIT;
		bool refused = configure(&s, cases[i].yaml, &additions, &err) < 0;

		ok(refused && strstr(err.text, cases[i].error), "refused: %s", cases[i].error);
		if (refused && !strstr(err.text, cases[i].error))
			printf("# %s\n", err.text);
		sk_settings_release(&s);
	}
}

/* The alert in Falco's form. */
static void alert_with(const char *yaml, struct sk_buf *out)
{
	struct sk_settings s = { 0 };
	struct sk_rules rules = { 0 };
	struct sk_graph *graph = NULL;
	struct sk_graph_eval *eval;
	struct sk_trail *trail;
	const struct sk_detection *fired[1];
	struct sk_event event;
	struct sk_alert alert = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (configure(&s, yaml, &rules.additions, &err) < 0)
		printf("# %s\n", err.text);
	load_text(rules_text, &rules, &graph);
	eval = sk_graph_eval_new(graph);
	sk_trail_from(sk_span_str(trail_text), "trail", &trail, NULL);
	while (sk_trail_next(trail, &event, NULL) > 0)
		if (sk_graph_match(eval, &event, fired, 1)) {
			sk_graph_alert(eval, graph, &event, fired[0], &alert);
			sk_alert_write(out, &alert, SK_ALERT_FALCO, "host");
		}
	sk_alert_release(&alert);
	sk_trail_free(trail);
	sk_graph_eval_free(eval);
	sk_graph_free(graph);
	sk_rules_release(&rules);
	sk_settings_release(&s);
}

static void test_alerts(void)
{
	static const struct {
		const char *what, *yaml, *has, *has_not;
	} cases[] = {
		{ "nothing", "", "opened /etc/shadow container_id=host", "proc.env" },
		{ "a field keeps its type", "append_output: [{ extra_fields: [user.uid] }]", "\"user.uid\":7",
		  "opened /etc/shadow 7" },
		{ "the environment", "append_output: [{ extra_fields: [proc.env] }]", "\"proc.env\":\"MARK=x\"",
		  "MARK=x container_id" },
		{ "a text stands in front of what containers add", "append_output: [{ extra_output: 'by %proc.name' }]",
		  "opened /etc/shadow by cat container_id=host", "zz" },
		{ "and its fields are fields", "append_output: [{ extra_output: 'by %proc.name' }]", "\"proc.name\":\"cat\"", "zz" },
		{ "a field by another name", "append_output: [{ extra_fields: [{ who: 'u%user.uid of %proc.name' }] }]",
		  "\"who\":\"u7 of cat\"", "\"user.uid\"" },
		{ "fields stay sorted", "append_output: [{ extra_fields: [proc.name, { aaa: b }, evt.type] }]",
		  "\"output_fields\":{\"aaa\":\"b\",\"container.id\":\"host\"", "zz" },
		{ "a rule by its name", "append_output: [{ match: { rule: opens }, extra_output: here }]",
		  "shadow here container", "zz" },
		{ "not another rule", "append_output: [{ match: { rule: other }, extra_output: here }]", "shadow container", "here" },
		{ "all tags", "append_output: [{ match: { tags: [host, files] }, extra_output: here }]", "shadow here", "zz" },
		{ "one of the tags is not enough", "append_output: [{ match: { tags: [host, net] }, extra_output: here }]",
		  "shadow container", "here" },
		{ "the source", "append_output: [{ match: { source: k8s_audit }, extra_output: here }]", "shadow container", "here" },
		{ "several", "append_output: [{ extra_output: one }, { suggested_output: true, extra_output: two }]",
		  "shadow one two container", "zz" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
		bool good;

		alert_with(cases[i].yaml, &out);
		good = strstr(sk_buf_str(&out), cases[i].has) && !strstr(sk_buf_str(&out), cases[i].has_not);
		ok(good, "%s", cases[i].what);
		if (!good)
			printf("# %s\n", sk_buf_str(&out));
	}
}

/* ---- select ---- */

static const char many_rules[] =
	"- rule: reads a file\n  desc: d\n  priority: NOTICE\n  tags: [files, host]\n  condition: evt.type=read\n  output: x\n"
	"- rule: writes a file\n  desc: d\n  priority: NOTICE\n  tags: [files]\n  condition: evt.type=write\n  output: x\n"
	"- rule: connects\n  desc: d\n  priority: NOTICE\n  tags: [net]\n  enabled: false\n  condition: evt.type=connect\n"
	"  output: x\n";

static int select_with(struct sk_settings *s, const char *yaml, struct sk_selections *ret, struct sk_err *err)
{
	if (sk_settings_parse(s, "guard.yaml", sk_span_str(yaml), err) < 0)
		return -err->code;
	return sk_selections_config(s, sk_node_get(s->doc.root, "select"), ret, err);
}

static void test_select(void)
{
	static const struct {
		const char *yaml, *on; /* a letter a rule: + on, - off; or what the error says */
	} cases[] = {
		{ "", "++-" },
		{ "select:", "++-" },
		{ "select: [{ disable: { rule: '*' } }]", "---" },
		{ "select: [{ enable: { rule: '*' } }]", "+++" },
		{ "select: [{ disable: { rule: '*' } }, { enable: { tag: host } }]", "+--" },
		{ "select: [{ enable: { tag: net } }, { disable: { rule: '*a f*le' } }]", "--+" },
		{ "select: [{ disable: { rule: '*s*file*', tag: host } }]", "-+-" },
		{ "select: [{ disable: { rule: 'reads a fil' } }]", "++-" },
		{ "select: [{ disable: { rule: 'reads a file' } }, { disable: { tag: nothing } }]", "-+-" },
		{ "select: { disable: { rule: x } }", "guard.yaml:1:1: must be a list" },
		{ "select: [{ disabel: { rule: x } }]", "unknown key 'disabel'; did you mean 'disable'?" },
		{ "select: [{}]", "has 'enable' or 'disable'" },
		{ "select: [{ enable: { rule: x }, disable: { rule: x } }]", "has 'enable' or 'disable'" },
		{ "select: [{ enable: {} }]", "names a 'rule' or a 'tag'" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_settings s = { 0 };
		struct sk_rules rules = { 0 };
		struct sk_err err = SK_ERR_INIT;
		char got[4] = "";

		if (select_with(&s, cases[i].yaml, &rules.selections, &err) >= 0) {
			sk_rules_read(&rules, "test.yaml", sk_span_str(many_rules), &err);
			sk_rules_finish(&rules);
			for (size_t n = 0; n < rules.rules.len && n < 3; n++)
				got[n] = rules.rules.data[n]->enabled ? '+' : '-';
		}
		ok(*got ? strcmp(got, cases[i].on) == 0 : strstr(err.text, cases[i].on) != NULL, "%s", cases[i].yaml);
		if (*got ? strcmp(got, cases[i].on) != 0 : !strstr(err.text, cases[i].on))
			printf("# %s%s\n", got, err.text);
		sk_rules_release(&rules);
		sk_settings_release(&s);
	}
}

int main(void)
{
	test_select();
	test_mistakes();
	test_alerts();
	return tap_done();
}
