/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "image/tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct blob {
	uint64_t offset, size;
	const char *target; /* a link */
	struct sk_span kept; /* a document in memory */
	bool placed;	     /* offset is known */
};

struct sk_store {
	struct sk_arena arena;
	struct sk_map blobs;
	int fd;	   /* archive, or -1 */
	int dirfd; /* layout, or -1 */
};

static struct sk_store *store_new(void)
{
	struct sk_store *store = sk_alloc(sizeof(*store));

	store->fd = store->dirfd = -1;
	return store;
}

void sk_store_free(struct sk_store *store)
{
	if (!store)
		return;
	sk_map_release(&store->blobs);
	sk_arena_release(&store->arena);
	free(store);
}

void sk_store_freep(struct sk_store **store)
{
	sk_store_free(*store);
	*store = NULL;
}

static struct blob *add_blob(struct sk_store *store, const char *name)
{
	struct blob *b = sk_arena_alloc(&store->arena, sizeof(*b));

	sk_map_put(&store->blobs, sk_span_str(sk_arena_str(&store->arena, name)), b);
	return b;
}

void sk_store_keep(struct sk_store *store, const char *name, struct sk_span bytes)
{
	struct blob *b = add_blob(store, name);

	b->kept = sk_span(sk_arena_dup(&store->arena, bytes), bytes.len);
	b->size = bytes.len;
}

void sk_store_keep_name(struct sk_store *store, const char *name, uint64_t size)
{
	add_blob(store, name)->size = size;
}

void sk_store_keep_link(struct sk_store *store, const char *name, const char *target)
{
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf joined = { 0 };

	if (target[0] != '/') {
		sk_buf_span(&joined, sk_span_dirname(sk_span_str(name)));
		sk_buf_putc(&joined, '/');
	}
	sk_buf_puts(&joined, target);
	if (sk_path_normalise(sk_buf_view(&joined), &path))
		add_blob(store, name)->target = sk_arena_dup(&store->arena, sk_buf_view(&path));
}

int sk_store_open_archive(int fd, struct sk_store **ret, struct sk_err *err)
{
	sk_cleanup(sk_tar_freep) struct sk_tar *tar = sk_tar_new_file(fd);
	sk_cleanup(sk_store_freep) struct sk_store *store = store_new();
	struct sk_entry e;
	size_t count = 0;
	int r;

	store->fd = fd;
	while ((r = sk_tar_next(tar, &e, err)) > 0) {
		if (++count > SK_MAX_ARCHIVE_ENTRIES)
			return sk_err_set(err, SK_ELIMIT, "more than %u files in an image archive",
					  SK_MAX_ARCHIVE_ENTRIES);
		if (e.type == SK_ENTRY_FILE) {
			struct blob *b = add_blob(store, e.path);

			b->size = e.size;
			b->placed = e.size == 0 || sk_tar_extent(tar, &b->offset);
		} else if (e.type == SK_ENTRY_SYMLINK) {
			sk_store_keep_link(store, e.path, e.link);
		} else if (e.type == SK_ENTRY_HARDLINK) {
			add_blob(store, e.path)->target = sk_arena_str(&store->arena, e.link);
		}
	}
	if (r < 0)
		return r;
	*ret = store;
	store = NULL;
	return 0;
}

struct sk_store *sk_store_open_layout(int dirfd)
{
	struct sk_store *store = store_new();

	store->dirfd = dirfd;
	return store;
}

struct sk_store *sk_store_new_memory(void)
{
	return store_new();
}

const char *sk_store_follow(const struct sk_store *store, const char *name)
{
	for (int i = 0; i < SK_MAX_LINK_DEPTH; i++) {
		const struct blob *b = sk_map_get(&store->blobs, sk_span_str(name));

		if (!b || !b->target)
			break;
		name = b->target;
	}
	return name;
}

static const struct blob *find(const struct sk_store *store, const char *name)
{
	const struct blob *b = sk_map_get(&store->blobs, sk_span_str(sk_store_follow(store, name)));

	return b && !b->target ? b : NULL;
}

/* Names come from manifests: they stay below the folder. */
static int open_below(int dirfd, const char *name, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };
	int fd;

	if (!sk_path_normalise(sk_span_str(name), &path) || path.len == 0)
		return sk_err_set(err, SK_EINVAL, "'%.200s' is not a file of the layout", name);
	fd = openat(dirfd, path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? sk_err_errno(err, "%s", path.data) : fd;
}

bool sk_store_has(const struct sk_store *store, const char *name)
{
	if (store->dirfd >= 0) {
		sk_autoclose int fd = open_below(store->dirfd, name, NULL);

		return fd >= 0;
	}
	return find(store, name) != NULL;
}

/* A file of a layout, owned by its source. */
struct owned_source {
	struct sk_source base;
	struct sk_source *range;
	int fd;
};

static ssize_t owned_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct sk_source *range = ((struct owned_source *)source)->range;

	return range->read(range, bytes, n, err);
}

static ssize_t owned_map(struct sk_source *source, struct sk_mapped *ret, struct sk_err *err)
{
	struct sk_source *range = ((struct owned_source *)source)->range;

	return range->map(range, ret, err);
}

static void owned_close(struct sk_source *source)
{
	struct owned_source *s = (struct owned_source *)source;

	sk_source_close(s->range);
	close(s->fd);
	free(s);
}

static int layout_blob(const struct sk_store *store, const char *name, struct sk_source **ret,
		       uint64_t *ret_size, struct sk_err *err)
{
	struct owned_source *s;
	struct stat st;
	int fd = open_below(store->dirfd, name, err);

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return sk_err_set(err, SK_EINVAL, "%s: not a regular file", name);
	}
	s = sk_alloc(sizeof(*s));
	s->base = (struct sk_source){ .read = owned_read, .map = owned_map, .close = owned_close };
	s->fd = fd;
	s->range = sk_source_range(fd, 0, (uint64_t)st.st_size);
	*ret = &s->base;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int sk_store_blob(const struct sk_store *store, const char *name, struct sk_source **ret,
		  uint64_t *ret_size, struct sk_err *err)
{
	const struct blob *b;

	if (store->dirfd >= 0)
		return layout_blob(store, name, ret, ret_size, err);
	b = find(store, name);
	if (!b)
		return sk_err_set(err, SK_ENOTFOUND, "%s: not in the archive", name);
	if (!b->placed || store->fd < 0)
		return sk_err_set(err, SK_EUNSUPPORTED, "%s: a sparse entry of the archive", name);
	*ret = sk_source_range(store->fd, b->offset, b->size);
	*ret_size = b->size;
	return 0;
}

int sk_store_slurp(const struct sk_store *store, const char *name, size_t max, struct sk_buf *buf,
		   struct sk_err *err)
{
	sk_cleanup(sk_source_closep) struct sk_source *source = NULL;
	const struct blob *b = store->dirfd < 0 ? find(store, name) : NULL;
	uint64_t size;
	ssize_t n;
	int r;

	if (b && b->kept.ptr) {
		sk_buf_span(buf, b->kept);
		return 0;
	}
	r = sk_store_blob(store, name, &source, &size, err);
	if (r < 0)
		return r;
	if (size > max)
		return sk_err_set(err, SK_ELIMIT, "%s: %llu bytes, more than %zu", name,
				  (unsigned long long)size, max);
	n = sk_source_fill(source, sk_buf_reserve(buf, size), size, err);
	if (n < 0)
		return sk_err_wrap(err, "%s", name);
	buf->len += (size_t)n;
	buf->data[buf->len] = '\0';
	return 0;
}
