/* SPDX-License-Identifier: Apache-2.0 */
/* Before and after are one bash script: what before sets, after has. Between them it waits for a line from us. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	pid_t pid;
	int ready, go; /* our ends: it says that before is over; we say that after may begin */
} shell;

enum { ITS_READY = SK_ACT_HIGH_FD + 1, ITS_GO };

static void finish(void *unused)
{
	int status = 0;

	(void)!write(shell.go, "\n", 1);
	close(shell.go);
	waitpid(shell.pid, &status, 0);
}

static void run(const char *text, const int *ready, const int *go)
{
	dup2(STDERR_FILENO, STDOUT_FILENO);
	dup2(ready[1], ITS_READY);
	dup2(go[0], ITS_GO);
	sk_act_root_is_nobody(false);
	execlp("bash", "bash", "-c", text, NULL);
	sk_act_fail("running bash");
}

static void start(const char *text)
{
	int ready[2], go[2];

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		sk_act_fail("pipe");
	shell.pid = fork();
	if (shell.pid < 0)
		sk_act_fail("fork");
	if (shell.pid == 0) {
		sk_act_forget();
		run(text, ready, go);
	}
	close(ready[1]);
	close(go[0]);
	shell.ready = fcntl(ready[0], F_DUPFD_CLOEXEC, ITS_GO + 1);
	shell.go = fcntl(go[1], F_DUPFD_CLOEXEC, ITS_GO + 1);
	close(ready[0]);
	close(go[1]);
}

void sk_act_script(const char *before, const char *after)
{
	char *text;
	char c;
	int status;

	if (!before && !after)
		return;
	/* What it leaves in the background must not hold our descriptors. */
	if (asprintf(&text, "{ %s\n} %d>&- %d<&-\necho >&%d\nexec %d>&-\nread -r REPLY <&%d\nexec %d<&-\n%s\n",
		     before ? before : ":", ITS_READY, ITS_GO, ITS_READY, ITS_READY, ITS_GO, ITS_GO, after ? after : "") < 0)
		abort();
	start(text);
	free(text);
	if (read(shell.ready, &c, 1) == 1) {
		sk_act_undo_later(finish, NULL);
		return;
	}
	if (waitpid(shell.pid, &status, 0) == shell.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return; /* before left by itself, content: there is no after */
	sk_act_refuse("the script 'before' ended with status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}
