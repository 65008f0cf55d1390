/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which types fit where. What is not known yet (the element of [], a
 * signature's parameter in one call) is a variable, which is bound when it
 * meets a type; a trail says in which order, so that it can be undone.
 */
#include "policy/cel/type.h"

struct sk_cel_unifier {
	struct sk_cel_arena *arena;
	const struct sk_cel_type ***trail; /* what was bound, the last last */
	uint32_t trail_count, trail_cap;
};
void sk_cel_unify_release(struct sk_cel_unifier *u);

const struct sk_cel_type *sk_cel_unify_variable(struct sk_cel_unifier *u);
void sk_cel_unify_bind(struct sk_cel_unifier *u, const struct sk_cel_type *variable,
		       const struct sk_cel_type *type);
/* Undoes what was bound since the trail had that length. */
void sk_cel_unify_undo(struct sk_cel_unifier *u, uint32_t to);

/* May `from` stand where `to` is expected? Binds variables of both; nothing when not. */
bool sk_cel_unify_assign(struct sk_cel_unifier *u, const struct sk_cel_type *from,
			 const struct sk_cel_type *to);
/* The same for an argument, whose parameter may become more general by it. */
bool sk_cel_unify_argument(struct sk_cel_unifier *u, const struct sk_cel_type *arg,
			   const struct sk_cel_type *param);
/* The type that holds both; dyn, with *ret_mixed, where there is no other. */
const struct sk_cel_type *sk_cel_unify_join(struct sk_cel_unifier *u, const struct sk_cel_type *a,
					    const struct sk_cel_type *b, bool *ret_mixed);
/* A copy in which a signature's parameters are the variables of one call, made where they are NULL. */
const struct sk_cel_type *sk_cel_unify_instance(struct sk_cel_unifier *u,
						const struct sk_cel_type *t,
						const struct sk_cel_type **variables);
bool sk_cel_unify_same(const struct sk_cel_type *a, const struct sk_cel_type *b);
