/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An image: what its manifest and configuration say (OCI image-spec 1.1:
 * image-layout.md, manifest.md, config.md, image-index.md; Docker's
 * manifest.json). Strings live in the arena that sk_image_resolve was given.
 */
#include "image/config.h"
#include "image/store.h"

struct sk_image_layer {
	const char *blob;	/* its name in the store */
	const char *digest;	/* of the blob; NULL where the archive does not say (docker save) */
	const char *diff_id;	/* of the tar stream; NULL only for images of Docker before 1.10 */
	const char *media_type; /* NULL: unknown */
	const char *created_by; /* from the history; NULL */
};

struct sk_image {
	const char *digest;   /* of the manifest; NULL without one (docker save) */
	const char *image_id; /* of the configuration */
	const char **tags;
	size_t tag_count;
	const char *platform; /* os/architecture[/variant]; NULL: not said */
	const char *created;
	const struct sk_image_config *config; /* NULL: a folder */
	struct sk_image_layer *layers; /* the lowest first */
	size_t layer_count;
	const char **others; /* further images in the same archive, by tag or digest, not described here */
	size_t other_count;
};

struct sk_image_choice {
	const char *platform;  /* os/arch[/variant], NULL: the host's, else the only one there is */
	const char *reference; /* tag or digest (prefix) of the image to take; NULL: the first */
};

int sk_image_resolve(const struct sk_store *store, const struct sk_image_choice *choice,
		     struct sk_arena *arena, struct sk_image *ret, struct sk_err *err);

/* "linux/amd64" and so on, of the machine we run on. */
const char *sk_host_platform(void);
