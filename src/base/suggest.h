/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/span.h"

/*
 * The nearest of several words to a mistyped one. Feed candidates one by one;
 * `best` stays NULL while none is near enough to be worth suggesting.
 */
struct sk_suggest {
	struct sk_span typed;
	const char *best;
	size_t distance;
};
void sk_suggest_try(struct sk_suggest *s, const char *candidate);
