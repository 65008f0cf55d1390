/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* After fork, before exec: only what is safe there. Never returns. */
static void become_worker(int sock, const char *role, char *const *env)
{
	char name[] = "sekisho-worker";
	char *argv[] = { name, (char *)(uintptr_t)role, NULL };
	int null;

	/* A descriptor on 3 already would be closed by exec's flag if it were not copied. */
	if (sock == SK_WORKER_SOCKET)
		fcntl(sock, F_SETFD, 0);
	else if (dup2(sock, SK_WORKER_SOCKET) < 0)
		_exit(127);
	/* Standard error stays, for the last words of a dying worker; whatever else was inherited does not. */
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(127);
	close_range(SK_WORKER_SOCKET + 1, ~0u, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execve("/proc/self/exe", argv, env);
	_exit(127);
}

int sk_worker_start(const char *role, struct sk_worker *ret, struct sk_err *err)
{
	/* Nothing of the environment but what the sanitizers of test builds read. */
	sk_autofree char *asan = sk_printf("ASAN_OPTIONS=%s", getenv("ASAN_OPTIONS") ? getenv("ASAN_OPTIONS") : "");
	sk_autofree char *ubsan = sk_printf("UBSAN_OPTIONS=%s", getenv("UBSAN_OPTIONS") ? getenv("UBSAN_OPTIONS") : "");
	char locale[] = "LC_ALL=C.UTF-8";
	char *env[] = { locale, asan, ubsan, NULL };
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return sk_err_errno(err, "socketpair");
	pid = fork();
	if (pid == 0)
		become_worker(pair[1], role, env);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return sk_err_errno(err, "fork");
	}
	*ret = (struct sk_worker){ pid, pair[0] };
	return 0;
}

int sk_worker_end(struct sk_worker *worker, struct sk_err *err)
{
	int status = 0;

	sk_closep(&worker->sock);
	if (worker->pid <= 0)
		return 0;
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	if (WIFSIGNALED(status))
		return sk_err_set(err, SK_ECRASH, "the worker was killed by signal %d (%s)", WTERMSIG(status),
				  strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == 127)
		return sk_err_set(err, SK_ECRASH, "the worker could not be started: is /proc mounted?");
	if (WEXITSTATUS(status) != 0)
		return sk_err_set(err, SK_ECRASH, "the worker ended with exit code %d", WEXITSTATUS(status));
	return 0;
}

int sk_worker_explain(struct sk_worker *worker, int r, struct sk_err *err)
{
	struct sk_err death = SK_ERR_INIT;

	if (sk_worker_end(worker, &death) == 0)
		return r < 0 ? r
			     : sk_err_set(err, SK_ECRASH, "the worker ended before it was done");
	*err = death;
	return -death.code;
}

void sk_worker_kill(struct sk_worker *worker)
{
	if (worker->pid > 0)
		kill(worker->pid, SIGKILL);
	sk_worker_end(worker, NULL);
}
