/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the fuzzed expressions may speak of: an environment with every library,
 * a struct type and variables of every kind, known and unknown.
 */
#include "policy/cel/cel.h"

enum { WORLD_VARIABLES = 16 };

struct world {
	struct sk_cel_env *env;
	struct sk_cel_arena arena;
	struct sk_cel_value slots[WORLD_VARIABLES];
	uint32_t count;
};

/* Made once, at the first call. */
const struct world *world(void);

/* Name and type of variable i, NULL behind the last. */
const char *world_variable(uint32_t i, const char **ret_type);
