/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What could not be looked at, as a finding: silence never means "did not look". */
#include "analyze/inventory.h"
#include "finding/finding.h"

/* The finding that says so; lives in arena. */
struct sk_finding *sk_coverage_finding(const struct sk_issue *issue, struct sk_arena *arena);
