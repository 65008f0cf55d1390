/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What images have, for the gate: manifests that are opened when they are
 * asked for, and made by a thread of its own where there are none.
 */
#include "guard/container.h"
#include "guard/gate.h"

struct sk_drift_truth;

struct sk_drift_truth *sk_drift_truth_new(const char *folder);
void sk_drift_truth_free(struct sk_drift_truth *truth);
struct sk_gate_truth sk_drift_truth(struct sk_drift_truth *truth);
/* The image of a container will be asked about; a process of it leads to its layers. Never waits. */
void sk_drift_truth_want(struct sk_drift_truth *truth, const struct sk_container *container, int32_t pid);
/* Manifests that were found or made so far: grows. */
unsigned sk_drift_truth_count(struct sk_drift_truth *truth);
