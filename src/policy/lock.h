/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * policy.lock of a bundle: the SHA-256 of each of its files, one a line as
 * sha256sum writes them, sorted by name; folders below are part of it.
 */
#include "base/buf.h"
#include "base/err.h"
#include "trust/key.h"

#define SK_POLICY_LOCK "policy.lock"
/* A signature over the lock, and so over the bundle (trust/key.h); no part of what is locked. */
#define SK_POLICY_SIGNATURE SK_POLICY_LOCK ".sig"

/* Writes it: the lock must be there, and be kept. */
int sk_policy_sign(const char *dir, const struct sk_key *key, struct sk_err *err);
/* 0: the bundle is what its lock says, and the lock what the key's owner has signed; else SK_EINTEGRITY. */
int sk_policy_verify(const char *dir, const struct sk_key *key, struct sk_err *err);

/* What the lock of that folder must say. */
int sk_policy_lock_text(const char *dir, struct sk_buf *ret_text, struct sk_err *err);

/* SK_EINTEGRITY where the lock and the files differ; *ret_locked: there is one. */
int sk_policy_lock_check(const char *dir, bool *ret_locked, struct sk_err *err);
