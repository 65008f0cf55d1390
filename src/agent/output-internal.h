/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One output while it runs. The agent's thread appends messages to a list in
 * memory. Without a spool the sender's thread takes them from there. With one,
 * a second thread, the keeper, puts them on disk at once, and the sender reads
 * the disk; should the disk refuse, the sender takes what is in memory, so that
 * who fills the disk silences nothing. Not for others than output*.c.
 */
#include "agent/output.h"

#include "agent/spool.h"
#include "base/mem.h"

#include <pthread.h>

/* How much is sent at once, at most. */
enum { SK_OUTPUT_BATCH = 256, SK_OUTPUT_BATCH_BYTES = 1 << 20 };

struct sk_output_message {
	struct sk_output_message *next;
	bool tried; /* the disk did not take it */
	size_t len;
	char bytes[];
};

enum sk_output_phase { SK_OUTPUT_RUNS, SK_OUTPUT_ENDS, SK_OUTPUT_ABORTS };

/* What a thread has in its hands. */
struct sk_output_batch {
	struct sk_span messages[SK_OUTPUT_BATCH];
	size_t count, done;	       /* those in front of `done` are dealt with */
	struct sk_output_message *list; /* of memory; NULL: of the spool */
	struct sk_buf bytes;
	size_t alone; /* so many are sent one by one: one of them was refused */
};

struct sk_output {
	const struct sk_output_config *config;
	const struct sk_output_kind *kind;
	enum sk_alert_format format;
	uint32_t what;
	char hostname[256];
	void *state;
	struct sk_buf rendered;	      /* of the agent's thread */
	int wake;		      /* readable once it must end now */
	struct sk_output_batch batch; /* of the sender's thread */
	int64_t hold;
	bool absent;
	uint32_t random;

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t news;
	pthread_t sender, keeper;
	bool has_sender, has_keeper;
	unsigned threads; /* that run */
	enum sk_output_phase phase;
	struct sk_output_message *first, **last;
	size_t waiting, waiting_bytes, held; /* in the list; out of it, and not on disk */
	struct sk_spool *spool;
	bool diskless;	    /* the spool does not take anything now */
	bool reopen, hurry; /* files anew; no waiting before the next try */
	bool broken;
	bool said;	      /* that it is in trouble */
	struct sk_err trouble; /* an empty text: none */
	struct sk_output_counts counts;
};

/* The threads; both begin with the output and end with it. */
void *sk_output_sender(void *output);
void *sk_output_keeper(void *output);

/* With the lock: the first message of the list, which is not empty; waiting until something is new or it is time. */
struct sk_output_message *sk_output_pop(struct sk_output *output);
void sk_output_wait_until(struct sk_output *output, int64_t deadline);

void sk_output_free_list(struct sk_output_message *list);
