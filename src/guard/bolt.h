/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * bbolt databases, read only: containerd keeps what it knows of containers and
 * images in one, podman (to version 4) in another. Buckets lie in buckets, keys
 * in order in trees of pages (go.etcd.io/bbolt, page.go and bucket.go). Nobody is
 * locked out or waited for: who writes while we read never changes a page that is
 * in use, and what no longer fits together is not found.
 */
#include "base/arena.h"
#include "base/err.h"

struct sk_bolt;

int sk_bolt_open(const char *path, struct sk_bolt **ret_bolt, struct sk_err *err);
void sk_bolt_close(struct sk_bolt *bolt);

/* Of bytes in memory, which stay the caller's: for tests. */
int sk_bolt_view(struct sk_span bytes, struct sk_bolt **ret_bolt, struct sk_err *err);

/* The value of the last key in the buckets before it: { "v1", "default", "containers", ID, "image", NULL }; or empty. */
struct sk_span sk_bolt_get(struct sk_bolt *bolt, const char *const *keys, struct sk_arena *arena);

/* All keys and values of a bucket, at most `max`; buckets in it are left out. Their number. */
struct sk_bolt_item {
	struct sk_span key, value;
};
size_t sk_bolt_list(struct sk_bolt *bolt, const char *const *keys, struct sk_arena *arena, struct sk_bolt_item *ret,
		    size_t max);
