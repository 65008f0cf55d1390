/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/sanitizer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a worker does: read, compute, answer. */
static const int always[] = {
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(getpid),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(memfd_create),
	SCMP_SYS(ftruncate), SCMP_SYS(fcntl), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(getrandom), SCMP_SYS(fstat), SCMP_SYS(fstatfs),
	SCMP_SYS(restart_syscall), SCMP_SYS(set_tid_address), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
	SCMP_SYS(membarrier), SCMP_SYS(setpriority),
};

/* What it does besides where it walks a folder. */
static const int with_folder[] = {
	SCMP_SYS(openat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(getdents64), SCMP_SYS(readlinkat),
	SCMP_SYS(fgetxattr),
};

/* What only an intruder does. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(socket),
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(mount),
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf), SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(setuid),
	SCMP_SYS(setgid), SCMP_SYS(setresuid), SCMP_SYS(chroot), SCMP_SYS(pivot_root),
};

static int allow_all(scmp_filter_ctx ctx, const int *calls, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	return r;
}

static int add_rules(scmp_filter_ctx ctx, bool folder)
{
	int r = allow_all(ctx, always, SK_COUNT(always));

	if (r == 0 && (folder || SK_WITH_ASAN))
		r = allow_all(ctx, with_folder, SK_COUNT(with_folder));
	for (size_t i = 0; i < SK_COUNT(deadly) && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	/* Threads, but no processes; clone3 hides its flags behind a pointer: libc falls back to clone. */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* libc's fstat; with a path it would tell of a file that it is there, not what is in it. */
	if (r == 0 && !folder && !SK_WITH_ASAN)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
				     SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH));
	/* Memory that is never executable. */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	return r;
}

static bool enter_seccomp(bool folder)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool done;

	if (!ctx)
		return false;
	done = add_rules(ctx, folder) == 0 && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return done;
}

/* Landlock ABI 1 rights (kernel 5.13) and what later ones added, as far as this machine's header knows them. */
static uint64_t all_rights(int abi)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

#ifdef LANDLOCK_ACCESS_FS_REFER
	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
#endif
#ifdef LANDLOCK_ACCESS_FS_TRUNCATE
	if (abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
#endif
	return rights;
}

static bool enter_landlock(const int *folders, size_t count)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr;
	bool done = true;
	int ruleset;

	if (abi < 1)
		return false;
	/* TRUNCATE is left alone: the spool file is emptied through its descriptor. */
	memset(&attr, 0, sizeof(attr));
	attr.handled_access_fs = all_rights(abi >= 3 ? 2 : (int)abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (ruleset < 0)
		return false;
	for (size_t i = 0; done && i < count; i++) {
		struct landlock_path_beneath_attr below = {
			.allowed_access =
				LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
			.parent_fd = folders[i],
		};

		done = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below,
			       0) == 0;
	}
	done = done && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return done;
}

static bool enter_rlimits(void)
{
	struct rlimit none = { 0, 0 }, spool = { SK_MAX_SPOOL, SK_MAX_SPOOL };
	bool done = setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_FSIZE, &spool) == 0;

	if (!SK_WITH_ASAN) { /* shadow memory takes terabytes of address space */
		struct rlimit space = { SK_MAX_WORKER_MEMORY, SK_MAX_WORKER_MEMORY };

		done = setrlimit(RLIMIT_AS, &space) == 0 && done;
	}
	return done;
}

int sk_sandbox_enter(const int *folders, size_t count, struct sk_err *err)
{
	int parts = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sk_err_errno(err, "PR_SET_NO_NEW_PRIVS");
	if (enter_rlimits())
		parts |= SK_SANDBOX_RLIMITS;
	if (enter_landlock(folders, count))
		parts |= SK_SANDBOX_LANDLOCK;
	if (enter_seccomp(count > 0))
		parts |= SK_SANDBOX_SECCOMP;
	return parts;
}

int sk_sandbox_probe(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		int parts = sk_sandbox_enter(NULL, 0, NULL);

		_exit(parts < 0 ? 0 : parts);
	}
	if (pid < 0)
		return 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}
