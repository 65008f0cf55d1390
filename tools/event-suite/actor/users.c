/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The file itself: a static program has no name services. */
static bool find(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;
	bool found = false;

	if (!f)
		return false;
	while (!found && (p = fgetpwent(f)) != NULL)
		if (strcmp(p->pw_name, name) == 0) {
			*ret_uid = p->pw_uid;
			*ret_gid = p->pw_gid;
			found = true;
		}
	fclose(f);
	return found;
}

static void run(const char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		sk_act_root_is_nobody(false);
		/* One of a chain may act as another user, and still be root's. */
		if (setresgid(getgid(), getgid(), getgid()) < 0 || setresuid(getuid(), getuid(), getuid()) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void remove_user(void *name)
{
	run((const char *[]){ "userdel", name, NULL });
	if (find(name, &(uid_t){ 0 }, &(gid_t){ 0 }))
		run((const char *[]){ "deluser", name, NULL }); /* busybox */
	free(name);
}

void sk_act_user(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	if (find(name, ret_uid, ret_gid))
		return;
	run((const char *[]){ "useradd", name, NULL });
	if (!find(name, ret_uid, ret_gid))
		run((const char *[]){ "adduser", "-D", "-H", name, NULL });
	if (!find(name, ret_uid, ret_gid))
		sk_act_refuse("the user '%s' is not there and cannot be made", name);
	sk_act_undo_later(remove_user, strdup(name));
}
