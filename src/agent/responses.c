/* SPDX-License-Identifier: Apache-2.0 */
/* From the alert to what is done at once, and to the threads. */
#include "agent/responses-internal.h"

#include <signal.h>
#include <sys/stat.h>
#include <time.h>

/* The inode of the first pid namespace (include/linux/proc_ns.h, PROC_PID_INIT_INO): events number processes in it. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCu

static int64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static bool wants(const struct sk_responses_config *c, enum sk_response_action action)
{
	for (size_t i = 0; i < c->entries.len; i++)
		if (c->entries.data[i].actions & 1u << action)
			return true;
	return false;
}

static int open_parts(struct sk_responses *rs, struct sk_err *err)
{
	const struct sk_responses_config *c = rs->options.config;
	struct stat st;

	rs->sees_all = stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == FIRST_PID_NAMESPACE;
	if (sk_cgroups_open(&rs->cgroups, err) < 0)
		return -err->code;
	if (wants(c, SK_RESPONSE_EVIDENCE) &&
	    sk_evidence_open(rs->options.state, c->evidence.quota, &rs->evidence, err) < 0)
		return sk_err_wrap(err, "evidence");
	sk_cgroups_each_frozen(&rs->cgroups, sk_response_note_frozen, rs);
	rs->quick = (struct sk_response_queue){ .responses = rs, .run = sk_response_run_quick };
	rs->slow = (struct sk_response_queue){ .responses = rs, .run = sk_response_run_slow };
	if (sk_response_queue_start(&rs->quick, "responses", err) < 0)
		return -err->code;
	return rs->evidence ? sk_response_queue_start(&rs->slow, "evidence", err) : 0;
}

int sk_responses_open(const struct sk_responses_options *options, struct sk_responses **ret_responses, struct sk_err *err)
{
	struct sk_responses *rs = sk_alloc(sizeof(*rs));

	rs->options = *options;
	if (!rs->options.clock)
		rs->options.clock = monotonic;
	pthread_mutex_init(&rs->lock, NULL);
	/* Who has no responses has no threads. */
	if (options->config->entries.len && open_parts(rs, err) < 0) {
		sk_responses_close(rs);
		return -err->code;
	}
	*ret_responses = rs;
	return 0;
}

static void give_up(struct sk_responses *rs, struct sk_response *list)
{
	while (list) {
		struct sk_response *r = list;

		list = r->next;
		sk_response_give_up(rs, r, "the agent ends");
	}
}

void sk_responses_close(struct sk_responses *rs)
{
	if (!rs)
		return;
	give_up(rs, sk_response_queue_end(&rs->quick));
	give_up(rs, sk_response_queue_end(&rs->slow));
	sk_responses_turn(rs);
	sk_evidence_close(rs->evidence);
	sk_response_forget_frozen(rs);
	sk_cgroups_release(&rs->cgroups);
	sk_vec_release(&rs->lines);
	pthread_mutex_destroy(&rs->lock);
	free(rs);
}

void sk_responses_turn(struct sk_responses *rs)
{
	__typeof__(rs->lines) lines;

	pthread_mutex_lock(&rs->lock);
	lines = rs->lines;
	memset(&rs->lines, 0, sizeof(rs->lines));
	pthread_mutex_unlock(&rs->lock);
	for (size_t i = 0; i < lines.len; i++) {
		if (rs->options.audit)
			rs->options.audit(rs->options.context, sk_span_str(lines.data[i]));
		free(lines.data[i]);
	}
	sk_vec_release(&lines);
}

struct sk_responses_counts sk_responses_counts(struct sk_responses *rs)
{
	struct sk_responses_counts counts;

	pthread_mutex_lock(&rs->lock);
	counts = rs->counts;
	pthread_mutex_unlock(&rs->lock);
	if (rs->quick.started) {
		pthread_mutex_lock(&rs->quick.lock);
		counts.waiting += rs->quick.count;
		pthread_mutex_unlock(&rs->quick.lock);
	}
	if (rs->slow.started) {
		pthread_mutex_lock(&rs->slow.lock);
		counts.waiting += rs->slow.count;
		pthread_mutex_unlock(&rs->slow.lock);
	}
	if (rs->evidence)
		sk_evidence_usage(rs->evidence, &counts.evidence_bytes, &counts.incidents);
	return counts;
}

/* ---- what may be done ---- */

enum { ON_PROCESS = 1u << SK_RESPONSE_KILL | 1u << SK_RESPONSE_KILL_TREE,
       ON_CONTAINER = 1u << SK_RESPONSE_PAUSE | 1u << SK_RESPONSE_STOP };

/* Some of what is left is not done. */
static void leave_out(struct sk_responses *rs, struct sk_response *r, uint32_t actions, enum sk_response_outcome outcome,
		      const char *reason)
{
	uint32_t others = r->todo & ~actions;

	r->todo &= actions;
	sk_response_audit_all(rs, r, outcome, reason);
	r->todo = others;
}

static const char *refusal(const struct sk_responses *rs, const struct sk_response *r, bool unknown)
{
	if (unknown)
		return "the entry asks for image or labels, which are not known yet";
	if (!r->contained && !r->entry->host)
		return "it is the host's own, and the entry does not say host";
	if (!rs->sees_all)
		return "the agent is not in the host's pid namespace";
	return NULL;
}

/* Takes hold of the process; one that has ended may still have a container to stop, and evidence to keep. */
static void hold_target(struct sk_responses *rs, struct sk_response *r)
{
	struct sk_err err = SK_ERR_INIT;
	struct sk_suspect target;
	const char *why;

	if (sk_suspect_open(&target, r->target.pid, r->target.boot_start, &err) < 0) {
		leave_out(rs, r, ON_PROCESS, err.code == SK_ENOTFOUND ? SK_OUTCOME_GONE : SK_OUTCOME_REFUSED, err.text);
		return;
	}
	r->target = target;
	sk_suspect_cgroups(target.pid, &r->cgroups);
	why = sk_suspect_protected(&target, !r->contained);
	if (why)
		leave_out(rs, r, UINT32_MAX, SK_OUTCOME_REFUSED, why);
}

static bool within_limits(struct sk_responses *rs, struct sk_response *r)
{
	/* The entry is the configuration's, which is ours. */
	struct sk_rate *own = &rs->options.config->entries.data[r->entry - rs->options.config->entries.data].limit;
	int64_t now = rs->options.clock();

	if (!sk_rate_allows(own, now) || !sk_rate_allows(&rs->options.config->limit, now)) {
		leave_out(rs, r, UINT32_MAX, SK_OUTCOME_LIMITED,
			  sk_rate_allows(own, now) ? rs->options.config->limit_text : r->entry->limit_text);
		return false;
	}
	sk_rate_take(own, now);
	sk_rate_take(&rs->options.config->limit, now);
	return true;
}

static bool may(struct sk_responses *rs, struct sk_response *r, bool unknown)
{
	const char *why = refusal(rs, r, unknown);

	if (why)
		leave_out(rs, r, UINT32_MAX, SK_OUTCOME_REFUSED, why);
	if (!r->contained)
		leave_out(rs, r, ON_CONTAINER, SK_OUTCOME_REFUSED, "it is in no container");
	if (r->todo)
		hold_target(rs, r);
	if (!r->todo || !within_limits(rs, r))
		return false;
	if (rs->options.config->dry_run || r->entry->dry_run)
		leave_out(rs, r, UINT32_MAX, SK_OUTCOME_DRY_RUN, NULL);
	return r->todo;
}

/* What cannot wait, here and now; the rest by a thread. */
static void begin(struct sk_responses *rs, struct sk_response *r)
{
	bool evidence = sk_response_has(r, SK_RESPONSE_EVIDENCE);

	if (!evidence)
		sk_response_kill(rs, r);
	else if (r->todo & ON_PROCESS && rs->options.config->evidence.hold)
		sk_suspect_signal(&r->target, SIGSTOP, NULL);
	if (sk_response_has(r, SK_RESPONSE_KILL_TREE))
		sk_suspect_signal(&r->target, SIGSTOP, NULL);
	if (!r->todo)
		sk_response_free(r);
	else if (!sk_response_queue_put(&rs->quick, r))
		sk_response_give_up(rs, r, "too many wait for it");
}

void sk_responses_alert(struct sk_responses *rs, const struct sk_alert *alert)
{
	bool unknown;
	const struct sk_response_entry *entry = sk_response_select(rs->options.config, alert, &unknown);
	struct sk_response *r;

	if (!entry || entry->actions == 1u << SK_RESPONSE_NONE)
		return;
	r = sk_response_new(entry, alert, rs->options.host);
	if (may(rs, r, unknown))
		begin(rs, r);
	else
		sk_response_free(r);
}
