/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands below `sekisho guard` share; each is a file guard-<name>.c. */
#include "base/buf.h"
#include "cmd/command.h"
#include "guard/alert.h"

extern const struct sk_command sk_guard_check, sk_guard_config, sk_guard_events, sk_guard_fields, sk_guard_record, sk_guard_replay,
	sk_guard_resume, sk_guard_run, sk_guard_status;

/* "rules/x.yaml:12:5: error: what" */
void sk_guard_print_problem(struct sk_buf *out, const struct sk_rule_problem *problem);

/* The errors of rule files, on standard error. */
void sk_guard_say_errors(const struct sk_call *call, const struct sk_rules *rules);

#define SK_RULES_OPTION(s, r) \
	{ "rules", 'r', SK_OPT_LIST(s, r), .argument = "PATH", \
	  .help = "A rule file, or a folder of them; later ones change earlier ones", \
	  .otherwise = "the rules that ship with the program" }
#define SK_ALERT_OPTIONS(s, f, a) \
	{ "format", 'f', SK_OPT_ENUM(s, f, sk_guard_choice_format), .argument = "FORMAT", \
	  .fallback = "text", .help = "How alerts are written" }, \
	SK_ALL_OPTION(s, a)
#define SK_ALL_OPTION(s, a) \
	{ "all", 0, SK_OPT_FLAG(s, a), \
	  .help = "Every rule that an event fires, not only the first in the files' order" }
const char *sk_guard_choice_format(unsigned i, const char **ret_summary);

/* For a time, of commands that watch; 0 is for ever. */
#define SK_WATCH_FOR(s, f) \
	{ "for", 0, SK_OPT_DURATION(s, f), .argument = "DURATION", .help = "End after this time", \
	  .otherwise = "until Ctrl-C" }

/* Reads and compiles the rules of all paths; problems are in rules. */
int sk_guard_load(const char *const *paths, size_t count, struct sk_rules *rules, struct sk_graph **ret_graph,
		  struct sk_err *err);
