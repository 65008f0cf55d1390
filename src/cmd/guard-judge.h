/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Events judged by rules, alerts to standard output: recorded ones (replay) and live ones (run). */
#include "cmd/guard.h"
#include "guard/alert.h"

struct sk_judge {
	const struct sk_call *call;
	struct sk_rules rules;
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	struct sk_alert alert;
	struct sk_buf out;
	enum sk_alert_format format;
	bool all;
	char host[256];
	size_t events, alerts;
};

#define SK_JUDGE_OPTIONS(s, r, f, a) \
	{ "rules", 'r', SK_OPT_LIST(s, r), .argument = "PATH", \
	  .help = "A rule file, or a folder of them; later ones change earlier ones", .otherwise = "it must be given" }, \
	{ "format", 'f', SK_OPT_ENUM(s, f, sk_judge_choice_format), .argument = "FORMAT", \
	  .fallback = "text", .help = "How alerts are written" }, \
	{ "all", 0, SK_OPT_FLAG(s, a), \
	  .help = "Every rule that an event fires, not only the first in the files' order" }

const char *sk_judge_choice_format(unsigned i, const char **ret_summary);

/* Reads the rules; those with errors are said and left out: the rest is worth having. */
int sk_judge_open(struct sk_judge *judge, const struct sk_call *call, const struct sk_option_list *rules,
		  enum sk_alert_format format, bool all, struct sk_err *err);
void sk_judge_release(struct sk_judge *judge);

/* Alerts are kept until there are many of them, or sk_judge_flush. */
int sk_judge_event(struct sk_judge *judge, const struct sk_event *event, struct sk_err *err);
int sk_judge_flush(struct sk_judge *judge, struct sk_err *err);
