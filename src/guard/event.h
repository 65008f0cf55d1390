/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An event: one thing that the kernel saw a process do, as rules, drift,
 * profiles and records see it. Sensors (BPF, a record being replayed, a test)
 * make events; nobody else knows where they come from.
 *
 * Types and their arguments carry Falco's names, because its rules name them
 * (`evt.type`, `evt.arg.path`). An event is whole when it is handed out:
 * process, file and socket are what they were at that moment. All it points to
 * is borrowed from the tables (process.h, container.h) and valid until the
 * next event of the same sensor.
 */
#include "base/span.h"

/* What a value of an argument is, and so how rules compare and print it. */
enum sk_arg_type {
	SK_ARG_ABSENT,
	SK_ARG_INT,	/* signed, decimal */
	SK_ARG_UINT,	/* unsigned, decimal */
	SK_ARG_HEX,
	SK_ARG_OCT,	/* modes */
	SK_ARG_ERRNO,	/* 0 or -errno; printed as "SUCCESS", "ENOENT" */
	SK_ARG_FD,
	SK_ARG_PID,
	SK_ARG_UID,
	SK_ARG_GID,
	SK_ARG_TEXT,
	SK_ARG_PATH,	/* as the process gave it; rules see it made absolute */
	SK_ARG_STRINGS, /* NUL-terminated strings behind each other: arguments, environment */
	SK_ARG_BYTES,
	SK_ARG_FLAGS,	/* printed by the description's `flags` */
	SK_ARG_ENUM,
	SK_ARG_SIGNAL,
	SK_ARG_SOCKET,	/* both ends; printed "10.0.0.1:3000->10.0.0.2:80" */
};

struct sk_arg {
	enum sk_arg_type type;
	union {
		int64_t i;
		uint64_t u;
		struct sk_span text;
		const struct sk_socket *socket;
	};
};

/* Names of bits (FLAGS) or values (ENUM); ends with a NULL name. In the order in which Falco prints them. */
struct sk_flag {
	const char *name; /* "O_CREAT" */
	uint64_t bits;	  /* as Linux on this machine has them */
	uint64_t mask;	  /* FLAGS: is set when value & mask == bits */
};

struct sk_arg_desc {
	const char *name; /* NULL ends the list */
	enum sk_arg_type type;
	const struct sk_flag *flags;
};

enum sk_event_category {
	SK_CATEGORY_FILE, SK_CATEGORY_NET, SK_CATEGORY_PROCESS, SK_CATEGORY_USER, SK_CATEGORY_MEMORY,
	SK_CATEGORY_SIGNAL, SK_CATEGORY_IO_READ, SK_CATEGORY_IO_WRITE, SK_CATEGORY_IO_OTHER,
	SK_CATEGORY_IPC, SK_CATEGORY_OTHER,
};

/* One row of event-types.c; `enum sk_event_type` is generated from the same list. */
struct sk_event_desc {
	const char *name;	     /* "openat" */
	enum sk_event_category category;
	const struct sk_arg_desc *args; /* the first is the result: `res`, or the new `fd` */
	bool uses_file;		     /* it is about an open file or socket: fd.* have values */
};

/* The list: one word a type. SK_EVENT_OPENAT is described by sk_event_descs[SK_EVENT_OPENAT]. */
#define SK_EVENT_TYPES(X) \
	X(EXECVE, execve) X(EXECVEAT, execveat) X(CLONE, clone) X(CLONE3, clone3) X(FORK, fork) X(VFORK, vfork) \
	X(PROCEXIT, procexit) \
	X(OPEN, open) X(OPENAT, openat) X(OPENAT2, openat2) X(CREAT, creat) X(CLOSE, close) \
	X(UNLINK, unlink) X(UNLINKAT, unlinkat) X(RMDIR, rmdir) X(MKDIR, mkdir) X(MKDIRAT, mkdirat) \
	X(RENAME, rename) X(RENAMEAT, renameat) X(RENAMEAT2, renameat2) X(LINK, link) X(LINKAT, linkat) \
	X(SYMLINK, symlink) X(SYMLINKAT, symlinkat) X(CHMOD, chmod) X(FCHMOD, fchmod) X(FCHMODAT, fchmodat) \
	X(CHOWN, chown) X(LCHOWN, lchown) X(FCHOWN, fchown) X(FCHOWNAT, fchownat) \
	X(CHDIR, chdir) X(FCHDIR, fchdir) X(CHROOT, chroot) X(PIVOT_ROOT, pivot_root) \
	X(MOUNT, mount) X(UMOUNT, umount) X(UMOUNT2, umount2) X(MOVE_MOUNT, move_mount) \
	X(TRUNCATE, truncate) X(FTRUNCATE, ftruncate) X(UTIMENSAT, utimensat) \
	X(SOCKET, socket) X(SOCKETPAIR, socketpair) X(BIND, bind) X(LISTEN, listen) X(ACCEPT, accept) X(ACCEPT4, accept4) \
	X(CONNECT, connect) X(SENDTO, sendto) X(SENDMSG, sendmsg) X(SENDMMSG, sendmmsg) X(RECVFROM, recvfrom) \
	X(RECVMSG, recvmsg) X(RECVMMSG, recvmmsg) X(DNS, dns) \
	X(DUP, dup) X(DUP2, dup2) X(DUP3, dup3) \
	X(SETUID, setuid) X(SETGID, setgid) X(SETRESUID, setresuid) X(SETRESGID, setresgid) X(SETREUID, setreuid) \
	X(SETREGID, setregid) X(CAPSET, capset) \
	X(PTRACE, ptrace) X(PROCESS_VM_READV, process_vm_readv) X(PROCESS_VM_WRITEV, process_vm_writev) \
	X(MEMFD_CREATE, memfd_create) X(BPF, bpf) X(INIT_MODULE, init_module) X(FINIT_MODULE, finit_module) \
	X(DELETE_MODULE, delete_module) X(KEYCTL, keyctl) X(UNSHARE, unshare) X(SETNS, setns) X(PRCTL, prctl) \
	X(IO_URING_SETUP, io_uring_setup) X(USERFAULTFD, userfaultfd) X(PERF_EVENT_OPEN, perf_event_open) \
	X(KILL, kill) X(TKILL, tkill) X(TGKILL, tgkill) X(MPROTECT, mprotect) X(MMAP, mmap) X(SETTIME, clock_settime) \
	X(DRIFT, drift)

enum sk_event_type {
#define X(id, name) SK_EVENT_##id,
	SK_EVENT_TYPES(X)
#undef X
	SK_EVENT_COUNT,
};
extern const struct sk_event_desc sk_event_descs[SK_EVENT_COUNT];
/* The type of that name, or SK_EVENT_COUNT. */
enum sk_event_type sk_event_type_named(struct sk_span name);

enum sk_file_type {
	SK_FILE_UNKNOWN, SK_FILE_REGULAR, SK_FILE_DIRECTORY, SK_FILE_IPV4, SK_FILE_IPV6, SK_FILE_UNIX, SK_FILE_NETLINK,
	SK_FILE_PACKET, SK_FILE_SOCKET, SK_FILE_PIPE, SK_FILE_EVENT, SK_FILE_EPOLL, SK_FILE_INOTIFY, SK_FILE_SIGNALFD,
	SK_FILE_TIMERFD, SK_FILE_MEMFD, SK_FILE_BPF, SK_FILE_USERFAULTFD, SK_FILE_IO_URING, SK_FILE_PIDFD, SK_FILE_TTY,
};

/* Both ends of a connection, as the kernel has them. */
struct sk_socket {
	uint16_t family;   /* AF_… */
	uint8_t protocol;  /* IPPROTO_…; 0 unknown */
	uint8_t type;	   /* SOCK_… */
	bool server;	   /* this process accepted or listens */
	bool connected;
	bool name_changed; /* by this event: connected, accepted, or another peer of a datagram */
	uint16_t client_port, server_port; /* host byte order */
	uint8_t client[16], server_ip[16]; /* network order; IPv4 in the first four bytes */
	bool has_client, has_server;
	struct sk_span path; /* AF_UNIX */
	struct sk_span server_name; /* DNS name that this address was the answer to; empty: none seen */
};

/* What an event is about: the file behind its file descriptor, or the one that it opened. */
struct sk_file {
	enum sk_file_type type;
	struct sk_span name;	 /* absolute, resolved, as the process's root has it; from kernel objects */
	struct sk_span raw_name; /* as the process wrote it; empty: the same */
	uint32_t dev_major, dev_minor;
	uint64_t inode;
	uint32_t open_flags;	 /* O_… as Linux on this machine has them */
	int8_t upper;		 /* overlay: 1 upper layer, 0 lower; -1 not an overlay */
	bool cut;		 /* name is longer than could be read: only its end is there */
	bool created;		 /* this open made it */
	bool outside;		 /* not below the root of the process: name is as the host or another container has it */
	const struct sk_socket *socket; /* sockets */
};

struct sk_process;

struct sk_event {
	enum sk_event_type type;
	uint16_t cpu;
	uint64_t number;	 /* of this sensor, from 1; losses leave gaps */
	int64_t time;		 /* nanoseconds since 1970, of the kernel's clock */
	int64_t result;		 /* what the call returned: >= 0, or -errno */
	int32_t fd;		 /* number of the descriptor that it is about; -1: none */
	const struct sk_file *file; /* NULL: not about a file or socket */
	const struct sk_process *process; /* never NULL */
	const struct sk_arg *args;  /* as sk_event_descs[type].args says */
	uint8_t arg_count;
};

/* The argument of that name; type SK_ARG_ABSENT if the event has none. */
struct sk_arg sk_event_arg(const struct sk_event *event, struct sk_span name);
