/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the scanning process and its worker say to each other (message.h).
 *
 *	scanner                         worker
 *	SPOOL (fd), one for each job →
 *	FOLDER (fd), one for each layer of an overlay → (the lowest first)
 *	OPEN (fd of the target)      →
 *	                             ←  IMAGE               what the image is; or
 *	                             ←  FAILED              why it cannot be opened
 *	SCAN                         →                      which layers are wanted
 *	                             ←  PROGRESS …
 *	                             ←  LAYER (memfd) …     one for each of them
 *	                             ←  DONE
 *
 * An archive that can be read only once is read before IMAGE is sent; the
 * scanner still says which layers it wants.
 */
#include "analyze/record.h"
#include "image/image.h"

enum sk_worker_message {
	SK_MSG_SPOOL = 1,
	SK_MSG_FOLDER,
	SK_MSG_OPEN,
	SK_MSG_IMAGE,
	SK_MSG_FAILED,
	SK_MSG_SCAN,
	SK_MSG_PROGRESS,
	SK_MSG_LAYER,
	SK_MSG_DONE,
};

enum sk_target_kind {
	SK_TARGET_ARCHIVE, /* a plain archive in a file that can seek */
	SK_TARGET_STREAM,  /* an archive that is read once: compressed, or from a pipe */
	SK_TARGET_LAYOUT,
	SK_TARGET_DIR,
	SK_TARGET_OVERLAY, /* the folders that an engine lays over each other */
};

struct sk_open_request {
	enum sk_target_kind kind;
	bool manifest;
	uint32_t jobs;
	const char *platform, *reference; /* NULL: none */
};

struct sk_layer_reply {
	uint32_t index;
	int code;		 /* 0, or enum sk_code: why it is not whole */
	const char *text;
	const char *diff_id, *blob_digest; /* as computed; NULL: not read to the end */
	uint64_t size;
};

enum { SK_MAX_MESSAGE = 16 << 20 };

void sk_put_open(struct sk_buf *buf, const struct sk_open_request *open);
bool sk_get_open(struct sk_span payload, struct sk_arena *arena, struct sk_open_request *ret);
void sk_put_image(struct sk_buf *buf, const struct sk_image *image);
bool sk_get_image(struct sk_span payload, struct sk_arena *arena, struct sk_image *ret);
void sk_put_layer(struct sk_buf *buf, const struct sk_layer_reply *reply);
bool sk_get_layer(struct sk_span payload, struct sk_arena *arena, struct sk_layer_reply *ret);
void sk_put_error(struct sk_buf *buf, const struct sk_err *err);
bool sk_get_error(struct sk_span payload, struct sk_err *ret);
