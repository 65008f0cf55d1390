/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A store: named blobs of an image archive or an OCI image layout. Any number
 * of threads may read from one at once.
 */
#include "base/buf.h"
#include "image/source.h"

struct sk_store;

/* A plain tar archive in a file that can seek; the descriptor stays the caller's and must outlive the store. */
int sk_store_open_archive(int fd, struct sk_store **ret, struct sk_err *err);
/* A folder (OCI image layout); likewise. */
struct sk_store *sk_store_open_layout(int dirfd);
/* Documents kept in memory, for archives that can be read only once; blobs are known by name alone. */
struct sk_store *sk_store_new_memory(void);
void sk_store_free(struct sk_store *store);
void sk_store_freep(struct sk_store **store);

/* Keeps a copy of a document, a name, or a link from one name to another in a memory store. */
void sk_store_keep(struct sk_store *store, const char *name, struct sk_span bytes);
void sk_store_keep_name(struct sk_store *store, const char *name, uint64_t size);
void sk_store_keep_link(struct sk_store *store, const char *name, const char *target);

bool sk_store_has(const struct sk_store *store, const char *name);
/* The whole of a small blob; SK_ELIMIT above max, SK_ENOTFOUND. */
int sk_store_slurp(const struct sk_store *store, const char *name, size_t max, struct sk_buf *buf,
		   struct sk_err *err);
/* A blob to be read once; *ret_size is its size as stored. */
int sk_store_blob(const struct sk_store *store, const char *name, struct sk_source **ret,
		  uint64_t *ret_size, struct sk_err *err);

/* The name that links lead to in the end; name itself if there is none. */
const char *sk_store_follow(const struct sk_store *store, const char *name);
