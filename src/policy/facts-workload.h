/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the builders of workloads share. */
#include "policy/facts-build.h"

/* A section as it is written; NULL (and an absent value) where there is none. */
struct sk_fact_SecurityContext *sk_fact_security(struct sk_facts *facts, const struct sk_node *n,
						 struct sk_cel_value *ret_value);
void sk_fact_inherit(struct sk_fact_SecurityContext *s, const struct sk_fact_SecurityContext *pod);
/* A container's AppArmor profile by its pod's annotations. */
struct sk_cel_value sk_fact_armor(struct sk_facts *facts, const struct sk_node *pod, struct sk_span name);
