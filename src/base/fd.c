/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void sk_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

ssize_t sk_read_full(int fd, void *bytes, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = read(fd, (char *)bytes + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

ssize_t sk_pread_full(int fd, void *bytes, size_t n, uint64_t off)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = pread(fd, (char *)bytes + done, n - done, (off_t)(off + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

int sk_write_full(int fd, const void *bytes, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t w = write(fd, (const char *)bytes + done, n - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		done += (size_t)w;
	}
	return 0;
}

int sk_fd_slurp(int fd, size_t max, struct sk_buf *buf, struct sk_err *err)
{
	size_t start = buf->len;

	for (;;) {
		size_t want = max - (buf->len - start);
		ssize_t n;

		if (want > 65536)
			want = 65536;
		n = sk_read_full(fd, sk_buf_reserve(buf, want + 1), want + 1);
		if (n < 0)
			return sk_err_errno(err, "read");
		if (buf->len - start + (size_t)n > max)
			return sk_err_set(err, SK_ELIMIT, "larger than %zu bytes", max);
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
		if ((size_t)n < want + 1)
			return 0;
	}
}

int sk_path_slurp(const char *path, size_t max, struct sk_buf *buf, struct sk_err *err)
{
	sk_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return sk_err_errno(err, "%s", path);
	r = sk_fd_slurp(fd, max, buf, err);
	return r < 0 ? sk_err_wrap(err, "%s", path) : 0;
}

int sk_check_trusted(const char *path, const struct stat *st, struct sk_err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return sk_err_set(err, SK_EINVAL, "%s: belongs to user %u; it must belong to root or to who runs this", path,
				  (unsigned)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return sk_err_set(err, SK_EINVAL, "%s: others may write it (mode %04o); chmod go-w", path,
				  (unsigned)(st->st_mode & 07777));
	return 0;
}

/* What is checked is what is read: by the open descriptor, not by the name. */
int sk_path_slurp_checked(const char *path, bool trusted, size_t max, struct sk_buf *buf, struct sk_err *err)
{
	sk_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return sk_err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return sk_err_set(err, SK_EINVAL, "%s: is no file", path);
	if (trusted && sk_check_trusted(path, &st, err) < 0)
		return -err->code;
	return sk_fd_slurp(fd, max, buf, err) < 0 ? sk_err_wrap(err, "%s", path) : 0;
}

static void sync_folder_of(const char *path)
{
	struct sk_span dir = sk_span_dirname(sk_span_str(path));
	sk_autofree char *name = dir.len ? sk_strndup(dir.ptr, dir.len) : sk_strdup(path[0] == '/' ? "/" : ".");
	sk_autoclose int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

int sk_path_replace(const char *path, struct sk_span bytes, mode_t mode, struct sk_err *err)
{
	sk_autofree char *tmp = sk_printf("%s.XXXXXX", path);
	sk_autoclose int fd = mkostemp(tmp, O_CLOEXEC);

	if (fd < 0)
		return sk_err_errno(err, "%s", tmp);
	if (sk_write_full(fd, bytes.ptr, bytes.len) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0 ||
	    rename(tmp, path) < 0) {
		int r = sk_err_errno(err, "%s", path);

		unlink(tmp);
		return r;
	}
	sync_folder_of(path);
	return 0;
}

int sk_path_make_dirs(const char *path, mode_t mode, struct sk_err *err)
{
	sk_autofree char *part = sk_strdup(path);

	for (char *p = part + 1; part[0]; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return sk_err_errno(err, "%s", part);
		*p = c;
		if (!c)
			break;
	}
	return 0;
}

static char *xdg_dir(const char *variable, const char *fallback)
{
	const char *base = getenv(variable);
	const char *home = getenv("HOME");

	if (base && base[0] == '/')
		return sk_printf("%s/sekisho", base);
	return sk_printf("%s/%s/sekisho", home && home[0] == '/' ? home : "/tmp", fallback);
}

char *sk_xdg_cache_dir(void)
{
	return xdg_dir("XDG_CACHE_HOME", ".cache");
}

char *sk_xdg_data_dir(void)
{
	return xdg_dir("XDG_DATA_HOME", ".local/share");
}

char *sk_xdg_config_dir(void)
{
	return xdg_dir("XDG_CONFIG_HOME", ".config");
}
