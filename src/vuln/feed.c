/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/feed.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void archive_freep(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

static int archive_err(struct archive *a, struct sk_err *err)
{
	const char *text = archive_error_string(a);

	return sk_err_set(err, SK_EINVAL, "damaged archive: %s", text ? text : "unknown error");
}

/* One entry's bytes, whatever size its header promises. */
static int slurp_entry(struct archive *a, struct sk_buf *buf, uint64_t *total, struct sk_err *err)
{
	enum { STEP = 64 << 10 };

	sk_buf_reset(buf);
	for (;;) {
		ssize_t n = archive_read_data(a, sk_buf_reserve(buf, STEP), STEP);

		if (n < 0)
			return archive_err(a, err);
		if (n == 0)
			return 0;
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
		*total += (uint64_t)n;
		if (buf->len > SK_MAX_ADVISORY)
			return sk_err_set(err, SK_ELIMIT, "an advisory of more than %u bytes",
					  SK_MAX_ADVISORY);
		if (*total > SK_MAX_FEED_BYTES)
			return sk_err_set(err, SK_ELIMIT, "the archive inflates without end");
	}
}

static bool is_json(const char *name)
{
	return sk_span_ends(sk_span_str(name), ".json");
}

static int read_zip(int fd, sk_feed_file_fn fn, void *ctx, struct sk_err *err)
{
	sk_cleanup(archive_freep) struct archive *a = archive_read_new();
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct archive_entry *entry;
	uint64_t total = 0;
	size_t count = 0;

	/* By its directory: without one the archive is cut off, though some entries can be read. */
	archive_read_support_format_zip_seekable(a);
	if (archive_read_open_fd(a, fd, 1 << 18) != ARCHIVE_OK)
		return archive_err(a, err);
	for (;;) {
		int r = archive_read_next_header(a, &entry);
		const char *name;

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return archive_err(a, err);
		if (++count > SK_MAX_ADVISORIES)
			return sk_err_set(err, SK_ELIMIT, "more than %u files", SK_MAX_ADVISORIES);
		name = archive_entry_pathname_utf8(entry);
		if (!name) /* not UTF-8, and no locale here to say what else */
			name = archive_entry_pathname(entry);
		if (!name || !is_json(name))
			continue;
		r = slurp_entry(a, &buf, &total, err);
		if (r == 0)
			r = fn(ctx, name, sk_buf_view(&buf), err);
		if (r < 0)
			return sk_err_wrap(err, "%s", name);
	}
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int json_only(const struct dirent *entry)
{
	return is_json(entry->d_name);
}

static int read_listed(int folder, const char *name, sk_feed_file_fn fn, void *ctx,
		       struct sk_err *err)
{
	sk_autoclose int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	int r = fd < 0 ? sk_err_errno(err, "open") : sk_fd_slurp(fd, SK_MAX_ADVISORY, &buf, err);

	if (r == 0)
		r = fn(ctx, name, sk_buf_view(&buf), err);
	return r < 0 ? sk_err_wrap(err, "%s", name) : 0;
}

static int read_folder(int folder, sk_feed_file_fn fn, void *ctx, struct sk_err *err)
{
	struct dirent **list = NULL;
	int n = scandirat(folder, ".", &list, json_only, by_name), r = 0;

	if (n < 0)
		return sk_err_errno(err, "listing");
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = read_listed(folder, list[i]->d_name, fn, ctx, err);
		free(list[i]);
	}
	free(list);
	return r;
}

int sk_feed_read(int fd, const char *path, sk_feed_file_fn fn, void *ctx, struct sk_err *err)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return sk_err_errno(err, "%s", path);
	r = S_ISDIR(st.st_mode) ? read_folder(fd, fn, ctx, err) : read_zip(fd, fn, ctx, err);
	return r < 0 ? sk_err_wrap(err, "%s", path) : 0;
}

int sk_feed_slurp(int fd, const char *path, size_t max, struct sk_buf *buf, struct sk_err *err)
{
	sk_cleanup(archive_freep) struct archive *a = archive_read_new();
	struct archive_entry *entry;

	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (archive_read_open_fd(a, fd, 1 << 18) != ARCHIVE_OK)
		return sk_err_set(err, SK_EIO, "%s: %s", path, archive_error_string(a));
	if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return sk_err_set(err, SK_EINVAL, "%s: it is empty or damaged", path);
	for (;;) {
		ssize_t n = archive_read_data(a, sk_buf_reserve(buf, 1 << 18), 1 << 18);

		if (n < 0)
			return sk_err_set(err, SK_EINVAL, "%s: %s", path, archive_error_string(a));
		if (n == 0)
			return 0;
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
		if (buf->len > max)
			return sk_err_set(err, SK_ELIMIT, "%s: more than %zu bytes", path, max);
	}
}
