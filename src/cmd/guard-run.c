/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard-judge.h"
#include "cmd/guard-watch.h"

#include "base/buf.h"

struct run_options {
	struct sk_option_list rules;
	int format;
	bool all;
	int64_t duration;
};

static int on_event(void *context, const struct sk_event *event, struct sk_err *err)
{
	return sk_judge_event(context, event, err);
}

static int flush(void *context, struct sk_err *err)
{
	return sk_judge_flush(context, err);
}

/* Only what some rule can fire on is hooked; what no sensor sees is said, not passed over. */
static void what_rules_want(const struct sk_judge *judge, struct sk_sensor_want *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf unseen = { 0 };

	*ret = (struct sk_sensor_want){ .reads = true, .env = true };
	for (int i = 0; i < SK_EVENT_COUNT; i++) {
		enum sk_event_type type = (enum sk_event_type)i;

		if (!sk_graph_wants(judge->graph, type))
			continue;
		if (sk_sensor_sees(type))
			ret->types[i] = true;
		else
			sk_buf_printf(&unseen, " %s", sk_event_descs[i].name);
	}
	if (unseen.len)
		sk_complain(judge->call, "rules ask for events that are not seen here:%s", sk_buf_str(&unseen));
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct run_options *o = call->options;
	sk_cleanup(sk_judge_release) struct sk_judge judge = { 0 };
	struct sk_sensor_want want;
	int r = sk_judge_open(&judge, call, &o->rules, (enum sk_alert_format)o->format, o->all, err);

	if (r < 0)
		return r;
	what_rules_want(&judge, &want);
	r = sk_guard_watch(call, &want, o->duration, &(struct sk_watcher){ on_event, flush, &judge }, err);
	if (r < 0)
		return r;
	sk_say(call, "%zu events, %zu alerts", judge.events, judge.alerts);
	return judge.rules.errors ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	SK_JUDGE_OPTIONS(struct run_options, rules, format, all),
	SK_WATCH_FOR(struct run_options, duration),
	{ NULL },
};

static const char *const text[] = {
	"Watches what processes do and judges it by rules; each alert is a line. Only what some rule can fire on is looked "
	"at in the kernel.",
	"It needs root and a kernel with BTF.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard run --rules rules/runtime", "Alerts for a person, until Ctrl-C." },
	{ "guard run --rules /etc/falco/falco_rules.yaml --format falco", "Falco's rules, and alerts as it writes them." },
	{ NULL, NULL },
};

const struct sk_command sk_guard_run = {
	.name = "run",
	.summary = "Watch what processes do and tell what rules say of it",
	.synopsis = "[options]",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct run_options),
	.run = run,
};
