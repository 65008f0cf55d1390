/* SPDX-License-Identifier: Apache-2.0 */
/* Runs in a child of a process with threads: only calls that are safe there (signal-safety(7)). */
#include "guard/gate-trial.h"

#include "base/mem.h"
#include "guard/gate.h"

#include <arpa/inet.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where a try leaves its byte. */
enum { EVIDENCE_FD = 3, BASE = 0x400000 };

/* openat(AT_FDCWD, argv[1], O_RDONLY); write(3, BASE, 1); exit(0) */
static const unsigned char code[] = {
#if defined(__x86_64__)
	0x48, 0x8b, 0x74, 0x24, 0x10, 0xbf, 0x9c, 0xff, 0xff, 0xff, 0x31, 0xd2, 0xb8, 0x01, 0x01, 0x00, 0x00,
	0x0f, 0x05, 0xbf, 0x03, 0x00, 0x00, 0x00, 0xbe, 0x00, 0x00, 0x40, 0x00, 0xba, 0x01, 0x00, 0x00, 0x00,
	0xb8, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xb8, 0x3c, 0x00, 0x00, 0x00, 0x31, 0xff, 0x0f, 0x05,
#else
	0xe1, 0x0b, 0x40, 0xf9, 0x60, 0x0c, 0x80, 0x92, 0x02, 0x00, 0x80, 0xd2, 0x08, 0x07, 0x80, 0xd2, 0x01, 0x00,
	0x00, 0xd4, 0x60, 0x00, 0x80, 0xd2, 0x01, 0x08, 0xa0, 0xd2, 0x22, 0x00, 0x80, 0xd2, 0x08, 0x08, 0x80, 0xd2,
	0x01, 0x00, 0x00, 0xd4, 0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4,
#endif
};

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

struct program {
	Elf64_Ehdr head;
	Elf64_Phdr load;
	unsigned char text[sizeof(code)];
};

static bool write_program(int fd)
{
	struct program p = {
		.head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_EXEC, .e_machine = MACHINE, .e_version = EV_CURRENT,
			  .e_entry = BASE + offsetof(struct program, text), .e_phoff = sizeof(Elf64_Ehdr),
			  .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1 },
		.load = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE, .p_paddr = BASE,
			  .p_filesz = sizeof(p), .p_memsz = sizeof(p), .p_align = 4096 },
	};

	memcpy(p.text, code, sizeof(code));
	return write(fd, &p, sizeof(p)) == sizeof(p);
}

static bool make_program(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
	bool done = fd >= 0 && write_program(fd);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool make_container(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("canary", "/tmp", "tmpfs", 0, "size=1m,mode=0700") == 0 && chdir("/tmp") == 0 &&
	       mkdir("low", 0755) == 0 && mkdir("up", 0755) == 0 && mkdir("work", 0755) == 0 && mkdir("root", 0755) == 0 &&
	       mkdir("low/other", 0755) == 0 &&
	       mkdir("low/kept", 0755) == 0 && make_program("low/kept/file") && make_program("low/sh") &&
	       mount("canary", "/tmp/root", "overlay", 0, "lowerdir=/tmp/low,upperdir=/tmp/up,workdir=/tmp/work") == 0 &&
	       mount("canary", "/tmp/root/other", "tmpfs", 0, "size=1m") == 0 && chroot("/tmp/root") == 0 &&
	       chdir("/") == 0 && make_program("/new") && make_program("/other/new");
}

static void leave_evidence(void)
{
	if (write(EVIDENCE_FD, "x", 1) != 1)
		_exit(1);
}

static void execute(const char *path, const char *argument)
{
	char *const argv[] = { (char *)path, (char *)argument, NULL }, *const env[] = { NULL };

	execve(path, argv, env);
}

static void execute_memory(void)
{
	static char name[] = "canary";
	char *const argv[] = { name, NULL }, *const env[] = { NULL };
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && write_program(fd))
		fexecve(fd, argv, env);
}

static void map_library(void)
{
	int fd = open("/new", O_RDONLY | O_CLOEXEC);

	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED)
		leave_evidence();
}

static void connect_marked(void)
{
	static const unsigned char bytes[4] = SK_GATE_TRIAL_ADDRESS;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(SK_GATE_TRIAL_PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&address.sin_addr, bytes, 4);
	/* No datagram is sent; without a route it fails, but not by us. */
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno != EPERM)
		leave_evidence();
}

static void change(unsigned trial)
{
	int r = trial == SK_GATE_TRIAL_WRITE	? open("/kept/file", O_WRONLY | O_CLOEXEC)
		: trial == SK_GATE_TRIAL_UNLINK ? unlink("/kept/file") : rename("/kept/file", "/kept/other");

	if (r >= 0)
		leave_evidence();
	else if (errno == EROFS)
		errno = EPERM;
}

/* Its exit code is the error that it met; 0: none. */
static void attempt(unsigned trial)
{
	errno = 0;
	switch (trial) {
	case SK_GATE_TRIAL_UPPER: execute("/new", NULL); break;
	case SK_GATE_TRIAL_OUTSIDE: execute("/other/new", NULL); break;
	case SK_GATE_TRIAL_MEMORY: execute_memory(); break;
	case SK_GATE_TRIAL_SCRIPT: execute("/sh", "/new"); break;
	case SK_GATE_TRIAL_LIBRARY: map_library(); break;
	case SK_GATE_TRIAL_CONNECT: connect_marked(); break;
	case SK_GATE_TRIAL_WRITE:
	case SK_GATE_TRIAL_RENAME:
	case SK_GATE_TRIAL_UNLINK: change(trial); break;
	default: execute("/sh", NULL); break;
	}
	_exit(errno == EPERM ? EPERM : 0);
}

static enum sk_gate_state try(unsigned trial)
{
	int evidence[2], status = 0;
	char byte;
	pid_t child;
	ssize_t n;

	if (pipe(evidence) < 0)
		return SK_GATE_ABSENT;
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(evidence[1], EVIDENCE_FD) < 0)
			_exit(1);
		attempt(trial);
	}
	close(evidence[1]);
	n = child > 0 ? read(evidence[0], &byte, 1) : 1;
	close(evidence[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (n != 0)
		return SK_GATE_ABSENT;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ? SK_GATE_KILLS : SK_GATE_ABSENT;
	return WEXITSTATUS(status) == EPERM ? SK_GATE_BLOCKS : SK_GATE_ABSENT;
}

void sk_gate_trials(int from, int to)
{
	unsigned char states[SK_GATE_TRIALS + 1], byte = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	/* Descriptors of ours must not be where a try leaves its byte. */
	from = fcntl(from, F_DUPFD_CLOEXEC, 10);
	to = fcntl(to, F_DUPFD_CLOEXEC, 10);
	byte = !make_container();
	if (write(to, &byte, 1) != 1 || byte || read(from, &byte, 1) != 1)
		_exit(1);
	for (unsigned i = 0; i <= SK_GATE_TRIALS; i++)
		states[i] = (unsigned char)try(i);
	_exit(write(to, states, sizeof(states)) != sizeof(states));
}
