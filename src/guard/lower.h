/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The lower layers of a process's root, where that is an overlay: an image as
 * the engine has it on disk.
 */
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

struct sk_lower {
	uint32_t device; /* as the kernel has it: major << 20 | minor */
	SK_VEC(char *) folders; /* the uppermost first */
};

/* False: its root is no overlay, or one whose layers nobody can name. */
bool sk_lower_of(int32_t pid, struct sk_lower *ret);
/*
 * The same for a container whose processes may have ended: as the engine wrote it
 * down beside the container's own layer (Docker, containers/storage), or as it is
 * mounted still. The device may be 0.
 */
struct sk_container;
bool sk_lower_of_container(const struct sk_container *container, int32_t pid, struct sk_lower *ret);
void sk_lower_release(struct sk_lower *lower);
/*
 * The regular file that the lower layers have at that path of the overlay, open for reading; -1: none. Whiteouts and
 * opaque folders are understood, links not followed.
 */
int sk_lower_open(const struct sk_lower *lower, const char *path);
