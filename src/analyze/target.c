/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/target.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum wish { WISH_ANY, WISH_ARCHIVE, WISH_LAYOUT, WISH_DIR };

static const struct {
	const char *prefix;
	enum wish wish;
} prefixes[] = {
	{ "archive:", WISH_ARCHIVE }, { "docker-archive:", WISH_ARCHIVE }, { "oci-archive:", WISH_ARCHIVE },
	{ "oci:", WISH_LAYOUT },      { "oci-dir:", WISH_LAYOUT },	   { "dir:", WISH_DIR },
	{ "rootfs:", WISH_DIR },
};

static int open_archive(struct sk_target *t, const struct stat *st)
{
	char head[8] = { 0 };

	if (!S_ISREG(st->st_mode)) {
		t->kind = SK_TARGET_STREAM;
		return 0;
	}
	t->size = (uint64_t)st->st_size;
	/* A file that can seek and is not compressed is read where it is needed, in parallel. */
	if (pread(t->fd, head, sizeof(head), 0) < 0)
		return -1;
	t->kind = sk_compression_of(head, sizeof(head)) == SK_PLAIN ? SK_TARGET_ARCHIVE : SK_TARGET_STREAM;
	return 0;
}

static int recognise(const char *name, struct sk_target *t, enum wish wish, struct sk_err *err)
{
	struct stat st;

	if (fstat(t->fd, &st) < 0)
		return sk_err_errno(err, "%s", name);
	if (S_ISDIR(st.st_mode)) {
		if (wish == WISH_ARCHIVE)
			return sk_err_set(err, SK_EUSAGE, "%s: a folder, not an image archive", name);
		t->kind = SK_TARGET_DIR;
		if (wish != WISH_DIR && faccessat(t->fd, "index.json", R_OK, 0) == 0 &&
		    faccessat(t->fd, "blobs", X_OK, 0) == 0)
			t->kind = SK_TARGET_LAYOUT;
		if (wish == WISH_LAYOUT && t->kind != SK_TARGET_LAYOUT)
			return sk_err_set(err, SK_EUSAGE, "%s: no OCI image layout: index.json and blobs/ are missing",
					  name);
		return 0;
	}
	if (wish == WISH_DIR || wish == WISH_LAYOUT)
		return sk_err_set(err, SK_EUSAGE, "%s: not a folder", name);
	if (open_archive(t, &st) < 0)
		return sk_err_errno(err, "%s", name);
	return 0;
}

static int open_path(const char *path, const char *shown, struct sk_err *err)
{
	/* Nobody types an image: without this the scan would wait for ever, and say nothing. */
	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
		return sk_err_set(err, SK_EUSAGE,
				  "%s: standard input is a terminal; as in 'docker save app | "
				  "sekisho scan -'",
				  shown);

	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 4) : open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? sk_err_errno(err, "%s", shown) : fd;
}

int sk_target_open(const char *name, struct sk_arena *arena, struct sk_target *ret, struct sk_err *err)
{
	struct sk_target t = { .fd = -1 };
	enum wish wish = WISH_ANY;
	const char *path = name, *hash;
	int r;

	for (size_t i = 0; i < SK_COUNT(prefixes) && wish == WISH_ANY; i++) {
		if (strncmp(name, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0) {
			wish = prefixes[i].wish;
			path = name + strlen(prefixes[i].prefix);
		}
	}
	hash = strrchr(path, '#');
	if (hash && access(path, F_OK) < 0) { /* unless there is a file of just that name */
		t.reference = sk_arena_str(arena, hash + 1);
		path = sk_arena_dup(arena, sk_span(path, (size_t)(hash - path)));
	}
	t.fd = open_path(path, name, err);
	if (t.fd < 0)
		return t.fd;
	r = recognise(name, &t, wish, err);
	if (r < 0)
		close(t.fd);
	else
		*ret = t;
	return r;
}
