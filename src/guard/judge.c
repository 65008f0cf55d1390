/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/judge.h"

/* Rules that one event may fire and be told of. */
enum { MAX_FIRED = 4096 };

int sk_judge_open(struct sk_judge *j, const char *const *paths, size_t count, unsigned flags, struct sk_err *err)
{
	j->all = flags & SK_JUDGE_ALL;
	for (size_t i = 0; i < count; i++)
		if (sk_rules_load(&j->rules, paths[i], flags & SK_JUDGE_TRUSTED, err) < 0)
			return -err->code;
	if (!count && sk_rules_load_builtin(&j->rules, err) < 0)
		return -err->code;
	sk_rules_finish(&j->rules);
	j->graph = sk_graph_new(&j->rules);
	j->eval = sk_graph_eval_new(j->graph);
	return 0;
}

void sk_judge_release(struct sk_judge *j)
{
	sk_graph_eval_free(j->eval);
	sk_graph_free(j->graph);
	sk_rules_release(&j->rules);
	sk_alert_release(&j->alert);
}

bool sk_judge_bores(struct sk_judge *j, const struct sk_event *event)
{
	return !sk_graph_may_match_open(j->eval, event);
}

void sk_judge_want(struct sk_judge *j, struct sk_sensor_want *want, struct sk_buf *unseen)
{
	want->reads = want->env = true;
	want->names |= sk_graph_uses(j->graph, "fd.sip.name") || sk_graph_uses(j->graph, "fd.rip.name");
	for (int i = 0; i < SK_EVENT_COUNT; i++) {
		enum sk_event_type type = (enum sk_event_type)i;

		want->not_failed[i] = !sk_graph_wants_failed(j->graph, type);
		if (!sk_graph_wants(j->graph, type) || type == SK_EVENT_DRIFT) /* that is the gate's */
			continue;
		if (sk_sensor_sees(type))
			want->types[i] = true;
		else
			sk_buf_printf(unseen, " %s", sk_event_descs[i].name);
	}
}

int sk_judge_event(struct sk_judge *j, const struct sk_event *event, sk_judge_fn *fn, void *context, struct sk_err *err)
{
	const struct sk_detection *fired[MAX_FIRED];
	size_t count = sk_graph_match(j->eval, event, fired, j->all ? MAX_FIRED : 1);
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		sk_graph_alert(j->eval, j->graph, event, fired[i], &j->alert);
		r = fn(context, &j->alert, err);
	}
	return r;
}
