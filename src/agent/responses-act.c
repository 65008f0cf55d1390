/* SPDX-License-Identifier: Apache-2.0 */
/* What is done: signals, the engine's API, the freezer, evidence. */
#include "agent/responses-internal.h"

#include "agent/engine.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* An engine that does not answer within so many seconds is not waited for: the kernel's own means are at hand. */
enum { ENGINE_SECONDS = 5 };

static enum sk_response_outcome outcome_of(const struct sk_err *err)
{
	return err->code == SK_ENOTFOUND ? SK_OUTCOME_GONE : SK_OUTCOME_FAILED;
}

static void done(struct sk_response *r, enum sk_response_action action)
{
	r->todo &= ~(1u << action);
}

void sk_response_kill(struct sk_responses *rs, struct sk_response *r)
{
	struct sk_response_result result = { .action = SK_RESPONSE_KILL, .way = "pidfd" };
	struct sk_err err = SK_ERR_INIT;

	if (!sk_response_has(r, SK_RESPONSE_KILL))
		return;
	if (sk_suspect_signal(&r->target, SIGKILL, &err) < 0) {
		result.outcome = outcome_of(&err);
		result.reason = err.text;
	}
	sk_response_audit(rs, r, &result);
	done(r, SK_RESPONSE_KILL);
}

void sk_response_give_up(struct sk_responses *rs, struct sk_response *r, const char *reason)
{
	if (sk_response_has(r, SK_RESPONSE_KILL_TREE) && r->target.pidfd >= 0)
		sk_suspect_signal(&r->target, SIGKILL, NULL);
	sk_response_kill(rs, r);
	sk_response_audit_all(rs, r, SK_OUTCOME_FAILED, reason);
	sk_response_free(r);
}

static void kill_tree(struct sk_responses *rs, struct sk_response *r)
{
	struct sk_response_result result = { .action = SK_RESPONSE_KILL_TREE, .way = "pidfd" };
	struct sk_err err = SK_ERR_INIT;
	int n = sk_suspect_kill_tree(&r->target, r->entry->host, &err);

	if (n < 0) {
		result.outcome = outcome_of(&err);
		result.reason = err.text;
	} else {
		result.processes = n;
	}
	sk_response_audit(rs, r, &result);
	done(r, SK_RESPONSE_KILL_TREE);
}

/* Asks the engine that has the container; its name where it did, or NULL with the reason. */
static const char *ask_engine(struct sk_responses *rs, const struct sk_response *r, enum sk_engine_call call,
			      struct sk_err *err)
{
	const struct {
		const char *name, *socket;
	} engines[] = { { "docker", rs->options.config->docker }, { "podman", rs->options.config->podman } };

	sk_err_set(err, SK_ENOTFOUND, "its engine has no such API");
	for (size_t i = 0; i < SK_COUNT(engines); i++) {
		if (r->engine[0] && strcmp(r->engine, engines[i].name) != 0)
			continue;
		if (sk_engine_call(engines[i].socket, call, sk_span_str(r->id), ENGINE_SECONDS, err) == 0)
			return engines[i].name;
		sk_err_wrap(err, "%s", engines[i].name);
	}
	return NULL;
}

static int find_cgroup(struct sk_responses *rs, const struct sk_response *r, struct sk_cgroup *ret, struct sk_err *err)
{
	struct sk_container container = { .id = sk_span_str(r->id), .engine = sk_span_str(r->engine),
					  .cgroup = sk_span_str(r->cgroup) };

	return sk_cgroup_find(&rs->cgroups, &container, sk_buf_view(&r->cgroups), ret, err);
}

/*
 * The engine first, so that it knows; where it cannot, the kernel. The reason
 * then says why, and both reasons where neither could.
 */
static void pause_container(struct sk_responses *rs, struct sk_response *r)
{
	sk_cleanup(sk_cgroup_release) struct sk_cgroup cgroup = { 0 };
	struct sk_response_result result = { .action = SK_RESPONSE_PAUSE };
	struct sk_err err = SK_ERR_INIT, engine = SK_ERR_INIT;
	char reason[sizeof(err.text) * 2 + 8];
	int found = find_cgroup(rs, r, &cgroup, &err);

	if (found < 0 && err.code == SK_EINVAL) {
		result.outcome = SK_OUTCOME_REFUSED;
		result.reason = err.text;
	} else if (!(result.way = ask_engine(rs, r, SK_ENGINE_PAUSE, &engine))) {
		result.reason = engine.text;
		if (found == 0 && sk_cgroup_freeze(&cgroup, true, &err) == 0) {
			result.way = sk_cgroup_freezer(&cgroup);
		} else {
			snprintf(reason, sizeof(reason), "%s; %s", engine.text, err.text);
			result.reason = reason;
			result.outcome = outcome_of(&err);
		}
	}
	if (found == 0 && result.way)
		sk_response_note_frozen(rs, &cgroup);
	sk_response_audit(rs, r, &result);
	done(r, SK_RESPONSE_PAUSE);
}

/* Kills what is in the cgroup and tells the engine, in the order in which nothing of it takes another step. */
static void stop_container(struct sk_responses *rs, struct sk_response *r)
{
	sk_cleanup(sk_cgroup_release) struct sk_cgroup cgroup = { 0 };
	struct sk_response_result result = { .action = SK_RESPONSE_STOP };
	struct sk_err err = SK_ERR_INIT, engine = SK_ERR_INIT;
	char reason[sizeof(err.text) * 2 + 8], way[64];
	int killed, found = find_cgroup(rs, r, &cgroup, &err);

	done(r, SK_RESPONSE_STOP);
	if (found < 0 && err.code == SK_EINVAL) {
		result.outcome = SK_OUTCOME_REFUSED;
		result.reason = err.text;
		sk_response_audit(rs, r, &result);
		return;
	}
	if (!r->frozen && (result.way = ask_engine(rs, r, SK_ENGINE_STOP, &engine))) {
		sk_response_audit(rs, r, &result);
		return;
	}
	killed = found < 0 ? found : sk_cgroup_kill(&cgroup, &err);
	if (killed >= 0) {
		const char *name = r->frozen ? ask_engine(rs, r, SK_ENGINE_STOP, &engine) : NULL;

		snprintf(way, sizeof(way), "%s%s%s", cgroup.unified ? "cgroup.kill" : "signals", name ? ", " : "", name ? name : "");
		result.way = way;
		result.reason = name ? NULL : engine.text;
		result.processes = killed;
	} else {
		snprintf(reason, sizeof(reason), "%s%s%s", engine.text, engine.text[0] ? "; " : "", err.text);
		result.reason = reason;
		result.outcome = outcome_of(&err);
	}
	sk_response_audit(rs, r, &result);
}

static void take_evidence(struct sk_responses *rs, struct sk_response *r)
{
	const struct sk_evidence_config *c = &rs->options.config->evidence;
	struct sk_response_result result = { .action = SK_RESPONSE_EVIDENCE };
	sk_cleanup(sk_buf_release) struct sk_buf folder = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_incident incident = {
		.rule = sk_span_str(r->rule), .time = r->time, .pid = r->target.pid, .pidfd = r->target.pidfd,
		.container = sk_span_str(r->id), .alert = sk_buf_view(&r->alert), .facts = sk_buf_view(&r->facts),
		.file_size = c->file_size, .timeout = c->timeout,
	};

	if (sk_evidence_take(rs->evidence, &incident, &folder, &err) < 0) {
		result.outcome = SK_OUTCOME_FAILED;
		result.reason = err.text;
	} else if (r->target.pidfd < 0) {
		result.reason = "the process had ended: what the event said is kept";
	}
	result.folder = sk_buf_str(&folder);
	sk_response_audit(rs, r, &result);
	done(r, SK_RESPONSE_EVIDENCE);
}

static void finish(struct sk_responses *rs, struct sk_response *r)
{
	sk_response_kill(rs, r);
	if (sk_response_has(r, SK_RESPONSE_KILL_TREE))
		kill_tree(rs, r);
	if (sk_response_has(r, SK_RESPONSE_STOP))
		stop_container(rs, r);
	sk_response_free(r);
}

/* While evidence is taken of a container that is to be stopped, nothing in it runs. */
static void hold_container(struct sk_responses *rs, struct sk_response *r)
{
	sk_cleanup(sk_cgroup_release) struct sk_cgroup cgroup = { 0 };

	if (sk_response_has(r, SK_RESPONSE_STOP) && rs->options.config->evidence.hold &&
	    find_cgroup(rs, r, &cgroup, NULL) == 0)
		r->frozen = sk_cgroup_freeze(&cgroup, true, NULL) == 0;
}

void sk_response_run_quick(struct sk_responses *rs, struct sk_response *r)
{
	if (sk_response_has(r, SK_RESPONSE_PAUSE))
		pause_container(rs, r);
	if (sk_response_has(r, SK_RESPONSE_EVIDENCE)) {
		hold_container(rs, r);
		if (sk_response_queue_put(&rs->slow, r))
			return;
		sk_response_audit(rs, r, &(struct sk_response_result){ .action = SK_RESPONSE_EVIDENCE,
								       .outcome = SK_OUTCOME_FAILED,
								       .reason = "too many wait for it" });
		done(r, SK_RESPONSE_EVIDENCE);
	}
	finish(rs, r);
}

void sk_response_run_slow(struct sk_responses *rs, struct sk_response *r)
{
	take_evidence(rs, r);
	finish(rs, r);
}
