/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What guard.yaml says: general settings here, and a section for each module,
 * read by the module itself. docs/guard-config.md has all of it.
 */
#include "agent/additions.h"
#include "agent/drift.h"
#include "agent/inuse.h"
#include "agent/metrics.h"
#include "agent/outputs.h"
#include "agent/responses.h"
#include "agent/selections.h"

struct sk_agent_config {
	struct sk_settings settings;
	struct sk_option_list rules; /* files and folders; none: those that ship with the program */
	bool all;		     /* every rule that an event fires, not only the first */
	struct sk_selections selections;
	struct sk_additions additions; /* append_output */
	struct sk_outputs_config outputs;
	struct sk_metrics_config metrics;
	struct sk_inuse_config inuse;
	struct sk_drift_config drift;
	struct sk_protect_config protect;
	const char *state;	     /* folder of what must outlive the agent */
	const char *runtime;	     /* folder of sockets and locks */
	struct sk_responses_config responses;
};

/* Where it is read when nobody says: missing is no error then. */
#define SK_AGENT_CONFIG "/etc/sekisho/guard.yaml"
/* Where it answers, unless `runtime` is another folder. */
#define SK_AGENT_RUNTIME "/run/sekisho"
#define SK_AGENT_SOCKET SK_AGENT_RUNTIME "/guard.sock"

/* What may stand in the file: the general part, then those of each section; NULL behind the last. */
const struct sk_settings_part *sk_agent_config_parts(size_t i);

/* `path` NULL: SK_AGENT_CONFIG, if it is there. */
int sk_agent_config_open(struct sk_agent_config *config, const char *path, struct sk_err *err);
void sk_agent_config_release(struct sk_agent_config *config);
