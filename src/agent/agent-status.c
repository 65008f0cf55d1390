/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's state as one document, for `sekisho guard status` and for checks. */
#include "agent/agent-internal.h"

#include "base/fd.h"
#include "base/mem.h"
#include "doc/json-write.h"
#include "guard/container-table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct count {
	const char *name;
	struct sk_span text;
	uint64_t count, rate;
};

static int by_count(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

static void put_span(struct sk_json_writer *w, const char *key, struct sk_span value)
{
	sk_json_key(w, key);
	sk_json_span(w, value);
}

static void put_uint(struct sk_json_writer *w, const char *key, uint64_t value)
{
	sk_json_key(w, key);
	sk_json_uint(w, value);
}

static uint64_t put_losses(struct sk_json_writer *w, struct sk_agent *a)
{
	struct sk_sensor_loss losses[SK_SENSOR_LOSSES];
	uint64_t sum = 0;

	sk_sensor_losses(a->sensor, losses);
	sk_json_key(w, "losses");
	sk_json_array(w);
	for (size_t i = 0; i < SK_SENSOR_LOSSES; i++) {
		sum += losses[i].count;
		if (!losses[i].count)
			continue;
		sk_json_object(w);
		sk_json_put_str(w, "reason", losses[i].reason);
		put_uint(w, "count", losses[i].count);
		sk_json_end(w);
	}
	sk_json_end(w);
	return sum;
}

static void put_events(struct sk_json_writer *w, struct sk_agent *a)
{
	struct count types[SK_EVENT_COUNT];
	uint64_t rate = 0;
	size_t n = 0;

	for (int i = 0; i < SK_EVENT_COUNT; i++) {
		rate += a->rate[i];
		if (a->metrics.events[i])
			types[n++] = (struct count){ .name = sk_event_descs[i].name, .count = a->metrics.events[i],
						     .rate = a->rate[i] };
	}
	qsort(types, n, sizeof(*types), by_count);
	sk_json_key(w, "events");
	sk_json_object(w);
	put_uint(w, "total", a->counts.events);
	put_uint(w, "perSecond", rate);
	sk_json_put_str(w, "hooks", sk_sensor_hooks(a->sensor));
	sk_json_key(w, "types");
	sk_json_array(w);
	for (size_t i = 0; i < n; i++) {
		sk_json_object(w);
		sk_json_put_str(w, "type", types[i].name);
		put_uint(w, "count", types[i].count);
		put_uint(w, "perSecond", types[i].rate);
		sk_json_end(w);
	}
	sk_json_end(w);
	put_uint(w, "lost", put_losses(w, a));
	sk_json_end(w);
}

static void put_rules(struct sk_json_writer *w, struct sk_agent *a)
{
	const struct sk_rules *rules = &a->judge->rules;
	sk_autofree struct count *hits = sk_alloc((rules->rules.len + 1) * sizeof(*hits));
	size_t n = 0, loaded = 0;

	for (size_t i = 0; i < rules->rules.len; i++) {
		const struct sk_detection *rule = rules->rules.data[i];
		uint64_t count = sk_metrics_hits(&a->metrics, rule->name);

		loaded += rule->enabled && !rule->left_out;
		if (count)
			hits[n++] = (struct count){ .text = rule->name, .count = count };
	}
	qsort(hits, n, sizeof(*hits), by_count);
	sk_json_key(w, "rules");
	sk_json_object(w);
	put_uint(w, "loaded", loaded);
	put_uint(w, "errors", rules->errors);
	sk_json_key(w, "hits");
	sk_json_array(w);
	for (size_t i = 0; i < n; i++) {
		sk_json_object(w);
		put_span(w, "rule", hits[i].text);
		put_uint(w, "count", hits[i].count);
		sk_json_end(w);
	}
	sk_json_end(w);
	sk_json_end(w);
}

struct containers {
	struct sk_json_writer *w;
	struct sk_agent *agent;
};

static void put_container(void *context, const struct sk_container *c)
{
	struct containers *all = context;
	struct sk_json_writer *w = all->w;

	sk_json_object(w);
	put_span(w, "id", sk_span_sub(c->id, 0, 12));
	put_span(w, "name", c->name);
	put_span(w, "image", c->image);
	put_span(w, "imageId", c->image_id);
	put_span(w, "engine", c->engine);
	sk_json_put_str(w, "drift", sk_drift_mode(all->agent->drift, c));
	if (c->pod_name.len) {
		put_span(w, "pod", c->pod_name);
		put_span(w, "namespace", c->namespace);
	}
	sk_json_end(w);
}

static void put_containers(struct sk_json_writer *w, struct sk_agent *a)
{
	struct sk_container_table *table = sk_sensor_containers(a->sensor);

	sk_json_key(w, "containers");
	sk_json_array(w);
	if (table)
		sk_container_table_each(table, put_container, &(struct containers){ w, a });
	sk_json_end(w);
}

static void put_outputs(struct sk_json_writer *w, struct sk_agent *a)
{
	struct sk_output_counts c;
	const char *name, *kind;

	sk_json_key(w, "outputs");
	sk_json_array(w);
	for (size_t i = 0; (name = sk_outputs_counts(a->outputs, i, &kind, &c)); i++) {
		uint64_t lost = 0;

		for (int l = 0; l < SK_OUTPUT_LOSSES; l++)
			lost += c.lost[l];
		sk_json_object(w);
		sk_json_put_str(w, "name", name);
		sk_json_put_str(w, "kind", kind);
		put_uint(w, "sent", c.sent);
		put_uint(w, "queued", c.queued);
		put_uint(w, "failed", c.failures);
		put_uint(w, "dropped", lost);
		sk_json_put_bool(w, "trouble", c.trouble);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void put_responses(struct sk_json_writer *w, struct sk_agent *a)
{
	struct sk_responses_counts c = sk_responses_counts(a->responses);

	sk_json_key(w, "responses");
	sk_json_array(w);
	for (int action = 0; action < SK_RESPONSE_ACTIONS; action++) {
		uint64_t sum = 0;

		for (int o = 0; o < SK_OUTCOMES; o++)
			sum += c.actions[action][o];
		if (!sum)
			continue;
		sk_json_object(w);
		sk_json_put_str(w, "action", sk_response_action_name((enum sk_response_action)action));
		for (int o = 0; o < SK_OUTCOMES; o++)
			put_uint(w, sk_response_outcome_name((enum sk_response_outcome)o), c.actions[action][o]);
		sk_json_end(w);
	}
	sk_json_end(w);
}

static void put_state(struct sk_json_writer *w, const char *name, const char *state)
{
	sk_json_object(w);
	sk_json_put_str(w, "name", name);
	sk_json_put_str(w, "state", state);
	sk_json_end(w);
}

static void put_hardening(struct sk_json_writer *w, struct sk_agent *a)
{
	const struct sk_hardening *h = &a->service.hardening;
	sk_cleanup(sk_buf_release) struct sk_buf rights = { 0 };
	char number[32];

	sk_hardening_rights(h, &rights);
	sk_json_key(w, "hardening");
	sk_json_array(w);
	put_state(w, "rights", sk_buf_str(&rights));
	put_state(w, "new privileges", h->no_new_privileges ? "none" : "possible");
	snprintf(number, sizeof(number), "%u denied", h->denied);
	put_state(w, "system calls", h->denied ? number : "no filter");
	put_state(w, "memory", h->undumpable ? "closed" : "open to its user");
	snprintf(number, sizeof(number), "%+d", h->oom);
	put_state(w, "out of memory", number);
	sk_json_end(w);
}

static void put_protections(struct sk_json_writer *w, struct sk_agent *a)
{
	sk_json_key(w, "protections");
	sk_json_array(w);
	for (size_t i = 0; i < a->protection_count; i++) {
		const struct sk_gate_protection *row = &a->protections[i];

		sk_json_object(w);
		sk_json_put_str(w, "name", row->name);
		sk_json_put_str(w, "state", sk_gate_state_name(row->state));
		sk_json_put_str(w, "by", row->hook);
		sk_json_end(w);
	}
	sk_json_end(w);
}

/* MiB of memory that is the agent's now. */
static uint64_t resident(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	unsigned long long size, pages = 0;

	if (sk_path_slurp("/proc/self/statm", 4096, &text, NULL) < 0 ||
	    sscanf(sk_buf_str(&text), "%llu %llu", &size, &pages) != 2)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE) >> 20;
}

void sk_agent_status(struct sk_agent *a, struct sk_buf *out)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	sk_json_object(&w);
	sk_json_put_int(&w, "schemaVersion", 1);
	sk_json_put_str(&w, "version", SK_VERSION);
	sk_json_put_str(&w, "host", a->host);
	sk_json_put_int(&w, "pid", getpid());
	sk_json_put_int(&w, "uptimeSeconds", (sk_agent_now() - a->started) / 1000);
	put_uint(&w, "memoryMiB", resident());
	put_uint(&w, "alerts", a->counts.alerts);
	sk_json_put_bool(&w, "guarding", a->drift != NULL);
	put_protections(&w, a);
	put_events(&w, a);
	put_rules(&w, a);
	put_containers(&w, a);
	put_outputs(&w, a);
	put_responses(&w, a);
	put_hardening(&w, a);
	sk_json_end(&w);
}
