/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * policy.lock of a bundle: the SHA-256 of each of its files, one a line as
 * sha256sum writes them, sorted by name; folders below are part of it.
 */
#include "base/buf.h"
#include "base/err.h"

#define SK_POLICY_LOCK "policy.lock"

/* What the lock of that folder must say. */
int sk_policy_lock_text(const char *dir, struct sk_buf *ret_text, struct sk_err *err);

/* SK_EINTEGRITY where the lock and the files differ; *ret_locked: there is one. */
int sk_policy_lock_check(const char *dir, bool *ret_locked, struct sk_err *err);
