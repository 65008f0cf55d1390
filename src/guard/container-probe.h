/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Health checks of engines and probes of Kubernetes: what they run in a container, and which programs are theirs. */
#include "base/arena.h"
#include "doc/doc.h"
#include "guard/container.h"
#include "guard/process.h"

/* Docker's "Healthcheck": ["CMD", "a", "b"], ["CMD-SHELL", "a b"], which the shell runs, or ["NONE"]. */
void sk_container_take_healthcheck(struct sk_container *container, const struct sk_node *test, struct sk_arena *arena);

/* The pod as it was given to kubectl ("kubectl.kubernetes.io/last-applied-configuration"): probes of this container. */
void sk_container_take_probes(struct sk_container *container, struct sk_span pod, struct sk_arena *arena);

/* Whether a process or one above it was put into its container from outside, with just that command. */
bool sk_container_probe_runs(const struct sk_process *process, struct sk_span command);
