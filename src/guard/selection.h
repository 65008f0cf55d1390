/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which rules are on, whatever their files say: falco.yaml's list `rules` of
 * `enable` and `disable`. Later ones win over earlier ones.
 */
#include "base/span.h"

#include <stdbool.h>

struct sk_selection {
	bool on;
	struct sk_span rule; /* its name, in which '*' is anything; empty: any */
	struct sk_span tag;  /* one of the rule's; empty: any */
};

struct sk_selections {
	const struct sk_selection *items;
	size_t count;
};
