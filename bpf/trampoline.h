/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * Where the kernel lets programs hang on its functions (trampolines), a call
 * is looked at when its function comes back, not by a tracepoint: other calls
 * cost nothing then, and those of 32-bit programs, which have functions but no
 * tracepoints of their own, are seen too. Each function wants a program of its
 * own; these are as small as can be and go on to one that does the work.
 *
 * Which call it was, as a number of the machine's own calls, and whose
 * registers are to be read stands in the cookie of each hook.
 */
#include "call.h"

#define COOKIE_NUMBER(cookie) ((cookie) & 0xffff)
#define COOKIE_ABI(cookie) ((__u32)((cookie) >> 16))

/*
 * The kernel lets a program go on to one on a function of the same type only,
 * and has a type of its own for those in its network part, whose text is the same.
 */
struct after_map {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SK_AFTER_COUNT);
	__type(key, __u32);
	__type(value, __u32);
};
struct after_map after SEC(".maps"), after_net SEC(".maps");

#define GO_ON(prefix, symbol, call, map, what) \
	SEC("?fexit/" prefix #call) int BPF_PROG(symbol##call, const struct pt_regs *regs, long result) \
	{ \
		bpf_tail_call(ctx, &map, what); \
		return 0; \
	}

#if defined(__TARGET_ARCH_x86)
#define NATIVE_CALL "__x64_sys_"
#define HOOK_IN(call, map, what) \
	GO_ON("__x64_sys_", native_, call, map, what) \
	GO_ON("__ia32_sys_", narrow_, call, map, what) \
	GO_ON("__ia32_compat_sys_", compat_, call, map, what)
#else
#define NATIVE_CALL "__arm64_sys_"
#define HOOK_IN(call, map, what) GO_ON("__arm64_sys_", native_, call, map, what)
#endif
#define HOOK(call, what) HOOK_IN(call, after, what)
#define HOOK_NET(call, what) HOOK_IN(call, after_net, what)

#if defined(__TARGET_ARCH_x86) /* arm64 has none of these */
HOOK(open, SK_AFTER_OPEN)
HOOK(creat, SK_AFTER_OPEN)
HOOK(unlink, SK_AFTER_CALL)
HOOK(rmdir, SK_AFTER_CALL)
HOOK(mkdir, SK_AFTER_CALL)
HOOK(rename, SK_AFTER_CALL)
HOOK(link, SK_AFTER_CALL)
HOOK(symlink, SK_AFTER_CALL)
HOOK(chmod, SK_AFTER_CALL)
HOOK(chown, SK_AFTER_CALL)
HOOK(lchown, SK_AFTER_CALL)
HOOK(dup2, SK_AFTER_CALL)
HOOK(renameat, SK_AFTER_CALL)
#endif
HOOK(openat, SK_AFTER_OPEN)
HOOK(openat2, SK_AFTER_OPEN)
HOOK(unlinkat, SK_AFTER_CALL)
HOOK(mkdirat, SK_AFTER_CALL)
HOOK(renameat2, SK_AFTER_CALL)
HOOK(linkat, SK_AFTER_CALL)
HOOK(symlinkat, SK_AFTER_CALL)
HOOK(fchmod, SK_AFTER_CALL)
HOOK(fchmodat, SK_AFTER_CALL)
HOOK(fchmodat2, SK_AFTER_CALL)
HOOK(fchown, SK_AFTER_CALL)
HOOK(fchownat, SK_AFTER_CALL)
HOOK(chdir, SK_AFTER_CALL)
HOOK(fchdir, SK_AFTER_CALL)
HOOK(chroot, SK_AFTER_CALL)
HOOK(pivot_root, SK_AFTER_CALL)
HOOK(mount, SK_AFTER_CALL)
HOOK(umount, SK_AFTER_CALL)
HOOK(move_mount, SK_AFTER_CALL)
HOOK(truncate, SK_AFTER_CALL)
HOOK(ftruncate, SK_AFTER_CALL)
HOOK(utimensat, SK_AFTER_CALL)
HOOK_NET(socket, SK_AFTER_CALL)
HOOK_NET(socketpair, SK_AFTER_CALL)
HOOK_NET(bind, SK_AFTER_CALL)
HOOK_NET(listen, SK_AFTER_CALL)
HOOK_NET(accept, SK_AFTER_CALL)
HOOK_NET(accept4, SK_AFTER_CALL)
HOOK_NET(connect, SK_AFTER_CALL)
HOOK_NET(sendto, SK_AFTER_CALL)
HOOK_NET(sendmsg, SK_AFTER_CALL)
HOOK_NET(sendmmsg, SK_AFTER_MESSAGES)
HOOK_NET(recvmmsg, SK_AFTER_MESSAGES)
HOOK_NET(recvfrom, SK_AFTER_CALL)
HOOK_NET(recvmsg, SK_AFTER_CALL)
HOOK(dup, SK_AFTER_CALL)
HOOK(dup3, SK_AFTER_CALL)
HOOK(setuid, SK_AFTER_CALL)
HOOK(setgid, SK_AFTER_CALL)
HOOK(setresuid, SK_AFTER_CALL)
HOOK(setresgid, SK_AFTER_CALL)
HOOK(setreuid, SK_AFTER_CALL)
HOOK(setregid, SK_AFTER_CALL)
HOOK(capset, SK_AFTER_CALL)
HOOK(ptrace, SK_AFTER_CALL)
HOOK(process_vm_readv, SK_AFTER_CALL)
HOOK(process_vm_writev, SK_AFTER_CALL)
HOOK(memfd_create, SK_AFTER_CALL)
HOOK(bpf, SK_AFTER_CALL)
HOOK(init_module, SK_AFTER_CALL)
HOOK(finit_module, SK_AFTER_CALL)
HOOK(delete_module, SK_AFTER_CALL)
HOOK(keyctl, SK_AFTER_CALL)
HOOK(unshare, SK_AFTER_CALL)
HOOK(setns, SK_AFTER_CALL)
HOOK(prctl, SK_AFTER_CALL)
HOOK(userfaultfd, SK_AFTER_CALL)
HOOK(perf_event_open, SK_AFTER_CALL)
HOOK(kill, SK_AFTER_CALL)
HOOK(tkill, SK_AFTER_CALL)
HOOK(tgkill, SK_AFTER_CALL)
HOOK(mmap, SK_AFTER_CALL)
HOOK(mprotect, SK_AFTER_CALL)
HOOK(pkey_mprotect, SK_AFTER_CALL)
HOOK(clock_settime, SK_AFTER_CALL)
