/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One output and its kinds. A kind is a constant in outputs/<name>.c and a word
 * in meson.build: its options, and functions that make messages and send them.
 * Queue, thread, trying again and counting are the same for all (output.c).
 */
#include "agent/outputs.h"

struct sk_output;

/* What is told: an alert, or a line. */
struct sk_note {
	const struct sk_alert *alert; /* NULL: a line */
	const char *kind;	      /* "alert", "audit" */
	const char *hostname;
	int64_t time; /* nanoseconds since 1970 */
	enum sk_priority priority;
	struct sk_span line; /* in the output's format, without newline */
};

/* What became of messages. */
enum sk_send {
	SK_SEND_DONE,
	SK_SEND_AGAIN,	  /* the receiver is away, the disk full: later */
	SK_SEND_REJECTED, /* they will never be taken */
	SK_SEND_BROKEN,	  /* nobody will ever listen there again */
};

struct sk_output_kind {
	const char *name;
	const char *summary;
	const char *target;		 /* the option that stands behind the colon in short; NULL: none */
	const struct sk_option *options; /* of a struct that begins with a struct sk_output_config */
	size_t config_size, state_size;
	enum sk_alert_format format; /* unless somebody says another */
	bool spools;		     /* keeps its queue on disk unless somebody says otherwise */
	/* What options cannot say of themselves; NULL: nothing. Errors by sk_output_fault. */
	int (*check)(struct sk_settings *settings, const struct sk_node *section, struct sk_output_config *config,
		     struct sk_err *err);
	/* The note as it is sent; NULL: its line. Called in the agent's main thread. */
	void (*render)(struct sk_output *output, const struct sk_note *note, struct sk_buf *out);
	/* Reads what it needs (keys, passwords). Called once, before its thread is there; must not wait for others. */
	int (*open)(struct sk_output *output, struct sk_err *err);
	/*
	 * Sends some of these, in their order. *ret_count: DONE, how many; AGAIN, how many before it failed; REJECTED, how
	 * many of the first it is that the receiver refuses. Waits by sk_output_wait alone.
	 */
	enum sk_send (*send)(struct sk_output *output, const struct sk_span *messages, size_t count, size_t *ret_count,
			     struct sk_err *err);
	void (*close)(struct sk_output *output); /* of what open and send made, however far they came */
};
extern const struct sk_output_kind *const sk_output_kinds[]; /* generated; ends with NULL */

enum sk_output_queue { SK_QUEUE_MEMORY, SK_QUEUE_DISK };
enum sk_output_full { SK_FULL_NEWEST, SK_FULL_OLDEST };
enum { SK_OUTPUT_ALERTS = 1 << 0, SK_OUTPUT_LINES = 1 << 1 };

struct sk_output_config {
	const struct sk_output_kind *kind;
	int kind_index; /* as it is read */
	const char *name;
	const char *folder; /* of its queue: the name, and where it goes if nobody gave one */
	int format; /* enum sk_alert_format, -1: the kind's */
	int priority;
	struct sk_option_list rules, tags;
	uint32_t what; /* SK_OUTPUT_…; 0: what suits the format */
	int queue, full;     /* queue -1: the kind's */
	uint64_t queue_size; /* 0: what suits the queue */
	int64_t retry_max;   /* seconds between two tries, at most */
	struct sk_output_config *next;
};

/* The rows that every kind has; those of the kind stand beside them. */
extern const struct sk_option sk_output_options[];

int sk_output_open(const struct sk_output_config *config, enum sk_alert_format format, const char *state,
		   const char *hostname, struct sk_output **ret_output, struct sk_err *err);
/* Begins to end: what is queued is tried once more. Then close waits until `deadline` (sk_output_now). */
void sk_output_end(struct sk_output *output);
uint64_t sk_output_close(struct sk_output *output, int64_t deadline); /* how many it lost */

bool sk_output_wants(const struct sk_output *output, const struct sk_note *note);
enum sk_alert_format sk_output_format(const struct sk_output *output);
void sk_output_push(struct sk_output *output, const struct sk_note *note);
bool sk_output_flush(struct sk_output *output, int64_t deadline);
bool sk_output_broken(struct sk_output *output);
void sk_output_reopen(struct sk_output *output);
void sk_output_say(struct sk_output *output, sk_outputs_say_fn *say, void *context);
void sk_output_counts(struct sk_output *output, struct sk_output_counts *ret_counts);

/* ---- for kinds ---- */

/* What is wrong with the value of a key; `section` NULL where it came from the command line. */
int sk_output_fault(const struct sk_settings *settings, const struct sk_node *section, const char *key,
		    struct sk_err *err, const char *fmt, ...) __attribute__((format(printf, 5, 6), cold));

const void *sk_output_config_of(const struct sk_output *output); /* the kind's struct */
void *sk_output_state(struct sk_output *output);		 /* of state_size bytes, zero at first */
const char *sk_output_hostname(const struct sk_output *output);

/* Monotonic, in milliseconds. */
int64_t sk_output_now(void);

/*
 * Waits for events (poll) of a descriptor, or -1 for time alone: true when they
 * are there. False: so many milliseconds are over (-1: never), or the output
 * must end, and then sending is given up.
 */
bool sk_output_wait(struct sk_output *output, int fd, short events, int ms);
/* The output must end now. Callbacks of libraries that wait by themselves ask it. */
bool sk_output_aborted(struct sk_output *output);
/* True once after sk_outputs_reopen. */
bool sk_output_take_reopen(struct sk_output *output);
/* Do not try again before so many milliseconds: the receiver said so. */
void sk_output_hold(struct sk_output *output, int64_t ms);
/* The receiver took no connection at all: it is asked again soon. */
void sk_output_absent(struct sk_output *output);
/* A message that was sent shorter than it was. */
void sk_output_count_cut(struct sk_output *output);
