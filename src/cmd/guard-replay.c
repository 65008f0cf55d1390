/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard-judge.h"

#include "guard/trail.h"

struct replay_options {
	struct sk_option_list rules;
	int format;
	bool all;
};

static int play(struct sk_judge *judge, const char *path, struct sk_err *err)
{
	struct sk_trail *trail;
	struct sk_event event;
	int result = sk_trail_open(path, &trail, err);

	if (result < 0)
		return result;
	while ((result = sk_trail_next(trail, &event, err)) > 0) {
		result = sk_judge_event(judge, &event, err);
		if (result < 0)
			break;
	}
	if (sk_trail_unknown(trail))
		sk_complain(judge->call, "%s: %llu events are of types that are not known here", path,
			    (unsigned long long)sk_trail_unknown(trail));
	sk_trail_free(trail);
	return result;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct replay_options *o = call->options;
	sk_cleanup(sk_judge_release) struct sk_judge judge = { 0 };
	int result = sk_judge_open(&judge, call, &o->rules, (enum sk_alert_format)o->format, o->all, err);

	if (result < 0)
		return result;
	result = play(&judge, call->args[0], err);
	if (sk_judge_flush(&judge, result < 0 ? NULL : err) < 0 && result >= 0)
		return -err->code;
	if (result < 0)
		return result;
	sk_say(call, "%zu events, %zu alerts", judge.events, judge.alerts);
	return judge.rules.errors ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	SK_JUDGE_OPTIONS(struct replay_options, rules, format, all),
	{ NULL },
};

static const char *const text[] = {
	"Reads events that were recorded and judges them by rules. The same record and the same rules give the same "
	"alerts, each time and on every host; no privileges are needed.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard replay attack.trail --rules rules/runtime", "What would the rules have said?" },
	{ NULL, NULL },
};

const struct sk_command sk_guard_replay = {
	.name = "replay",
	.summary = "Judge recorded events by rules",
	.synopsis = "[options] FILE",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct replay_options),
	.min_args = 1,
	.max_args = 1,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
