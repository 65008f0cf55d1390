/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Rules that judge events: loaded once, asked for each event, with an alert for
 * what they fire on. Recorded events (replay) and live ones (the agent) go
 * through here. One must stay where it was opened: its parts point at each other.
 */
#include "guard/alert.h"
#include "guard/sensor.h"

struct sk_judge {
	struct sk_rules rules;
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	struct sk_alert alert;
	bool all; /* every rule that an event fires; else the first, in the order of the files, as Falco does */
};

enum sk_judge_flag {
	SK_JUDGE_ALL = 1 << 0,
	SK_JUDGE_TRUSTED = 1 << 1, /* refuse rule files that others may write */
};

/*
 * Reads the rules of all paths; none: those that ship with the program. Rules
 * with errors are left out, and judge->rules.problems says why: the rest is
 * worth having. An error is a file that cannot be read at all.
 */
/* judge->rules.selections and .additions are set before, if there are any. */
int sk_judge_open(struct sk_judge *judge, const char *const *paths, size_t count, unsigned flags, struct sk_err *err);
void sk_judge_release(struct sk_judge *judge);

/*
 * Adds what the rules need to what a sensor is asked for. The names of events that rules
 * ask for and no sensor sees are appended to `unseen`, each with a blank in front.
 */
void sk_judge_want(struct sk_judge *judge, struct sk_sensor_want *want, struct sk_buf *unseen);

/* Whether no rule fires on that open, whoever makes it: for sk_sensor_want, together with whoever else has a say. */
bool sk_judge_bores(struct sk_judge *judge, const struct sk_event *event);

/* What is called with each alert, which is valid until it returns; a negative code ends the event. */
typedef int sk_judge_fn(void *context, const struct sk_alert *alert, struct sk_err *err);
int sk_judge_event(struct sk_judge *judge, const struct sk_event *event, sk_judge_fn *fn, void *context,
		   struct sk_err *err);
