/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/in-use.h"

#include "analyze/package.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/prune.h"
#include "base/reader.h"
#include "image/digest.h"

static const char magic[8] = { 'S', 'K', 'I', 'N', 'U', 'S', 'E', '1' };
enum { ALL_KNOWN = SK_IN_USE_RUN | SK_IN_USE_MAPPED | SK_IN_USE_SCRIPT | SK_IN_USE_OPENED };

void sk_in_use_release(struct sk_in_use *use)
{
	sk_arena_release(&use->arena);
	*use = (struct sk_in_use){ 0 };
}

/* ---- the written form ---- */

void sk_in_use_pack(const struct sk_in_use *use, struct sk_buf *out)
{
	sk_cleanup(sk_buf_release) struct sk_buf body = { 0 };
	struct sk_paths paths = { 0 };

	sk_buf_varint(&body, (uint64_t)use->since);
	sk_buf_varint(&body, (uint64_t)use->until);
	sk_buf_u8(&body, use->watched);
	sk_buf_string(&body, sk_span_str(use->image_id));
	sk_buf_string(&body, sk_span_str(use->name));
	for (size_t i = 0; i < use->count; i++)
		sk_paths_add(&paths, sk_span_str(use->files[i].path));
	sk_buf_varint(&body, use->count);
	sk_buf_string(&body, sk_buf_view(&paths.bytes));
	sk_paths_release(&paths);
	for (size_t i = 0; i < use->count; i++) {
		const struct sk_in_use_file *f = &use->files[i];

		sk_buf_u8(&body, f->how);
		sk_buf_varint(&body, (uint64_t)(f->first - use->since));
		sk_buf_varint(&body, (uint64_t)(f->last - f->first));
	}
	sk_buf_put(out, magic, sizeof(magic));
	sk_buf_u64le(out, 24 + body.len);
	sk_buf_u64le(out, sk_hash_stable(sk_buf_view(&body)));
	sk_buf_span(out, sk_buf_view(&body));
}

/* A time of this and the next centuries: sums of two stay what they are. */
static int64_t get_time(struct sk_reader *r)
{
	uint64_t v = sk_read_varint(r);

	if (v > UINT32_MAX * 4ull)
		r->failed = true;
	return r->failed ? 0 : (int64_t)v;
}

static void get_files(struct sk_reader *r, struct sk_in_use *use)
{
	uint64_t count = sk_read_varint(r);
	struct sk_paths_iter it = { .rest = sk_read_string(r) };
	struct sk_span path;

	if (count > SK_MAX_IN_USE_FILES || count > sk_reader_left(r)) {
		r->failed = true;
		return;
	}
	use->files = sk_arena_alloc(&use->arena, count * sizeof(use->files[0]));
	for (; use->count < count && !r->failed && use->arena.total < SK_MAX_IN_USE_MEMORY;
	     use->count++) {
		struct sk_in_use_file *f = &use->files[use->count];

		if (!sk_paths_next(&it, &path) || path.len == 0 || memchr(path.ptr, 0, path.len))
			break;
		f->path = sk_arena_dup(&use->arena, path);
		f->how = sk_read_u8(r);
		f->first = use->since + get_time(r);
		f->last = f->first + get_time(r);
		if (use->count && strcmp(use->files[use->count - 1].path, f->path) >= 0)
			break;
	}
	if (use->count != count)
		r->failed = true;
	sk_buf_release(&it.path);
}

static bool unpack(struct sk_span bytes, struct sk_in_use *use)
{
	struct sk_reader r = sk_reader(bytes);
	struct sk_span text = sk_read_bytes(&r, sizeof(magic));
	uint64_t length = sk_read_u64le(&r), sum = sk_read_u64le(&r);

	if (r.failed || memcmp(text.ptr, magic, sizeof(magic)) != 0 || length != bytes.len ||
	    sum != sk_hash_stable(sk_span_from(bytes, r.off)))
		return false;
	use->since = get_time(&r);
	use->until = get_time(&r);
	use->watched = sk_read_u8(&r) & ALL_KNOWN;
	text = sk_read_string(&r);
	use->image_id = sk_arena_dup(&use->arena, text);
	text = sk_read_string(&r);
	use->name = text.len ? sk_arena_dup(&use->arena, text) : NULL;
	get_files(&r, use);
	return !r.failed && !sk_reader_more(&r);
}

int sk_in_use_unpack(struct sk_span bytes, struct sk_in_use *ret, struct sk_err *err)
{
	*ret = (struct sk_in_use){ 0 };
	if (unpack(bytes, ret))
		return 0;
	sk_in_use_release(ret);
	return sk_err_set(err, SK_EINTEGRITY,
			  "the record of what was in use is damaged, or of another version");
}

/* ---- where it is kept ---- */

static char *file_of(const char *dir, struct sk_span id)
{
	sk_autofree char *digest = NULL;

	if (sk_span_starts(id, "sha256:"))
		id = sk_span_from(id, 7);
	digest = sk_printf("sha256:%.*s", (int)id.len, id.ptr ? id.ptr : "");
	return sk_digest_valid(sk_span_str(digest)) ? sk_printf("%s/%s.in-use", dir, digest + 7)
						    : NULL;
}

int sk_in_use_open(const char *dir, struct sk_span id, struct sk_in_use *ret, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *path = file_of(dir, id);
	int r;

	if (!path)
		return sk_err_set(err, SK_EINVAL, "'%.*s' is not a digest",
				  (int)(id.len < 80 ? id.len : 80), id.ptr ? id.ptr : "");
	r = sk_path_slurp(path, SK_MAX_IN_USE_BYTES, &bytes, err);
	if (r < 0)
		return r;
	r = sk_in_use_unpack(sk_buf_view(&bytes), ret, err);
	return r < 0 ? sk_err_wrap(err, "%s", path) : 0;
}

static int cmp_files(const void *a, const void *b)
{
	const struct sk_in_use_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int sk_in_use_save(struct sk_in_use *use, const char *dir, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *path = file_of(dir, sk_span_str(use->image_id));
	sk_autoclose int lock = -1;
	int r;

	if (!path)
		return sk_err_set(err, SK_EINVAL, "without a sha256 image id nothing can be kept");
	if (use->count)
		qsort(use->files, use->count, sizeof(use->files[0]), cmp_files);
	sk_in_use_pack(use, &bytes);
	r = sk_path_make_dirs(dir, 0700, err);
	if (r < 0)
		return r;
	lock = sk_prune_lock(dir);
	if (lock < 0)
		return sk_err_errno(err, "%s/.lock", dir);
	sk_prune(dir, ".in-use", SK_MAX_IN_USE_FOLDER);
	return sk_path_replace(path, sk_buf_view(&bytes), 0600, err);
}
