/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/rotate.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 16 };

static char *aside(const char *path, unsigned n, const char *suffix)
{
	return sk_printf("%s.%u%s", path, n, suffix);
}

/* FILE.n to FILE.n+1, plain or compressed; the last one away. */
static int shift(const char *path, unsigned n, unsigned keep, const char *suffix, struct sk_err *err)
{
	sk_autofree char *from = aside(path, n, suffix), *to = aside(path, n + 1, suffix);
	int r = n >= keep ? unlink(from) : rename(from, to);

	return r < 0 && errno != ENOENT ? sk_err_errno(err, "%s", from) : 0;
}

static int copy_compressed(int from, gzFile to)
{
	sk_autofree char *bytes = sk_alloc(CHUNK);
	ssize_t n;

	while ((n = sk_read_full(from, bytes, CHUNK)) > 0)
		if (gzwrite(to, bytes, (unsigned)n) != n)
			return -1;
	return n < 0 ? -1 : 0;
}

/* Beside it first: a crash leaves the plain file or the whole compressed one. False: the plain one stays. */
static bool compress_file(const char *path)
{
	sk_autofree char *part = sk_printf("%s.gz.part", path), *whole = sk_printf("%s.gz", path);
	sk_autoclose int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	gzFile gz = to < 0 ? NULL : gzdopen(to, "wb6");
	bool good;

	if (!gz) {
		sk_closep(&to);
		return false;
	}
	good = from >= 0 && copy_compressed(from, gz) == 0;
	good = gzclose(gz) == Z_OK && good && rename(part, whole) == 0;
	if (!good)
		unlink(part);
	return good && unlink(path) == 0;
}

int sk_rotate(const char *path, unsigned keep, bool compress, struct sk_err *err)
{
	sk_autofree char *first = aside(path, 1, "");

	for (unsigned n = keep; n > 0; n--)
		if (shift(path, n, keep, "", err) < 0 || shift(path, n, keep, ".gz", err) < 0)
			return -err->code;
	if (!keep)
		return unlink(path) < 0 ? sk_err_errno(err, "%s", path) : 0;
	if (rename(path, first) < 0)
		return sk_err_errno(err, "%s", first);
	/* A full disk is no reason to stop: then it stays as it is. */
	if (compress)
		compress_file(first);
	return 0;
}
