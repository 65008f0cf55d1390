/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the agent does about an alert: kill the process, pause or stop its
 * container, keep evidence. The section `responses` of guard.yaml has a list of
 * entries; the first that an alert matches answers it.
 *
 * A process is killed at once, by the thread that had the alert. All else (the
 * engine's API, the freezer, evidence) runs in threads with bounded queues. Each
 * action of each response has an audit line, also when it was not done.
 *
 * What is never touched: the agent, process 1, kernel threads, engines and their
 * shims; processes of the host unless the entry says `host`; a process other
 * than the alert's that has got the same number.
 */
#include "agent/rate.h"
#include "agent/settings.h"
#include "guard/alert.h"

/* In the order in which they are done. */
enum sk_response_action {
	SK_RESPONSE_PAUSE,
	SK_RESPONSE_EVIDENCE,
	SK_RESPONSE_KILL,
	SK_RESPONSE_KILL_TREE,
	SK_RESPONSE_STOP,
	SK_RESPONSE_NONE, /* the entry answers, by doing nothing: an exception */
	SK_RESPONSE_ACTIONS,
};
const char *sk_response_action_name(enum sk_response_action action); /* "kill-tree" */

enum sk_response_outcome {
	SK_OUTCOME_DONE,
	SK_OUTCOME_DRY_RUN, /* would have been done */
	SK_OUTCOME_LIMITED, /* too many in too short a time */
	SK_OUTCOME_REFUSED, /* something that is never touched */
	SK_OUTCOME_GONE,    /* the process had ended */
	SK_OUTCOME_FAILED,
	SK_OUTCOMES,
};
const char *sk_response_outcome_name(enum sk_response_outcome outcome); /* "dry-run" */

/* What an alert is chosen by. All that is given must match; of each list, one. */
struct sk_response_selector {
	struct sk_option_list rules, tags, images, labels; /* patterns of fnmatch(3); labels: "name" or "name=value" */
	int priority;					   /* this or a more urgent one; -1: any */
};

struct sk_response_entry {
	struct sk_response_selector select, except;
	bool has_except;
	uint32_t actions; /* bits of enum sk_response_action */
	const char *limit_text;
	struct sk_rate limit;
	bool dry_run;
	bool host; /* the host's own processes, too */
};

struct sk_evidence_config {
	uint64_t quota;	    /* bytes of all incidents */
	uint64_t file_size; /* of a program that is copied */
	int64_t timeout;    /* seconds for one incident */
	bool hold;	    /* the process is stopped before, when it is to be killed behind */
};

struct sk_responses_config {
	bool dry_run;
	const char *limit_text;
	struct sk_rate limit; /* of all entries together */
	struct sk_evidence_config evidence;
	const char *docker, *podman; /* the engines' sockets */
	SK_VEC(struct sk_response_entry) entries;
};

/* NULL section: no responses. */
int sk_responses_config(struct sk_settings *settings, const struct sk_node *section, struct sk_responses_config *ret,
			struct sk_err *err);
extern const struct sk_settings_part sk_responses_parts[];

void sk_responses_config_release(struct sk_responses_config *config);

/* The pattern number i, from 0, of an entry's rules that no rule's name matches: a slip, likely. NULL behind the last. */
const char *sk_responses_unmatched(const struct sk_responses_config *config, const struct sk_rules *rules, size_t i);

/* One line of JSON without its newline; from sk_responses_turn, so in the thread that calls it. */
typedef void sk_responses_audit_fn(void *context, struct sk_span line);

struct sk_responses_options {
	struct sk_responses_config *config; /* its limits count here */
	const char *state;		    /* folder; evidence is kept below it */
	const char *host;		    /* name of this machine */
	sk_responses_audit_fn *audit;
	void *context;
	int64_t (*clock)(void); /* nanoseconds; NULL: the monotonic clock. For tests of limits */
};

struct sk_responses;

int sk_responses_open(const struct sk_responses_options *options, struct sk_responses **ret_responses,
		      struct sk_err *err);
/* Ends the threads; what still waits is not done, and said. */
void sk_responses_close(struct sk_responses *responses);

/* Answers an alert; never waits. */
void sk_responses_alert(struct sk_responses *responses, const struct sk_alert *alert);

/* Hands out the audit lines of what was done meanwhile; to be called often. */
void sk_responses_turn(struct sk_responses *responses);

/*
 * Whether a container stands still, as far as a response made it so or it did when
 * the agent began. Reads a file of the kernel's for those alone.
 */
bool sk_responses_paused(struct sk_responses *responses, const struct sk_container *container);

struct sk_responses_counts {
	uint64_t actions[SK_RESPONSE_ACTIONS][SK_OUTCOMES];
	uint64_t lost_lines; /* audit lines that nobody took in time */
	size_t waiting;
	uint64_t evidence_bytes;
	size_t incidents;
};
struct sk_responses_counts sk_responses_counts(struct sk_responses *responses);
