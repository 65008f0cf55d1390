/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/manifest.h"

#include "analyze/manifest-file.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "image/digest.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct sk_manifest {
	struct sk_span bytes, files, sizes, by_digest, texts;
	size_t file_count, size_count;
	struct sk_manifest_info info;
	bool mapped;
};

void sk_manifest_close(struct sk_manifest *m)
{
	if (!m)
		return;
	if (m->mapped)
		munmap((void *)(uintptr_t)m->bytes.ptr, m->bytes.len);
	free(m);
}

void sk_manifest_closep(struct sk_manifest **m)
{
	sk_manifest_close(*m);
	*m = NULL;
}

/* ---- fields ---- */

static uint32_t u32_at(struct sk_span s, size_t off)
{
	struct sk_reader r = sk_reader(s);

	sk_read_seek(&r, off);
	return sk_read_u32le(&r);
}

static uint64_t u64_at(struct sk_span s, size_t off)
{
	struct sk_reader r = sk_reader(s);

	sk_read_seek(&r, off);
	return sk_read_u64le(&r);
}

/* Texts end with a NUL, the last byte of all: whatever begins inside ends inside. */
static const char *text_at(const struct sk_manifest *m, uint32_t at)
{
	return at && at < m->texts.len ? m->texts.ptr + at : NULL;
}

static struct sk_span file_at(const struct sk_manifest *m, size_t index)
{
	return sk_span_sub(m->files, index * SK_MANIFEST_FILE, SK_MANIFEST_FILE);
}

static struct sk_span path_of(const struct sk_manifest *m, size_t index)
{
	return sk_span_str(text_at(m, u32_at(file_at(m, index), SK_MANIFEST_PATH)));
}

static struct sk_span digest_of(const struct sk_manifest *m, size_t index)
{
	return sk_span_sub(file_at(m, index), SK_MANIFEST_SHA256, 32);
}

/* The file that is number `index` by digest. */
static size_t by_digest(const struct sk_manifest *m, size_t index)
{
	return u32_at(m->by_digest, index * 4);
}

/* ---- opening ---- */

static bool split(struct sk_manifest *m)
{
	struct sk_reader r = sk_reader(m->bytes);
	uint64_t length, sum;

	if (!sk_span_eq(sk_read_bytes(&r, sizeof(sk_manifest_magic)),
			sk_span(sk_manifest_magic, sizeof(sk_manifest_magic))))
		return false;
	length = sk_read_u64le(&r);
	sum = sk_read_u64le(&r);
	if (r.failed || length != m->bytes.len ||
	    sum != sk_hash_stable(sk_span_from(m->bytes, r.off)))
		return false;
	m->info.created = (int64_t)sk_read_u64le(&r);
	m->file_count = m->info.count = sk_read_u32le(&r);
	m->size_count = sk_read_u32le(&r);
	sk_read_seek(&r, SK_MANIFEST_HEADER);
	m->files = sk_read_bytes(&r, m->file_count * SK_MANIFEST_FILE);
	m->sizes = sk_read_bytes(&r, m->size_count * 8);
	m->by_digest = sk_read_bytes(&r, m->file_count * 4);
	m->texts = sk_read_bytes(&r, sk_reader_left(&r));
	return !r.failed && m->texts.len && m->texts.ptr[0] == '\0' &&
	       m->texts.ptr[m->texts.len - 1] == '\0';
}

static bool file_holds(const struct sk_manifest *m, size_t index)
{
	static const size_t texts[] = { SK_MANIFEST_PATH, SK_MANIFEST_OWNER, SK_MANIFEST_LAYER,
					SK_MANIFEST_INTERPRETER };
	struct sk_span file = file_at(m, index);

	for (size_t i = 0; i < SK_COUNT(texts); i++)
		if (u32_at(file, texts[i]) >= m->texts.len)
			return false;
	return u32_at(file, SK_MANIFEST_KIND) <= SK_RUN_OTHER && path_of(m, index).len &&
	       path_of(m, index).ptr[0] != '/';
}

/* Searching halves what is sorted: what is not would not be found. */
static bool in_order(const struct sk_manifest *m)
{
	for (size_t i = 0; i < m->file_count; i++)
		if (!file_holds(m, i) || (i && sk_span_cmp(path_of(m, i - 1), path_of(m, i)) >= 0))
			return false;
	for (size_t i = 1; i < m->size_count; i++)
		if (u64_at(m->sizes, i * 8 - 8) >= u64_at(m->sizes, i * 8))
			return false;
	return true;
}

/* Each file once, and sorted. */
static bool digests_in_order(const struct sk_manifest *m)
{
	sk_autofree uint8_t *met = sk_alloc(m->file_count / 8 + 1);

	for (size_t i = 0; i < m->file_count; i++) {
		size_t file = by_digest(m, i);

		if (file >= m->file_count || (met[file / 8] & 1u << file % 8) ||
		    (i && sk_span_cmp(digest_of(m, by_digest(m, i - 1)), digest_of(m, file)) > 0))
			return false;
		met[file / 8] |= (uint8_t)(1u << file % 8);
	}
	return true;
}

int sk_manifest_of_bytes(struct sk_span bytes, struct sk_manifest **ret, struct sk_err *err)
{
	struct sk_manifest *m = sk_alloc(sizeof(*m));

	m->bytes = bytes;
	if (!split(m) || !in_order(m) || !digests_in_order(m)) {
		free(m);
		return sk_err_set(err, SK_EINTEGRITY,
				  "the file manifest is damaged, or of another version");
	}
	m->info.name = text_at(m, u32_at(bytes, 40));
	m->info.digest = text_at(m, u32_at(bytes, 44));
	m->info.image_id = text_at(m, u32_at(bytes, 48));
	*ret = m;
	return 0;
}

/* What decides over running programs must be nobody else's to write. */
static int check_owner(const struct stat *st, const char *path, struct sk_err *err)
{
	if (!S_ISREG(st->st_mode))
		return sk_err_set(err, SK_EINVAL, "%s: not a file", path);
	if ((st->st_uid != 0 && st->st_uid != geteuid()) || (st->st_mode & 022))
		return sk_err_set(err, SK_EINVAL, "%s: others may write it", path);
	if ((uint64_t)st->st_size > SK_MAX_MANIFEST_BYTES)
		return sk_err_set(err, SK_ELIMIT, "%s: larger than %u bytes", path,
				  SK_MAX_MANIFEST_BYTES);
	return st->st_size ? 0 : sk_err_set(err, SK_EINTEGRITY, "%s: empty", path);
}

static int map_file(const char *path, struct sk_span *ret_bytes, struct sk_err *err)
{
	sk_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	void *map;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return sk_err_errno(err, "%s", path);
	r = check_owner(&st, path, err);
	if (r < 0)
		return r;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return sk_err_errno(err, "%s", path);
	futimens(fd, NULL); /* used now: what was not for long makes room */
	*ret_bytes = sk_span(map, (size_t)st.st_size);
	return 0;
}

int sk_manifest_open(const char *dir, struct sk_span id, struct sk_manifest **ret,
		     struct sk_err *err)
{
	sk_autofree char *path = NULL, *digest = NULL;
	struct sk_span bytes;
	int r;

	if (sk_span_starts(id, "sha256:"))
		id = sk_span_from(id, 7);
	digest = sk_printf("sha256:%.*s", (int)id.len, id.ptr ? id.ptr : "");
	if (!sk_digest_valid(sk_span_str(digest)))
		return sk_err_set(err, SK_EINVAL, "'%.80s' is not a digest", digest);
	path = sk_printf("%s/%s" SK_MANIFEST_SUFFIX, dir, digest + 7);
	r = map_file(path, &bytes, err);
	if (r < 0)
		return r;
	r = sk_manifest_of_bytes(bytes, ret, err);
	if (r < 0) {
		munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
		return sk_err_wrap(err, "%s", path);
	}
	(*ret)->mapped = true;
	/* Checking touched all of it; few of the pages are asked for again. */
	madvise((void *)(uintptr_t)bytes.ptr, bytes.len, MADV_DONTNEED);
	return 0;
}

/* ---- asking ---- */

bool sk_manifest_has_digest(const struct sk_manifest *m, const uint8_t sha256[32])
{
	size_t low = 0, high = m->file_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = sk_span_cmp(sk_span(sha256, 32), digest_of(m, by_digest(m, mid)));

		if (c == 0)
			return true;
		if (c > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool sk_manifest_has_size(const struct sk_manifest *m, uint64_t size)
{
	size_t low = 0, high = m->size_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint64_t at = u64_at(m->sizes, mid * 8);

		if (at == size)
			return true;
		if (at < size)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool sk_manifest_find(const struct sk_manifest *m, struct sk_span path,
		      struct sk_manifest_file *ret)
{
	size_t low = 0, high = m->file_count;

	while (path.len && path.ptr[0] == '/')
		path = sk_span_from(path, 1);
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = sk_span_cmp(path, path_of(m, mid));

		if (c == 0) {
			*ret = sk_manifest_at(m, mid);
			return true;
		}
		if (c > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

struct sk_manifest_info sk_manifest_info(const struct sk_manifest *m)
{
	return m->info;
}

struct sk_manifest_file sk_manifest_at(const struct sk_manifest *m, size_t index)
{
	struct sk_span file = file_at(m, index), digest = digest_of(m, index);
	struct sk_manifest_file ret = {
		.file = {
			.path = text_at(m, u32_at(file, SK_MANIFEST_PATH)),
			.mode = u32_at(file, SK_MANIFEST_MODE),
			.size = u64_at(file, SK_MANIFEST_SIZE),
			.kind = (enum sk_run_kind)u32_at(file, SK_MANIFEST_KIND),
			.interpreter = text_at(m, u32_at(file, SK_MANIFEST_INTERPRETER)),
		},
		.owner = text_at(m, u32_at(file, SK_MANIFEST_OWNER)),
		.layer = text_at(m, u32_at(file, SK_MANIFEST_LAYER)),
	};

	if (digest.len == sizeof(ret.file.sha256))
		memcpy(ret.file.sha256, digest.ptr, digest.len);
	return ret;
}
