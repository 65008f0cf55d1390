/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where alerts go: files, logs, receivers over the network (outputs/<kind>.c).
 * The agent's main thread hands them over and never waits: each output has a
 * thread and a bounded queue of its own, some a queue on disk behind it
 * (spool.h). What an output could not tell is counted by reason.
 *
 * All functions are for one thread, the agent's.
 */
#include "agent/settings.h"
#include "guard/alert.h"

struct sk_output_config; /* output.h */

struct sk_outputs_config {
	struct sk_output_config *first, **last;
	size_t count;
	int format; /* enum sk_alert_format of outputs that do not say one; -1: what suits their kind */
};

/* The list `outputs:` of guard.yaml; NULL: none. Adds to what is there. */
int sk_outputs_config(struct sk_settings *settings, const struct sk_node *list, struct sk_outputs_config *config,
		      struct sk_err *err);
extern const struct sk_settings_part sk_outputs_parts[];

/* One in short: "stdout", "webhook:https://…", "syslog:tcp://…", "file:/…". */
int sk_outputs_config_add(struct sk_settings *settings, struct sk_span text, struct sk_outputs_config *config,
			  struct sk_err *err);

struct sk_outputs;

/*
 * Opens all of them; none: standard output. `state` is the folder of queues,
 * which is made when one is needed. The configuration is borrowed. An error is
 * what can be known to be wrong at once; a receiver that is away is none.
 */
int sk_outputs_open(const struct sk_outputs_config *config, const char *state, const char *hostname,
		    struct sk_outputs **ret_outputs, struct sk_err *err);

/* Tells what is queued, for so many milliseconds at most; what is on disk stays there. How many were lost that way. */
uint64_t sk_outputs_close(struct sk_outputs *outputs, unsigned ms);

void sk_outputs_alert(struct sk_outputs *outputs, const struct sk_alert *alert);
/* A line that is no alert, in JSON, its kind "audit", "status" …: for outputs that take them (`what`). */
void sk_outputs_line(struct sk_outputs *outputs, const char *kind, struct sk_span json);

/* Waits until everything is told, or so many milliseconds; false: something is left. */
bool sk_outputs_flush(struct sk_outputs *outputs, unsigned ms);
/* Files are opened anew, for who moves them away (SIGHUP). */
void sk_outputs_reopen(struct sk_outputs *outputs);
/* False once nobody listens any more: standard output is all there was, and its reader has gone. */
bool sk_outputs_alive(struct sk_outputs *outputs);

/* What changed since the last call: an output that is in trouble, or well again. */
typedef void sk_outputs_say_fn(void *context, bool trouble, const char *text);
void sk_outputs_say(struct sk_outputs *outputs, sk_outputs_say_fn *say, void *context);

enum sk_output_loss {
	SK_OUTPUT_FULL,	    /* the queue was full */
	SK_OUTPUT_LARGE,    /* above SK_MAX_OUTPUT_MESSAGE */
	SK_OUTPUT_REJECTED, /* the receiver does not want it */
	SK_OUTPUT_CLOSED,   /* the agent ended before it was told, and it was not on disk */
	SK_OUTPUT_DAMAGED,  /* it was on disk and cannot be read */
	SK_OUTPUT_LOSSES,
};
const char *sk_output_loss_name(enum sk_output_loss loss); /* "full" */

struct sk_output_counts {
	uint64_t sent, bytes;
	uint64_t failures; /* tries that failed and were, or will be, repeated */
	uint64_t cut;	   /* sent, but shorter than they were */
	uint64_t lost[SK_OUTPUT_LOSSES];
	uint64_t queued, queued_bytes; /* now */
	uint64_t unsaved;	       /* of these, what is not on disk */
	bool trouble;
};

/* Of each output in turn, from 0; NULL behind the last, else its name. `ret_kind` may be NULL. */
const char *sk_outputs_counts(struct sk_outputs *outputs, size_t i, const char **ret_kind,
			      struct sk_output_counts *ret_counts);
