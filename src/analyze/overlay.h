/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which paths of lower layers are still there when all layers are laid over each other. */
#include "analyze/record.h"
#include "base/map.h"

struct sk_overlay {
	const struct sk_recording *layers;
	size_t count;
	struct sk_arena *arena;
	struct sk_map links;   /* path -> struct sk_overlay_link, the topmost first */
	struct sk_map aliases; /* resolved folder -> struct sk_overlay_alias */
};

void sk_overlay_release(struct sk_overlay *overlay);

/* A symbolic link of a layer; both strings are borrowed. Layers come in order, lowest first. */
void sk_overlay_link(struct sk_overlay *overlay, uint32_t layer, const char *path, const char *target);

/* Call once after the last link. */
void sk_overlay_ready(struct sk_overlay *overlay);

/*
 * The path at which an entry of this layer really lies, when links to folders
 * in it are followed; they never lead out of the root. Borrowed from arena.
 */
const char *sk_overlay_resolve(struct sk_overlay *overlay, uint32_t layer, const char *path);

/* Whether a higher layer deletes, replaces or covers this (resolved) path of this layer. */
bool sk_overlay_hidden(const struct sk_overlay *overlay, uint32_t layer, const char *path);
