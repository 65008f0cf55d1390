/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Scopes of exceptions: CEL over the facts of an image (docs/facts.md) and one
 * of its findings, which is called `finding`. One for one thread.
 */
#include "analyze/inventory.h"
#include "finding/risk.h"
#include "policy/facts.h"

struct sk_scopes;

struct sk_scopes *sk_scopes_new(void);
void sk_scopes_free(struct sk_scopes *scopes);

/* NULL with err set for an expression that is wrong or gives no truth value. */
struct sk_cel_program *sk_scope_compile(struct sk_scopes *scopes, const char *text,
					struct sk_err *err);

/* What the following questions are about; findings must stay until the next call. */
void sk_scopes_begin(struct sk_scopes *scopes, const struct sk_inventory *inv, enum sk_stage stage,
		     enum sk_risk_class class, int64_t now, struct sk_finding *const *findings, size_t count);

/* Whether it holds for finding i. What fails or is not known does not. */
bool sk_scope_holds(struct sk_scopes *scopes, const struct sk_cel_program *program, size_t i);
