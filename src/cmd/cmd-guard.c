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

int sk_guard_load(const char *const *paths, size_t count, struct sk_rules *rules, struct sk_graph **ret_graph,
		  struct sk_err *err)
{
	for (size_t i = 0; i < count; i++)
		if (sk_rules_load(rules, paths[i], false, err) < 0)
			return -err->code;
	sk_rules_finish(rules);
	*ret_graph = sk_graph_new(rules);
	return 0;
}

static const struct sk_command *const subs[] = { &sk_guard_run,    &sk_guard_events, &sk_guard_record, &sk_guard_replay,
						  &sk_guard_check, &sk_guard_fields, NULL };

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
