/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protected paths: mounted over themselves, read-only, in the container's own
 * mounts. Nothing below can be written, removed, renamed, linked or changed in
 * mode then, by whatever call, and it stays so when the agent has ended. Only who
 * may mount (CAP_SYS_ADMIN) in the container can take it away.
 */
#include "guard/gate-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* 0, or an errno. Between fork and exit: nothing that allocates. Links lead nowhere out of the container's root. */
static int protect_path(int root, const char *path)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int place = (int)syscall(SYS_openat2, root, path, &how, sizeof(how)), fd;

	if (place < 0)
		return errno;
	fd = (int)syscall(SYS_open_tree, place, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
	if (fd < 0 || syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0 ||
	    syscall(SYS_move_mount, fd, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return errno;
	return 0;
}

/* What is not there cannot be changed: it is passed over. */
static int protect_all(int mounts, int root, const char *const *paths)
{
	int worst = 0;

	if (setns(mounts, CLONE_NEWNS) < 0)
		return errno;
	for (; *paths; paths++) {
		int r = protect_path(root, *paths);

		if (r && r != ENOENT)
			worst = r;
	}
	return worst;
}

int sk_gate_protect(int32_t pid, const char *const *paths, struct sk_err *err)
{
	sk_autofree char *name = sk_printf("/proc/%d/ns/mnt", pid), *top = sk_printf("/proc/%d/root", pid);
	sk_autoclose int mounts = open(name, O_RDONLY | O_CLOEXEC), root = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int status = 0;
	pid_t child;

	if ((mounts < 0 || root < 0) && errno == ENOENT)
		return 0; /* it has ended: there is nothing left to protect */
	if (mounts < 0 || root < 0)
		return sk_err_errno(err, "%s", name);
	child = fork();
	if (child == 0)
		_exit(protect_all(mounts, root, paths));
	if (child < 0)
		return sk_err_errno(err, "protected paths");
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
	return errno ? sk_err_errno(err, "protected paths") : 0;
}
