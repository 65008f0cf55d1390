/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/inuse-internal.h"

#include "base/limits.h"
#include "image/digest.h"

struct sk_inuse_image {
	struct sk_in_use use; /* its files are put together when it is written */
	struct sk_map files;  /* path -> struct sk_in_use_file */
	bool changed;
};

void sk_inuse_records_release(struct sk_inuse_records *records)
{
	for (size_t i = 0; i < records->images.entries.len; i++) {
		struct sk_inuse_image *image = records->images.entries.data[i].value;

		sk_map_release(&image->files);
		sk_in_use_release(&image->use);
	}
	sk_map_release(&records->images);
	sk_arena_release(&records->arena);
}

static void take_kept(struct sk_inuse_records *records, struct sk_inuse_image *image)
{
	struct sk_err err = SK_ERR_INIT;

	/* A damaged one is begun anew: nothing of it can be believed. */
	if (sk_in_use_open(records->folder, sk_span_str(image->use.image_id), &image->use, &err) <
	    0)
		return;
	for (size_t i = 0; i < image->use.count; i++)
		sk_map_put(&image->files, sk_span_str(image->use.files[i].path),
			   &image->use.files[i]);
	records->files += image->use.count;
}

struct sk_inuse_image *sk_inuse_image(struct sk_inuse_records *records, struct sk_span image_id,
				      struct sk_span name, int64_t now)
{
	struct sk_inuse_image *image = sk_map_get(&records->images, image_id);
	const char *id;

	if (image)
		return image;
	id = sk_arena_printf(
		&records->arena, "%s%.*s", sk_span_starts(image_id, "sha256:") ? "" : "sha256:",
		(int)(image_id.len < 80 ? image_id.len : 80), image_id.ptr ? image_id.ptr : "");
	if (!sk_digest_valid(sk_span_str(id)) ||
	    records->images.entries.len >= SK_MAX_IN_USE_IMAGES)
		return NULL;
	image = sk_arena_alloc(&records->arena, sizeof(*image));
	image->use.image_id = id;
	take_kept(records, image);
	image->use.image_id = id;
	if (!image->use.since)
		image->use.since = now;
	if (name.len)
		image->use.name = sk_arena_dup(&records->arena, name);
	image->use.watched = records->watched;
	image->changed = true;
	/* By the spelling that it was asked for; the whole digest names the file. */
	sk_map_put(&records->images, sk_span_str(sk_arena_dup(&records->arena, image_id)), image);
	return image;
}

/* What a container can name freely leaves room for what it really runs. */
static size_t most_files(uint8_t how)
{
	return how & (SK_IN_USE_RUN | SK_IN_USE_MAPPED) ? SK_MAX_IN_USE_FILES
							: SK_MAX_IN_USE_FILES / 2;
}

void sk_inuse_note(struct sk_inuse_records *records, struct sk_inuse_image *image,
		   struct sk_span path, uint8_t how, int64_t time)
{
	struct sk_in_use_file *f;

	while (sk_span_starts(path, "/"))
		path = sk_span_from(path, 1);
	if (!path.len || path.len > SK_MAX_PATH || memchr(path.ptr, 0, path.len))
		return;
	if (time < image->use.since) /* a clock that was set back, or an event from before */
		time = image->use.since;
	f = sk_map_get(&image->files, path);
	if (!f) {
		if (image->files.entries.len >= most_files(how)) {
			records->left_out++;
			return;
		}
		f = sk_arena_alloc(&image->use.arena, sizeof(*f));
		*f = (struct sk_in_use_file){ .path = sk_arena_dup(&image->use.arena, path),
					      .first = time,
					      .last = time };
		sk_map_put(&image->files, sk_span_str(f->path), f);
		records->files++;
	}
	f->how |= how;
	f->first = time < f->first ? time : f->first;
	f->last = time > f->last ? time : f->last;
	image->changed = true;
}

static void save(struct sk_inuse_records *records, struct sk_inuse_image *image, int64_t now)
{
	struct sk_in_use out = image->use;
	size_t count = image->files.entries.len;

	out.arena = (struct sk_arena){ 0 };
	out.until = now > out.since ? now : out.since;
	out.files = sk_alloc((count + 1) * sizeof(out.files[0]));
	out.count = count;
	for (size_t i = 0; i < count; i++)
		out.files[i] = *(const struct sk_in_use_file *)image->files.entries.data[i].value;
	if (sk_in_use_save(&out, records->folder, NULL) < 0)
		records->unwritten++;
	else
		image->changed = false;
	free(out.files);
}

void sk_inuse_records_save(struct sk_inuse_records *records, int64_t now)
{
	records->unwritten = 0;
	for (size_t i = 0; i < records->images.entries.len; i++) {
		struct sk_inuse_image *image = records->images.entries.data[i].value;

		if (image->changed)
			save(records, image, now);
	}
}
