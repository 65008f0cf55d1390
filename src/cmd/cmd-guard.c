/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard.h"

#include "base/buf.h"
#include "base/text.h"

void sk_guard_print_problem(struct sk_buf *out, const struct sk_rule_problem *problem)
{
	static const char *const kinds[] = {
		[SK_PROBLEM_ERROR] = "error", [SK_PROBLEM_WARNING] = "warning", [SK_PROBLEM_NOTE] = "note",
	};

	sk_text_plain(out, sk_span_str(problem->file));
	sk_buf_printf(out, ":%u:%u: %s: ", problem->line, problem->column, kinds[problem->kind]);
	sk_text_plain(out, sk_span_str(problem->text));
	sk_buf_putc(out, '\n');
}

void sk_guard_say_errors(const struct sk_call *call, const struct sk_rules *rules)
{
	for (size_t i = 0; i < rules->problems.len; i++) {
		const struct sk_rule_problem *p = &rules->problems.data[i];

		if (p->kind == SK_PROBLEM_ERROR)
			sk_complain(call, "%s:%u:%u: %s", p->file, p->line, p->column, p->text);
	}
}

const char *sk_guard_choice_format(unsigned i, const char **ret_summary)
{
	static const char *const summaries[] = { "a line for a person", "JSON lines", "JSON lines as Falco writes them" };

	*ret_summary = i < SK_COUNT(summaries) ? summaries[i] : NULL;
	return sk_alert_format_name((enum sk_alert_format)i);
}

int sk_guard_load(const char *const *paths, size_t count, struct sk_rules *rules, struct sk_graph **ret_graph,
		  struct sk_err *err)
{
	for (size_t i = 0; i < count; i++)
		if (sk_rules_load(rules, paths[i], false, err) < 0)
			return -err->code;
	if (!count && sk_rules_load_builtin(rules, err) < 0)
		return -err->code;
	sk_rules_finish(rules);
	*ret_graph = sk_graph_new(rules);
	return 0;
}

static const struct sk_command *const subs[] = { &sk_guard_run,    &sk_guard_status, &sk_guard_events,
						  &sk_guard_resume, &sk_guard_record, &sk_guard_replay, &sk_guard_check,
						  &sk_guard_fields, &sk_guard_config, NULL };

static const char *const text[] = {
	"What containers do at run time is judged by rules in Falco's language; its rule files work unchanged. "
	"'run', 'events' and 'record' look at a live kernel and need root; the others look at rules, and at events that were "
	"recorded, and need no privileges.",
	NULL,
};

const struct sk_command sk_command_guard = {
	.name = "guard",
	.summary = "Judge what containers do at run time",
	.synopsis = "COMMAND",
	.text = text,
	.subs = subs,
};
