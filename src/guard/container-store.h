/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What engines keep of a container in databases and content stores of theirs. */
#include "base/arena.h"
#include "guard/container.h"

/* containerd's: its folder, the namespace of the container. */
void sk_container_read_containerd(struct sk_container *container, struct sk_span root, struct sk_span space,
				  struct sk_arena *arena);
/* podman's, below the folder of its storage; false: there is none, or it does not know the container. */
bool sk_container_read_podman(struct sk_container *container, struct sk_span storage, struct sk_arena *arena);
