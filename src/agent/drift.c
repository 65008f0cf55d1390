/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/drift.h"

#include "agent/drift-truth.h"
#include "base/map.h"

#include <stdio.h>

/* A container's cgroup, as the gate was told of it. */
struct known {
	uint64_t cgroup;
	char id[65]; /* of the container; "": it is gone */
	enum sk_gate_mode mode;
	bool image, rooted; /* its image and a process of it were known */
};

struct sk_drift {
	const struct sk_drift_config *config;
	struct sk_drift_options options;
	struct sk_gate *gate;
	struct sk_drift_truth *truth;
	struct sk_container_table *containers; /* the sensor's */
	struct sk_map cgroups; /* by number; values are struct known, which hold their keys */
	unsigned asked;	       /* what the truth knew when the gate was last told */
};

bool sk_drift_wanted(const struct sk_drift_config *config)
{
	bool any = config->mode != SK_GATE_OFF;

	for (size_t i = 0; i < config->rules.len; i++)
		any = any || config->rules.data[i].mode != SK_GATE_OFF;
	return any;
}

int sk_drift_open(const struct sk_drift_options *options, struct sk_drift **ret_drift, struct sk_err *err)
{
	const struct sk_drift_config *config = options->config;
	struct sk_gate_options o = { .born = (enum sk_gate_mode)config->mode, .pins = config->pins };
	struct sk_drift *d;

	if (!sk_drift_wanted(config)) {
		sk_gate_drop(config->pins);
		*ret_drift = NULL;
		return 0;
	}
	d = sk_alloc(sizeof(*d));
	d->config = config;
	d->options = *options;
	d->truth = sk_drift_truth_new(config->manifests);
	o.truth = sk_drift_truth(d->truth);
	if (sk_gate_open(&o, &d->gate, err) < 0) {
		sk_drift_close(d);
		return -err->code;
	}
	for (size_t i = 0; i < config->allow.count; i++)
		sk_gate_allow(d->gate, config->allow.items[i]);
	*ret_drift = d;
	return 0;
}

void sk_drift_close(struct sk_drift *d)
{
	if (!d)
		return;
	sk_gate_close(d->gate, true);
	sk_drift_truth_free(d->truth);
	for (size_t i = 0; i < d->cgroups.entries.len; i++)
		free(d->cgroups.entries.data[i].value);
	sk_map_release(&d->cgroups);
	free(d);
}

struct sk_gate *sk_drift_gate(const struct sk_drift *d)
{
	return d ? d->gate : NULL;
}

static struct known *known_of(struct sk_drift *d, uint64_t cgroup)
{
	struct known *k = sk_map_get(&d->cgroups, sk_span(&cgroup, sizeof(cgroup)));

	if (k)
		return k;
	k = sk_alloc(sizeof(*k));
	k->cgroup = cgroup;
	sk_map_put(&d->cgroups, sk_span(&k->cgroup, sizeof(k->cgroup)), k);
	return k;
}

static void put(struct sk_drift *d, const struct sk_container *c, uint64_t cgroup, int32_t pid)
{
	struct known *k = known_of(d, cgroup);
	struct sk_gate_target target = { .cgroup = cgroup, .pid = pid, .mode = sk_drift_mode(d->config, c) };
	struct sk_err err = SK_ERR_INIT;

	if (k->id[0] && k->mode == target.mode && (k->rooted || !pid) && k->image == (c->image_id.len > 0))
		return;
	if (sk_gate_put(d->gate, c, &target, &err) < 0 && d->options.say)
		d->options.say(d->options.context, true, err.text);
	snprintf(k->id, sizeof(k->id), "%.*s", (int)c->id.len, c->id.ptr);
	k->mode = target.mode;
	k->image = c->image_id.len > 0;
	k->rooted = k->rooted || pid;
	if (pid && k->image && target.mode != SK_GATE_OFF)
		sk_drift_truth_want(d->truth, c, pid);
}

static void on_change(void *context, enum sk_container_change change, const struct sk_container *c, uint64_t cgroup)
{
	struct sk_drift *d = context;

	if (change == SK_CONTAINER_CGROUP && cgroup)
		put(d, c, cgroup, 0);
	for (size_t i = 0; change == SK_CONTAINER_GONE && i < d->cgroups.entries.len; i++) {
		struct known *k = d->cgroups.entries.data[i].value;

		if (!sk_span_is(c->id, k->id))
			continue;
		sk_gate_remove(d->gate, k->cgroup);
		*k = (struct known){ .cgroup = k->cgroup };
	}
}

void sk_drift_watch(struct sk_drift *d, struct sk_container_table *containers)
{
	if (!d)
		return;
	d->containers = containers;
	sk_container_table_observe(containers, on_change, d);
}

void sk_drift_event(struct sk_drift *d, const struct sk_event *e)
{
	const struct sk_process *p = e->process;

	/* A program of the container, once its root is there: the runtime's own run before. */
	if (!d || !p->container || !p->cgroup || (e->type != SK_EVENT_EXECVE && e->type != SK_EVENT_EXECVEAT))
		return;
	put(d, p->container, p->cgroup, p->pid);
}

int sk_drift_poll(struct sk_drift *d, struct sk_process_table *processes, sk_gate_fn *fn, void *context,
		  struct sk_err *err)
{
	unsigned knows;

	if (!d)
		return 0;
	knows = sk_drift_truth_count(d->truth);
	if (knows != d->asked)
		sk_gate_know(d->gate);
	d->asked = knows;
	return sk_gate_poll(d->gate, processes, d->containers, fn, context, err);
}
