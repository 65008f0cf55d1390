/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/protocol.h"

#include "base/limits.h"

#include <stdio.h>

/* NULL and "" are the same: no text here may be empty. */
static void put(struct sk_buf *buf, const char *text)
{
	sk_buf_string(buf, sk_span_str(text));
}

static const char *get(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_span s = sk_read_string(r);

	return s.len ? sk_arena_dup(arena, s) : NULL;
}

void sk_put_open(struct sk_buf *buf, const struct sk_open_request *open)
{
	sk_buf_u8(buf, (uint8_t)open->kind);
	sk_buf_u8(buf, open->manifest);
	sk_buf_varint(buf, open->jobs);
	put(buf, open->platform);
	put(buf, open->reference);
}

bool sk_get_open(struct sk_span payload, struct sk_arena *arena, struct sk_open_request *ret)
{
	struct sk_reader r = sk_reader(payload);

	ret->kind = (enum sk_target_kind)sk_read_u8(&r);
	ret->manifest = sk_read_u8(&r);
	ret->jobs = (uint32_t)sk_read_varint(&r);
	ret->platform = get(&r, arena);
	ret->reference = get(&r, arena);
	return !r.failed && ret->kind <= SK_TARGET_OVERLAY;
}

static void put_list(struct sk_buf *buf, const char **items, size_t count)
{
	sk_buf_varint(buf, count);
	for (size_t i = 0; i < count; i++)
		put(buf, items[i]);
}

static const char **get_list(struct sk_reader *r, struct sk_arena *arena, size_t *ret_count)
{
	uint64_t count = sk_read_varint(r);
	const char **items;

	if (count > sk_reader_left(r)) {
		r->failed = true;
		count = 0;
	}
	items = sk_arena_alloc(arena, count * sizeof(*items));
	for (uint64_t i = 0; i < count; i++) {
		items[i] = get(r, arena);
		if (!items[i])
			items[i] = "";
	}
	*ret_count = count;
	return items;
}

void sk_put_image(struct sk_buf *buf, const struct sk_image *image)
{
	put(buf, image->digest);
	put(buf, image->image_id);
	put(buf, image->platform);
	put(buf, image->created);
	sk_image_config_put(buf, image->config);
	put_list(buf, image->tags, image->tag_count);
	put_list(buf, image->others, image->other_count);
	sk_buf_varint(buf, image->layer_count);
	for (size_t i = 0; i < image->layer_count; i++) {
		const struct sk_image_layer *l = &image->layers[i];

		put(buf, l->blob);
		put(buf, l->digest);
		put(buf, l->diff_id);
		put(buf, l->media_type);
		put(buf, l->created_by);
	}
}

bool sk_get_image(struct sk_span payload, struct sk_arena *arena, struct sk_image *ret)
{
	struct sk_reader r = sk_reader(payload);
	uint64_t count;

	*ret = (struct sk_image){ 0 };
	ret->digest = get(&r, arena);
	ret->image_id = get(&r, arena);
	ret->platform = get(&r, arena);
	ret->created = get(&r, arena);
	ret->config = sk_image_config_get(&r, arena);
	ret->tags = get_list(&r, arena, &ret->tag_count);
	ret->others = get_list(&r, arena, &ret->other_count);
	count = sk_read_varint(&r);
	if (r.failed || count > SK_MAX_LAYERS)
		return false;
	ret->layers = sk_arena_alloc(arena, count * sizeof(ret->layers[0]));
	for (; ret->layer_count < count; ret->layer_count++) {
		struct sk_image_layer *l = &ret->layers[ret->layer_count];

		l->blob = get(&r, arena);
		l->digest = get(&r, arena);
		l->diff_id = get(&r, arena);
		l->media_type = get(&r, arena);
		l->created_by = get(&r, arena);
	}
	return !r.failed;
}

void sk_put_layer(struct sk_buf *buf, const struct sk_layer_reply *reply)
{
	sk_buf_varint(buf, reply->index);
	sk_buf_varint(buf, (uint64_t)reply->code);
	put(buf, reply->text);
	put(buf, reply->diff_id);
	put(buf, reply->blob_digest);
	sk_buf_varint(buf, reply->size);
}

bool sk_get_layer(struct sk_span payload, struct sk_arena *arena, struct sk_layer_reply *ret)
{
	struct sk_reader r = sk_reader(payload);

	ret->index = (uint32_t)sk_read_varint(&r);
	ret->code = (int)(sk_read_varint(&r) & 0xff);
	ret->text = get(&r, arena);
	ret->diff_id = get(&r, arena);
	ret->blob_digest = get(&r, arena);
	ret->size = sk_read_varint(&r);
	return !r.failed;
}

void sk_put_error(struct sk_buf *buf, const struct sk_err *err)
{
	sk_buf_varint(buf, (uint64_t)err->code);
	put(buf, err->text);
}

bool sk_get_error(struct sk_span payload, struct sk_err *ret)
{
	struct sk_reader r = sk_reader(payload);
	uint64_t code = sk_read_varint(&r);
	struct sk_span text = sk_read_string(&r);

	if (r.failed || code == 0 || code > 255)
		return false;
	ret->code = (int)code;
	snprintf(ret->text, sizeof(ret->text), "%.*s", (int)text.len, text.ptr ? text.ptr : "");
	return true;
}
