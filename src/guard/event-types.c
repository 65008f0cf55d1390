/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of events and their arguments, named as Falco's rules name them
 * (falcosecurity/libs driver/event_table.c).
 */
#include "guard/event.h"
#include "guard/event-flags.h"

#define RES { "res", SK_ARG_ERRNO, NULL }
#define NEW_FD { "fd", SK_ARG_FD, NULL }
#define TEXT(name) { name, SK_ARG_TEXT, NULL }
#define PATH(name) { name, SK_ARG_PATH, NULL }
#define FD(name) { name, SK_ARG_FD, NULL }
#define INT(name) { name, SK_ARG_INT, NULL }
#define UINT(name) { name, SK_ARG_UINT, NULL }
#define HEX(name) { name, SK_ARG_HEX, NULL }
#define OCT(name) { name, SK_ARG_OCT, NULL }
#define PID(name) { name, SK_ARG_PID, NULL }
#define UID(name) { name, SK_ARG_UID, NULL }
#define GID(name) { name, SK_ARG_GID, NULL }
#define BYTES(name) { name, SK_ARG_BYTES, NULL }
#define STRINGS(name) { name, SK_ARG_STRINGS, NULL }
#define SOCKET(name) { name, SK_ARG_SOCKET, NULL }
#define FLAGS(name, table) { name, SK_ARG_FLAGS, table }
#define ENUM(name, table) { name, SK_ARG_ENUM, table }

#define ARGS(id, ...) static const struct sk_arg_desc args_##id[] = { __VA_ARGS__, { NULL, SK_ARG_ABSENT, NULL } }

ARGS(exec, RES, TEXT("exe"), STRINGS("args"), PID("tid"), PID("pid"), PID("ptid"), TEXT("cwd"), TEXT("comm"),
     STRINGS("env"), UINT("tty"), PID("vpgid"), UID("loginuid"), UINT("exe_ino"), UID("uid"), GID("gid"),
     PATH("trusted_exepath"), PATH("filename"),
     FLAGS("flags", sk_exe_flags));
ARGS(clone, { "res", SK_ARG_PID, NULL }, TEXT("exe"), STRINGS("args"), PID("tid"), PID("pid"), PID("ptid"), TEXT("cwd"),
     TEXT("comm"), FLAGS("flags", sk_clone_flags), UID("uid"), GID("gid"), PID("vtid"), PID("vpid"));
ARGS(procexit, { "status", SK_ARG_INT, NULL }, INT("ret"), { "sig", SK_ARG_SIGNAL, NULL });
ARGS(open, NEW_FD, PATH("name"), FLAGS("flags", sk_open_flags), OCT("mode"), HEX("dev"), UINT("ino"));
ARGS(openat, NEW_FD, FD("dirfd"), PATH("name"), FLAGS("flags", sk_open_flags), OCT("mode"), HEX("dev"), UINT("ino"));
ARGS(openat2, NEW_FD, FD("dirfd"), PATH("name"), FLAGS("flags", sk_open_flags), OCT("mode"), HEX("resolve"), HEX("dev"),
     UINT("ino"));
ARGS(creat, NEW_FD, PATH("name"), OCT("mode"), HEX("dev"), UINT("ino"));
ARGS(close, RES, FD("fd"));
ARGS(path, RES, PATH("path"));
ARGS(unlinkat, RES, FD("dirfd"), PATH("name"), FLAGS("flags", sk_unlink_flags));
ARGS(mkdir, RES, PATH("path"), OCT("mode"));
ARGS(mkdirat, RES, FD("dirfd"), PATH("path"), OCT("mode"));
ARGS(rename, RES, PATH("oldpath"), PATH("newpath"));
ARGS(renameat, RES, FD("olddirfd"), PATH("oldpath"), FD("newdirfd"), PATH("newpath"));
ARGS(renameat2, RES, FD("olddirfd"), PATH("oldpath"), FD("newdirfd"), PATH("newpath"), FLAGS("flags", sk_rename_flags));
ARGS(linkat, RES, FD("olddir"), PATH("oldpath"), FD("newdir"), PATH("newpath"), HEX("flags"));
ARGS(symlink, RES, TEXT("target"), PATH("linkpath"));
ARGS(symlinkat, RES, TEXT("target"), FD("linkdirfd"), PATH("linkpath"));
ARGS(chmod, RES, PATH("filename"), FLAGS("mode", sk_mode_flags));
ARGS(fchmod, RES, FD("fd"), FLAGS("mode", sk_mode_flags));
ARGS(fchmodat, RES, FD("dirfd"), PATH("filename"), FLAGS("mode", sk_mode_flags));
ARGS(chown, RES, PATH("path"), UID("uid"), GID("gid"));
ARGS(fchown, RES, FD("fd"), UID("uid"), GID("gid"));
ARGS(fchownat, RES, FD("dirfd"), PATH("pathname"), UID("uid"), GID("gid"), HEX("flags"));
ARGS(fd, RES, FD("fd"));
ARGS(pivot_root, RES, PATH("new_root"), PATH("put_old"));
ARGS(mount, RES, TEXT("dev"), PATH("dir"), TEXT("type"), FLAGS("flags", sk_mount_flags));
ARGS(umount, RES, PATH("name"), HEX("flags"));
ARGS(move_mount, RES, FD("from_dfd"), PATH("from"), FD("to_dfd"), PATH("to"), HEX("flags"));
ARGS(truncate, RES, PATH("path"), INT("length"));
ARGS(ftruncate, RES, FD("fd"), INT("length"));
ARGS(utimensat, RES, FD("dirfd"), PATH("path"), INT("atime"), INT("mtime"), HEX("flags"));
ARGS(socket, NEW_FD, ENUM("domain", sk_socket_families), UINT("type"), UINT("proto"));
ARGS(socketpair, RES, FD("fd1"), FD("fd2"), ENUM("domain", sk_socket_families), UINT("type"), UINT("proto"));
ARGS(bind, RES, SOCKET("addr"), FD("fd"));
ARGS(listen, RES, FD("fd"), INT("backlog"));
ARGS(accept, NEW_FD, SOCKET("tuple"));
ARGS(connect, RES, SOCKET("tuple"), FD("fd"));
ARGS(send, { "res", SK_ARG_INT, NULL }, BYTES("data"), FD("fd"), UINT("size"), SOCKET("tuple"));
ARGS(dns, RES, TEXT("name"), TEXT("qtype"), TEXT("addresses"), FD("fd"), SOCKET("tuple"), TEXT("rcode"));
ARGS(dup, { "res", SK_ARG_FD, NULL }, FD("oldfd"));
ARGS(dup2, { "res", SK_ARG_FD, NULL }, FD("oldfd"), FD("newfd"));
ARGS(dup3, { "res", SK_ARG_FD, NULL }, FD("oldfd"), FD("newfd"), FLAGS("flags", sk_open_flags));
ARGS(setuid, RES, UID("uid"));
ARGS(setgid, RES, GID("gid"));
ARGS(setresuid, RES, UID("ruid"), UID("euid"), UID("suid"));
ARGS(setresgid, RES, GID("rgid"), GID("egid"), GID("sgid"));
ARGS(setreuid, RES, UID("ruid"), UID("euid"));
ARGS(setregid, RES, GID("rgid"), GID("egid"));
ARGS(capset, RES, HEX("cap_inheritable"), HEX("cap_permitted"), HEX("cap_effective"));
ARGS(ptrace, RES, ENUM("request", sk_ptrace_requests), PID("pid"), HEX("addr"), HEX("data"));
ARGS(process_vm, { "res", SK_ARG_INT, NULL }, PID("pid"), BYTES("data"));
ARGS(memfd_create, NEW_FD, TEXT("name"), FLAGS("flags", sk_memfd_flags));
ARGS(bpf, NEW_FD, ENUM("cmd", sk_bpf_commands));
ARGS(init_module, RES, BYTES("img"), UINT("length"), TEXT("uargs"));
ARGS(finit_module, RES, FD("fd"), TEXT("uargs"), HEX("flags"));
ARGS(delete_module, RES, TEXT("name"), HEX("flags"));
ARGS(keyctl, RES, INT("operation"));
ARGS(unshare, RES, FLAGS("flags", sk_clone_flags));
ARGS(setns, RES, FD("fd"), FLAGS("nstype", sk_clone_flags));
ARGS(prctl, RES, INT("option"), TEXT("arg2_str"), INT("arg2_int"));
ARGS(io_uring_setup, NEW_FD, UINT("entries"), HEX("flags"));
ARGS(userfaultfd, { "res", SK_ARG_ERRNO, NULL }, FLAGS("flags", sk_open_flags));
ARGS(perf_event_open, NEW_FD, UINT("type"), PID("pid"));
/* Whom the signal went to: its container ("host": none) and its name. */
#define TARGET TEXT("container"), TEXT("comm")
ARGS(kill, RES, PID("pid"), { "sig", SK_ARG_SIGNAL, NULL }, TARGET);
ARGS(tgkill, RES, PID("pid"), PID("tid"), { "sig", SK_ARG_SIGNAL, NULL }, TARGET);
ARGS(mprotect, RES, HEX("addr"), UINT("length"), FLAGS("prot", sk_prot_flags));
ARGS(mmap, RES, HEX("addr"), UINT("length"), FLAGS("prot", sk_prot_flags), HEX("flags"), FD("fd"));
ARGS(clock_settime, RES, INT("clockid"), INT("time"));
ARGS(drift, RES, PATH("filename"), TEXT("digest"), TEXT("act"), TEXT("reason"), TEXT("mode"), TEXT("outcome"),
     TEXT("hook"));

#define ROW(id, n, c, a, file) \
	[SK_EVENT_##id] = { .name = n, .category = SK_CATEGORY_##c, .args = args_##a, .uses_file = file }

const struct sk_event_desc sk_event_descs[SK_EVENT_COUNT] = {
	ROW(EXECVE, "execve", PROCESS, exec, false),
	ROW(EXECVEAT, "execveat", PROCESS, exec, false),
	ROW(CLONE, "clone", PROCESS, clone, false),
	ROW(CLONE3, "clone3", PROCESS, clone, false),
	ROW(FORK, "fork", PROCESS, clone, false),
	ROW(VFORK, "vfork", PROCESS, clone, false),
	ROW(PROCEXIT, "procexit", PROCESS, procexit, false),
	ROW(OPEN, "open", FILE, open, true),
	ROW(OPENAT, "openat", FILE, openat, true),
	ROW(OPENAT2, "openat2", FILE, openat2, true),
	ROW(CREAT, "creat", FILE, creat, true),
	ROW(CLOSE, "close", IO_OTHER, close, true),
	ROW(UNLINK, "unlink", FILE, path, false),
	ROW(UNLINKAT, "unlinkat", FILE, unlinkat, false),
	ROW(RMDIR, "rmdir", FILE, path, false),
	ROW(MKDIR, "mkdir", FILE, mkdir, false),
	ROW(MKDIRAT, "mkdirat", FILE, mkdirat, false),
	ROW(RENAME, "rename", FILE, rename, false),
	ROW(RENAMEAT, "renameat", FILE, renameat, false),
	ROW(RENAMEAT2, "renameat2", FILE, renameat2, false),
	ROW(LINK, "link", FILE, rename, false),
	ROW(LINKAT, "linkat", FILE, linkat, false),
	ROW(SYMLINK, "symlink", FILE, symlink, false),
	ROW(SYMLINKAT, "symlinkat", FILE, symlinkat, false),
	ROW(CHMOD, "chmod", FILE, chmod, false),
	ROW(FCHMOD, "fchmod", FILE, fchmod, true),
	ROW(FCHMODAT, "fchmodat", FILE, fchmodat, false),
	ROW(CHOWN, "chown", FILE, chown, false),
	ROW(LCHOWN, "lchown", FILE, chown, false),
	ROW(FCHOWN, "fchown", FILE, fchown, true),
	ROW(FCHOWNAT, "fchownat", FILE, fchownat, false),
	ROW(CHDIR, "chdir", FILE, path, false),
	ROW(FCHDIR, "fchdir", FILE, fd, true),
	ROW(CHROOT, "chroot", PROCESS, path, false),
	ROW(PIVOT_ROOT, "pivot_root", FILE, pivot_root, false),
	ROW(MOUNT, "mount", FILE, mount, false),
	ROW(UMOUNT, "umount", FILE, umount, false),
	ROW(UMOUNT2, "umount2", FILE, umount, false),
	ROW(MOVE_MOUNT, "move_mount", FILE, move_mount, false),
	ROW(TRUNCATE, "truncate", FILE, truncate, false),
	ROW(FTRUNCATE, "ftruncate", FILE, ftruncate, true),
	ROW(UTIMENSAT, "utimensat", FILE, utimensat, false),
	ROW(SOCKET, "socket", NET, socket, true),
	ROW(SOCKETPAIR, "socketpair", NET, socketpair, true),
	ROW(BIND, "bind", NET, bind, true),
	ROW(LISTEN, "listen", NET, listen, true),
	ROW(ACCEPT, "accept", NET, accept, true),
	ROW(ACCEPT4, "accept4", NET, accept, true),
	ROW(CONNECT, "connect", NET, connect, true),
	ROW(SENDTO, "sendto", IO_WRITE, send, true),
	ROW(SENDMSG, "sendmsg", IO_WRITE, send, true),
	ROW(SENDMMSG, "sendmmsg", IO_WRITE, send, true),
	ROW(RECVFROM, "recvfrom", IO_READ, send, true),
	ROW(RECVMSG, "recvmsg", IO_READ, send, true),
	ROW(RECVMMSG, "recvmmsg", IO_READ, send, true),
	ROW(DNS, "dns", NET, dns, true),
	ROW(DUP, "dup", IO_OTHER, dup, true),
	ROW(DUP2, "dup2", IO_OTHER, dup2, true),
	ROW(DUP3, "dup3", IO_OTHER, dup3, true),
	ROW(SETUID, "setuid", USER, setuid, false),
	ROW(SETGID, "setgid", USER, setgid, false),
	ROW(SETRESUID, "setresuid", USER, setresuid, false),
	ROW(SETRESGID, "setresgid", USER, setresgid, false),
	ROW(SETREUID, "setreuid", USER, setreuid, false),
	ROW(SETREGID, "setregid", USER, setregid, false),
	ROW(CAPSET, "capset", PROCESS, capset, false),
	ROW(PTRACE, "ptrace", OTHER, ptrace, false),
	ROW(PROCESS_VM_READV, "process_vm_readv", IPC, process_vm, false),
	ROW(PROCESS_VM_WRITEV, "process_vm_writev", IPC, process_vm, false),
	ROW(MEMFD_CREATE, "memfd_create", MEMORY, memfd_create, true),
	ROW(BPF, "bpf", OTHER, bpf, true),
	ROW(INIT_MODULE, "init_module", OTHER, init_module, false),
	ROW(FINIT_MODULE, "finit_module", OTHER, finit_module, true),
	ROW(DELETE_MODULE, "delete_module", OTHER, delete_module, false),
	ROW(KEYCTL, "keyctl", OTHER, keyctl, false),
	ROW(UNSHARE, "unshare", PROCESS, unshare, false),
	ROW(SETNS, "setns", PROCESS, setns, true),
	ROW(PRCTL, "prctl", PROCESS, prctl, false),
	ROW(IO_URING_SETUP, "io_uring_setup", IO_OTHER, io_uring_setup, true),
	ROW(USERFAULTFD, "userfaultfd", FILE, userfaultfd, true),
	ROW(PERF_EVENT_OPEN, "perf_event_open", OTHER, perf_event_open, true),
	ROW(KILL, "kill", SIGNAL, kill, false),
	ROW(TKILL, "tkill", SIGNAL, kill, false),
	ROW(TGKILL, "tgkill", SIGNAL, tgkill, false),
	ROW(MPROTECT, "mprotect", MEMORY, mprotect, false),
	ROW(MMAP, "mmap", MEMORY, mmap, true),
	ROW(SETTIME, "clock_settime", OTHER, clock_settime, false),
	ROW(DRIFT, "drift", PROCESS, drift, false),
};

enum sk_event_type sk_event_type_named(struct sk_span name)
{
	for (int i = 0; i < SK_EVENT_COUNT; i++)
		if (sk_span_is(name, sk_event_descs[i].name))
			return (enum sk_event_type)i;
	return SK_EVENT_COUNT;
}

struct sk_arg sk_event_arg(const struct sk_event *event, struct sk_span name)
{
	const struct sk_arg_desc *desc = sk_event_descs[event->type].args;

	for (uint8_t i = 0; i < event->arg_count && desc[i].name; i++)
		if (sk_span_is(name, desc[i].name))
			return event->args[i];
	return (struct sk_arg){ .type = SK_ARG_ABSENT };
}
