/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard.h"

#include "guard/judge.h"
#include "guard/trail.h"

#include <unistd.h>

enum { FLUSH_BYTES = 1 << 16 };

struct replay_options {
	struct sk_option_list rules;
	int format;
	bool all;
};

struct player {
	const struct sk_call *call;
	struct sk_judge judge;
	struct sk_buf out;
	enum sk_alert_format format;
	char host[256];
	size_t events, alerts;
};

static int flush(struct player *p, struct sk_err *err)
{
	int r = p->out.len ? sk_output(NULL, sk_buf_view(&p->out), err) : 0;

	sk_buf_reset(&p->out);
	return r;
}

static int on_alert(void *context, const struct sk_alert *alert, struct sk_err *err)
{
	struct player *p = context;

	p->alerts++;
	sk_alert_write(&p->out, alert, p->format, p->host);
	return p->out.len < FLUSH_BYTES ? 0 : flush(p, err);
}

static int play(struct player *p, const char *path, struct sk_err *err)
{
	struct sk_trail *trail;
	struct sk_event event;
	int result = sk_trail_open(path, &trail, err);

	if (result < 0)
		return result;
	while ((result = sk_trail_next(trail, &event, err)) > 0) {
		p->events++;
		result = sk_judge_event(&p->judge, &event, on_alert, p, err);
		if (result < 0)
			break;
	}
	if (sk_trail_unknown(trail))
		sk_complain(p->call, "%s: %llu events are of types that are not known here", path,
			    (unsigned long long)sk_trail_unknown(trail));
	sk_trail_free(trail);
	return result;
}

static int run_player(struct player *p, const struct replay_options *o, struct sk_err *err)
{
	int result = sk_judge_open(&p->judge, o->rules.items, o->rules.count, o->all ? SK_JUDGE_ALL : 0, err);

	if (result < 0)
		return result;
	sk_guard_say_errors(p->call, &p->judge.rules);
	result = play(p, p->call->args[0], err);
	if (flush(p, result < 0 ? NULL : err) < 0 && result >= 0)
		return -err->code;
	if (result < 0)
		return result;
	sk_say(p->call, "%zu events, %zu alerts", p->events, p->alerts);
	return p->judge.rules.errors ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct replay_options *o = call->options;
	struct player p = { .call = call, .format = (enum sk_alert_format)o->format };
	int result;

	if (gethostname(p.host, sizeof(p.host) - 1) < 0)
		p.host[0] = '\0';
	result = run_player(&p, o, err);
	sk_judge_release(&p.judge);
	sk_buf_release(&p.out);
	return result;
}

static const struct sk_option options[] = {
	SK_RULES_OPTION(struct replay_options, rules),
	SK_ALERT_OPTIONS(struct replay_options, format, all),
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
