/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attacks do that a shell cannot: one call each, by name. It is linked
 * statically and lies in the image under the names that rules look for.
 *
 *	attack [user UID] DEED [ARGUMENT...]
 */
#define _GNU_SOURCE
#include "bypass.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int done(const char *what, long result)
{
	if (result >= 0)
		return 0;
	/* Many attacks are seen because they are tried. */
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 0;
}

static struct sockaddr_in address_of(const char *ip, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)) };

	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static int setns_deed(char **args)
{
	(void)args;
	return done("setns", setns(0, 0));
}

/* enter FILE: the namespace that FILE of /proc names */
static int enter(char **args)
{
	return done("setns", setns(open(args[0], O_RDONLY | O_CLOEXEC), 0));
}

static int unshare_user(char **args)
{
	(void)args;
	return done("unshare", unshare(CLONE_NEWUSER));
}

static int packet(char **args)
{
	(void)args;
	return done("socket", socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
}

static int traceme(char **args)
{
	(void)args;
	return done("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int key_ring(char **args)
{
	(void)args;
	return done("keyctl", (int)syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
}

static pid_t victim(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int attach(char **args)
{
	pid_t pid = victim();

	(void)args;
	done("ptrace", ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	end(pid);
	return 0;
}

static int write_memory(char **args)
{
	static char target[8];
	struct iovec from = { "changed", 8 }, to = { target, 8 };
	pid_t pid = victim();

	(void)args;
	done("process_vm_writev", process_vm_writev(pid, &from, 1, &to, 1, 0));
	end(pid);
	return 0;
}

static int open_memory(char **args)
{
	char path[64];
	pid_t pid = victim();

	(void)args;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	done("open", open(path, O_RDWR));
	end(pid);
	return 0;
}

/* memfd PROGRAM ARGUMENT...: a copy of PROGRAM run from memory */
static int memfd(char **args)
{
	static char buffer[65536];
	int from = open(args[0], O_RDONLY), to = memfd_create("payload", MFD_CLOEXEC);
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			return 1;
	return done("fexecve", fexecve(to, args + 1, environ));
}

static int page_faults(char **args)
{
	(void)args;
	return done("userfaultfd", syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
}

static int become(char **args)
{
	return done("setuid", setuid((uid_t)atoi(args[0])));
}

static int connect_to(int type, char **args)
{
	struct sockaddr_in a = address_of(args[0], args[1]);
	int s = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	done("connect", connect(s, (struct sockaddr *)&a, sizeof(a)));
	if (args[2])
		done("send", send(s, args[2], strlen(args[2]), 0));
	return 0;
}

static int tcp(char **args)
{
	return connect_to(SOCK_STREAM, args);
}

static int udp(char **args)
{
	return connect_to(SOCK_DGRAM, args);
}

static int unix_connect(char **args)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", args[0]);
	return done("connect", connect(s, (struct sockaddr *)&a, sizeof(a)));
}

static int unix_listen(char **args)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", args[0]);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
		return 1;
	pause();
	return 0;
}

static int listen_on(char **args)
{
	struct sockaddr_in a = address_of(args[0], args[1]);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	done("bind", bind(s, (struct sockaddr *)&a, sizeof(a)));
	return done("listen", listen(s, 1));
}

/* receive-class: a datagram to oneself that begins as a class file of Java does */
static int receive_class(char **args)
{
	static const unsigned char class[] = { 0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0x41 };
	struct sockaddr_in a = address_of("127.0.0.1", "0");
	socklen_t length = sizeof(a);
	int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
	char buffer[64];

	(void)args;
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || getsockname(s, (struct sockaddr *)&a, &length) ||
	    connect(c, (struct sockaddr *)&a, sizeof(a)) || send(c, class, sizeof(class), 0) < 0)
		return 1;
	return done("recvfrom", recvfrom(s, buffer, sizeof(buffer), 0, NULL, NULL));
}

/* shell-on-socket: what a reverse shell does, with ourselves at the other end */
static int shell_on_socket(char **args)
{
	struct sockaddr_in a = address_of("127.0.0.1", "0");
	socklen_t length = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), peer;

	(void)args;
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1) || getsockname(s, (struct sockaddr *)&a, &length) ||
	    connect(c, (struct sockaddr *)&a, sizeof(a)) || (peer = accept(s, NULL, NULL)) < 0 || dup2(c, 0) || dup2(c, 1) != 1)
		return 1;
	close(c);
	if (write(peer, "exit\n", 5) != 5)
		return 1;
	return done("execl", execl("/bin/sh", "sh", "-i", NULL));
}

static int load_program(char **args)
{
	/* r0 = 0; exit */
	const struct bpf_insn program[] = { { .code = 0xb7 }, { .code = 0x95 } };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2 };

	(void)args;
	attr.insns = (__u64)(unsigned long)program;
	attr.license = (__u64)(unsigned long)"GPL";
	return done("bpf", syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static int load_module(char **args)
{
	return done("finit_module", syscall(SYS_finit_module, open(args[0], O_RDONLY), "", 0));
}

static int set_clock(char **args)
{
	struct timespec t;

	(void)args;
	clock_gettime(CLOCK_REALTIME, &t);
	return done("clock_settime", clock_settime(CLOCK_REALTIME, &t));
}

/* self-write N: descriptor N opened once more for writing, by way of /proc/self */
static int self_write(char **args)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%s", args[0]);
	return done("open", open(path, O_WRONLY));
}

static int read_file(char **args)
{
	return done("open", open(args[0], O_RDONLY));
}

/* create MODE FILE */
static int create(char **args)
{
	return done("open", open(args[1], O_CREAT | O_WRONLY | O_TRUNC, strtoul(args[0], NULL, 8)));
}

static int empty(char **args)
{
	return done("open", open(args[0], O_WRONLY | O_CREAT | O_TRUNC, 0644));
}

static int open_for_writing(char **args)
{
	return done("open", open(args[0], O_WRONLY));
}

/*
 * resolve NAME IP: asks a name server for NAME and is told IP; we are that
 * server too. RFC 1035: header, question, and one answer of type A.
 */
static size_t put_question(unsigned char *message, const char *name)
{
	size_t at = 12;

	memset(message, 0, at);
	message[1] = message[5] = 1;
	message[2] = 1; /* recursion desired */
	for (const char *rest = name; rest; rest = strchr(rest, '.') ? strchr(rest, '.') + 1 : NULL) {
		size_t length = strcspn(rest, ".");

		message[at++] = (unsigned char)length;
		memcpy(message + at, rest, length);
		at += length;
	}
	memcpy(message + at, "\0\0\1\0\1", 5);
	return at + 5;
}

static int resolve(char **args)
{
	struct sockaddr_in server = address_of("127.0.0.1", "53"), peer;
	int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned char message[512];
	socklen_t length = sizeof(peer);
	size_t size;

	if (strlen(args[0]) > 250 || bind(s, (struct sockaddr *)&server, sizeof(server)))
		return 1;
	size = put_question(message, args[0]);
	if (sendto(c, message, size, 0, (struct sockaddr *)&server, sizeof(server)) < 0 ||
	    recvfrom(s, message, sizeof(message), 0, (struct sockaddr *)&peer, &length) < 0)
		return 1;
	message[2] = 0x81; /* an answer */
	message[3] = 0x80;
	message[7] = 1;
	memcpy(message + size, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12);
	inet_pton(AF_INET, args[1], message + size + 12);
	if (sendto(s, message, size + 16, 0, (struct sockaddr *)&peer, length) < 0)
		return 1;
	return done("recvfrom", recvfrom(c, message, sizeof(message), 0, NULL, NULL));
}

static int sleep_then_read(char **args)
{
	sleep((unsigned)atoi(args[0]));
	return read_file(args + 1);
}

/* run PROGRAM ARGUMENT...: as our child, whose parent we are by name */
static int run(char **args)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(args[0], args);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return 0;
}

static int exec(char **args)
{
	return done("exec", execvp(args[0], args));
}

static int at_terminal(char **args)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return 1;
	if (fork() == 0) {
		setsid();
		slave = open(ptsname(master), O_RDWR);
		dup2(slave, 0);
		dup2(slave, 1);
		execvp(args[0], args);
		_exit(127);
	}
	wait(NULL);
	return 0;
}

static int mount_tmpfs(char **args)
{
	return done("mount", mount("none", args[0], "tmpfs", 0, NULL));
}

static int called(char **args); /* NAME DEED ...: calls itself NAME first */

static const struct {
	const char *name;
	int (*deed)(char **args);
	int args;
} deeds[] = {
	{ "setns", setns_deed, 0 },	  { "enter", enter, 1 },
	{ "unshare-user", unshare_user, 0 }, { "packet", packet, 0 },
	{ "traceme", traceme, 0 },	  { "attach", attach, 0 },
	{ "key-ring", key_ring, 0 },
	{ "write-memory", write_memory, 0 }, { "open-memory", open_memory, 0 },
	{ "memfd", memfd, 2 },		  { "page-faults", page_faults, 0 },
	{ "become", become, 1 },	  { "tcp", tcp, 2 },		  { "udp", udp, 2 },
	{ "unix", unix_connect, 1 },	  { "unix-listen", unix_listen, 1 },
	{ "listen", listen_on, 2 },
	{ "receive-class", receive_class, 0 }, { "shell-on-socket", shell_on_socket, 0 },
	{ "load-program", load_program, 0 }, { "load-module", load_module, 1 },
	{ "set-clock", set_clock, 0 },	  { "self-write", self_write, 1 },
	{ "read", read_file, 1 },	  { "create", create, 2 },
	{ "empty", empty, 1 },		  { "open-for-writing", open_for_writing, 1 },
	{ "resolve", resolve, 2 },	  { "called", called, 2 },
	{ "race-path", race_path, 1 },	  { "race-link", race_link, 1 },
	{ "uring-open", uring_open, 1 },  { "busy", busy, 2 },
	{ "sleep-then-read", sleep_then_read, 2 },
	{ "run", run, 1 },		  { "exec", exec, 1 },
	{ "at-terminal", at_terminal, 1 }, { "mount", mount_tmpfs, 1 },
};

static int called(char **args)
{
	prctl(PR_SET_NAME, args[0]);
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (strcmp(args[1], deeds[i].name) == 0)
			return deeds[i].deed(args + 2);
	return 2;
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 3 && strcmp(argv[1], "user") == 0) {
		if (setgid((gid_t)atoi(argv[2])) || setuid((uid_t)atoi(argv[2])))
			return 1;
		first = 3;
	}
	for (size_t i = 0; first < argc && i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (strcmp(argv[first], deeds[i].name) == 0)
			return argc - first - 1 >= deeds[i].args ? deeds[i].deed(argv + first + 1) : 2;
	/* Called by the name of some program, with its arguments: it stands in for it. */
	if (argc < 2 || !strstr(program_invocation_short_name, "attack"))
		return 0;
	fprintf(stderr, "there is no deed %s\n", argv[first]);
	return 2;
}
