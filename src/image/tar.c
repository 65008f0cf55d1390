/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tar.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

enum { FILE_BLOCK = 64 * 1024 };

struct sk_tar {
	struct archive *archive;
	struct archive_entry *entry;
	sk_tar_pull *pull;
	void *context;
	struct sk_err pull_err;
	struct sk_buf path, link;
	uint64_t refused;
	bool opened;
	/* a file that can seek */
	int fd;
	uint64_t offset; /* of the next read */
	char *block;
	uint64_t block_offset;
	size_t block_len;
};

bool sk_path_normalise(struct sk_span path, struct sk_buf *buf)
{
	struct sk_span part;

	sk_buf_reset(buf);
	sk_buf_reserve(buf, path.len + 1)[0] = '\0';
	while (sk_span_split(&path, '/', &part)) {
		if (part.len == 0 || sk_span_is(part, "."))
			continue;
		if (sk_span_is(part, "..")) {
			struct sk_span dir = sk_span_dirname(sk_buf_view(buf));

			if (buf->len == 0)
				return false;
			buf->len = dir.len;
			buf->data[buf->len] = '\0';
			continue;
		}
		if (buf->len)
			sk_buf_putc(buf, '/');
		sk_buf_span(buf, part);
	}
	return true;
}

static la_ssize_t on_read(struct archive *a, void *data, const void **ret)
{
	struct sk_tar *tar = data;
	ssize_t n;

	if (tar->pull) {
		n = tar->pull(tar->context, ret, &tar->pull_err);
	} else {
		n = sk_pread_full(tar->fd, tar->block, FILE_BLOCK, tar->offset);
		if (n < 0)
			sk_err_errno(&tar->pull_err, "read");
		*ret = tar->block;
		tar->block_offset = tar->offset;
		tar->block_len = n > 0 ? (size_t)n : 0;
		tar->offset += tar->block_len;
	}
	if (n < 0) {
		archive_set_error(a, EIO, "%s", tar->pull_err.text);
		return ARCHIVE_FATAL;
	}
	return n;
}

static la_int64_t on_skip(struct archive *a, void *data, la_int64_t n)
{
	struct sk_tar *tar = data;

	if (n < 0 || n > INT64_MAX / 4)
		return 0;
	tar->offset += (uint64_t)n;
	return n;
}

static struct sk_tar *tar_new(void)
{
	struct sk_tar *tar = sk_alloc(sizeof(*tar));

	tar->fd = -1;
	tar->archive = archive_read_new();
	tar->entry = archive_entry_new();
	if (!tar->archive || !tar->entry)
		abort();
	archive_read_support_format_tar(tar->archive);
	archive_read_support_format_empty(tar->archive);
	archive_read_set_callback_data(tar->archive, tar);
	archive_read_set_read_callback(tar->archive, on_read);
	return tar;
}

struct sk_tar *sk_tar_new(sk_tar_pull *pull, void *context)
{
	struct sk_tar *tar = tar_new();

	tar->pull = pull;
	tar->context = context;
	return tar;
}

struct sk_tar *sk_tar_new_file(int fd)
{
	struct sk_tar *tar = tar_new();

	tar->fd = fd;
	tar->block = sk_realloc(NULL, 1, FILE_BLOCK);
	archive_read_set_skip_callback(tar->archive, on_skip);
	return tar;
}

void sk_tar_free(struct sk_tar *tar)
{
	if (!tar)
		return;
	archive_entry_free(tar->entry);
	archive_read_free(tar->archive);
	sk_buf_release(&tar->path);
	sk_buf_release(&tar->link);
	free(tar->block);
	free(tar);
}

void sk_tar_freep(struct sk_tar **tar)
{
	sk_tar_free(*tar);
	*tar = NULL;
}

static int failed(struct sk_tar *tar, struct sk_err *err)
{
	const char *why = archive_error_string(tar->archive);

	if (tar->pull_err.code) {
		if (err)
			*err = tar->pull_err;
		return -tar->pull_err.code;
	}
	return sk_err_set(err, SK_EINVAL, "tar: %s", why ? why : "unreadable");
}

/* Fills ret from the libarchive entry; 0 if the entry is refused. */
static int describe(struct sk_tar *tar, struct sk_entry *ret)
{
	const char *path = archive_entry_pathname(tar->entry);
	const char *hardlink = archive_entry_hardlink(tar->entry);
	mode_t type = archive_entry_filetype(tar->entry);

	if (!path)
		path = archive_entry_pathname_utf8(tar->entry);
	if (!path || strlen(path) > SK_MAX_PATH || !sk_path_normalise(sk_span_str(path), &tar->path))
		return 0;
	*ret = (struct sk_entry){ .path = sk_buf_str(&tar->path),
				  .mode = archive_entry_perm(tar->entry),
				  .type = SK_ENTRY_OTHER };
	if (hardlink) {
		if (strlen(hardlink) > SK_MAX_PATH || !sk_path_normalise(sk_span_str(hardlink), &tar->link))
			return 0;
		ret->type = SK_ENTRY_HARDLINK;
		ret->link = sk_buf_str(&tar->link);
	} else if (type == AE_IFREG) {
		ret->type = SK_ENTRY_FILE;
		ret->size = archive_entry_size(tar->entry) > 0 ? (uint64_t)archive_entry_size(tar->entry) : 0;
	} else if (type == AE_IFDIR) {
		ret->type = SK_ENTRY_DIR;
	} else if (type == AE_IFLNK) {
		const char *target = archive_entry_symlink(tar->entry);

		ret->type = SK_ENTRY_SYMLINK;
		ret->link = target ? target : "";
	}
	return 1;
}

int sk_tar_next(struct sk_tar *tar, struct sk_entry *ret, struct sk_err *err)
{
	if (!tar->opened && archive_read_open1(tar->archive) != ARCHIVE_OK)
		return failed(tar, err);
	tar->opened = true;
	for (;;) {
		int r = archive_read_next_header2(tar->archive, tar->entry);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return failed(tar, err);
		if (describe(tar, ret))
			return 1;
		tar->refused++;
	}
}

ssize_t sk_tar_data(struct sk_tar *tar, const void **ret_bytes, uint64_t *ret_offset, struct sk_err *err)
{
	la_int64_t offset = 0;
	size_t n = 0;

	for (;;) {
		int r = archive_read_data_block(tar->archive, ret_bytes, &n, &offset);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return failed(tar, err);
		if (n > 0)
			break; /* an empty run is a hole's end */
	}
	*ret_offset = (uint64_t)offset;
	return (ssize_t)n;
}

bool sk_tar_extent(struct sk_tar *tar, uint64_t *ret_offset)
{
	uint64_t before = 0;

	if (tar->pull || archive_entry_sparse_count(tar->entry) > 0)
		return false;
	/* libarchive does not tell: the first run that lies in our own block does. */
	for (;;) {
		const void *bytes;
		uint64_t offset;
		ssize_t n = sk_tar_data(tar, &bytes, &offset, NULL);
		const char *p = bytes;

		if (n <= 0 || offset != before)
			return false;
		if (p >= tar->block && p < tar->block + tar->block_len) {
			*ret_offset = tar->block_offset + (uint64_t)(p - tar->block) - before;
			return true;
		}
		before += (uint64_t)n;
	}
}

uint64_t sk_tar_refused(const struct sk_tar *tar)
{
	return tar->refused;
}
