/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The cache of layers' inventories: one file each, named by the layer's diff
 * id, in a folder named by what the analyzers are. Any number of processes
 * use it at once: files appear by rename and are never changed; who adds one
 * holds a lock, and makes room first, so that the limit is never exceeded.
 */
#include "analyze/record.h"

struct sk_cache;

/* NULL with a reason if the folder cannot be used: the scan goes on without. */
struct sk_cache *sk_cache_open(const char *dir, uint64_t limit, bool manifest, struct sk_err *err);
void sk_cache_free(struct sk_cache *cache);

/* A mapping of the layer's recording; false if it is not there or damaged. *ret_len 0 never comes out. */
bool sk_cache_get(struct sk_cache *cache, const char *diff_id, struct sk_span *ret_bytes);

/*
 * Keeps a recording; what was used longest ago is deleted first, as far as the
 * limit needs it. Failure leaves the cache as it was and is not the scan's business.
 */
void sk_cache_put(struct sk_cache *cache, const char *diff_id, struct sk_span bytes);
