/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bundles on their way: into an OCI registry and out of it, or from a folder.
 * In a registry a bundle is an artifact whose layers are its files, each with
 * its name in `org.opencontainers.image.title`, as ORAS has it, so that `oras
 * pull` and `oras push` understand it too.
 */
#include "trust/key.h"

#define SK_BUNDLE_TYPE "application/vnd.sekisho.policy.bundle.v1"

/* name: "registry.example.com/policies/baseline:1.0". The bundle must keep its lock. */
int sk_bundle_push(const char *dir, const char *name, struct sk_err *err);

/*
 * The bundle of that name, or of that folder, into dir, whole or not at all;
 * what was there before is replaced. It must keep its lock, and with a key be
 * signed by it: SK_EINTEGRITY.
 */
int sk_bundle_pull(const char *source, const char *dir, const struct sk_key *key, struct sk_err *err);
