/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* Files, paths and sockets, as the kernel has them. */
#include "parts.h"

#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AT_FDCWD -100

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* One component; false: no room. */
static __always_inline bool put_name(struct scratch *s, const unsigned char *name)
{
	void *to = room(s);
	long n;

	if (!to || s->used - s->part > SK_WIRE_PART)
		return false;
	n = bpf_probe_read_kernel_str(to, 256, name);
	if (n <= 0)
		return false;
	s->used += n;
	return true;
}

/* A path that does not end at the root of the process, but at that mount, which hangs on no other, or nowhere. */
static __always_inline void put_end(struct scratch *s, struct mount *top)
{
	struct sk_wire_part *part = part_at(s);
	long namespace = top ? (long)BPF_CORE_READ(top, mnt_ns) : 0;

	/* The kernel's own mounts have an error for a namespace. */
	if (part && !part->cut)
		part->detached = namespace && (namespace < -4095 || namespace > 0) ? SK_WIRE_OUTSIDE : SK_WIRE_DETACHED;
}

/* The components of the struct path there, up to the root of the record's process. */
__noinline int put_path(struct scratch *s, __u64 address)
{
	struct path path = {}, root = {};
	struct task_struct *task;

	if (!s)
		return 0;
	task = (void *)s->task;
	bpf_probe_read_kernel(&path, sizeof(path), (const void *)address);
	BPF_CORE_READ_INTO(&root, task, fs, root);
	for (int i = 0; i < SK_WIRE_COMPONENTS; i++) {
		struct dentry *parent;

		if (path.dentry == root.dentry && path.mnt == root.mnt)
			return 0;
		if (path.dentry == BPF_CORE_READ(path.mnt, mnt_root)) {
			struct mount *m = mount_of(path.mnt);
			struct mount *above = BPF_CORE_READ(m, mnt_parent);

			if (above == m) {
				put_end(s, m);
				return 0;
			}
			path.dentry = BPF_CORE_READ(m, mnt_mountpoint);
			path.mnt = (void *)above + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		parent = BPF_CORE_READ(path.dentry, d_parent);
		if (!put_name(s, BPF_CORE_READ(path.dentry, d_name.name))) {
			part_cut(s);
			return 0;
		}
		if (parent == path.dentry)
			break;
		path.dentry = parent;
		if (i == SK_WIRE_COMPONENTS - 1)
			part_cut(s);
	}
	put_end(s, NULL);
	return 0;
}

static __always_inline void put_folder(struct scratch *s, __u8 kind, __u8 index, struct path *path)
{
	if (!part_begin(s, kind, index))
		return;
	put_path(s, plain(path));
	part_end(s);
}

static __always_inline void read_times(struct sk_wire_file *out, struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_ctime_sec)) {
		/* The highest bit says that somebody asked for it (I_CTIME_QUERIED, since 6.13). */
		out->ctime = BPF_CORE_READ(inode, i_ctime_sec) * 1000000000LL +
			     (BPF_CORE_READ(inode, i_ctime_nsec) & 0x7fffffff);
		out->mtime = BPF_CORE_READ(inode, i_mtime_sec) * 1000000000LL + BPF_CORE_READ(inode, i_mtime_nsec);
	} else if (bpf_core_field_exists(((struct inode___67 *)inode)->__i_ctime)) {
		struct inode___67 *old = (void *)inode;

		out->ctime = BPF_CORE_READ(old, __i_ctime.tv_sec) * 1000000000LL +
			     BPF_CORE_READ(old, __i_ctime.tv_nsec);
		if (bpf_core_field_exists(old->__i_mtime))
			out->mtime = BPF_CORE_READ(old, __i_mtime.tv_sec) * 1000000000LL +
				     BPF_CORE_READ(old, __i_mtime.tv_nsec);
	} else if (bpf_core_field_exists(((struct inode___66 *)inode)->i_ctime)) {
		struct inode___66 *old = (void *)inode;

		out->ctime = BPF_CORE_READ(old, i_ctime.tv_sec) * 1000000000LL +
			     BPF_CORE_READ(old, i_ctime.tv_nsec);
		out->mtime = BPF_CORE_READ(old, i_mtime.tv_sec) * 1000000000LL +
			     BPF_CORE_READ(old, i_mtime.tv_nsec);
	}
}

/* 1: of the overlay's upper layer; 0: of a lower one; -1: no overlay, or its layout is not known here. */
static __always_inline int overlay_layer(struct inode *inode)
{
	struct ovl_inode *overlay;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC ||
	    !bpf_core_type_exists(struct ovl_inode))
		return -1;
	overlay = (void *)inode - bpf_core_field_offset(struct ovl_inode, vfs_inode);
	return BPF_CORE_READ(overlay, __upperdentry) != NULL;
}

static __always_inline void put_socket(struct scratch *s, __u8 index, __s32 fd, struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	struct sk_wire_socket *out;

	if (!sk || !part_begin(s, SK_PART_SOCKET, index))
		return;
	out = room(s);
	if (!out)
		return;
	__builtin_memset(out, 0, sizeof(*out));
	out->fd = fd;
	out->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	out->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	out->type = BPF_CORE_READ(sk, sk_type);
	out->protocol = BPF_CORE_READ(sk, sk_protocol);
	s->used += sizeof(*out);
	if (out->family == AF_INET || out->family == AF_INET6) {
		out->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
		out->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	}
	if (out->family == AF_INET) {
		__be32 local = BPF_CORE_READ((struct inet_sock *)sk, inet_saddr);
		__be32 bound = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		__be32 remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);

		local = local ? local : bound;
		__builtin_memcpy(out->local, &local, 4);
		__builtin_memcpy(out->remote, &remote, 4);
	} else if (out->family == AF_INET6) {
		BPF_CORE_READ_INTO(&out->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&out->remote, sk, __sk_common.skc_v6_daddr);
	} else if (out->family == AF_UNIX) {
		struct unix_sock *u = (void *)sk;
		struct unix_address *own = BPF_CORE_READ(u, addr);
		struct sock *peer = BPF_CORE_READ(u, peer);
		struct unix_address *addr = own ? own : BPF_CORE_READ((struct unix_sock *)peer, addr);
		int length = BPF_CORE_READ(addr, len);

		if (addr && length > 2)
			put_bytes(s, (char *)addr + bpf_core_field_offset(struct unix_address, name) + 2,
				  (__u64)(length - 2) & 0xff, 108, bpf_probe_read_kernel);
	}
	part_end(s);
}

static __always_inline bool is_socket(struct file *file)
{
	return (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK;
}

static __always_inline void put_file(struct scratch *s, __u8 index, __s32 fd, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct sk_wire_file *out;

	if (!part_begin(s, SK_PART_FILE, index))
		return;
	out = room(s);
	if (!out)
		return;
	__builtin_memset(out, 0, sizeof(*out));
	out->fd = fd;
	out->inode = BPF_CORE_READ(inode, i_ino);
	out->size = BPF_CORE_READ(inode, i_size);
	out->device = BPF_CORE_READ(inode, i_sb, s_dev);
	out->magic = BPF_CORE_READ(inode, i_sb, s_magic);
	out->mode = BPF_CORE_READ(inode, i_mode);
	out->links = BPF_CORE_READ(inode, i_nlink);
	out->flags = BPF_CORE_READ(file, f_flags);
	out->upper = overlay_layer(inode);
	out->writable = BPF_CORE_READ(inode, i_uid.val) == s->record.task.uid && (out->mode & 0200);
	read_times(out, inode);
	s->used += sizeof(*out);
	put_path(s, plain(&file->f_path));
	part_end(s);
}

static __always_inline struct file *file_of(struct task_struct *task, __s32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}
