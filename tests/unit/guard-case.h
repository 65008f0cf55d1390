/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One condition against the last event of a trail in text form. */
#include "base/buf.h"
#include "base/mem.h"
#include "guard/alert.h"
#include "guard/graph.h"
#include "guard/trail.h"
#include "tap.h"

enum { CASE_WRONG = -1, CASE_QUIET = 0, CASE_FIRES = 1 };

static inline void print_problems(const struct sk_rules *rules)
{
	for (size_t i = 0; i < rules->problems.len; i++)
		if (rules->problems.data[i].kind == SK_PROBLEM_ERROR)
			printf("# %s:%u:%u: %s\n", rules->problems.data[i].file, rules->problems.data[i].line,
			       rules->problems.data[i].column, rules->problems.data[i].text);
}

/* Rules of a text, finished and compiled; *ret_graph must be freed. */
static inline bool load_text(const char *text, struct sk_rules *rules, struct sk_graph **ret_graph)
{
	struct sk_err err = SK_ERR_INIT;

	if (sk_rules_read(rules, "test.yaml", sk_span_str(text), &err) < 0) {
		printf("# %s\n", err.text);
		return false;
	}
	sk_rules_finish(rules);
	*ret_graph = sk_graph_new(rules);
	return true;
}

/* Does the condition hold for the trail's last event? `ret_output`: what the output says, if it is given. */
static inline int judge(const char *condition, const char *output, const char *trail_text, struct sk_buf *ret_output)
{
	sk_autofree char *yaml = sk_printf("- rule: r\n  desc: d\n  priority: INFO\n  output: '%s'\n  condition: >\n    %s\n",
					   output, condition);
	struct sk_rules rules = { 0 };
	struct sk_graph *graph = NULL;
	struct sk_graph_eval *eval;
	struct sk_trail *trail;
	const struct sk_detection *fired[2];
	struct sk_event event;
	struct sk_err err = SK_ERR_INIT;
	int result = CASE_WRONG, r;

	if (load_text(yaml, &rules, &graph) && rules.errors == 0) {
		eval = sk_graph_eval_new(graph);
		result = CASE_QUIET;
		sk_trail_from(sk_span_str(trail_text), "trail", &trail, NULL);
		while ((r = sk_trail_next(trail, &event, &err)) > 0) {
			struct sk_alert alert = { 0 };

			result = (int)sk_graph_match(eval, &event, fired, 2);
			if (!result || !ret_output)
				continue;
			sk_graph_alert(eval, graph, &event, fired[0], &alert);
			sk_buf_reset(ret_output);
			sk_buf_span(ret_output, alert.text);
			sk_alert_release(&alert);
		}
		if (r < 0) {
			printf("# %s\n", err.text);
			result = CASE_WRONG;
		}
		sk_trail_free(trail);
		sk_graph_eval_free(eval);
	}
	sk_graph_free(graph);
	sk_rules_release(&rules);
	return result;
}
