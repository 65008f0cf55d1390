/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Digests as OCI writes them (image-spec, descriptor.md, "Digests"):
 * algorithm ":" lower-case hexadecimal; sha256 and sha512 are known.
 */
#include "base/err.h"
#include "base/span.h"

enum { SK_DIGEST_TEXT = 7 + 128 + 1 }; /* "sha512:" and its hexadecimal and NUL */

/* A digest being computed. */
struct sk_hasher;
struct sk_hasher *sk_hasher_new(const char *algorithm); /* "sha256", "sha512"; NULL if unknown */
void sk_hasher_free(struct sk_hasher *h);
void sk_hasher_freep(struct sk_hasher **h);
void sk_hasher_add(struct sk_hasher *h, const void *bytes, size_t len);
/* The same of bytes that no core has touched lately, as of a mapped file. */
void sk_hasher_add_cold(struct sk_hasher *h, const void *bytes, size_t len);
/* Writes "algorithm:hex" and starts anew. */
void sk_hasher_text(struct sk_hasher *h, char text[SK_DIGEST_TEXT]);

/* Writes the digest of bytes. */
void sk_digest_of(struct sk_span bytes, char text[SK_DIGEST_TEXT]); /* sha256 */

/* Whether text is a well-formed digest of a known algorithm. */
bool sk_digest_valid(struct sk_span text);
/* "sha256" or "sha512" of a valid digest. */
const char *sk_digest_algorithm(const char *digest);
/* 0, or SK_EINTEGRITY when bytes are not what digest says. */
int sk_digest_check(const char *digest, struct sk_span bytes, struct sk_err *err);
