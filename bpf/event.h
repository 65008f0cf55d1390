/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * What the kernel's programs (sensor.bpf.c) tell user space: a record is a
 * fixed header and parts of bounded length behind it, each with a small header
 * of its own. Nothing in a record is aligned for user space but the header.
 *
 * A path is told as its components, from the last to the first, each ended by
 * a NUL: the kernel has names from the leaf up, and need not turn them round.
 */
#ifndef __bpf__
#include <linux/types.h>
#endif

/* Room of one record's parts. A part is begun only below the first bound, so that it never runs into the second. */
#define SK_WIRE_PARTS 12288
#define SK_WIRE_PART 4096
/* Components of a path that are told; what is above them is cut and said to be. */
#define SK_WIRE_COMPONENTS 64
/* Levels of a cgroup's name: Kubernetes has five. */
#define SK_WIRE_CGROUPS 8
/* Bytes of a message that are told: what one DNS datagram holds (RFC 1035 2.3.4). */
#define SK_WIRE_BYTES 512
/*
 * Once half of the ring is full, a process may add so many calls in each
 * 134 ms (2^27 ns): one that floods must not blind us for the others. Fifty
 * of them take 1 MiB then.
 */
#define SK_WIRE_SHARE 64
#define SK_WIRE_SHARE_SHIFT 27
/* Processes whose shares are remembered. */
#define SK_WIRE_SHARES 4096
/* DNS questions whose answers are waited for. */
#define SK_WIRE_ASKED 4096
/* Messages of one call (sendmmsg) that are told. */
#define SK_WIRE_MESSAGES 16
/* Numbers of system calls: the highest of Linux 6.18 is 470. */
#define SK_WIRE_CALLS 512
/* Tags of boring opens that are remembered, each in its place: a node's busy files are some ten thousand. 256 KiB. */
#define SK_WIRE_BORING 32768
#define SK_WIRE_BORING_PLACE(tag) ((tag) >> 49) /* 15 bits, the best mixed ones; bit 0 of a tag is always set */

/* What a small program on a call's function goes on to (trampoline.h). */
enum sk_wire_after { SK_AFTER_CALL, SK_AFTER_MESSAGES, SK_AFTER_OPEN, SK_AFTER_COUNT };

/* Of the hook on a call's function: the call by the machine's own number, and whether its registers are a 32-bit program's. */
#define SK_WIRE_COOKIE(number, is_32) ((__u64)(is_32) << 16 | (number))

enum sk_wire_kind {
	SK_WIRE_EXEC = 1,
	SK_WIRE_FORK, /* result: pid of the child, args[0] its flags, args[1] who called; the header is the child's */
	SK_WIRE_EXIT, /* result: status as wait(2) has it */
	SK_WIRE_CALL, /* a system call that has come back */
	SK_WIRE_QUESTION, /* a DNS message to port 53: socket and bytes */
	SK_WIRE_ANSWER,	  /* the message that came back; task.pid, task.namespaces[NS_NET] are of who asked, no more */
	SK_WIRE_CGROUP_MADE, /* args[0]: its number, as task.cgroup has it; its name is a part */
	SK_WIRE_CGROUP_GONE, /* the same; nobody is in it any more */
	SK_WIRE_VERDICT,  /* the gate's (gate.h); result: 0 or -EPERM */
	SK_WIRE_ALIVE,	     /* not of the ring: a process that is there when all are looked at; parts as of exec */
};

enum sk_wire_part_kind {
	SK_PART_STRING = 1, /* index: which register points to it */
	SK_PART_FOLDER,	    /* where the relative path of register `index` begins; components */
	SK_PART_BYTES,	    /* what register `index` points to */
	SK_PART_ADDRESS,    /* struct sockaddr as the process wrote it */
	SK_PART_FILE,	    /* struct sk_wire_file, components */
	SK_PART_SOCKET,	    /* struct sk_wire_socket, the bytes of a local path */
	SK_PART_CWD,	    /* components */
	SK_PART_CGROUP,	    /* components */
	SK_PART_ARGS,	    /* each NUL-terminated */
	SK_PART_ENV,	    /* the same; index 1: what follows that of index 0 */
	SK_PART_FILENAME,   /* of exec, as it was asked for */
	SK_PART_STREAMS,    /* of exec: struct sk_wire_stream of the descriptors 0 to 2 */
};

enum sk_wire_detached {
	SK_WIRE_DETACHED = 1, /* it hangs on no mount: memfd, pipe, a lazily unmounted folder */
	SK_WIRE_OUTSIDE,      /* it begins at the root of a mount namespace, past that of the process or of another one */
};

struct sk_wire_part {
	__u8 kind;
	__u8 index;
	__u8 cut;      /* there is more than was told */
	__u8 detached; /* enum sk_wire_detached: a path that does not begin at the root of the process */
	__u32 length;  /* of what follows */
};

/* Index of a part that is about the call's result. */
#define SK_WIRE_RESULT 6

struct sk_wire_file {
	__u64 inode;
	__s64 ctime, mtime; /* nanoseconds since 1970 */
	__u64 size;
	__u32 device;	    /* as the kernel has it: major << 20 | minor */
	__u32 mode;
	__u32 flags;	    /* O_… of the open file */
	__u32 links;
	__s32 fd;
	__s8 upper;	    /* overlay: 1 upper layer, 0 lower; -1 no overlay */
	__u8 writable;	    /* the process may write to it, by owner and mode */
	__u16 pad;
	__u32 magic;	    /* of the file system */
};

struct sk_wire_stream {
	__u16 mode;   /* S_IF… and rights; 0: closed */
	__u16 family; /* of a socket */
};

struct sk_wire_socket {
	__u16 family, type, protocol;
	__u16 local_port, remote_port; /* host byte order */
	__u16 state;		       /* TCP_… */
	__u8 local[16], remote[16];
	__s32 fd;
};

struct sk_wire_task {
	__s32 pid, tid, vpid, vtid, ppid;
	__s32 pgid, sid, vpgid, vsid;
	__u32 uid, gid, loginuid;
	__u32 tty;
	__u32 namespaces[8]; /* enum sk_namespace */
	__u64 inheritable, permitted, effective;
	__u64 start;	     /* nanoseconds since boot, of the thread group */
	__u64 pidns_start;
	__u64 cgroup;
	char name[16];
};

struct sk_wire_record {
	__u32 size; /* with header and parts */
	__u16 event; /* as the description of the call says */
	__u8 kind;
	__u8 reserved;
	__u32 cpu;
	__u32 call; /* number of the system call; exec and fork too */
	__u64 time; /* nanoseconds since boot */
	__s64 result;
	__u64 args[6];
	__u64 tag; /* of an open, for `boring`; 0: none */
	struct sk_wire_task task;
};

/* One system call, in a table that user space fills before the programs are loaded. */
struct sk_wire_call {
	__u16 event;
	__u8 strings;	 /* bit n: register n points to a string */
	__u8 bytes;	 /* register with bytes and, in the next one, their number; SK_WIRE_NONE */
	__u8 file;	 /* register with a descriptor, SK_WIRE_RESULT or SK_WIRE_NONE */
	__u8 address;	 /* register that points to a sockaddr, its length in the next; SK_WIRE_NONE */
	__u8 message;	 /* register that points to a msghdr; SK_WIRE_NONE */
	__u8 flags;	 /* enum sk_wire_call_flag */
	__u8 folder[6];	 /* where the path of register n begins: a register, SK_WIRE_CWD or SK_WIRE_NONE */
	__u8 open_flags; /* register with O_… flags; SK_WIRE_NONE: those of the open file are looked at */
	__u8 open_mode;	 /* register with the mode of a file that is made, or SK_WIRE_NONE */
};
#define SK_WIRE_NONE 255
#define SK_WIRE_CWD 254

/* Orders of io_uring (enum io_uring_op: 65 in Linux 6.18), and where what they are about lies. */
#define SK_WIRE_ORDERS 128
enum sk_wire_order {
	SK_ORDER_OPEN = 1, /* struct io_open */
	SK_ORDER_NAME,	   /* struct io_unlink, io_mkdir: a folder, a name */
	SK_ORDER_NAMES,	   /* struct io_rename, io_link: two of each */
	SK_ORDER_SYMLINK,
	SK_ORDER_CONNECT,
};
struct sk_wire_order_call {
	__u16 call; /* number of the system call that it stands for; 0: not looked at */
	__u8 shape; /* enum sk_wire_order */
	__u8 pad;
};

enum sk_wire_call_flag {
	SK_CALL_WANTED = 1,
	SK_CALL_OPENS = 2,
	SK_CALL_NO_FAILED = 4,	/* a call that failed is not told */
	SK_CALL_STANDARD = 8,	/* told only where the result is a standard stream */
	SK_CALL_MOVES = 16,	/* the current folder is another one now */
	SK_CALL_READS = 32,	/* opens for reading alone are told, too */
	SK_CALL_TAGGED = 64,	/* opens whose tags are in `boring` are not told */
	SK_CALL_CODE = 128,	/* told only where register 2 has PROT_EXEC: memory becomes code */
};

/* Why an event was not told; counted for each CPU. */
enum sk_wire_loss {
	SK_LOSS_RING_FULL,    /* user space did not keep up */
	SK_LOSS_RING_PROCESS, /* the same, for exec, fork and exit: what is known of processes has a gap */
	SK_LOSS_SCRATCH,      /* no room to build it */
	SK_LOSS_FLOOD,	      /* its process made more than its share while the ring filled up */
	SK_LOSS_COUNT,
};
