/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where something stands in a YAML text, for errors about what a document
 * means: a key, or a byte of a scalar whatever its style (plain, quoted,
 * literal or folded block).
 */
#include "doc/doc.h"

struct sk_place {
	uint32_t line, column; /* from 1; columns count code points */
};

/* The key of a member, or the node itself where it has none. `text` is what was parsed. */
struct sk_place sk_place_key(struct sk_span text, const struct sk_node *node);

/* Byte `index` of a scalar's value. */
struct sk_place sk_place_value(struct sk_span text, const struct sk_node *node, size_t index);
