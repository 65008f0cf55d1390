/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard-judge.h"

#include <unistd.h>

enum { MAX_FIRED = 4096, FLUSH_BYTES = 1 << 16 };

const char *sk_judge_choice_format(unsigned i, const char **ret_summary)
{
	static const char *const summaries[] = { "a line for a person", "JSON lines", "JSON lines as Falco writes them" };

	*ret_summary = i < SK_COUNT(summaries) ? summaries[i] : NULL;
	return sk_alert_format_name((enum sk_alert_format)i);
}

static void say_errors(const struct sk_judge *j)
{
	for (size_t i = 0; i < j->rules.problems.len; i++) {
		const struct sk_rule_problem *p = &j->rules.problems.data[i];

		if (p->kind == SK_PROBLEM_ERROR)
			sk_complain(j->call, "%s:%u:%u: %s", p->file, p->line, p->column, p->text);
	}
}

int sk_judge_open(struct sk_judge *j, const struct sk_call *call, const struct sk_option_list *rules,
		  enum sk_alert_format format, bool all, struct sk_err *err)
{
	j->call = call;
	j->format = format;
	j->all = all;
	if (!rules->count)
		return sk_err_set(err, SK_EUSAGE, "--rules is missing: a rule file, or a folder of them");
	if (sk_guard_load(rules->items, rules->count, &j->rules, &j->graph, err) < 0)
		return -err->code;
	say_errors(j);
	j->eval = sk_graph_eval_new(j->graph);
	if (gethostname(j->host, sizeof(j->host) - 1) < 0)
		j->host[0] = '\0';
	return 0;
}

void sk_judge_release(struct sk_judge *j)
{
	sk_graph_eval_free(j->eval);
	sk_graph_free(j->graph);
	sk_rules_release(&j->rules);
	sk_alert_release(&j->alert);
	sk_buf_release(&j->out);
}

int sk_judge_flush(struct sk_judge *j, struct sk_err *err)
{
	int r = j->out.len ? sk_output(NULL, sk_buf_view(&j->out), err) : 0;

	sk_buf_reset(&j->out);
	return r;
}

/* Falco tells the first rule that an event fires, in the order of the files; --all tells every one. */
int sk_judge_event(struct sk_judge *j, const struct sk_event *event, struct sk_err *err)
{
	const struct sk_detection *fired[MAX_FIRED];
	size_t count = sk_graph_match(j->eval, event, fired, j->all ? MAX_FIRED : 1);

	j->events++;
	for (size_t i = 0; i < count; i++) {
		sk_graph_alert(j->eval, j->graph, event, fired[i], &j->alert);
		sk_alert_write(&j->out, &j->alert, j->format, j->host);
		j->alerts++;
	}
	return j->out.len < FLUSH_BYTES ? 0 : sk_judge_flush(j, err);
}
