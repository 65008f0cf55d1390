/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What engines that Kubernetes uses keep of a pod's sandbox: its addresses, and the pod's annotations. */
#include "base/arena.h"
#include "doc/doc.h"
#include "guard/container.h"

#define SK_LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* containerd's, which it keeps beside the container of the sandbox ("io.cri-containerd.sandbox.metadata"). */
void sk_container_take_sandbox(struct sk_container *container, const struct sk_node *metadata, struct sk_arena *arena);

/* What the network plugins answered, as CRI-O keeps it (CNI specification, "Success"). */
void sk_container_take_cni(struct sk_container *container, struct sk_span result, struct sk_arena *arena);

/* The annotations of the pod, as an object in a string. */
void sk_container_take_pod_annotations(struct sk_container *container, struct sk_span text, struct sk_arena *arena);
