/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/capture.h"

#include "base/fd.h"
#include "base/limits.h"

#include <unistd.h>

void sk_capture_init(struct sk_capture *c, int spool)
{
	*c = (struct sk_capture){ .spool = spool };
}

void sk_capture_release(struct sk_capture *c)
{
	sk_buf_release(&c->bytes);
	sk_hasher_free(c->hasher);
	c->hasher = NULL;
}

void sk_capture_begin(struct sk_capture *c, uint64_t size, sk_capture_pull *pull, void *context)
{
	c->size = size;
	c->head_len = 0;
	c->spooled = false;
	c->pull = pull;
	c->context = context;
	c->left = sk_span(NULL, 0);
	c->done = 0;
	sk_buf_reset(&c->bytes);
}

/* The next run: what the head left over, or a new one. */
static ssize_t next_run(struct sk_capture *c, struct sk_err *err)
{
	const void *bytes;
	ssize_t n;

	if (c->left.len)
		return (ssize_t)c->left.len;
	n = c->pull(c->context, &bytes, &c->left_offset, err);
	if (n > 0)
		c->left = sk_span(bytes, (size_t)n);
	return n;
}

static void use_run(struct sk_capture *c, size_t n)
{
	c->left = sk_span(c->left.ptr + n, c->left.len - n);
	c->left_offset += n;
}

int sk_capture_head(struct sk_capture *c, struct sk_err *err)
{
	while (c->head_len < SK_HEAD) {
		ssize_t n = next_run(c, err);
		size_t take = SK_HEAD - c->head_len;

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		if (c->left_offset > c->head_len) { /* a hole: zero bytes */
			uint64_t hole = c->left_offset - c->head_len;

			if (hole < take)
				take = hole;
			memset(c->head + c->head_len, 0, take);
			c->head_len += take;
			continue;
		}
		if (take > c->left.len)
			take = c->left.len;
		memcpy(c->head + c->head_len, c->left.ptr, take);
		c->head_len += take;
		use_run(c, take);
	}
	c->done = c->head_len;
	return 0;
}

static int keep(struct sk_capture *c, const void *bytes, size_t n, struct sk_err *err)
{
	if (!c->spooled) {
		sk_buf_put(&c->bytes, bytes, n);
		return 0;
	}
	if (sk_write_full(c->spool, bytes, n) < 0)
		return sk_err_errno(err, "spooling a file of %llu bytes", (unsigned long long)c->size);
	return 0;
}

/* Where the file will be kept. */
static int choose_place(struct sk_capture *c, struct sk_err *err)
{
	if (c->size <= SK_FILE_MEMORY)
		return 0;
	if (c->spool < 0)
		return sk_err_set(err, SK_ELIMIT, "%llu bytes, and no folder for temporary files",
				  (unsigned long long)c->size);
	if (ftruncate(c->spool, 0) < 0 || lseek(c->spool, 0, SEEK_SET) < 0)
		return sk_err_errno(err, "spool");
	c->spooled = true;
	return 0;
}

static int take(struct sk_capture *c, bool keeping, const void *bytes, size_t n, struct sk_err *err)
{
	int r = keeping ? keep(c, bytes, n, err) : 0;

	if (c->hasher)
		sk_hasher_add_cold(c->hasher, bytes, n);
	c->done += n;
	return r;
}

static int take_zeros(struct sk_capture *c, bool keeping, uint64_t n, struct sk_err *err)
{
	static const char zeros[4096];
	int r = 0;

	for (; n && r == 0; n -= n < sizeof(zeros) ? n : sizeof(zeros))
		r = take(c, keeping, zeros, n < sizeof(zeros) ? n : sizeof(zeros), err);
	return r;
}

static int take_all(struct sk_capture *c, bool keeping, struct sk_err *err)
{
	int r;

	c->done = 0;
	r = take(c, keeping, c->head, c->head_len, err);
	while (r == 0) {
		ssize_t n = next_run(c, err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		if (c->left_offset > c->done)
			r = take_zeros(c, keeping, c->left_offset - c->done, err);
		if (r == 0)
			r = take(c, keeping, c->left.ptr, c->left.len, err);
		use_run(c, c->left.len);
	}
	if (r == 0 && c->done < c->size)
		r = take_zeros(c, keeping, c->size - c->done, err);
	return r;
}

int sk_capture_rest(struct sk_capture *c, bool keeping, bool hash, struct sk_err *err)
{
	int r;

	if (keeping && c->size > SK_MAX_SPOOL)
		return sk_err_set(err, SK_ELIMIT, "%llu bytes are too many to be analysed",
				  (unsigned long long)c->size);
	r = keeping ? choose_place(c, err) : 0;
	if (r < 0)
		return r;
	sk_hasher_free(c->hasher);
	c->hasher = hash ? sk_hasher_new("sha256") : NULL;
	r = take_all(c, keeping, err);
	if (r == 0 && hash)
		sk_hasher_text(c->hasher, c->digest);
	c->size = c->done;
	return r;
}

struct sk_file_impl sk_capture_impl(const struct sk_capture *c)
{
	if (c->spooled)
		return (struct sk_file_impl){ .fd = c->spool, .steady = true };
	return (struct sk_file_impl){ .fd = -1, .bytes = sk_buf_view(&c->bytes) };
}

bool sk_capture_runs(const struct sk_capture *c, const char *path, uint32_t mode)
{
	struct sk_span head = sk_span(c->head, c->head_len);

	return c->size > 0 && ((mode & 0111) || sk_span_starts(head, "\x7f" "ELF") || sk_span_starts(head, "#!") ||
			       sk_run_kind_by_name(sk_span_str(path)) != SK_RUN_OTHER);
}

/* ELF header (System V ABI, "ELF Header"): e_type at 16 by EI_DATA; 3 is a shared object. */
static enum sk_run_kind elf_kind(const struct sk_capture *c, uint32_t mode, const char *path)
{
	bool big = c->head_len > 17 && c->head[5] == 2;
	unsigned type = c->head_len > 17 ? (uint8_t)c->head[big ? 17 : 16] : 0;
	bool named = sk_is_shared_object(sk_span_basename(sk_span_str(path)));

	/* Position-independent programs are of type 3 as libraries are: the name and the mode tell. */
	return type == 3 && (named || !(mode & 0111)) ? SK_RUN_LIBRARY : SK_RUN_ELF;
}

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void sk_capture_describe(const struct sk_capture *c, struct sk_arena *arena, const char *path, uint32_t mode,
			 struct sk_run_file *ret)
{
	struct sk_span head = sk_span(c->head, c->head_len), line = { 0 };

	*ret = (struct sk_run_file){ .path = sk_arena_str(arena, path), .mode = mode, .size = c->size,
				     .kind = sk_run_kind_by_name(sk_span_str(path)) };
	if (sk_span_starts(head, "\x7f" "ELF")) {
		ret->kind = elf_kind(c, mode, path);
	} else if (sk_span_starts(head, "#!")) {
		head = sk_span_from(head, 2);
		sk_span_line(&head, &line);
		ret->kind = SK_RUN_SCRIPT;
		ret->interpreter = sk_arena_dup(arena, sk_span_trim(line));
	}
	for (size_t i = 0; i < sizeof(ret->sha256); i++)
		ret->sha256[i] = (uint8_t)(nibble(c->digest[7 + 2 * i]) << 4 | nibble(c->digest[8 + 2 * i]));
}
