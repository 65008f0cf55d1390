/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/bolt.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/reader.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { PAGE_HEADER = 16, ELEMENT = 16, META = 64, BUCKET = 16 };
enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_META = 4, LEAF_BUCKET = 1 };
#define MAGIC 0xed0cdaedu
enum { VERSION = 2 };

struct sk_bolt {
	int fd;		      /* -1: in memory */
	struct sk_span bytes;
	uint64_t size, root;  /* of the file; page of the outermost bucket */
	uint32_t page_size;
	size_t left;	      /* bytes that one question may still read: trees in a damaged file may have circles */
};

/* What one question reads: a path through five trees of a few levels, or a bucket of labels. */
enum { MAX_READ = 4 << 20 };

static bool read_at(struct sk_bolt *b, uint64_t off, void *to, size_t n)
{
	if (off > b->size || n > b->size - off)
		return false;
	if (b->fd >= 0)
		return sk_pread_full(b->fd, to, n, off) == (ssize_t)n;
	memcpy(to, b->bytes.ptr + off, n);
	return true;
}

/* ---- the file ---- */

static uint64_t checksum(const uint8_t *bytes, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* One of the two: each commit writes the older one anew. Its number; 0: it is none. */
static uint64_t read_meta(struct sk_bolt *b, uint64_t off, uint32_t *ret_page_size, uint64_t *ret_root)
{
	uint8_t bytes[PAGE_HEADER + META];
	struct sk_reader r = sk_reader(sk_span(bytes, sizeof(bytes)));
	uint64_t transaction;

	if (!read_at(b, off, bytes, sizeof(bytes)))
		return 0;
	sk_read_skip(&r, PAGE_HEADER);
	if (sk_read_u32le(&r) != MAGIC || sk_read_u32le(&r) != VERSION)
		return 0;
	*ret_page_size = sk_read_u32le(&r);
	sk_read_u32le(&r);
	*ret_root = sk_read_u64le(&r);
	sk_read_skip(&r, 24);
	transaction = sk_read_u64le(&r);
	if (sk_read_u64le(&r) != checksum(bytes + PAGE_HEADER, META - 8))
		return 0;
	if (*ret_page_size < 1024 || *ret_page_size > SK_MAX_BOLT_PAGE || (*ret_page_size & (*ret_page_size - 1)))
		return 0;
	return transaction + 1;
}

static int read_head(struct sk_bolt *b, struct sk_err *err)
{
	uint32_t size[2] = { 0 };
	uint64_t root[2], first = read_meta(b, 0, &size[0], &root[0]), second = 0;
	size_t best;

	for (uint32_t page = 1024; !second && page <= SK_MAX_BOLT_PAGE; page *= 2)
		second = read_meta(b, page, &size[1], &root[1]);
	if (!first && !second)
		return sk_err_set(err, SK_EINVAL, "it is no bbolt database");
	best = second > first;
	b->page_size = size[best];
	b->root = root[best];
	return 0;
}

int sk_bolt_open(const char *path, struct sk_bolt **ret_bolt, struct sk_err *err)
{
	struct sk_bolt *b = sk_alloc(sizeof(*b));
	struct stat st;

	b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (b->fd < 0 || fstat(b->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		sk_err_errno(err, "%s", path);
		sk_bolt_close(b);
		return -SK_EIO;
	}
	b->size = (uint64_t)st.st_size;
	if (read_head(b, err) < 0) {
		sk_bolt_close(b);
		return sk_err_wrap(err, "%s", path);
	}
	*ret_bolt = b;
	return 0;
}

int sk_bolt_view(struct sk_span bytes, struct sk_bolt **ret_bolt, struct sk_err *err)
{
	struct sk_bolt *b = sk_alloc(sizeof(*b));

	b->fd = -1;
	b->bytes = bytes;
	b->size = bytes.len;
	if (read_head(b, err) < 0) {
		sk_bolt_close(b);
		return -SK_EINVAL;
	}
	*ret_bolt = b;
	return 0;
}

void sk_bolt_close(struct sk_bolt *bolt)
{
	if (!bolt)
		return;
	sk_closep(&bolt->fd);
	free(bolt);
}

/* ---- pages ---- */

/* A page with those that overflow from it; empty: it cannot be one. */
static struct sk_span load(struct sk_bolt *b, uint64_t number, struct sk_arena *arena)
{
	uint8_t head[PAGE_HEADER];
	struct sk_reader r = sk_reader(sk_span(head, sizeof(head)));
	uint64_t size;
	char *page;

	if (number > b->size / b->page_size || !read_at(b, number * b->page_size, head, sizeof(head)))
		return sk_span(NULL, 0);
	sk_read_skip(&r, 12);
	size = ((uint64_t)sk_read_u32le(&r) + 1) * b->page_size;
	if (size > SK_MAX_BOLT_VALUE || size > b->left)
		return sk_span(NULL, 0);
	b->left -= size;
	page = sk_arena_alloc(arena, size);
	return read_at(b, number * b->page_size, page, size) ? sk_span(page, size) : sk_span(NULL, 0);
}

static uint32_t page_flags(struct sk_span page)
{
	struct sk_reader r = sk_reader(page);

	sk_read_skip(&r, 8);
	return sk_read_u16le(&r);
}

static uint32_t page_count(struct sk_span page)
{
	struct sk_reader r = sk_reader(page);

	sk_read_skip(&r, 10);
	return sk_read_u16le(&r);
}

struct element {
	struct sk_span key, value;
	uint64_t page;	/* of a branch */
	bool is_bucket; /* of a leaf */
};

static bool element_at(struct sk_span page, uint32_t index, bool leaf, struct element *ret)
{
	size_t at = PAGE_HEADER + (size_t)index * ELEMENT;
	struct sk_reader r = sk_reader(page), w;
	uint32_t flags = 0, pos, key, value = 0;

	*ret = (struct element){ 0 };
	sk_read_seek(&r, at);
	if (leaf)
		flags = sk_read_u32le(&r);
	pos = sk_read_u32le(&r);
	key = sk_read_u32le(&r);
	if (leaf)
		value = sk_read_u32le(&r);
	else
		ret->page = sk_read_u64le(&r);
	if (r.failed)
		return false;
	w = sk_read_window(&r, at + pos, (size_t)key + value);
	ret->key = sk_read_bytes(&w, key);
	ret->value = sk_read_bytes(&w, value);
	ret->is_bucket = flags & LEAF_BUCKET;
	return !w.failed;
}

/* The page of a bucket: its own, or in the value itself. */
static struct sk_span bucket_page(struct sk_bolt *b, struct sk_span value, struct sk_arena *arena)
{
	struct sk_reader r = sk_reader(value);
	uint64_t root = sk_read_u64le(&r);

	if (value.len < BUCKET)
		return sk_span(NULL, 0);
	return root ? load(b, root, arena) : sk_span_from(value, BUCKET);
}

/* The key's element below that page. */
static bool find(struct sk_bolt *b, struct sk_span page, struct sk_span key, struct sk_arena *arena,
		 struct element *ret)
{
	while (page.len >= PAGE_HEADER) {
		bool leaf = page_flags(page) & PAGE_LEAF;
		uint32_t low = 0, high = page_count(page); /* the last that is not above the key lies before high */

		while (low < high) {
			uint32_t middle = low + (high - low) / 2;

			if (!element_at(page, middle, leaf, ret))
				return false;
			if (sk_span_cmp(ret->key, key) <= 0)
				low = middle + 1;
			else
				high = middle;
		}
		if (!element_at(page, low ? low - 1 : 0, leaf, ret) || (!low && leaf))
			return false;
		if (leaf)
			return sk_span_eq(ret->key, key);
		page = load(b, ret->page, arena);
	}
	return false;
}

/* The page of the bucket that all keys but `rest` lead to; *rest is what is left of them. */
static struct sk_span descend(struct sk_bolt *b, const char *const **keys, size_t rest, struct sk_arena *arena)
{
	struct sk_span page;
	struct element e;
	size_t n = 0;

	b->left = MAX_READ;
	while ((*keys)[n])
		n++;
	page = load(b, b->root, arena);
	for (; n > rest; n--, (*keys)++) {
		if (!find(b, page, sk_span_str(**keys), arena, &e) || !e.is_bucket)
			return sk_span(NULL, 0);
		page = bucket_page(b, e.value, arena);
	}
	return page;
}

struct sk_span sk_bolt_get(struct sk_bolt *bolt, const char *const *keys, struct sk_arena *arena)
{
	struct sk_span page = descend(bolt, &keys, 1, arena);
	struct element e;

	if (!find(bolt, page, sk_span_str(*keys), arena, &e) || e.is_bucket)
		return sk_span(NULL, 0);
	return e.value;
}

/* Depth first; a page that leads back to itself ends when no more may be read. */
static size_t list(struct sk_bolt *b, struct sk_span page, struct sk_arena *arena, struct sk_bolt_item *ret, size_t max,
		   unsigned depth)
{
	bool leaf = page.len >= PAGE_HEADER && (page_flags(page) & PAGE_LEAF);
	uint32_t count = page.len >= PAGE_HEADER ? page_count(page) : 0;
	size_t n = 0;

	for (uint32_t i = 0; i < count && n < max; i++) {
		struct element e;

		if (!element_at(page, i, leaf, &e))
			break;
		if (!leaf && depth)
			n += list(b, load(b, e.page, arena), arena, ret + n, max - n, depth - 1);
		else if (leaf && !e.is_bucket)
			ret[n++] = (struct sk_bolt_item){ e.key, e.value };
	}
	return n;
}

size_t sk_bolt_list(struct sk_bolt *bolt, const char *const *keys, struct sk_arena *arena, struct sk_bolt_item *ret,
		    size_t max)
{
	enum { LEVELS = 8 };

	return list(bolt, descend(bolt, &keys, 0, arena), arena, ret, max, LEVELS);
}
