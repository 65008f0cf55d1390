/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "finding/finding.h"

/*
 * What there is to say of an operating system's age at the time `now`: NULL
 * while it is supported or nothing is known; "os-end-of-life" (high) after
 * that; "os-extended-support-only" (medium) while only who pays gets updates.
 * Strings live in arena.
 */
struct sk_finding *sk_eol_finding(const struct sk_os *os, int64_t now, struct sk_arena *arena);
