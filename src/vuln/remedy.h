/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What to do about a vulnerability: the command that installs the fixed
 * version where the package is, or that there is none and how the risk can be
 * accepted until a date.
 */
#include "finding/finding.h"

/* Lives in the arena; finding->package, fix, fixed_version and id are set. */
const char *sk_remedy(const struct sk_finding *finding, struct sk_arena *arena);
