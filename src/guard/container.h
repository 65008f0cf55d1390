/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Containers and their pods. A container is known by its id as soon as its
 * cgroup or bundle exists; name, image and labels come from there, and from
 * the engine when it answers. Empty spans are "not known (yet)".
 */
#include "base/span.h"

struct sk_label {
	struct sk_span name, value;
};

struct sk_mount_point {
	struct sk_span source, destination, mode, propagation;
	bool writable;
};

struct sk_container {
	struct sk_span id;	    /* whole; rules see its first twelve characters */
	struct sk_span engine;	    /* "docker", "containerd", "cri-o", "podman"; "runc", "crun" where there is none */
	struct sk_span name;
	struct sk_span image;	    /* reference: "docker.io/library/alpine:3.20" */
	struct sk_span image_id;    /* config digest, hexadecimal */
	struct sk_span image_digest; /* "sha256:…" of the manifest */
	struct sk_span pod_name, pod_uid, namespace, pod_id;
	const struct sk_label *labels, *pod_labels;
	uint32_t label_count, pod_label_count;
	const struct sk_mount_point *mounts;
	uint32_t mount_count;
	int64_t start;		    /* nanoseconds since 1970; 0 unknown */
	uint32_t owner;		    /* user id of who started its runtime; 0: root, or not known */
	int32_t privileged;	    /* 1, 0; -1 unknown */
	struct sk_span ip;	    /* its pod's, where it is in one */
	struct sk_span cni;	    /* what network plugins gave its pod, as JSON */
	struct sk_span rootfs;	    /* its root folder as the host has it, while it runs */
	struct sk_span upper;	    /* upper folder of its overlay; empty: unknown */
	struct sk_span cgroup;	    /* its place in the hierarchy, as the runtime was told */
	struct sk_span healthcheck; /* command of the image's or the engine's health check; and Kubernetes' probes */
	struct sk_span liveness, readiness;
	int8_t host_pid, host_network, host_ipc; /* shares that namespace with the host: 1, not: -1; 0 unknown */
};

struct sk_arena;

/* The same, with strings of its own. */
struct sk_container sk_container_copy(const struct sk_container *container, struct sk_arena *arena);
