/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
 * sk_hash is keyed anew in each process, so that input cannot aim at one
 * bucket of a map; sk_hash_stable has a fixed key and may be written to disk.
 */
#include "base/span.h"

uint64_t sk_hash(struct sk_span s);
uint64_t sk_hash_stable(struct sk_span s);
