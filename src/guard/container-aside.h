/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Looks at the files of containers that users run themselves. These lie where the
 * user likes, perhaps on a file system of his own (FUSE) that does not answer: a
 * thread looks, and is waited for some milliseconds. While it hangs, nobody is
 * looked at aside; containers are known by their ids then.
 */
#include "base/arena.h"
#include "guard/container.h"

struct sk_container_aside;

struct sk_container_aside *sk_container_aside_new(void);
void sk_container_aside_free(struct sk_container_aside *aside);

/* As sk_container_look without a process. False: it took too long; nothing was changed. */
bool sk_container_aside_look(struct sk_container_aside *aside, struct sk_container *container, char **bundle,
			     struct sk_arena *arena);
