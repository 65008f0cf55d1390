/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* What only the gate reads of the kernel's objects (kernel-types.h has the rest). */
#include "kernel-types.h"

#define MNT_NS_INTERNAL ((void *)-22L)

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
	BPF_F_NO_PREALLOC = 1,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_NOEXIST = 1,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode___gate {
	unsigned int i_generation;
	atomic_t i_writecount;
};

struct super_block___gate {
	struct dentry *s_root;
};

struct mount___gate {
	void *mnt_ns;
};

/* What an overlay maps: the layer's own file, and by which path it was opened (since 6.6). */
struct backing_file {
	struct path user_path;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct linux_binprm___gate {
	const char *interp;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs___gate {
	unsigned long ip;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs___gate {
	unsigned long pc;
};
#endif

#pragma clang attribute pop

/* include/uapi/linux/bpf.h */
struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4;
	__u32 user_ip6[4];
	__u32 user_port;
	__u32 family, type, protocol;
};
