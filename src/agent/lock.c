/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lock.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int refuse(int fd, const char *path, struct sk_err *err)
{
	char number[16] = { 0 };
	ssize_t n = pread(fd, number, sizeof(number) - 1, 0);

	number[n > 0 ? strcspn(number, "\n") : 0] = '\0';
	return sk_err_set(err, SK_EIO, "another agent runs already%s%s (%s)", number[0] ? ", process " : "", number, path);
}

/* The kernel lets go of it when the process ends, however it does; the file stays. */
int sk_lock_take(const char *runtime, int *ret_fd, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/guard.lock", runtime);
	sk_autoclose int fd = -1;
	char number[16];

	if (sk_path_make_dirs(runtime, 0755, err) < 0)
		return -err->code;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sk_err_errno(err, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? refuse(fd, path, err) : sk_err_errno(err, "%s", path);
	snprintf(number, sizeof(number), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, number, strlen(number), 0) < 0)
		return sk_err_errno(err, "%s", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}
