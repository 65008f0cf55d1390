/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files drift*.c share. */
#include "agent/drift.h"

struct sk_marked_address {
	uint8_t bytes[16];
	bool six;
	uint16_t port; /* 0: any */
};

/* drift-config.c: "169.254.169.254", "10.0.0.1:22", "::1", "[::1]:22". */
bool sk_marked_address_parse(const char *text, struct sk_marked_address *ret);

/*
 * drift-images.c: what images have, asked from the gate's thread; missing
 * manifests are made in a thread of its own.
 */
struct sk_drift_images;
struct sk_drift_images *sk_drift_images_open(const char *folder, bool make);
void sk_drift_images_close(struct sk_drift_images *images);
/* A container of the image is there; `pid`, where it is not 0, is a process of it whose root says where its layers are. */
void sk_drift_images_want(struct sk_drift_images *images, const struct sk_container *container, int32_t pid);
struct sk_gate_truth sk_drift_images_truth(struct sk_drift_images *images);
/* Whether more is known than at the last call: what was no image's may be one's now. */
bool sk_drift_images_news(struct sk_drift_images *images);
/* What went wrong since the last call; owned, or NULL. */
char *sk_drift_images_trouble(struct sk_drift_images *images);
