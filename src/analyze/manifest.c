/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/manifest.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "image/digest.h"

#include <zstd.h>

static const char magic[8] = { 'S', 'K', 'M', 'A', 'N', 'I', 'F', '1' };

const char *sk_run_kind_name(enum sk_run_kind kind)
{
	static const char *const names[] = { "elf", "library", "script", "other" };

	return (size_t)kind < SK_COUNT(names) ? names[kind] : "other";
}

void sk_manifest_release(struct sk_manifest *manifest)
{
	sk_arena_release(&manifest->arena);
	*manifest = (struct sk_manifest){ 0 };
}

void sk_manifest_from(const struct sk_inventory *inv, struct sk_manifest *ret)
{
	*ret = (struct sk_manifest){ .name = inv->artifact.name, .digest = inv->artifact.digest,
				     .image_id = inv->artifact.image_id, .count = inv->run_count };
	ret->files = sk_arena_alloc(&ret->arena, inv->run_count * sizeof(ret->files[0]));
	for (size_t i = 0; i < inv->run_count; i++) {
		const struct sk_run_entry *run = &inv->runs[i];

		ret->files[i] = (struct sk_manifest_file){
			.file = run->file,
			.owner = run->owner ? run->owner->purl : NULL,
			.layer = run->layer < inv->layer_count ? inv->layers[run->layer].diff_id : NULL,
		};
	}
}

/* ---- the written form ---- */

/* Strings that many files share, by number; 0 is none. */
struct table {
	struct sk_map numbers;
	struct sk_buf bytes;
};

static uint64_t number_of(struct table *t, const char *text)
{
	bool new_one;
	void **slot;

	if (!text)
		return 0;
	slot = sk_map_at(&t->numbers, sk_span_str(text), &new_one);
	if (new_one) {
		*slot = (void *)t->numbers.entries.len;
		sk_buf_string(&t->bytes, sk_span_str(text));
	}
	return (uint64_t)(uintptr_t)*slot;
}

static void put_table(struct sk_buf *out, struct table *t)
{
	sk_buf_varint(out, t->numbers.entries.len);
	sk_buf_span(out, sk_buf_view(&t->bytes));
	sk_map_release(&t->numbers);
	sk_buf_release(&t->bytes);
}

void sk_manifest_pack(const struct sk_manifest *m, struct sk_buf *out)
{
	sk_cleanup(sk_buf_release) struct sk_buf body = { 0 }, files = { 0 };
	struct table texts = { 0 };
	struct sk_paths paths = { 0 };
	size_t bound, n;

	for (size_t i = 0; i < m->count; i++) {
		const struct sk_manifest_file *f = &m->files[i];

		sk_paths_add(&paths, sk_span_str(f->file.path));
		sk_buf_varint(&files, f->file.mode);
		sk_buf_varint(&files, f->file.size);
		sk_buf_put(&files, f->file.sha256, sizeof(f->file.sha256));
		sk_buf_u8(&files, (uint8_t)f->file.kind);
		sk_buf_varint(&files, number_of(&texts, f->file.interpreter));
		sk_buf_varint(&files, number_of(&texts, f->owner));
		sk_buf_varint(&files, number_of(&texts, f->layer));
	}
	sk_buf_string(&body, sk_span_str(m->name));
	sk_buf_string(&body, sk_span_str(m->digest));
	sk_buf_string(&body, sk_span_str(m->image_id));
	put_table(&body, &texts);
	sk_buf_varint(&body, m->count);
	sk_buf_string(&body, sk_buf_view(&paths.bytes));
	sk_buf_span(&body, sk_buf_view(&files));
	sk_paths_release(&paths);

	sk_buf_put(out, magic, sizeof(magic));
	sk_buf_u64le(out, body.len);
	bound = ZSTD_compressBound(body.len);
	n = ZSTD_compress(sk_buf_reserve(out, bound), bound, body.data, body.len, 6);
	if (ZSTD_isError(n))
		abort();
	out->len += n;
}

static const char *get(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_span s = sk_read_string(r);

	return s.len ? sk_arena_dup(arena, s) : NULL;
}

static const char *get_shared(struct sk_reader *r, const char **texts, uint64_t count)
{
	uint64_t n = sk_read_varint(r);

	if (n > count)
		r->failed = true;
	return n == 0 || n > count ? NULL : texts[n - 1];
}

static void get_files(struct sk_reader *r, struct sk_manifest *m, const char **texts, uint64_t text_count)
{
	uint64_t count = sk_read_varint(r);
	struct sk_paths_iter it = { .rest = sk_read_string(r) };
	struct sk_span path, sum;

	if (count > sk_reader_left(r) / sizeof(m->files->file.sha256)) {
		r->failed = true;
		return;
	}
	m->files = sk_arena_alloc(&m->arena, count * sizeof(m->files[0]));
	for (; m->count < count && !r->failed; m->count++) {
		struct sk_manifest_file *f = &m->files[m->count];

		if (!sk_paths_next(&it, &path))
			r->failed = true;
		else
			f->file.path = sk_arena_dup(&m->arena, path);
		f->file.mode = (uint32_t)sk_read_varint(r);
		f->file.size = sk_read_varint(r);
		sum = sk_read_bytes(r, sizeof(f->file.sha256));
		if (sum.len)
			memcpy(f->file.sha256, sum.ptr, sum.len);
		f->file.kind = (enum sk_run_kind)sk_read_u8(r);
		f->file.interpreter = get_shared(r, texts, text_count);
		f->owner = get_shared(r, texts, text_count);
		f->layer = get_shared(r, texts, text_count);
		if (f->file.kind > SK_RUN_OTHER)
			r->failed = true;
	}
	sk_buf_release(&it.path);
}

static bool unpack_body(struct sk_span body, struct sk_manifest *m)
{
	struct sk_reader r = sk_reader(body);
	const char **texts;
	uint64_t count;

	m->name = get(&r, &m->arena);
	m->digest = get(&r, &m->arena);
	m->image_id = get(&r, &m->arena);
	count = sk_read_varint(&r);
	if (r.failed || count > sk_reader_left(&r))
		return false;
	texts = sk_arena_alloc(&m->arena, count * sizeof(*texts));
	for (uint64_t i = 0; i < count; i++)
		texts[i] = get(&r, &m->arena);
	get_files(&r, m, texts, count);
	return !r.failed && !sk_reader_more(&r);
}

int sk_manifest_unpack(struct sk_span bytes, struct sk_manifest *ret, struct sk_err *err)
{
	struct sk_reader r = sk_reader(bytes);
	struct sk_span m = sk_read_bytes(&r, sizeof(magic));
	uint64_t size = sk_read_u64le(&r);
	sk_autofree char *body = NULL;
	size_t n;

	*ret = (struct sk_manifest){ 0 };
	if (r.failed || memcmp(m.ptr, magic, sizeof(magic)) != 0 || size > SK_MAX_MANIFEST_BYTES)
		return sk_err_set(err, SK_EINVAL, "not a file manifest");
	body = sk_alloc(size);
	n = ZSTD_decompress(body, size, bytes.ptr + r.off, bytes.len - r.off);
	if (ZSTD_isError(n) || n != size || !unpack_body(sk_span(body, n), ret)) {
		sk_manifest_release(ret);
		return sk_err_set(err, SK_EINTEGRITY, "the file manifest is damaged");
	}
	return 0;
}

/* ---- where it is kept ---- */

static char *file_of(const char *digest, const char *cache_dir)
{
	return sk_printf("%s/manifests/%s", cache_dir, strchr(digest, ':') + 1);
}

int sk_manifest_save(const struct sk_manifest *m, const char *cache_dir, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *dir = sk_printf("%s/manifests", cache_dir);
	const char *names[] = { m->digest, m->image_id };
	int r = sk_path_make_dirs(dir, 0700, err);

	sk_manifest_pack(m, &bytes);
	for (size_t i = 0; i < SK_COUNT(names) && r == 0; i++) {
		sk_autofree char *path = NULL;

		if (!names[i] || !sk_digest_valid(sk_span_str(names[i])) ||
		    (i && names[0] && strcmp(names[0], names[1]) == 0))
			continue;
		path = file_of(names[i], cache_dir);
		r = sk_path_replace(path, sk_buf_view(&bytes), 0600, err);
	}
	return r;
}

int sk_manifest_load(const char *digest, const char *cache_dir, struct sk_manifest *ret, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *path = file_of(digest, cache_dir);
	int r = sk_path_slurp(path, SK_MAX_MANIFEST_BYTES, &bytes, err);

	if (r == 0)
		r = sk_manifest_unpack(sk_buf_view(&bytes), ret, err);
	return r < 0 ? sk_err_wrap(err, "manifest of %s", digest) : 0;
}
