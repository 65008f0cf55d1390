/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Signatures over bytes: ECDSA (P-256, P-384) and RSA (PKCS #1 v1.5) with
 * SHA-256, Ed25519; keys as PEM. A signature is written in base64, as
 * `cosign sign-blob --key` writes it, and may be checked by `cosign
 * verify-blob` or `openssl dgst -verify`.
 */
#include "base/buf.h"
#include "base/err.h"

struct sk_key;

/* A private key, or a public one. SK_EINVAL: the file is none, or is encrypted. */
int sk_key_load(const char *path, bool is_private, struct sk_key **ret_key, struct sk_err *err);
void sk_key_free(struct sk_key *key);
void sk_key_freep(struct sk_key **key);

/* Appends the signature of bytes, in base64. */
int sk_key_sign(const struct sk_key *key, struct sk_span bytes, struct sk_buf *ret_signature, struct sk_err *err);

/* 0, or SK_EINTEGRITY: the signature (base64, blanks around it) is not that key's over these bytes. */
int sk_key_verify(const struct sk_key *key, struct sk_span bytes, struct sk_span signature, struct sk_err *err);
