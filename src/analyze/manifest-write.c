/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/inventory.h"
#include "analyze/manifest-file.h"
#include "analyze/manifest.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/prune.h"
#include "image/digest.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

char *sk_manifest_dir(const char *cache_dir)
{
	sk_autofree char *own = sk_xdg_cache_dir();

	/* Where root has said where the cache shall be, the system's folders are left alone. */
	if (geteuid() == 0 && !getenv("XDG_CACHE_HOME") && strcmp(cache_dir, own) == 0)
		return sk_strdup(SK_MANIFEST_SYSTEM_DIR);
	return sk_printf("%s/manifests", cache_dir);
}

/* ---- the written form ---- */

/* Texts that many files share stand there once. */
struct texts {
	struct sk_map places;
	struct sk_buf bytes;
};

static void texts_release(struct texts *t)
{
	sk_map_release(&t->places);
	sk_buf_release(&t->bytes);
}

static uint32_t add_text(struct texts *t, const char *text)
{
	uint32_t at = (uint32_t)t->bytes.len;

	if (!text || !*text)
		return 0;
	sk_buf_put(&t->bytes, text, strlen(text) + 1);
	return at;
}

static uint32_t add_shared(struct texts *t, const char *text)
{
	void **slot;

	if (!text || !*text)
		return 0;
	slot = sk_map_at(&t->places, sk_span_str(text), NULL);
	if (!*slot)
		*slot = (void *)(uintptr_t)add_text(t, text);
	return (uint32_t)(uintptr_t)*slot;
}

static void put_file(struct sk_buf *out, struct texts *t, const struct sk_inventory *inv,
		     const struct sk_run_entry *run)
{
	const struct sk_run_file *f = &run->file;

	sk_buf_put(out, f->sha256, sizeof(f->sha256));
	sk_buf_u64le(out, f->size);
	sk_buf_u32le(out, add_text(t, f->path));
	sk_buf_u32le(out, add_shared(t, run->owner ? run->owner->purl : NULL));
	sk_buf_u32le(out,
		     add_shared(t, run->layer < inv->layer_count ? inv->layers[run->layer].diff_id
								 : NULL));
	sk_buf_u32le(out, add_shared(t, f->interpreter));
	sk_buf_u32le(out, f->mode);
	sk_buf_u32le(out, (uint32_t)f->kind);
}

static int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t put_sizes(struct sk_buf *out, const struct sk_inventory *inv)
{
	sk_autofree uint64_t *sizes = sk_alloc((inv->run_count + 1) * sizeof(*sizes));
	uint32_t count = 0;

	for (size_t i = 0; i < inv->run_count; i++)
		sizes[i] = inv->runs[i].file.size;
	qsort(sizes, inv->run_count, sizeof(*sizes), cmp_u64);
	for (size_t i = 0; i < inv->run_count; i++) {
		if (i && sizes[i] == sizes[i - 1])
			continue;
		sk_buf_u64le(out, sizes[i]);
		count++;
	}
	return count;
}

struct by_digest {
	const uint8_t *sha256;
	uint32_t file;
};

static int cmp_digests(const void *a, const void *b)
{
	const struct by_digest *x = a, *y = b;
	int c = memcmp(x->sha256, y->sha256, 32);

	return c ? c : x->file < y->file ? -1 : x->file > y->file;
}

static void put_digest_order(struct sk_buf *out, const struct sk_inventory *inv)
{
	sk_autofree struct by_digest *all = sk_alloc((inv->run_count + 1) * sizeof(*all));

	for (size_t i = 0; i < inv->run_count; i++)
		all[i] = (struct by_digest){ inv->runs[i].file.sha256, (uint32_t)i };
	qsort(all, inv->run_count, sizeof(*all), cmp_digests);
	for (size_t i = 0; i < inv->run_count; i++)
		sk_buf_u32le(out, all[i].file);
}

int sk_manifest_pack(const struct sk_inventory *inv, struct sk_buf *out, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf body = { 0 }, rest = { 0 };
	sk_cleanup(texts_release) struct texts texts = { 0 };
	const struct sk_artifact *a = &inv->artifact;
	uint32_t sizes;

	sk_buf_putc(&texts.bytes, '\0');
	for (size_t i = 0; i < inv->run_count && texts.bytes.len < SK_MAX_MANIFEST_BYTES; i++)
		put_file(&rest, &texts, inv, &inv->runs[i]);
	sizes = put_sizes(&rest, inv);
	put_digest_order(&rest, inv);

	sk_buf_u64le(&body, (uint64_t)time(NULL));
	sk_buf_u32le(&body, (uint32_t)inv->run_count);
	sk_buf_u32le(&body, sizes);
	sk_buf_u32le(&body, add_shared(&texts, a->name));
	sk_buf_u32le(&body, add_shared(&texts, a->digest));
	sk_buf_u32le(&body, add_shared(&texts, a->image_id));
	sk_buf_u32le(&body, 0);
	sk_buf_span(&body, sk_buf_view(&rest));
	sk_buf_span(&body, sk_buf_view(&texts.bytes));
	if (body.len + SK_MANIFEST_MADE > SK_MAX_MANIFEST_BYTES)
		return sk_err_set(err, SK_ELIMIT, "a file manifest of more than %u bytes",
				  SK_MAX_MANIFEST_BYTES);

	sk_buf_put(out, sk_manifest_magic, sizeof(sk_manifest_magic));
	sk_buf_u64le(out, SK_MANIFEST_MADE + body.len);
	sk_buf_u64le(out, sk_hash_stable(sk_buf_view(&body)));
	sk_buf_span(out, sk_buf_view(&body));
	return 0;
}

/* ---- keeping it ---- */

/* The same file by its other name; replaced as a whole, too. */
static int link_as(const char *path, const char *dir, const char *digest, struct sk_err *err)
{
	sk_autofree char *other = sk_printf("%s/%s" SK_MANIFEST_SUFFIX, dir, digest + 7);
	sk_autofree char *tmp = sk_printf("%s.linked", other);
	int r = 0;

	unlink(tmp); /* of a process that died */
	if (link(path, tmp) < 0 || rename(tmp, other) < 0)
		r = sk_err_errno(err, "%s", other);
	unlink(tmp); /* still there, too, where both names were one file already */
	return r;
}

static bool is_name(const char *digest)
{
	return digest && sk_digest_valid(sk_span_str(digest)) && strncmp(digest, "sha256:", 7) == 0;
}

static int write_kept(const struct sk_artifact *a, const char *dir, struct sk_span bytes,
		      struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/%s" SK_MANIFEST_SUFFIX, dir, a->image_id + 7);
	sk_autoclose int lock = -1;
	int r = sk_path_make_dirs(dir, 0700, err);

	if (r < 0)
		return r;
	lock = sk_prune_lock(dir);
	if (lock < 0)
		return sk_err_errno(err, "%s/.lock", dir);
	sk_prune(dir, SK_MANIFEST_SUFFIX, SK_MAX_MANIFEST_FOLDER - bytes.len);
	r = sk_path_replace(path, bytes, 0600, err);
	if (r == 0 && is_name(a->digest) && strcmp(a->digest, a->image_id) != 0)
		r = link_as(path, dir, a->digest, err);
	return r;
}

int sk_manifest_save(const struct sk_inventory *inv, const char *dir, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	int r;

	if (!is_name(inv->artifact.image_id))
		return sk_err_set(err, SK_EINVAL,
				  "without a sha256 image id a file manifest cannot be kept");
	if (inv->incomplete)
		return sk_err_set(err, SK_EINVAL, "the image could not be read as a whole");
	r = sk_manifest_pack(inv, &bytes, err);
	return r < 0 ? r : write_kept(&inv->artifact, dir, sk_buf_view(&bytes), err);
}
