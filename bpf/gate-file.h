/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* Whether a file is the image's. */
#include "gate-container.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SK_GATE_VERIFIED);
	__type(key, struct sk_gate_file_key);
	__type(value, struct sk_gate_verified);
} verified SEC(".maps");

/* Of a copy in an overlay's upper layer, the layer's own: what the overlay has of it may be older. */
static __always_inline struct inode *real_inode(struct inode *inode)
{
	struct ovl_inode *overlay;
	struct inode *upper;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC || !bpf_core_type_exists(struct ovl_inode))
		return inode;
	overlay = (void *)inode - bpf_core_field_offset(struct ovl_inode, vfs_inode);
	upper = BPF_CORE_READ(overlay, __upperdentry, d_inode);
	return upper ? upper : inode;
}

static __always_inline __s64 changed_at(struct inode *inode)
{
	struct sk_wire_file times = {};

	read_times(&times, real_inode(inode));
	return times.ctime;
}

static __always_inline __u64 size_of(struct inode *inode)
{
	return BPF_CORE_READ(real_inode(inode), i_size);
}

/* At an execution the kernel itself refuses writers (the count is below zero), but only of the overlay's inode. */
static __always_inline int writers_of(struct inode *inode)
{
	int count = BPF_CORE_READ((struct inode___gate *)inode, i_writecount.counter);

	if (count <= 0)
		count = BPF_CORE_READ((struct inode___gate *)real_inode(inode), i_writecount.counter);
	return count > 0 ? count : 0;
}

static __always_inline void file_key(struct inode *inode, __u64 container, struct sk_gate_file_key *ret)
{
	ret->container = container;
	ret->inode = BPF_CORE_READ(inode, i_ino);
	ret->device = BPF_CORE_READ(inode, i_sb, s_dev);
	ret->generation = BPF_CORE_READ((struct inode___gate *)inode, i_generation);
}

/*
 * The path by which a process has a file: of what is mapped, the kernel has the
 * file below the overlay, on a mount that is in no namespace.
 */
static __always_inline struct path *path_of(struct file *file)
{
	struct backing_file *backing = (void *)file;
	struct mount___gate *mount = (void *)mount_of(BPF_CORE_READ(file, f_path.mnt));

	if (bpf_core_type_exists(struct backing_file) && BPF_CORE_READ(mount, mnt_ns) == MNT_NS_INTERNAL &&
	    BPF_CORE_READ(backing, user_path.dentry, d_sb, s_magic) == OVERLAYFS_SUPER_MAGIC)
		return (void *)file + bpf_core_field_offset(struct backing_file, user_path);
	return &file->f_path;
}

static __always_inline bool is_memory(struct path *path)
{
	struct dentry *dentry = BPF_CORE_READ(path, dentry);

	return BPF_CORE_READ(dentry, d_parent) == dentry && BPF_CORE_READ(path, mnt, mnt_root) != dentry;
}

/* What agent and kernel agree on about a file outside the lower layers, or NULL. */
static __always_inline struct sk_gate_verified *find_verified(struct inode *inode, __u64 container)
{
	struct sk_gate_file_key key = {};
	struct sk_gate_verified *v;

	file_key(inode, container, &key);
	v = bpf_map_lookup_elem(&verified, &key);
	if (!v) {
		key.container = 0;
		v = bpf_map_lookup_elem(&verified, &key);
	}
	if (!v || v->size != size_of(inode) || v->ctime != changed_at(inode))
		return NULL;
	return v;
}

/* enum sk_gate_why. ret_name: what the image calls a file that is verified, or NULL. */
static __always_inline int judge_file(struct file *file, const struct found *c, const char **ret_name)
{
	struct path *path = path_of(file);
	struct inode *inode = BPF_CORE_READ(path, dentry, d_inode);
	bool own = BPF_CORE_READ(inode, i_sb, s_dev) == c->device;
	struct sk_gate_verified *v;

	*ret_name = NULL;
	if (own && overlay_layer(inode) == 0)
		return SK_GATE_IMAGE;
	v = find_verified(inode, c->key);
	if (v && !writers_of(inode)) {
		*ret_name = v->name;
		return SK_GATE_IMAGE;
	}
	if (v)
		return SK_GATE_WRITTEN;
	if (is_memory(path))
		return SK_GATE_MEMORY;
	return own ? SK_GATE_UPPER : SK_GATE_OUTSIDE;
}
