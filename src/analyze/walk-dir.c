/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/walk.h"

#include "analyze/capture.h"
#include "analyze/sink.h"
#include "base/fd.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

struct dir_walker {
	const struct sk_walk *walk;
	struct sk_recorder *rec;
	_Atomic uint64_t *progress;
	struct sk_capture capture;
	struct sk_buf path;
	unsigned depth;
};

static ssize_t pull_fd(void *context, const void **ret_bytes, uint64_t *ret_offset, struct sk_err *err)
{
	static _Thread_local char block[65536];
	int fd = *(int *)context;
	off_t at = lseek(fd, 0, SEEK_CUR);
	ssize_t n = read(fd, block, sizeof(block));

	if (n < 0)
		return sk_err_errno(err, "read");
	*ret_bytes = block;
	*ret_offset = (uint64_t)at;
	return n;
}

static void issue_errno(struct dir_walker *w)
{
	sk_record_issue(w->rec, "unreadable-file", sk_buf_str(&w->path), 0, strerror(errno));
}

static void visit(struct dir_walker *w, int fd, const struct stat *st, struct sk_match *matches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sk_file_impl impl = { .fd = fd };
		struct sk_file file = {
			.path = sk_buf_str(&w->path),
			.root = sk_span(w->path.data, matches[i].root_len),
			.size = (uint64_t)st->st_size,
			.mode = st->st_mode & 07777,
			.head = sk_span(w->capture.head, w->capture.head_len),
			.impl = &impl,
		};

		sk_sink_run(w->rec, matches[i].analyzer, &file);
		sk_file_impl_release(&impl);
	}
}

static void record_run(struct dir_walker *w, uint32_t mode)
{
	struct sk_arena arena = { 0 };
	struct sk_run_file file;

	sk_capture_describe(&w->capture, &arena, sk_buf_str(&w->path), mode, &file);
	sk_record_run_file(w->rec, &file);
	sk_arena_release(&arena);
}

static void walk_regular(struct dir_walker *w, int dirfd, const char *name, const struct stat *st)
{
	struct sk_match matches[SK_MOST_MATCHES];
	struct sk_capture *c = &w->capture;
	size_t count = sk_patterns_match(w->walk->patterns, sk_buf_view(&w->path), matches);
	struct sk_err err = SK_ERR_INIT;
	sk_autoclose int fd = -1;

	if (st->st_size == 0 && !count)
		return;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		issue_errno(w);
		return;
	}
	sk_capture_begin(c, (uint64_t)st->st_size, pull_fd, &fd);
	c->head_len = 0;
	ssize_t n = pread(fd, c->head, SK_HEAD, 0);

	if (n < 0) {
		issue_errno(w);
		return;
	}
	c->head_len = (size_t)n;
	count = sk_patterns_match_magic(w->walk->patterns, sk_span(c->head, c->head_len), matches, count);
	if (w->walk->manifest && sk_capture_runs(c, sk_buf_str(&w->path), st->st_mode & 07777)) {
		if (lseek(fd, (off_t)c->head_len, SEEK_SET) < 0 || sk_capture_rest(c, false, true, &err) < 0)
			sk_record_issue(w->rec, "unreadable-file", sk_buf_str(&w->path), 0, err.text);
		else
			record_run(w, st->st_mode & 07777);
	}
	visit(w, fd, st, matches, count);
}

/* Kernel interfaces that only look like files: their contents are not the subject, and some never end. */
static bool is_kernel_fs(int fd)
{
	static const unsigned long magics[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC,	 CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
		DEBUGFS_MAGIC,	  TRACEFS_MAGIC, SECURITYFS_MAGIC,   BPF_FS_MAGIC,	  EFIVARFS_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < SK_COUNT(magics); i++)
		if ((unsigned long)fs.f_type == magics[i])
			return true;
	return false;
}

/* Kernel's Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories"; the last is fuse-overlayfs's. */
static bool is_opaque(int fd)
{
	static const char *const names[] = { "trusted.overlay.opaque", "user.overlay.opaque",
					     "user.fuseoverlayfs.opaque" };
	char value = 0;

	for (size_t i = 0; i < SK_COUNT(names); i++)
		if (fgetxattr(fd, names[i], &value, 1) == 1 && value == 'y')
			return true;
	return false;
}

static int walk_folder(struct dir_walker *w, int fd, struct sk_err *err);

static int walk_one(struct dir_walker *w, int dirfd, const char *name, struct sk_err *err)
{
	struct sk_span path;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			issue_errno(w);
		return 0;
	}
	path = sk_buf_view(&w->path);
	if (++w->rec->entries > SK_MAX_LAYER_ENTRIES)
		return sk_err_set(err, SK_ELIMIT, "more than %u files", SK_MAX_LAYER_ENTRIES);
	if (w->progress)
		atomic_fetch_add_explicit(w->progress, 1, memory_order_relaxed);
	if (w->walk->overlay && sk_walk_whiteout(w->rec, path))
		return 0;
	/* The kernel's whiteout, a device without a number, hides what has its name, as every entry does. */
	sk_record_name(w->rec, path, S_ISDIR(st.st_mode) ? SK_NAME_DIR : SK_NAME_ENTRY);
	if (S_ISREG(st.st_mode)) {
		w->rec->bytes += (uint64_t)st.st_size;
		walk_regular(w, dirfd, name, &st);
	} else if (S_ISLNK(st.st_mode)) {
		char target[SK_MAX_PATH + 1];
		ssize_t n = readlinkat(dirfd, name, target, SK_MAX_PATH);

		if (n > 0) {
			target[n] = '\0';
			sk_record_link(w->rec, path.ptr, target);
		}
	} else if (S_ISDIR(st.st_mode)) {
		int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0) {
			issue_errno(w);
			return 0;
		}
		if (w->walk->overlay && is_opaque(fd))
			sk_record_name(w->rec, path, SK_NAME_OPAQUE);
		return walk_folder(w, fd, err);
	}
	return 0;
}

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted: the same tree gives the same report. */
static char **list_names(struct dir_walker *w, DIR *dir, size_t *ret_count)
{
	SK_VEC(char *) names = { 0 };
	struct dirent *entry;

	errno = 0;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			*sk_vec_push(&names) = sk_strdup(entry->d_name);
	}
	if (errno)
		issue_errno(w);
	if (names.len)
		qsort(names.data, names.len, sizeof(names.data[0]), cmp_names);
	*ret_count = names.len;
	return names.data;
}

/* Takes over fd. */
static int walk_folder(struct dir_walker *w, int fd, struct sk_err *err)
{
	size_t len = w->path.len, count = 0;
	char **names = NULL;
	DIR *dir;
	int r = 0;

	if (is_kernel_fs(fd)) {
		close(fd);
		return 0;
	}
	dir = fdopendir(fd);
	if (!dir) {
		issue_errno(w);
		close(fd);
		return 0;
	}
	names = list_names(w, dir, &count);
	w->depth++;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (len)
			sk_buf_putc(&w->path, '/');
		sk_buf_puts(&w->path, names[i]);
		if (w->path.len > SK_MAX_PATH || w->depth > SK_MAX_DOC_DEPTH)
			sk_record_issue(w->rec, "limit", NULL, 0, "a path is too long or too deep to be walked");
		else
			r = walk_one(w, dirfd(dir), names[i], err);
		w->path.len = len;
		if (w->path.data)
			w->path.data[len] = '\0';
	}
	w->depth--;
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	closedir(dir);
	return r;
}

int sk_walk_dir(const struct sk_walk *walk, int fd, struct sk_recorder *rec, _Atomic uint64_t *progress,
		struct sk_err *err)
{
	struct dir_walker w = { .walk = walk, .rec = rec, .progress = progress };
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (own < 0)
		return sk_err_errno(err, "open");
	sk_capture_init(&w.capture, walk->spool);
	r = walk_folder(&w, own, err);
	sk_capture_release(&w.capture);
	sk_buf_release(&w.path);
	return r;
}
