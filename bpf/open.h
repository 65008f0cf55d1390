/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * Opens that bore everybody. User space judges a file by its path and by the way it
 * was opened; where nothing that a process could be would make any rule fire,
 * it remembers the tag of that open here, and the next one ends after a few
 * loads. A tag stands for all that was judged: the names from the file up to
 * the root of the process, the mounts between them, the kind of file, the call
 * and its flags. So nothing has to be forgotten when a folder is renamed or a
 * mount moved: such a file has another tag.
 *
 * The number that tags are mixed with is secret, or processes could look for
 * files whose tags are equal.
 */
#include "objects.h"

const volatile __u64 tag_secret = 1; /* odd; of this run of the agent */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SK_WIRE_BORING);
	__type(key, __u32);
	__type(value, __u64);
} boring SEC(".maps");

#define O_ACCMODE 3
#define O_CREAT 0100
#define O_TRUNC 01000
#define O_TMPFILE_BIT 020000000
/* Components of a path, and mounts that it crosses, that a tag can stand for; a longer one has none. */
#define TAG_COMPONENTS 16
#define TAG_MOUNTS 4
#define MOUNT_OFFSET bpf_core_field_offset(struct mount, mnt)

/* What an address points to, for the verifier (Linux 6.2). */
extern void *bpf_rdonly_cast(const void *address, __u32 btf_id) __ksym __weak;

/*
 * A field by a plain load where the kernel can be told the pointer's type, or else by a helper's call. `cast`, a
 * constant wherever this is compiled, says whether there is bpf_rdonly_cast. What hangs on the task has a type anyway.
 */
#define LOAD(pointer, field) (cast ? (pointer)->field : BPF_CORE_READ(pointer, field))
#define CAST(type, address) \
	(cast ? (type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(type)) : (type *)(address))

/* A polynomial of what it is made of, in the secret: one multiplication each, because there is little time. */
#define MIX(tag, value) ((tag) * secret + (value))

/* The verifier lets nobody calculate with addresses, but the distance of two is a number. */
static __always_inline __u64 distance(const void *a, const void *b)
{
	__u64 number = (const char *)a - (const char *)b;

	opaque(number);
	return number;
}

/* The file of a descriptor: its place in the table is looked at as a structure that begins with such a pointer. */
static __always_inline struct file *tagged_file(const bool cast, struct task_struct *task, __s32 fd)
{
	struct fdtable *table = task->files->fdt;
	struct kiocb *place = CAST(struct kiocb, table->fd + (__u32)fd);

	if (fd < 0 || (__u32)fd >= table->max_fds)
		return NULL;
	return LOAD(place, ki_filp);
}

/* What an open is about and how it was made, as a number that is hardly ever that of another; 0: the path is too long. */
static __always_inline __u64 open_tag(const bool cast, struct task_struct *task, struct file *file, __u64 how)
{
	const __u64 secret = tag_secret;
	struct fs_struct *fs = task->fs;
	struct dentry *top = LOAD(fs, root.dentry), *dentry = LOAD(file, f_path.dentry), *mount_root;
	struct vfsmount *top_mount = LOAD(fs, root.mnt), *vfsmount = LOAD(file, f_path.mnt);
	struct inode *inode = LOAD(file, f_inode);
	__u64 tag = MIX(MIX(how ^ LOAD(inode, i_mode), distance(top, top_mount)), distance(vfsmount, top_mount));
	int mounts = 0;

	mount_root = LOAD(vfsmount, mnt_root);
	for (int i = 0; i < TAG_COMPONENTS; i++) {
		struct dentry *parent;

		if (dentry == top && vfsmount == top_mount)
			return MIX(tag, i) | 1;
		if (dentry == mount_root) {
			struct mount *mount = CAST(struct mount, (void *)vfsmount - MOUNT_OFFSET), *above;

			above = LOAD(mount, mnt_parent);
			if (above == mount)
				return MIX(tag, i) | 1;
			if (mounts++ == TAG_MOUNTS)
				return 0;
			dentry = LOAD(mount, mnt_mountpoint);
			vfsmount = CAST(struct vfsmount, (void *)above + MOUNT_OFFSET);
			mount_root = LOAD(vfsmount, mnt_root);
			tag = MIX(tag, distance(vfsmount, top_mount));
			continue;
		}
		parent = LOAD(dentry, d_parent);
		tag = MIX(tag, distance(dentry, top) + LOAD(dentry, d_name.hash_len));
		if (parent == dentry)
			return MIX(tag, i) | 1;
		dentry = parent;
	}
	return 0;
}

static __always_inline bool is_boring(__u64 tag)
{
	__u32 place = SK_WIRE_BORING_PLACE(tag);
	__u64 *known = bpf_map_lookup_elem(&boring, &place);

	return tag && known && *known == tag;
}
