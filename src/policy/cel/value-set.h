/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A set of values by CEL's equality: of numbers, texts and booleans in constant
 * time, of all others by looking at each. Every look is charged.
 */
#include "policy/cel/function.h"

struct sk_cel_set {
	struct sk_cel_eval *eval;
	struct sk_cel_map *keys;     /* what can be the key of a map */
	struct sk_cel_value *others; /* what cannot */
	uint32_t other_count;
};

/* With room for `capacity` values; false when memory is full. */
bool sk_cel_set_init(struct sk_cel_set *set, struct sk_cel_eval *eval, uint32_t capacity);
/* 1: it is in the set; 0: it is not; -1: a limit is reached. */
int sk_cel_set_has(const struct sk_cel_set *set, struct sk_cel_value v);
/* The same as it was before; then it is in the set. */
int sk_cel_set_add(struct sk_cel_set *set, struct sk_cel_value v);
