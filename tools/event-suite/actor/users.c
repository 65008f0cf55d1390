/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 50, TRY_US = 100000 };

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

static bool is_there(const char *name)
{
	return find(name, &(uid_t){ 0 }, &(gid_t){ 0 });
}

/* By either of two commands, shadow's or busybox's. The files are locked while others work at them. */
static void try_both(const char *const one[], const char *const other[], const char *name, bool wanted)
{
	for (int i = 0; i < TRIES && is_there(name) != wanted; i++) {
		if (i)
			usleep(TRY_US);
		run(one);
		if (is_there(name) != wanted)
			run(other);
	}
}

static void remove_user(void *name)
{
	try_both((const char *[]){ "userdel", name, NULL }, (const char *[]){ "deluser", name, NULL }, name, false);
	free(name);
}

void sk_act_user(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	if (find(name, ret_uid, ret_gid))
		return;
	try_both((const char *[]){ "useradd", name, NULL }, (const char *[]){ "adduser", "-D", "-H", name, NULL }, name, true);
	if (!find(name, ret_uid, ret_gid))
		sk_act_refuse("the user '%s' is not there and cannot be made", name);
	sk_act_undo_later(remove_user, strdup(name));
}
