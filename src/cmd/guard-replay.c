/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard.h"

#include "base/buf.h"
#include "guard/alert.h"
#include "guard/trail.h"

#include <unistd.h>

struct replay_options {
	struct sk_option_list rules;
	int format;
	bool all;
};

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const summaries[] = { "a line for a person", "JSON lines", "JSON lines as Falco writes them" };

	*ret_summary = i < SK_COUNT(summaries) ? summaries[i] : NULL;
	return sk_alert_format_name((enum sk_alert_format)i);
}

/* What one call works with. */
struct replay {
	const struct sk_call *call;
	const struct replay_options *options;
	struct sk_rules rules;
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	struct sk_alert alert;
	struct sk_buf out;
	char host[256];
	size_t events, alerts;
};

static void replay_release(struct replay *r)
{
	sk_graph_eval_free(r->eval);
	sk_graph_free(r->graph);
	sk_rules_release(&r->rules);
	sk_alert_release(&r->alert);
	sk_buf_release(&r->out);
}

enum { MAX_FIRED = 4096, FLUSH_BYTES = 1 << 16 };

/* Falco tells the first rule that an event fires, in the order of the files; --all tells every one. */
static int judge(struct replay *r, const struct sk_event *event, struct sk_err *err)
{
	const struct sk_detection *fired[MAX_FIRED];
	size_t count = sk_graph_match(r->eval, event, fired, r->options->all ? MAX_FIRED : 1);

	r->events++;
	for (size_t i = 0; i < count; i++) {
		sk_graph_alert(r->eval, r->graph, event, fired[i], &r->alert);
		sk_alert_write(&r->out, &r->alert, (enum sk_alert_format)r->options->format, r->host);
		r->alerts++;
	}
	if (r->out.len < FLUSH_BYTES)
		return 0;
	if (sk_output(NULL, sk_buf_view(&r->out), err) < 0)
		return -err->code;
	sk_buf_reset(&r->out);
	return 0;
}

static int play(struct replay *r, const char *path, struct sk_err *err)
{
	struct sk_trail *trail;
	struct sk_event event;
	int result = sk_trail_open(path, &trail, err);

	if (result < 0)
		return result;
	while ((result = sk_trail_next(trail, &event, err)) > 0) {
		result = judge(r, &event, err);
		if (result < 0)
			break;
	}
	if (sk_trail_unknown(trail))
		sk_complain(r->call, "%s: %llu events are of types that are not known here", path,
			    (unsigned long long)sk_trail_unknown(trail));
	sk_trail_free(trail);
	return result;
}

/* Rules with errors are said and left out: the rest is worth having. */
static void say_errors(struct replay *r)
{
	for (size_t i = 0; i < r->rules.problems.len; i++) {
		const struct sk_rule_problem *p = &r->rules.problems.data[i];

		if (p->kind == SK_PROBLEM_ERROR)
			sk_complain(r->call, "%s:%u:%u: %s", p->file, p->line, p->column, p->text);
	}
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct replay_options *o = call->options;
	sk_cleanup(replay_release) struct replay r = { .call = call, .options = o };
	int result;

	if (!o->rules.count)
		return sk_err_set(err, SK_EUSAGE, "--rules is missing: a rule file, or a folder of them");
	if (sk_guard_load(o->rules.items, o->rules.count, &r.rules, &r.graph, err) < 0)
		return -err->code;
	say_errors(&r);
	r.eval = sk_graph_eval_new(r.graph);
	if (gethostname(r.host, sizeof(r.host) - 1) < 0)
		r.host[0] = '\0';
	result = play(&r, call->args[0], err);
	if (sk_output(NULL, sk_buf_view(&r.out), result < 0 ? NULL : err) < 0 && result >= 0)
		return -err->code;
	if (result < 0)
		return result;
	sk_say(call, "%zu events, %zu alerts", r.events, r.alerts);
	return r.rules.errors ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	{ "rules", 'r', SK_OPT_LIST(struct replay_options, rules), .argument = "PATH",
	  .help = "A rule file, or a folder of them; later ones change earlier ones", .otherwise = "it must be given" },
	{ "format", 'f', SK_OPT_ENUM(struct replay_options, format, choice_format), .argument = "FORMAT",
	  .fallback = "text", .help = "How alerts are written" },
	{ "all", 0, SK_OPT_FLAG(struct replay_options, all),
	  .help = "Every rule that an event fires, not only the first in the files' order" },
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
