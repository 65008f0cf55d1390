/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files agent*.c share. */
#include "agent/agent.h"
#include "agent/inuse.h"
#include "agent/metrics.h"
#include "agent/outputs.h"
#include "agent/server.h"
#include "agent/service.h"
#include "guard/judge.h"

enum { SK_AGENT_PROTECTIONS = 16 };

struct sk_agent {
	struct sk_agent_config *config;
	sk_agent_say_fn *say_fn;
	void *say_context;
	struct sk_service service;
	struct sk_judge *judge;
	struct sk_sensor *sensor;
	struct sk_responses *responses;
	struct sk_sensor_want want; /* what the sensor was opened for */
	struct sk_outputs *outputs;
	struct sk_metrics metrics;
	struct sk_server *server;
	char host[256];
	struct sk_agent_counts counts;
	struct sk_inuse *inuse;
	struct sk_drift *drift; /* NULL: nothing is guarded */
	struct sk_gate_protection protections[SK_AGENT_PROTECTIONS]; /* as they were found at start */
	size_t protection_count;
	int64_t started; /* milliseconds of the monotonic clock */
	/* What happened in the last whole second. */
	int64_t pulse;
	uint64_t before[SK_EVENT_COUNT], rate[SK_EVENT_COUNT];
};

void sk_agent_say(struct sk_agent *agent, bool trouble, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Milliseconds of the monotonic clock. */
int64_t sk_agent_now(void);

/* agent-pages.c: metrics, health and status over HTTP. */
int sk_agent_open_server(struct sk_agent *agent, struct sk_err *err);
/* To be called often: keeps count of what happens in a second. */
void sk_agent_pulse(struct sk_agent *agent);

/* agent-status.c: the document that `sekisho guard status` shows. */
void sk_agent_status(struct sk_agent *agent, struct sk_buf *out);
