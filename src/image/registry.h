/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A client of OCI registries (distribution-spec 1.1): manifests and blobs of
 * one repository, read and written. It answers challenges for Bearer tokens
 * and Basic credentials, which come from Docker's configuration file
 * ($DOCKER_CONFIG/config.json or ~/.docker/config.json: `auths`). Registries on
 * this machine (localhost, 127.0.0.1, ::1) are spoken to without TLS, as Docker
 * does.
 */
#include "base/buf.h"
#include "base/err.h"

/* "registry.example.com/policies/baseline:1.0", "...@sha256:..." */
struct sk_registry_name {
	char *host;	  /* with its port */
	char *repository;
	char *reference;  /* tag or digest; "latest" where none is given */
};
int sk_registry_name_parse(struct sk_span text, struct sk_registry_name *ret_name, struct sk_err *err);
void sk_registry_name_release(struct sk_registry_name *name);

struct sk_registry;
/* The name is copied. Nothing is asked of the registry yet. */
struct sk_registry *sk_registry_open(const struct sk_registry_name *name);
void sk_registry_close(struct sk_registry *registry);
void sk_registry_closep(struct sk_registry **registry);

/*
 * The manifest of a tag or digest, of one of the media types (for Accept).
 * What a digest names is checked against it. SK_ENOTFOUND, SK_ENET,
 * SK_EINTEGRITY, SK_ELIMIT.
 */
int sk_registry_manifest(struct sk_registry *registry, const char *reference, const char *accept, struct sk_buf *ret_bytes,
			 struct sk_err *err);
/* A blob, checked against its digest. */
int sk_registry_blob(struct sk_registry *registry, const char *digest, size_t max, struct sk_buf *ret_bytes,
		     struct sk_err *err);

/* Puts bytes where they are not yet. */
int sk_registry_put_blob(struct sk_registry *registry, struct sk_span bytes, struct sk_err *err);
int sk_registry_put_manifest(struct sk_registry *registry, const char *reference, const char *media_type, struct sk_span bytes,
			     struct sk_err *err);
