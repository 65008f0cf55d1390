/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Drift: which containers may run what, and the gate (guard/gate.h) told of it.
 * The image's manifest (analyze/manifest.h) is the truth; where there is none
 * yet, one is made of the layers' folders by a thread of its own, and until
 * then all that lies in the container's own layer is drift.
 *
 *	sk_drift_open()     before the sensor; *ret is NULL where nothing asks for it
 *	sk_drift_watch()    with the sensor's containers, as soon as they are there
 *	sk_drift_event()    with each event
 *	sk_drift_poll()     often: hands out events of type `drift`
 */
#include "agent/settings.h"
#include "guard/container-table.h"
#include "guard/gate.h"

/* The first that a container matches says what is done there; else `mode` of the section. */
struct sk_drift_rule {
	struct sk_option_list images, labels; /* patterns of fnmatch(3); labels: "name" or "name=value" */
	int mode;			      /* enum sk_gate_mode */
};

struct sk_drift_config {
	int mode;
	const char *manifests; /* folder */
	const char *pins;
	struct sk_option_list allow; /* files of the host that may run in any container */
	SK_VEC(struct sk_drift_rule) rules;
};

/* The section `drift` of guard.yaml; NULL: nothing is judged. */
int sk_drift_config(struct sk_settings *settings, const struct sk_node *section, struct sk_drift_config *ret,
		    struct sk_err *err);
void sk_drift_config_release(struct sk_drift_config *config);
extern const struct sk_settings_part sk_drift_parts[];

/* Whether any container has another mode than off. */
bool sk_drift_wanted(const struct sk_drift_config *config);

struct sk_drift;

/* Says what cannot be done, without stopping for it. */
typedef void sk_drift_say_fn(void *context, bool trouble, const char *text);

struct sk_drift_options {
	const struct sk_drift_config *config; /* outlives it */
	sk_drift_say_fn *say;
	void *context;
};

int sk_drift_open(const struct sk_drift_options *options, struct sk_drift **ret_drift, struct sk_err *err);
/* The kernel's part stays, where it is pinned. NULL is nothing, here and below. */
void sk_drift_close(struct sk_drift *drift);
void sk_drift_watch(struct sk_drift *drift, struct sk_container_table *containers);
void sk_drift_event(struct sk_drift *drift, const struct sk_event *event);
int sk_drift_poll(struct sk_drift *drift, struct sk_process_table *processes, sk_gate_fn *fn, void *context,
		  struct sk_err *err);

/* What a container's mode is by the configuration. */
enum sk_gate_mode sk_drift_mode(const struct sk_drift_config *config, const struct sk_container *container);
/* NULL: nothing is judged. */
struct sk_gate *sk_drift_gate(const struct sk_drift *drift);
