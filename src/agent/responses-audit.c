/* SPDX-License-Identifier: Apache-2.0 */
/* A response: made of an alert, and what is said of it. */
#include "agent/responses-internal.h"

#include "base/limits.h"
#include "doc/json-write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Ancestors that incident.json names. */
enum { CHAIN = 32 };

static void put_span(struct sk_json_writer *w, const char *key, struct sk_span value)
{
	if (!value.len)
		return;
	sk_json_key(w, key);
	sk_json_span(w, value);
}

static void put_time(struct sk_json_writer *w, const char *key, int64_t nanoseconds)
{
	time_t seconds = (time_t)(nanoseconds / 1000000000);
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	sk_json_key(w, key);
	sk_json_printf(w, "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRId64 "Z", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		       tm.tm_hour, tm.tm_min, tm.tm_sec, nanoseconds % 1000000000);
}

static void put_strings(struct sk_json_writer *w, const char *key, struct sk_span all)
{
	struct sk_span one;

	sk_json_key(w, key);
	sk_json_array(w);
	for (; all.len; all = sk_span_from(all, one.len + 1)) {
		one = sk_span(all.ptr, strnlen(all.ptr, all.len));
		sk_json_span(w, one);
	}
	sk_json_end(w);
}

static void put_process(struct sk_json_writer *w, const struct sk_process *p)
{
	sk_json_object(w);
	sk_json_put_int(w, "pid", p->pid);
	sk_json_put_int(w, "pidInContainer", p->vpid);
	put_span(w, "name", p->name);
	put_span(w, "exe", p->exe);
	put_span(w, "path", p->exepath);
	put_strings(w, "args", p->args);
	put_span(w, "cwd", p->cwd);
	sk_json_put_int(w, "uid", p->uid);
	sk_json_put_int(w, "gid", p->gid);
	put_time(w, "start", p->start);
	sk_json_end(w);
}

/* What the agent itself knew when it happened: the process may be gone when somebody looks. */
static void put_facts(struct sk_buf *out, const struct sk_alert *a, const char *host)
{
	const struct sk_process *p = a->event->process;
	const struct sk_container *c = p->container;
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_object(&w);
	put_time(&w, "time", a->event->time);
	sk_json_put_opt(&w, "host", host);
	put_span(&w, "rule", a->rule->name);
	sk_json_put_str(&w, "event", sk_event_descs[a->event->type].name);
	sk_json_key(&w, "processes");
	sk_json_array(&w);
	for (unsigned i = 0; i < CHAIN && sk_process_ancestor(p, i); i++)
		put_process(&w, sk_process_ancestor(p, i));
	sk_json_end(&w);
	sk_json_key(&w, "container");
	sk_json_object(&w);
	if (c) {
		put_span(&w, "id", c->id);
		put_span(&w, "engine", c->engine);
		put_span(&w, "name", c->name);
		put_span(&w, "image", c->image);
		put_span(&w, "imageDigest", c->image_digest);
		put_span(&w, "pod", c->pod_name);
		put_span(&w, "namespace", c->namespace);
		put_span(&w, "upper", c->upper);
	}
	sk_json_end(&w);
	sk_json_end(&w);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static char *copy(struct sk_span s)
{
	return sk_strndup(s.ptr, s.len);
}

struct sk_response *sk_response_new(const struct sk_response_entry *entry, const struct sk_alert *alert, const char *host)
{
	const struct sk_process *p = alert->event->process;
	struct sk_response *r = sk_alloc(sizeof(*r));

	r->entry = entry;
	r->todo = entry->actions;
	r->begun = now();
	r->time = alert->event->time;
	r->rule = copy(alert->rule->name);
	r->path = copy(p->exepath);
	r->start = p->start;
	r->target = (struct sk_suspect){ .pid = p->pid, .boot_start = p->boot_start, .pidfd = -1 };
	if (p->container) {
		r->contained = true;
		r->id = copy(p->container->id);
		r->name = copy(p->container->name);
		r->image = copy(p->container->image);
		r->engine = copy(p->container->engine);
		r->cgroup = copy(p->container->cgroup);
	}
	if (!sk_response_has(r, SK_RESPONSE_EVIDENCE))
		return r;
	sk_alert_write(&r->alert, alert, SK_ALERT_JSON, host);
	put_facts(&r->facts, alert, host);
	return r;
}

void sk_response_free(struct sk_response *r)
{
	if (!r)
		return;
	sk_suspect_close(&r->target);
	free(r->rule);
	free(r->path);
	free(r->id);
	free(r->name);
	free(r->image);
	free(r->engine);
	free(r->cgroup);
	sk_buf_release(&r->cgroups);
	sk_buf_release(&r->alert);
	sk_buf_release(&r->facts);
	free(r);
}

static void write_line(struct sk_buf *out, const struct sk_responses *rs, const struct sk_response *r,
		       const struct sk_response_result *result)
{
	struct sk_json_writer w = { .buf = out };
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	sk_json_object(&w);
	put_time(&w, "time", wall.tv_sec * INT64_C(1000000000) + wall.tv_nsec);
	sk_json_put_opt(&w, "host", rs->options.host);
	sk_json_put_str(&w, "type", "response");
	sk_json_put_str(&w, "rule", r->rule);
	sk_json_put_str(&w, "action", sk_response_action_name(result->action));
	sk_json_put_str(&w, "outcome", sk_response_outcome_name(result->outcome));
	sk_json_put_opt(&w, "way", result->way);
	sk_json_put_opt(&w, "reason", result->reason);
	sk_json_key(&w, "process");
	sk_json_object(&w);
	sk_json_put_int(&w, "pid", r->target.pid);
	sk_json_put_opt(&w, "path", r->path);
	put_time(&w, "start", r->start);
	sk_json_end(&w);
	sk_json_key(&w, "container");
	if (!r->contained)
		sk_json_null(&w);
	else
		sk_json_object(&w);
	if (r->contained) {
		sk_json_put_str(&w, "id", r->id);
		sk_json_put_opt(&w, "name", r->name);
		sk_json_put_opt(&w, "image", r->image);
		sk_json_end(&w);
	}
	sk_json_put_opt(&w, "evidence", result->folder);
	if (result->processes)
		sk_json_put_int(&w, "processes", result->processes);
	put_time(&w, "eventTime", r->time);
	sk_json_put_int(&w, "microseconds", (now() - r->begun) / 1000);
	sk_json_end(&w);
}

void sk_response_audit(struct sk_responses *rs, const struct sk_response *r, const struct sk_response_result *result)
{
	struct sk_buf line = { 0 };

	write_line(&line, rs, r, result);
	pthread_mutex_lock(&rs->lock);
	rs->counts.actions[result->action][result->outcome]++;
	if (rs->lines.len < SK_MAX_RESPONSE_LINES)
		*sk_vec_push(&rs->lines) = sk_buf_steal(&line);
	else
		rs->counts.lost_lines++;
	pthread_mutex_unlock(&rs->lock);
	sk_buf_release(&line);
}

void sk_response_audit_all(struct sk_responses *rs, struct sk_response *r, enum sk_response_outcome outcome,
			   const char *reason)
{
	for (int i = 0; i < SK_RESPONSE_ACTIONS; i++)
		if (sk_response_has(r, (enum sk_response_action)i))
			sk_response_audit(rs, r, &(struct sk_response_result){ .action = (enum sk_response_action)i,
									       .outcome = outcome, .reason = reason });
	r->todo = 0;
}
