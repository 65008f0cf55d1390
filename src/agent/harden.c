/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/harden.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sanitizer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Killed for want of memory last but for what the host cannot live without (-1000 is "never", and is for init). */
#define OOM_SCORE "-900"

#define BIT(capability) (UINT64_C(1) << (capability))

/* Newer than the headers of some systems: Linux 5.8. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

/*
 * What each is for; tests/cli/guard-harden.sh goes without each in turn.
 *
 *	bpf, perfmon	maps that are looked at, programs for rules that are read again
 *	sys_ptrace	/proc/PID/exe, root, environ and fd of processes of others
 *	dac_read_search	files of containers and engines, whoever owns them
 *	kill		responses
 *	sys_resource	locked memory for maps, on kernels before 5.11
 */
static const uint64_t always = BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) |
			       BIT(CAP_KILL) | BIT(CAP_SYS_RESOURCE);
/*
 * sys_admin: mounting tracefs or a bpffs that is not there, fanotify, programs
 * of the kernel by their number; net_admin: programs for sockets of a cgroup;
 * sys_nice: the reader's priority.
 */
static const uint64_t opening = BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_NICE) | BIT(CAP_SYS_CHROOT);
/*
 * After that, with a gate: marks of whole mounts and file systems (sys_admin) where programs are held, mounts in the
 * namespaces of containers (setns: sys_chroot) where paths are protected. The gate's threads read which folders of a
 * layer hide those below (trusted.overlay.opaque: sys_admin).
 */
static uint64_t guarding(const struct sk_harden_options *options)
{
	return (options->marks || options->mounts ? BIT(CAP_SYS_ADMIN) : 0) | (options->mounts ? BIT(CAP_SYS_CHROOT) : 0);
}

static const char *const names[] = {
	"chown", "dac-override", "dac-read-search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
	"linux-immutable", "net-bind-service", "net-broadcast", "net-admin", "net-raw", "ipc-lock", "ipc-owner",
	"sys-module", "sys-rawio", "sys-chroot", "sys-ptrace", "sys-pacct", "sys-admin", "sys-boot", "sys-nice",
	"sys-resource", "sys-time", "sys-tty-config", "mknod", "lease", "audit-write", "audit-control", "setfcap",
	"mac-override", "mac-admin", "syslog", "wake-alarm", "block-suspend", "audit-read", "perfmon", "bpf",
	"checkpoint-restore",
};

/* ---- capabilities, which each thread has for itself ---- */

static bool has_bpf(void)
{
	return prctl(PR_CAPBSET_READ, CAP_BPF, 0, 0, 0) > 0;
}

static uint64_t wanted(const struct sk_harden_options *options, uint64_t more)
{
	/* Before 5.8 there is but one for all of it; and engines that know no other (Docker 20) give no other. */
	return always | more | guarding(options) | (has_bpf() ? 0 : BIT(CAP_SYS_ADMIN));
}

static bool set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) == 0;
}

/* Those that are gone for good, whatever is executed; needs CAP_SETPCAP, so it comes before that one goes. */
static void bound_capabilities(uint64_t keep)
{
	for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(keep & BIT(i)))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static uint64_t effective_of(int tasks, const char *tid)
{
	sk_autofree char *path = sk_printf("%s/status", tid);
	sk_autoclose int fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line;

	if (fd < 0 || sk_fd_slurp(fd, SK_MAX_PROC_FILE, &text, NULL) < 0)
		return 0;
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line))
		if (sk_span_starts(line, "CapEff:"))
			return strtoull(line.ptr + strlen("CapEff:"), NULL, 16);
	return 0;
}

/* What a process may is what its threads may. */
static uint64_t effective_of_all(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *e;
	uint64_t all = 0;

	while (tasks && (e = readdir(tasks)))
		if (e->d_name[0] != '.')
			all |= effective_of(dirfd(tasks), e->d_name);
	if (tasks)
		closedir(tasks);
	return all;
}

/* ---- system calls ---- */

/* What an agent never does, and who takes it over might. */
static const int never[] = {
	SCMP_SYS(process_vm_writev), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
	SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex),
	SCMP_SYS(clock_adjtime), SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(personality), SCMP_SYS(vhangup), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(syslog),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
	SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(execveat),
	SCMP_SYS(uselib), SCMP_SYS(nfsservctl), SCMP_SYS(move_pages), SCMP_SYS(mbind), SCMP_SYS(set_mempolicy),
	SCMP_SYS(kcmp), SCMP_SYS(lookup_dcookie),
};

/* What only a gate does. */
static const int without_gate[] = {
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr), SCMP_SYS(setns), SCMP_SYS(unshare),
};

static const int without_workers[] = { SCMP_SYS(execve) };

static const int without_asan[] = { SCMP_SYS(ptrace) };

static unsigned deny(scmp_filter_ctx ctx, const int *calls, size_t count)
{
	unsigned denied = 0;

	/* One that this machine or this libseccomp does not know is no rule. */
	for (size_t i = 0; i < count; i++)
		denied += seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 0) == 0;
	return denied;
}

/* For all threads at once. Calls of other architectures (32 bit) would pass by: they end the process. */
static unsigned enter_filter(const struct sk_harden_options *options)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	unsigned denied;

	if (!ctx)
		return 0;
	denied = deny(ctx, never, SK_COUNT(never));
	if (!options->gate)
		denied += deny(ctx, without_gate, SK_COUNT(without_gate));
	if (!SK_WITH_ASAN)
		denied += deny(ctx, without_asan, SK_COUNT(without_asan));
	if (!options->workers)
		denied += deny(ctx, without_workers, SK_COUNT(without_workers));
	if (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) < 0 || seccomp_load(ctx) < 0)
		denied = 0;
	seccomp_release(ctx);
	return denied;
}

/* ---- the whole ---- */

static void set_oom(void)
{
	sk_autoclose int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* It may be refused in a container; then it stays as it is. */
	if (fd >= 0 && write(fd, OOM_SCORE, strlen(OOM_SCORE)) < 0)
		return;
}

static int read_oom(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	return sk_path_slurp("/proc/self/oom_score_adj", 64, &text, NULL) == 0 ? atoi(sk_buf_str(&text)) : 0;
}

void sk_harden_begin(const struct sk_harden_options *options)
{
	/* The gate's canary mounts an overlay, whose work folder only its mounter can get past. */
	uint64_t first = wanted(options, opening | (options->gate ? BIT(CAP_DAC_OVERRIDE) : 0));
	struct rlimit none = { 0, 0 }, files;

	umask(077);
	setrlimit(RLIMIT_CORE, &none);
	/* Rings, maps, programs and a descriptor for each of many processes. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	set_oom();
	bound_capabilities(first);
	set_capabilities(first);
}

void sk_harden_thread(enum sk_thread_rights rights)
{
	static const uint64_t keep[] = {
		[SK_THREAD_NONE] = 0,
		[SK_THREAD_READS] = BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH),
		[SK_THREAD_GATE] = BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_KILL) | BIT(CAP_BPF) |
				   BIT(CAP_PERFMON) | BIT(CAP_SYS_ADMIN),
		[SK_THREAD_RESPONDS] = BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_KILL),
	};

	set_capabilities(keep[rights]);
}

void sk_harden_finish(const struct sk_harden_options *options, struct sk_hardening *ret)
{
	*ret = (struct sk_hardening){ 0 };
	set_capabilities(wanted(options, 0));
	/* Behind the capabilities: changing them makes a process dumpable or not by itself. */
	if (!SK_WITH_ASAN)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret->denied = enter_filter(options);
	ret->no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	ret->undumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
	ret->capabilities = effective_of_all();
	ret->oom = read_oom();
}

void sk_hardening_rights(const struct sk_hardening *h, struct sk_buf *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SK_COUNT(names); i++)
		if (h->capabilities & BIT(i))
			sk_buf_printf(out, "%s%s", count++ ? ", " : "", names[i]);
	if (!count)
		sk_buf_puts(out, "none");
}

void sk_hardening_text(const struct sk_hardening *h, struct sk_buf *out)
{
	sk_buf_puts(out, "rights: ");
	sk_hardening_rights(h, out);
	sk_buf_puts(out, h->no_new_privileges ? "; no new privileges" : "; new privileges are possible");
	if (h->denied)
		sk_buf_printf(out, "; %u system calls denied", h->denied);
	else
		sk_buf_puts(out, "; no filter of system calls");
	sk_buf_puts(out, h->undumpable ? "; memory closed" : "; memory open to its user");
	sk_buf_printf(out, "; out of memory %+d", h->oom);
}
