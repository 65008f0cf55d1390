/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An alert: a rule that an event fired, with the rule's output as text and its
 * fields as values. It owns its texts; rule and event are borrowed.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "guard/field.h"
#include "guard/graph.h"

struct sk_alert_field {
	struct sk_span name; /* "proc.aname[2]" */
	bool present;
	bool is_clock;	     /* a time of day as text; as a number it is the event's time */
	enum sk_field_type type;
	int64_t number;	     /* where the type is one */
	struct sk_span text; /* as it is printed */
	size_t at, len;	     /* of it in the alert's memory */
};

struct sk_alert {
	const struct sk_detection *rule;
	const struct sk_event *event;
	struct sk_span text;	/* the rule's output */
	struct sk_span context; /* " container_id=... ": what Falco adds behind it */
	SK_VEC(struct sk_alert_field) fields; /* sorted: the rule's, then the context's with what was added */
	size_t rule_fields;
	struct sk_buf memory[4]; /* of the fields' texts, of text, of context, and of one that is being made */
};

/*
 * Made of an event that was just matched with the same eval. The alert was
 * zero-initialised before its first use; its memory is used again for the next.
 */
void sk_graph_alert(struct sk_graph_eval *eval, const struct sk_graph *graph, const struct sk_event *event,
		    const struct sk_detection *rule, struct sk_alert *alert);
void sk_alert_release(struct sk_alert *alert);

enum sk_alert_format { SK_ALERT_TEXT, SK_ALERT_JSON, SK_ALERT_FALCO, SK_ALERT_FORMATS };
const char *sk_alert_format_name(enum sk_alert_format format);

/* One line, with its newline. `hostname` is what the formats in JSON say. */
void sk_alert_write(struct sk_buf *out, const struct sk_alert *alert, enum sk_alert_format format,
		    const char *hostname);
