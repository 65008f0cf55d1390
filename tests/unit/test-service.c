/* SPDX-License-Identifier: Apache-2.0 */
/* The agent as a service: what it cannot do any more, its lock, what systemd is told. */
#include "agent/lock.h"
#include "agent/service.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sanitizer.h"
#include "tap.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what a child of ours finds out about itself; the test's process stays as it is ---- */

struct facts {
	struct sk_hardening gate, plain;
	uint64_t thread;
	bool mounts, traces, executes, forks, is_threads;
};

static uint64_t my_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return UINT64_MAX;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static bool refused(long result)
{
	return result < 0 && errno == EPERM;
}

static pthread_barrier_t opened, hardened;

static void *other_thread(void *context)
{
	struct facts *f = context;

	sk_harden_thread(SK_THREAD_NONE);
	pthread_barrier_wait(&opened);
	pthread_barrier_wait(&hardened);
	f->thread = my_rights();
	/* The filter came later than this thread, and holds for it, too. */
	f->is_threads = refused(unshare(CLONE_NEWNS));
	return NULL;
}

static void look(struct facts *f)
{
	const struct sk_harden_options gate = { .gate = true, .marks = true, .workers = true }, plain = { 0 };
	char *const argv[] = { (char *)"true", NULL };
	pthread_t thread;
	pid_t pid;

	pthread_barrier_init(&opened, NULL, 2);
	pthread_barrier_init(&hardened, NULL, 2);
	sk_harden_begin(&gate);
	pthread_create(&thread, NULL, other_thread, f);
	pthread_barrier_wait(&opened);
	sk_harden_finish(&gate, &f->gate);
	sk_harden_finish(&plain, &f->plain);
	pthread_barrier_wait(&hardened);
	pthread_join(thread, NULL);
	f->mounts = refused(mount("none", "/nowhere", "tmpfs", 0, NULL));
	f->traces = SK_WITH_ASAN || refused(ptrace(PTRACE_TRACEME, 0, 0, 0));
	f->executes = refused(execv("/bin/true", argv));
	pid = fork();
	if (pid == 0)
		_exit(7);
	int status = 0;
	f->forks = waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static void test_harden(void)
{
	struct facts *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const uint64_t admin = UINT64_C(1) << CAP_SYS_ADMIN, allowed = UINT64_C(1) << CAP_KILL | UINT64_C(1) << CAP_SYS_PTRACE |
		UINT64_C(1) << CAP_DAC_READ_SEARCH | UINT64_C(1) << CAP_SYS_RESOURCE | UINT64_C(3) << 38;
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		look(f);
		_exit(0);
	}
	ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, "a process hardens itself");
	if (!f->plain.denied) {
		skip("no filters of system calls here");
		return;
	}
	ok(f->plain.no_new_privileges && (SK_WITH_ASAN || f->plain.undumpable), "no new privileges, no look into its memory");
	ok(f->plain.denied > f->gate.denied, "without a gate more is denied");
	ok(!(f->plain.capabilities & admin) && !(f->plain.capabilities & ~allowed), "it has the rights that it needs and no others");
	ok(geteuid() != 0 || f->gate.capabilities & admin || !(my_rights() & admin), "a gate that holds programs has more");
	is_int(f->thread, 0);
	ok(f->mounts && f->traces && f->executes, "it mounts, traces and executes nothing");
	ok(f->is_threads, "in no thread");
	ok(f->forks, "it may have children, which read what is suspected");
	sk_hardening_text(&f->plain, &text);
	ok(strstr(text.data, "; no new privileges; ") && strstr(text.data, "system calls denied"), "and says so");
	munmap(f, sizeof(*f));
}

/* ---- lock ---- */

static void test_lock(const char *folder)
{
	sk_autofree char *runtime = sk_printf("%s/below/run", folder), *file = sk_printf("%s/guard.lock", runtime);
	sk_autofree char *want = sk_printf("another agent runs already, process %d (%s)", (int)getpid(), file);
	struct sk_err err = SK_ERR_INIT;
	int first = -1, second = -1;

	ok(sk_lock_take(runtime, &first, &err) == 0, "the first agent has the lock");
	ok(sk_lock_take(runtime, &second, &err) < 0, "the second has not");
	is_str(err.text, want);
	close(first);
	ok(sk_lock_take(runtime, &second, &err) == 0, "until the first has ended");
	close(second);
}

/* ---- systemd ---- */

static const char *received(int fd)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_notify(const char *folder)
{
	sk_autofree char *path = sk_printf("%s/notify", folder);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sk_autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sk_notify n;

	strcpy(address.sun_path, path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	sk_notify_open(&n);
	ok(!getenv("NOTIFY_SOCKET") && !getenv("WATCHDOG_USEC"), "children do not get it");
	sk_notify_send(&n, "READY=1");
	is_str(received(fd), "READY=1");
	sk_notify_turn(&n);
	is_str(received(fd), "WATCHDOG=1");
	sk_notify_turn(&n);
	is_str(received(fd), "");
	n.next -= 15000;
	sk_notify_turn(&n);
	is_str(received(fd), "WATCHDOG=1");
	sk_notify_close(&n);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	sk_notify_open(&n);
	sk_notify_turn(&n);
	is_str(received(fd), "");
	sk_notify_close(&n);
	unlink(path);
	setenv("NOTIFY_SOCKET", "relative", 1);
	sk_notify_open(&n);
	sk_notify_send(&n, "READY=1");
	ok(n.fd < 0, "without systemd nothing is told");
	sk_notify_close(&n);
}

int main(void)
{
	char folder[] = "/tmp/sekisho-service-XXXXXX";
	sk_autofree char *command = NULL;

	if (!mkdtemp(folder))
		return 1;
	test_harden();
	test_lock(folder);
	test_notify(folder);
	command = sk_printf("rm -rf '%s'", folder);
	return system(command) == 0 ? tap_done() : 1;
}
