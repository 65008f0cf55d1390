/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard.h"

#include "base/buf.h"
#include "base/text.h"
#include "doc/json-write.h"

struct check_options {
	int format;
	bool notes;
};

enum { FORMAT_TABLE, FORMAT_JSON };

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "table", "json" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

struct totals {
	size_t enabled, left_out, warnings, notes;
};

static struct totals count(const struct sk_rules *rules)
{
	struct totals t = { 0 };

	for (size_t i = 0; i < rules->rules.len; i++) {
		t.left_out += rules->rules.data[i]->left_out;
		t.enabled += rules->rules.data[i]->enabled && !rules->rules.data[i]->left_out;
	}
	for (size_t i = 0; i < rules->problems.len; i++) {
		t.warnings += rules->problems.data[i].kind == SK_PROBLEM_WARNING;
		t.notes += rules->problems.data[i].kind == SK_PROBLEM_NOTE;
	}
	return t;
}

static const char *state_of(const struct sk_detection *rule)
{
	return rule->left_out ? "left out" : rule->enabled ? "on" : "off";
}

/* ---- table ---- */

static void write_rules(const struct sk_rules *rules, const struct sk_graph *graph, struct sk_buf *out)
{
	sk_buf_puts(out, "State     Priority       Types  Checks  Shared  Found by  Rule\n");
	for (size_t i = 0; i < rules->rules.len; i++) {
		const struct sk_detection *rule = rules->rules.data[i];
		struct sk_graph_cost cost = sk_graph_cost(graph, rule);

		sk_buf_printf(out, "%-8s  %-13s  %5u  %6u  %6u  %-8s  ", state_of(rule), sk_priority_name(rule->priority),
			      cost.types, cost.checks, cost.shared,
			      cost.types == 0 ? "-" : cost.indexed ? "value" : "type");
		sk_text_plain(out, rule->name);
		sk_buf_putc(out, '\n');
	}
}

static void write_table(const struct check_options *o, const struct sk_rules *rules, const struct sk_graph *graph,
			struct sk_buf *out)
{
	struct sk_graph_size size = sk_graph_size(graph);
	struct totals t = count(rules);

	for (size_t i = 0; i < rules->problems.len; i++)
		if (o->notes || rules->problems.data[i].kind != SK_PROBLEM_NOTE)
			sk_guard_print_problem(out, &rules->problems.data[i]);
	if (rules->problems.len && out->len)
		sk_buf_putc(out, '\n');
	write_rules(rules, graph, out);
	sk_buf_printf(out, "\n%zu rules (%zu on, %zu left out), %zu macros, %zu lists\n", rules->rules.len, t.enabled,
		      t.left_out, rules->macros.entries.len, rules->lists.entries.len);
	sk_buf_printf(out, "%zu values are read and %zu comparisons made, each at most once an event\n", size.slots,
		      size.checks);
	sk_buf_printf(out, "%zu errors, %zu warnings, %zu notes\n", rules->errors, t.warnings, t.notes);
}

/* ---- JSON ---- */

static void write_problem(struct sk_json_writer *w, const struct sk_rule_problem *p)
{
	static const char *const kinds[] = {
		[SK_PROBLEM_ERROR] = "error", [SK_PROBLEM_WARNING] = "warning", [SK_PROBLEM_NOTE] = "note",
	};

	sk_json_object(w);
	sk_json_put_str(w, "kind", kinds[p->kind]);
	sk_json_put_str(w, "file", p->file);
	sk_json_put_int(w, "line", p->line);
	sk_json_put_int(w, "column", p->column);
	sk_json_put_str(w, "text", p->text);
	sk_json_end(w);
}

static void write_rule(struct sk_json_writer *w, const struct sk_graph *graph, const struct sk_detection *rule)
{
	struct sk_graph_cost cost = sk_graph_cost(graph, rule);

	sk_json_object(w);
	sk_json_key(w, "name");
	sk_json_span(w, rule->name);
	sk_json_put_str(w, "priority", sk_priority_name(rule->priority));
	sk_json_put_bool(w, "enabled", rule->enabled);
	sk_json_put_bool(w, "leftOut", rule->left_out);
	sk_json_put_int(w, "eventTypes", cost.types);
	sk_json_put_int(w, "checks", cost.checks);
	sk_json_put_int(w, "shared", cost.shared);
	sk_json_put_bool(w, "indexed", cost.indexed);
	sk_json_end(w);
}

static void write_json(const struct sk_rules *rules, const struct sk_graph *graph, struct sk_buf *out)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_object(&w);
	sk_json_put_int(&w, "schemaVersion", 1);
	sk_json_put_int(&w, "errors", (int64_t)rules->errors);
	sk_json_key(&w, "problems");
	sk_json_array(&w);
	for (size_t i = 0; i < rules->problems.len; i++)
		write_problem(&w, &rules->problems.data[i]);
	sk_json_end(&w);
	sk_json_key(&w, "rules");
	sk_json_array(&w);
	for (size_t i = 0; i < rules->rules.len; i++)
		write_rule(&w, graph, rules->rules.data[i]);
	sk_json_end(&w);
	sk_json_end(&w);
}

/* The agent would not take what others may write; here it is said, and read all the same. */
static void warn_untrusted(const struct sk_call *call)
{
	for (size_t i = 0; i < call->arg_count; i++) {
		sk_cleanup(sk_rules_release) struct sk_rules rules = { 0 };
		struct sk_err err = SK_ERR_INIT;

		if (sk_rules_load(&rules, call->args[i], true, &err) < 0)
			sk_complain(call, "the agent will refuse this: %s", err.text);
	}
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct check_options *o = call->options;
	sk_cleanup(sk_rules_release) struct sk_rules rules = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_graph *graph = NULL;
	size_t errors;
	int r = sk_guard_load((const char *const *)call->args, call->arg_count, &rules, &graph, err);

	if (r < 0)
		return r;
	warn_untrusted(call);
	if (o->format == FORMAT_JSON)
		write_json(&rules, graph, &out);
	else
		write_table(o, &rules, graph, &out);
	errors = rules.errors;
	sk_graph_free(graph);
	r = sk_output(NULL, sk_buf_view(&out), err);
	return r < 0 ? r : errors ? SK_EXIT_USAGE : SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	{ "format", 'f', SK_OPT_ENUM(struct check_options, format, choice_format), .argument = "FORMAT",
	  .fallback = "table", .help = "How it is written" },
	{ "notes", 0, SK_OPT_FLAG(struct check_options, notes),
	  .help = "Also say what nothing uses, and what is left out on purpose" },
	{ NULL },
};

static const char *const text[] = {
	"Reads rule files (a folder's *.yaml in the order of their names) as the agent would, one after another, and "
	"says what is wrong with them, with file, line and column, and what each rule costs: how many types of events "
	"it looks at, how many comparisons it makes, and how many of these other rules make too. A rule that is found "
	"by value costs nothing while no event has one of its values.",
	"Without a PATH it is the rules that ship with the program. The exit code is 2 when a rule has an error.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard check /etc/falco/falco_rules.yaml rules/", "Falco's rules with own ones behind them" },
	{ NULL, NULL },
};

const struct sk_command sk_guard_check = {
	.name = "check",
	.summary = "Load rule files and explain them",
	.synopsis = "[options] [PATH...]",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct check_options),
	.max_args = 1000,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
