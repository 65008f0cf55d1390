/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where runtimes and engines keep what they know of a container. */
#include "base/arena.h"
#include "guard/container.h"
#include "guard/process.h"

/*
 * Reads what there is about the container of that id into it; strings live in
 * the arena. The process, one of the container's, leads to places that are not
 * the usual ones: the runtime's shim stands above it, in the bundle. True when
 * nothing is missing any more.
 */
bool sk_container_look(struct sk_container *container, const struct sk_process *process, struct sk_arena *arena);
