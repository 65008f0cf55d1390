/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * What the gate's programs (gate.bpf.c) and user space share: the maps' keys
 * and values, and what a verdict's record (event.h, SK_WIRE_VERDICT) says in
 * its arguments. The maps outlive the agent: whoever changes one of these
 * changes what a later version of the agent finds, which is why the object's
 * digest is kept in the settings.
 */
#ifndef __bpf__
#include <linux/types.h>
#endif

#define SK_GATE_CONTAINERS 16384
/* Files outside the image's layers whose content is the image's. Those asked for longest ago are verified again. */
#define SK_GATE_VERIFIED 65536
/* Containers that nobody has registered yet. */
#define SK_GATE_BIRTHS 4096
#define SK_GATE_ADDRESSES 1024
#define SK_GATE_INTERPRETERS 64
/* Of an interpreter's command line: arguments looked at, those that may name its script, and the bytes of one. */
#define SK_GATE_ARGS 32
#define SK_GATE_SCRIPTS 4
#define SK_GATE_SCRIPT 256

enum sk_gate_mode { SK_GATE_OFF, SK_GATE_ALERT, SK_GATE_BLOCK };

/* How a file is not the image's. */
enum sk_gate_why {
	SK_GATE_IMAGE,	 /* it is */
	SK_GATE_UPPER,	 /* new or changed in the container's own layer */
	SK_GATE_OUTSIDE, /* on a volume, a bind mount, a tmpfs */
	SK_GATE_MEMORY,	 /* in no file system that anybody can name: memfd */
	SK_GATE_WRITTEN, /* somebody has it open for writing while it is to run */
	SK_GATE_MARKED,	 /* an address that nobody may connect to */
	SK_GATE_GUARDED, /* a protected path */
};

/* What was done with it. */
enum sk_gate_act {
	SK_GATE_EXEC,
	SK_GATE_LOADER, /* the program's loader, which the kernel maps */
	SK_GATE_SCRIPT_ACT,
	SK_GATE_LIBRARY,
	SK_GATE_CONNECT,
	SK_GATE_OPEN, /* for writing */
	SK_GATE_UNLINK,
	SK_GATE_RENAME,
	SK_GATE_LINK,
	SK_GATE_ATTRIBUTES, /* mode, owner, size */
	SK_GATE_CREATE,
	SK_GATE_MOUNT,
	SK_GATE_ACTS,
};

/*
 * What was done with the process. One that is held has not done its next step: user space lets it go on or ends it, once
 * it knows what its container has.
 */
enum sk_gate_outcome { SK_GATE_ALERTED, SK_GATE_KILLED, SK_GATE_DENIED, SK_GATE_HELD, SK_GATE_OUTCOMES };

/* Arguments of a verdict's record. */
enum sk_gate_field {
	SK_GATE_FIELD_ACT, SK_GATE_FIELD_WHY, SK_GATE_FIELD_MODE, SK_GATE_FIELD_OUTCOME, SK_GATE_FIELD_KEY,
	SK_GATE_FIELD_SETTLED, /* of struct sk_gate_container */
};

/* Without a word of user space for so long, nothing is held. */
#define SK_GATE_ALIVE_NS 3000000000ULL

struct sk_gate_settings {
	__u64 alive;	     /* when user space was there, since boot */
	__u32 born;	     /* enum sk_gate_mode of containers that are not registered, while user space is away */
	__u32 unknown;	     /* and while it is there: the strictest that one of them may turn out to have */
	__u32 host_mounts;   /* the host's mount namespace */
	__u32 host_device;   /* of its root file system */
	__u32 hooks;	     /* enum sk_gate_hook of user space, as they were attached */
	__u8 version[32];    /* digest of the programs */
};

/* By the id of its cgroup. */
struct sk_gate_container {
	__u32 mode;
	__u32 device;	/* of its root file system */
	__u32 protects; /* paths of it are protected */
	__u32 settled;	/* its mode is final, and programs are held by fanotify where that works */
};

struct sk_gate_file_key {
	__u64 container; /* 0: any */
	__u64 inode;
	__u32 device;
	__u32 generation;
};

struct sk_gate_verified {
	__s64 ctime;
	__u64 size;
	char name[16]; /* of the image's file with this content: interpreters are known by it */
};

/* A container that was seen before it was registered, by its cgroup. */
struct sk_gate_birth {
	__u32 device;  /* of its root file system */
	__u32 settled; /* nobody registers it: the mode of those counts */
};

/* Letters of short options, 'A' is bit 0. */
struct sk_gate_interpreter {
	__u64 inlines; /* what follows is the program, and no file is */
	__u64 values;  /* takes a value that is no program */
	__u64 files;   /* its value is a file with a program, or what the program loads first */
	__u32 first;   /* the first argument that is no option is the script */
	__u32 pad;
};

struct sk_gate_address {
	__u8 family; /* 4 or 6 */
	__u8 pad[3];
	__u32 port;  /* host byte order; 0: any */
	__u8 bytes[16];
};

/* What the programs `look` and `verify` take: a descriptor of the caller. */
struct sk_gate_look {
	__s32 fd;
	__u32 layer;	/* out: 0 a lower layer of an overlay, 1 its upper one, 2 no overlay */
	__u64 container; /* in */
	__s64 ctime;	/* out of look, into verify */
	__u64 size;
	__u64 inode;
	__u32 device;
	__u32 generation;
	__u32 magic;
	__u32 writers;
	char name[16]; /* into verify */
	__s32 result;  /* verify: 0, or -EAGAIN: the file has changed since it was looked at */
	__u32 pad;
};
