/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What files of runtimes and engines say about a container, taken into it:
 * fields that a file does not have stay as they are. Strings are copied into
 * the arena. The files are theirs, but names and labels in them are whatever
 * somebody wrote: all is bounded, and what has another type than it should is
 * passed over.
 */
#include "base/arena.h"
#include "base/err.h"
#include "guard/container.h"

enum sk_container_form {
	SK_CONTAINER_OCI,	  /* config.json of a bundle (OCI runtime specification), with annotations */
	SK_CONTAINER_DOCKER,	  /* config.v2.json */
	SK_CONTAINER_DOCKER_HOST, /* hostconfig.json */
	SK_CONTAINER_DOCKER_IMAGES, /* repositories.json: the digest of the container's image */
	SK_CONTAINER_STORAGE,	  /* containers.json of containers/storage: the entry with the container's id */
	SK_CONTAINER_STORAGE_IMAGES, /* images.json beside it: the digest of the container's image */
	SK_CONTAINER_PODMAN,	  /* what podman's database has under "config" */
	SK_CONTAINER_INSPECT,	  /* GET /containers/ID/json of Docker's API */
	SK_CONTAINER_INSPECT_IMAGE, /* GET /images/ID/json: the image's digest */
	SK_CONTAINER_MANIFEST,	  /* manifest of the container's image: its id, which is the digest of its configuration */
	SK_CONTAINER_SANDBOX,	  /* config.json of the pod's sandbox: labels and address of the pod */
	SK_CONTAINER_CRI_SANDBOX, /* what containerd keeps of it: addresses and annotations of the pod */
	SK_CONTAINER_FORMS,
};

int sk_container_read(enum sk_container_form form, struct sk_span json, struct sk_arena *arena,
		      struct sk_container *container, struct sk_err *err);

/*
 * What a runtime's state file (runc's state.json, crun's status) says: where the
 * bundle is, and the first process. Empty and 0: nothing.
 */
struct sk_runtime_state {
	struct sk_span bundle;
	int32_t pid;
};
struct sk_runtime_state sk_runtime_state_read(struct sk_span json, struct sk_arena *arena);
