/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Policies as a document that an auditor reads: what is asked and why, which
 * controls it answers, every rule in words and as it is evaluated, and what
 * people have to look at because no software can.
 */
#include "base/buf.h"
#include "policy/policy.h"

void sk_explain_markdown(const struct sk_policy_set *set, struct sk_buf *out);
void sk_explain_html(const struct sk_policy_set *set, struct sk_buf *out);
