/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Evidence of incidents, one folder each below the state folder:
 *
 *	evidence/20261126T204501.123456Z-drop-and-execute-4711/
 *		alert.json	the alert
 *		incident.json	rule, process and its ancestors as the event had them, container
 *		processes.jsonl	the processes above and below it and in its container, as they are now
 *		files.json	what it has open, sockets with both ends
 *		maps, cgroup, mountinfo, status	of /proc, as they are
 *		binary, binary.json	a copy of the program, and its digest
 *
 * All that is read belongs to whoever is suspected: it may be large, misnamed,
 * or made to block who reads it. So children do the reading, with a time limit,
 * and no name in the folder comes from outside but the rule's, cleaned.
 *
 * A quota holds for all folders. When it is used up, the oldest incident of the
 * container that has most goes: one container cannot displace what is known of others.
 */
#include "base/buf.h"
#include "base/err.h"
#include "image/digest.h"

struct sk_evidence;

/* `state`: the folder; quota in bytes. What was kept before counts, too. */
int sk_evidence_open(const char *state, uint64_t quota, struct sk_evidence **ret_evidence, struct sk_err *err);
void sk_evidence_close(struct sk_evidence *evidence);

struct sk_incident {
	struct sk_span rule;
	int64_t time;		  /* nanoseconds since 1970 */
	int32_t pid;
	int pidfd;		  /* of the process; -1: it has ended */
	struct sk_span container; /* id; empty: the host */
	struct sk_span alert;	  /* JSON */
	struct sk_span facts;	  /* JSON: incident.json */
	uint64_t file_size;	  /* of a program that is copied */
	int64_t timeout;	  /* seconds */
};

/*
 * Takes it, and says in which folder; SK_ETIMEOUT: it took too long, and what
 * there is has been kept. From one thread at a time.
 */
int sk_evidence_take(struct sk_evidence *evidence, const struct sk_incident *incident, struct sk_buf *ret_folder,
		     struct sk_err *err);

/* Bytes and number of what is kept; from any thread. */
void sk_evidence_usage(struct sk_evidence *evidence, uint64_t *ret_bytes, size_t *ret_count);

/* Files with text that one incident has at most, each with SK_MAX_EVIDENCE_TEXT bytes. */
enum { SK_EVIDENCE_TEXTS = 9 };

/* What children do: the program into the folder, and all else of the process. False: something is missing. */
bool sk_evidence_collect_binary(int folder, const struct sk_incident *incident, struct sk_hasher *hasher);
bool sk_evidence_collect(int folder, const struct sk_incident *incident);
/* A new file of the folder; -1 with errno. */
int sk_evidence_create(int folder, const char *name);
/* What the process of that folder of /proc has open: files.json. evidence-files.c */
void sk_evidence_files(int proc, struct sk_buf *out);
