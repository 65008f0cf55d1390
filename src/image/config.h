/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an image's configuration says of the containers that are made of it
 * (OCI image-spec 1.1, config.md; Docker's HEALTHCHECK too). Strings live in
 * the arena that it was read into; NULL and empty lists are "not said".
 */
#include "base/buf.h"
#include "base/reader.h"
#include "doc/doc.h"

struct sk_image_label {
	const char *name, *value;
};

struct sk_image_step {
	const char *created, *created_by, *comment;
	bool empty; /* it made no layer */
};

struct sk_image_config {
	const char *user, *working_dir, *stop_signal;
	struct sk_strings env, entrypoint, cmd, ports, volumes, healthcheck;
	struct sk_image_label *labels;
	size_t label_count;
	struct sk_image_step *history;
	size_t step_count;
};

/* From the document that the manifest calls `config`. What has another type than it should is passed over. */
struct sk_image_config *sk_image_config_read(const struct sk_node *root, struct sk_arena *arena);

/* Between processes; NULL is a configuration too: that of a folder. */
void sk_image_config_put(struct sk_buf *buf, const struct sk_image_config *config);
struct sk_image_config *sk_image_config_get(struct sk_reader *r, struct sk_arena *arena);

/* The value of a label, or NULL. */
const char *sk_image_label(const struct sk_image_config *config, const char *name);
