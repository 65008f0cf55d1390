/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an agent counts, as Prometheus names it. Each function writes what it is
 * about to an exposition; a page is those that its owner calls, one after
 * the other.
 */
#include "agent/exposition.h"
#include "agent/outputs.h"
#include "agent/responses.h"
#include "agent/settings.h"
#include "guard/sensor.h"

struct sk_metrics {
	uint64_t events[SK_EVENT_COUNT];
	uint64_t alerts[SK_PRIORITY_DEBUG + 1];
	struct sk_histogram latency; /* from the kernel's time of an event to the rules' decision */
	struct sk_map hits;	     /* of rules, by name: uint64_t */
	struct sk_arena arena;
};

struct sk_metrics_config {
	struct sk_option_list addresses; /* of TCP; none: the agent's own socket alone */
};

/* The section `metrics:` of guard.yaml. */
int sk_metrics_config(struct sk_settings *settings, const struct sk_node *section, struct sk_metrics_config *config,
		      struct sk_err *err);

extern const struct sk_settings_part sk_metrics_parts[];

void sk_metrics_release(struct sk_metrics *m);

/* The rules that are there now count from 0, or go on where those of the same name were. */
void sk_metrics_rules(struct sk_metrics *m, const struct sk_rules *rules);

void sk_metrics_event(struct sk_metrics *m, const struct sk_event *event); /* was judged just now */
void sk_metrics_alert(struct sk_metrics *m, const struct sk_alert *alert);
uint64_t sk_metrics_hits(const struct sk_metrics *m, struct sk_span rule);

void sk_metrics_write(const struct sk_metrics *m, struct sk_exposition *e);
void sk_metrics_write_losses(struct sk_sensor *sensor, struct sk_exposition *e);
void sk_metrics_write_responses(struct sk_responses *responses, struct sk_exposition *e);
void sk_metrics_write_outputs(struct sk_outputs *outputs, struct sk_exposition *e);
/* The process itself, under the names that all Prometheus' clients use, and the build. */
void sk_metrics_write_process(struct sk_exposition *e);
