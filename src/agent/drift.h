/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What must not run or change in containers: the policy over the gate
 * (guard/gate.h). Each container gets a mode (off, alert, block) by its image
 * and labels, and the paths in it that are protected. What its image has is
 * read from the image's manifest (analyze/manifest.h); one that is missing is
 * made of the engine's store, in a thread.
 */
#include "agent/settings.h"
#include "guard/gate.h"
#include "guard/container-table.h"

struct sk_drift_entry {
	struct sk_option_list images, labels; /* patterns; select.h */
	int mode;			      /* enum sk_gate_mode */
};

struct sk_drift_config {
	int mode;		/* of containers that no entry is about */
	const char *manifests;	/* folder; NULL: below the agent's state */
	bool make;		/* manifests that are missing */
	int64_t hold;		/* seconds that programs wait until their container and its manifest are known */
	bool canary;		/* try the protections at start */
	uint32_t hooks;		/* that may be used: bit i for enum sk_gate_hook 1 << i; 0: all */
	bool keep;		/* the kernel's part outlives the agent */
	SK_VEC(struct sk_drift_entry) entries; /* the first that a container matches */
};

struct sk_protect_entry {
	struct sk_option_list images, labels, paths;
};

struct sk_protect_config {
	struct sk_option_list addresses; /* that containers may not connect to: "169.254.169.254", "10.0.0.1:22" */
	SK_VEC(struct sk_protect_entry) entries; /* all that a container matches */
};

/* The sections `drift` and `protect` of guard.yaml. */
int sk_drift_config(struct sk_settings *settings, const struct sk_node *section, struct sk_drift_config *ret,
		    struct sk_err *err);
int sk_protect_config(struct sk_settings *settings, const struct sk_node *section, struct sk_protect_config *ret,
		      struct sk_err *err);
void sk_drift_config_release(struct sk_drift_config *drift, struct sk_protect_config *protect);
extern const struct sk_settings_part sk_drift_parts[], sk_protect_parts[];

struct sk_drift;

typedef void sk_drift_say_fn(void *context, bool trouble, const char *text);

struct sk_drift_options {
	const struct sk_drift_config *drift;
	const struct sk_protect_config *protect;
	const char *state;   /* manifests are kept below it, unless the configuration says where */
	const char *runtime; /* whose agent this is: what is pinned is found again by it */
	sk_drift_say_fn *say;
	void *context;
};

/* Whether any container is to be watched. */
bool sk_drift_is_needed(const struct sk_drift_config *drift, const struct sk_protect_config *protect);
/* Whether programs are held, so that each new container is marked; whether paths in it are protected. */
bool sk_drift_marks(const struct sk_drift_config *drift);
bool sk_drift_mounts(const struct sk_protect_config *protect);
/* NULL where nothing is to be watched. */
int sk_drift_open(const struct sk_drift_options *options, struct sk_drift **ret_drift, struct sk_err *err);
/*
 * Where nothing is to be watched: what would be stopped here, by trying it, and nothing is left attached. The rows
 * that were found, at most `room`.
 */
size_t sk_drift_try(const struct sk_drift_options *options, struct sk_gate_protection *ret_rows, size_t room);
void sk_drift_close(struct sk_drift *drift); /* NULL is nothing, here and below */

/* The containers of a sensor from now on. */
void sk_drift_containers(struct sk_drift *drift, struct sk_container_table *table);
/* Of each event: a container's first program tells where its root is. */
void sk_drift_event(struct sk_drift *drift, const struct sk_event *event);
/* Hands out an event for each verdict. */
int sk_drift_poll(struct sk_drift *drift, struct sk_process_table *processes, sk_gate_fn *fn, void *context,
		  struct sk_err *err);

/* "off", "alert", "block": what a container has. */
const char *sk_drift_mode(const struct sk_drift *drift, const struct sk_container *container);
/* The gate, for what it has tried and lost; NULL: none. */
struct sk_gate *sk_drift_gate(struct sk_drift *drift);
