/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the command line of a runtime (runc, crun and their like), of a monitor
 * (conmon) or of a shim (containerd's) says of the container that it is for. It
 * is the first that is heard of a container, engine or not.
 */
#include "base/arena.h"
#include "guard/process.h"

struct sk_runtime_call {
	const char *runtime;   /* "runc"; "" for monitors and shims */
	const char *engine;    /* "containerd" for its shim; "" for others: podman and CRI-O share their monitor */
	struct sk_span id;
	struct sk_span bundle; /* absolute, or empty */
	struct sk_span root;   /* folder of the runtime's states; empty: the usual one */
	struct sk_span name;   /* that the engine gave; empty: not told */
	bool starts;	       /* makes the container; others join it or watch it */
};

/* False: that process is none, or its words make no sense. Spans point into the process and the arena. */
bool sk_runtime_call(const struct sk_process *process, struct sk_arena *arena, struct sk_runtime_call *ret);

/* A name that no runtime refuses as an id and no path leads anywhere by (runc's and crun's rule). */
bool sk_container_id_valid(struct sk_span id);
