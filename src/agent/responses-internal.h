/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One response on its way, and what its parts share: select, audit, act. */
#include "agent/cgroup.h"
#include "agent/evidence.h"
#include "agent/suspect.h"
#include "agent/responses.h"

#include <pthread.h>

/* All that it needs of the alert, as copies of its own: the alert is gone when a thread comes to it. */
struct sk_response {
	struct sk_response *next;
	const struct sk_response_entry *entry;
	uint32_t todo;	/* bits of enum sk_response_action that are left */
	int64_t begun;	/* nanoseconds of the monotonic clock */
	int64_t time;	/* of the event */
	char *rule, *path; /* the rule's name; the program's */
	struct sk_suspect target;
	int64_t start;	/* of the process, since 1970 */
	bool contained;
	char *id, *name, *image, *engine; /* of the container */
	char *cgroup;			  /* that its runtime was told to make */
	struct sk_buf cgroups;		  /* of the process, while it still lived */
	struct sk_buf alert, facts;	  /* for evidence */
	bool frozen;			  /* the container was, by us */
};

struct sk_response *sk_response_new(const struct sk_response_entry *entry, const struct sk_alert *alert, const char *host);
void sk_response_free(struct sk_response *response);

/* The entry that answers the alert, or NULL. *ret_unknown: one would or would not, but the image is not known yet. */
const struct sk_response_entry *sk_response_select(const struct sk_responses_config *config, const struct sk_alert *alert,
						   bool *ret_unknown);

/* A thread and what waits for it. */
struct sk_response_queue {
	struct sk_responses *responses;
	void (*run)(struct sk_responses *responses, struct sk_response *response); /* owns the response */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct sk_response *first, **last;
	size_t count;
	bool started, ending;
};
int sk_response_queue_start(struct sk_response_queue *queue, const char *name, struct sk_err *err);
bool sk_response_queue_put(struct sk_response_queue *queue, struct sk_response *response);
/* Ends the thread; what was not begun is returned as a list. */
struct sk_response *sk_response_queue_end(struct sk_response_queue *queue);

struct sk_responses {
	struct sk_responses_options options;
	struct sk_cgroups cgroups;
	struct sk_evidence *evidence;
	struct sk_response_queue quick, slow; /* what takes milliseconds; evidence */
	bool sees_all; /* in the first pid namespace: numbers of events are ours, too */
	pthread_mutex_t lock; /* of what follows */
	SK_VEC(char *) lines;
	SK_VEC(struct sk_cgroup) frozen; /* what stands still as far as is known */
	struct sk_responses_counts counts;
};

/* What became of one action. */
struct sk_response_result {
	enum sk_response_action action;
	enum sk_response_outcome outcome;
	const char *way;    /* "pidfd", "docker", "freezer.state" ...; NULL */
	const char *reason; /* or NULL */
	const char *folder; /* of evidence */
	int processes;	    /* that were killed; 0: not counted */
};
void sk_response_audit(struct sk_responses *responses, const struct sk_response *response,
		       const struct sk_response_result *result);
/* The same for every action that is left, and nothing is left. */
void sk_response_audit_all(struct sk_responses *responses, struct sk_response *response,
			   enum sk_response_outcome outcome, const char *reason);

/* responses-frozen.c: it was found frozen, or is now. A copy is kept. */
void sk_response_note_frozen(void *responses, const struct sk_cgroup *cgroup);
void sk_response_forget_frozen(struct sk_responses *responses);

/* responses-act.c: what threads do. Each owns the response. */
void sk_response_run_quick(struct sk_responses *responses, struct sk_response *response);
void sk_response_run_slow(struct sk_responses *responses, struct sk_response *response);
/* Kills at once, if that is among what is left. */
void sk_response_kill(struct sk_responses *responses, struct sk_response *response);
/*
 * Not all of it can be done. A process that was to be killed is: better without
 * evidence, and without its children, than not at all, or left stopped for ever.
 */
void sk_response_give_up(struct sk_responses *responses, struct sk_response *response, const char *reason);

static inline bool sk_response_has(const struct sk_response *r, enum sk_response_action action)
{
	return r->todo & 1u << action;
}
