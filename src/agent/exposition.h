/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0
 * where the request's Accept asks for it.
 *
 *	sk_metric(&e, SK_COUNTER, "sekisho_guard_events", "Events that were judged.");
 *	sk_metric_value(&e, 12, "type", "execve", NULL);
 *
 * A counter's name is given without "_total", which its samples get. Names and
 * labels' names are the program's own; labels' values may be any bytes.
 */
#include "agent/server.h"

enum sk_metric_type { SK_COUNTER, SK_GAUGE, SK_HISTOGRAM };

struct sk_exposition {
	struct sk_buf *out;
	bool openmetrics;
	enum sk_metric_type type;
	const char *name; /* of the family at hand */
};

void sk_exposition_begin(struct sk_exposition *e, const struct sk_server_request *request,
			 struct sk_server_answer *answer);
void sk_exposition_end(struct sk_exposition *e);

void sk_metric(struct sk_exposition *e, enum sk_metric_type type, const char *name, const char *help);
/* A sample with pairs of a label's name and value, ended by NULL. */
void sk_metric_value(struct sk_exposition *e, double value, ...) __attribute__((sentinel));

/* How long something took, in buckets from ten microseconds to ten seconds. */
enum { SK_HISTOGRAM_BOUNDS = 13 };
struct sk_histogram {
	uint64_t buckets[SK_HISTOGRAM_BOUNDS + 1]; /* each for itself; the last is above all bounds */
	uint64_t sum;				   /* nanoseconds */
};
void sk_histogram_add(struct sk_histogram *h, int64_t nanoseconds);
void sk_metric_histogram(struct sk_exposition *e, const struct sk_histogram *h);
/* An upper bound of that part (0.5: the median) in nanoseconds; 0 while there is nothing. */
uint64_t sk_histogram_quantile(const struct sk_histogram *h, double part);
