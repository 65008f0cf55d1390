/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where runtimes and engines keep what they know of a container. */
#include "base/arena.h"
#include "guard/container.h"
#include "guard/process.h"

/*
 * Reads what there is about the container of that id into it; strings live in
 * the arena. *bundle is the folder of its config.json; NULL: not known yet, and
 * then it is found among the usual places or by the process, one of the
 * container's or of its runtime's: the shim or monitor above it leads there.
 */
void sk_container_look(struct sk_container *container, const struct sk_process *process, char **bundle,
		       struct sk_arena *arena);

/*
 * The bundle of a container by the state that its runtime keeps below `root`
 * (/run/runc, /run/crun); NULL: there is none, or it does not run. Owned.
 */
char *sk_container_state(struct sk_span root, struct sk_span id);
