/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The node's agent: what `sekisho guard run` is made of. Its main thread takes
 * events from the sensor, judges them by rules and hands alerts out; it never
 * waits for anything else. Whatever can take time has a thread and a bounded
 * queue of its own.
 */
#include "agent/config.h"
#include "guard/alert.h"
#include "guard/sensor.h"

struct sk_agent;

/* What it says to whoever started it: a line for a person, without newline. */
typedef void sk_agent_say_fn(void *context, bool trouble, const char *text);

struct sk_agent_options {
	struct sk_agent_config *config;
	sk_agent_say_fn *say;
	void *context;
};

int sk_agent_open(const struct sk_agent_options *options, struct sk_agent **ret_agent, struct sk_err *err);
void sk_agent_close(struct sk_agent *agent);

/* Until SIGINT or SIGTERM, or so many seconds (0: any). SIGHUP reads rules and configuration again. */
int sk_agent_run(struct sk_agent *agent, int64_t seconds, struct sk_err *err);

struct sk_agent_counts {
	uint64_t events, alerts;
	size_t rule_errors;
};
struct sk_agent_counts sk_agent_counts(const struct sk_agent *agent);
