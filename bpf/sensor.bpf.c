// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sensor: programs that tell user space what processes do, from the
 * kernel's own objects. A system call is looked at when it comes back: its
 * registers still are what the kernel was called with, what it did can be
 * read, and one program a call costs half of two.
 */
#include "kernel-types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define O_ACCMODE 3
#define O_CREAT 0100
#define O_TRUNC 01000
#define AT_FDCWD -100
#define CLONE_THREAD 0x10000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define PF_KTHREAD 0x200000
#define EINPROGRESS 115
enum { PIDTYPE_PGID = 2, PIDTYPE_SID = 3 };
/* enum sk_namespace of user space */
enum { NS_MNT, NS_PID, NS_NET, NS_USER, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME };

/* Filled before loading. */
const volatile __u32 own_pid = 0; /* the agent itself: what it does is not told */
const volatile bool reads_wanted = false;
const volatile bool env_wanted = false;
const volatile __u64 ring_bytes = 0;
const volatile struct sk_wire_call calls[SK_WIRE_CALLS] = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SK_LOSS_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

struct scratch {
	__u32 used; /* of parts */
	__u32 part; /* where the part that is being written begins */
	struct sk_wire_record record;
	__u8 parts[SK_WIRE_PARTS + 2 * SK_WIRE_PART];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline void count_loss(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&losses, &reason);

	if (count)
		(*count)++;
}

static __always_inline struct scratch *scratch_get(void)
{
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratches, &zero);

	if (!s)
		count_loss(SK_LOSS_SCRATCH);
	return s;
}

/* Keeps the compiler from using a number before it was compared: the verifier would not know its bounds. */
#define opaque(number) __asm__ volatile("" : "+r"(number))

/* Room of SK_WIRE_PART bytes behind what is there, or NULL. */
static __always_inline void *room(struct scratch *s)
{
	__u64 used = s->used;

	if (used >= SK_WIRE_PARTS + SK_WIRE_PART)
		return NULL;
	opaque(used);
	return s->parts + used;
}

static __always_inline struct sk_wire_part *part_at(struct scratch *s)
{
	__u64 at = s->part;

	if (at >= SK_WIRE_PARTS)
		return NULL;
	opaque(at);
	return (void *)(s->parts + at);
}

static __always_inline bool part_begin(struct scratch *s, __u8 kind, __u8 index)
{
	struct sk_wire_part *part;

	s->part = s->used;
	part = part_at(s);
	if (!part)
		return false;
	part->kind = kind;
	part->index = index;
	part->cut = 0;
	part->detached = 0;
	part->length = 0;
	s->used += sizeof(*part);
	return true;
}

static __always_inline void part_end(struct scratch *s)
{
	struct sk_wire_part *part = part_at(s);

	if (part)
		part->length = s->used - s->part - sizeof(*part);
}

static __always_inline void part_cut(struct scratch *s)
{
	struct sk_wire_part *part = part_at(s);

	if (part)
		part->cut = 1;
}

/* The bytes at a user's or the kernel's address, at most max (a constant below SK_WIRE_PART). */
#define put_bytes(s, address, count, max, read) \
	do { \
		void *to_ = room(s); \
		__u64 n_ = (count); \
		if (!to_) \
			break; \
		if (n_ > (max)) { \
			n_ = (max); \
			part_cut(s); \
		} \
		opaque(n_); \
		if (n_ && !read(to_, n_, (const void *)(address))) \
			(s)->used += n_; \
	} while (0)

static __always_inline void put_user_string(struct scratch *s, __u8 index, __u64 address)
{
	void *to;
	long n;

	if (!part_begin(s, SK_PART_STRING, index))
		return;
	to = room(s);
	if (to) {
		n = bpf_probe_read_user_str(to, SK_WIRE_PART, (const void *)address);
		if (n > 0)
			s->used += n - 1;
		if (n == SK_WIRE_PART)
			part_cut(s);
	}
	part_end(s);
}

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

/* The components of a path, up to the root of the process. */
static __noinline int put_path(struct scratch *s, struct path *address)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct path path = {}, root = {};
	struct sk_wire_part *part;

	if (!s)
		return 0;
	bpf_probe_read_kernel(&path, sizeof(path), address);
	BPF_CORE_READ_INTO(&root, task, fs, root);
	for (int i = 0; i < SK_WIRE_COMPONENTS; i++) {
		struct dentry *parent;

		if (path.dentry == root.dentry && path.mnt == root.mnt)
			return 0;
		if (path.dentry == BPF_CORE_READ(path.mnt, mnt_root)) {
			struct mount *m = mount_of(path.mnt);
			struct mount *above = BPF_CORE_READ(m, mnt_parent);

			if (above == m)
				break;
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
	part = part_at(s);
	if (part && !part->cut)
		part->detached = 1;
	return 0;
}

static __always_inline void put_folder(struct scratch *s, __u8 kind, __u8 index, struct path *path)
{
	if (!part_begin(s, kind, index))
		return;
	put_path(s, path);
	part_end(s);
}

static __always_inline void read_times(struct sk_wire_file *out, struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_ctime_sec)) {
		out->ctime = BPF_CORE_READ(inode, i_ctime_sec) * 1000000000LL + BPF_CORE_READ(inode, i_ctime_nsec);
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
	put_path(s, &file->f_path);
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

static __always_inline int pid_number(struct pid *pid, bool inner)
{
	unsigned int level = inner ? BPF_CORE_READ(pid, level) : 0;
	struct upid number = {};

	if (!pid || level > 32)
		return 0;
	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid));
	return number.nr;
}

/* The cgroup that tells containers apart: of the one hierarchy, or of an older one. */
static __always_inline struct kernfs_node *cgroup_node(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *cgroup = BPF_CORE_READ(set, dfl_cgrp), *older;
	struct cgroup_subsys_state *state = NULL;

	if (BPF_CORE_READ(cgroup, level) > 0)
		return BPF_CORE_READ(cgroup, kn);
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id)) {
		bpf_probe_read_kernel(&state, sizeof(state),
				      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
					      8 * bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
		older = BPF_CORE_READ(state, cgroup);
		if (BPF_CORE_READ(older, level) > 0)
			return BPF_CORE_READ(older, kn);
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		bpf_probe_read_kernel(&state, sizeof(state),
				      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
					      8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
		older = BPF_CORE_READ(state, cgroup);
		if (BPF_CORE_READ(older, level) > 0)
			return BPF_CORE_READ(older, kn);
	}
	return BPF_CORE_READ(cgroup, kn);
}

static __always_inline void put_cgroup(struct scratch *s, struct task_struct *task)
{
	struct kernfs_node *node = cgroup_node(task);

	if (!part_begin(s, SK_PART_CGROUP, 0))
		return;
	for (int i = 0; i < SK_WIRE_CGROUPS && node; i++) {
		struct kernfs_node *parent;

		if (bpf_core_field_exists(node->__parent))
			parent = BPF_CORE_READ(node, __parent);
		else
			parent = BPF_CORE_READ((struct kernfs_node___614 *)node, parent);
		if (!parent)
			break;
		if (!put_name(s, (const unsigned char *)BPF_CORE_READ(node, name)))
			break;
		node = parent;
	}
	part_end(s);
}

static __always_inline void read_namespaces(struct sk_wire_task *out, struct task_struct *task, struct pid *pid)
{
	struct nsproxy *ns = BPF_CORE_READ(task, nsproxy);
	unsigned int level = BPF_CORE_READ(pid, level);
	struct upid number = {};

	out->namespaces[NS_MNT] = BPF_CORE_READ(ns, mnt_ns, ns.inum);
	out->namespaces[NS_NET] = BPF_CORE_READ(ns, net_ns, ns.inum);
	out->namespaces[NS_IPC] = BPF_CORE_READ(ns, ipc_ns, ns.inum);
	out->namespaces[NS_UTS] = BPF_CORE_READ(ns, uts_ns, ns.inum);
	out->namespaces[NS_USER] = BPF_CORE_READ(task, cred, user_ns, ns.inum);
	out->namespaces[NS_CGROUP] = bpf_core_field_exists(ns->cgroup_ns) ? BPF_CORE_READ(ns, cgroup_ns, ns.inum) : 0;
	out->namespaces[NS_TIME] = bpf_core_field_exists(ns->time_ns) ? BPF_CORE_READ(ns, time_ns, ns.inum) : 0;
	if (level > 32)
		return;
	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid));
	out->namespaces[NS_PID] = BPF_CORE_READ(number.ns, ns.inum);
	out->pidns_start = BPF_CORE_READ(number.ns, child_reaper, start_boottime);
}

static __noinline int read_task(struct scratch *s, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct tty_struct *tty = BPF_CORE_READ(signal, tty);
	struct sk_wire_task *out;

	if (!s)
		return 0;
	out = &s->record.task;
	out->pid = BPF_CORE_READ(task, tgid);
	out->tid = BPF_CORE_READ(task, pid);
	out->ppid = BPF_CORE_READ(task, real_parent, tgid);
	out->vpid = pid_number(pid, true);
	out->vtid = pid_number(BPF_CORE_READ(task, thread_pid), true);
	out->pgid = pid_number(BPF_CORE_READ(signal, pids[PIDTYPE_PGID]), false);
	out->vpgid = pid_number(BPF_CORE_READ(signal, pids[PIDTYPE_PGID]), true);
	out->sid = pid_number(BPF_CORE_READ(signal, pids[PIDTYPE_SID]), false);
	out->vsid = pid_number(BPF_CORE_READ(signal, pids[PIDTYPE_SID]), true);
	out->uid = BPF_CORE_READ(cred, euid.val);
	out->gid = BPF_CORE_READ(cred, egid.val);
	out->loginuid = bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : ~0u;
	out->inheritable = BPF_CORE_READ(cred, cap_inheritable.val);
	out->permitted = BPF_CORE_READ(cred, cap_permitted.val);
	out->effective = BPF_CORE_READ(cred, cap_effective.val);
	out->tty = tty ? (BPF_CORE_READ(tty, driver, major) << 20 |
			  (BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index))) : 0;
	out->start = BPF_CORE_READ(leader, start_boottime);
	out->cgroup = BPF_CORE_READ(cgroup_node(task), id);
	BPF_CORE_READ_INTO(&out->name, leader, comm);
	read_namespaces(out, task, pid);
	return 0;
}

static __always_inline void record_begin(struct scratch *s, __u8 kind, __u16 event, struct task_struct *task)
{
	s->used = 0;
	s->part = 0;
	s->record.kind = kind;
	s->record.event = event;
	s->record.reserved = 0;
	s->record.cpu = bpf_get_smp_processor_id();
	s->record.time = bpf_ktime_get_boot_ns();
	read_task(s, task);
}

/*
 * The last eighth of the ring is kept for exec, fork and exit: a flood of calls
 * must not cost what is known of processes.
 */
static __always_inline void record_end(struct scratch *s)
{
	__u64 used = s->used;
	bool process = s->record.kind != SK_WIRE_CALL;

	if (used > SK_WIRE_PARTS + SK_WIRE_PART)
		used = SK_WIRE_PARTS + SK_WIRE_PART;
	s->record.size = sizeof(s->record) + used;
	if (!process && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > ring_bytes - ring_bytes / 8) {
		count_loss(SK_LOSS_RING_FULL);
		return;
	}
	if (bpf_ringbuf_output(&ring, &s->record, sizeof(s->record) + used, 0))
		count_loss(process ? SK_LOSS_RING_PROCESS : SK_LOSS_RING_FULL);
}

static __always_inline bool is_own(void)
{
	return (bpf_get_current_pid_tgid() >> 32) == own_pid;
}

static __always_inline void put_user_range(struct scratch *s, __u8 kind, unsigned long from, unsigned long to)
{
	if (!part_begin(s, kind, 0))
		return;
	if (to > from)
		put_bytes(s, from, to - from, SK_WIRE_PART - 1, bpf_probe_read_user);
	part_end(s);
}

static __always_inline __u32 call_number(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(regs, orig_ax);
#else
	return BPF_CORE_READ(regs, syscallno);
#endif
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct scratch *s;
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);

	if (is_own())
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	record_begin(s, SK_WIRE_EXEC, 0, task);
	s->record.result = 0;
	s->record.call = call_number();
	put_cgroup(s, task);
	put_file(s, 0, -1, BPF_CORE_READ(bprm, file));
	if (part_begin(s, SK_PART_FILENAME, 0)) {
		void *to = room(s);
		long n = to ? bpf_probe_read_kernel_str(to, SK_WIRE_PART, BPF_CORE_READ(bprm, filename)) : 0;

		if (n > 0)
			s->used += n - 1;
		part_end(s);
	}
	put_user_range(s, SK_PART_ARGS, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end));
	put_folder(s, SK_PART_CWD, 0, &fs->pwd);
	if (env_wanted)
		put_user_range(s, SK_PART_ENV, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end));
	record_end(s);
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(on_fork, struct task_struct *child, __u64 flags)
{
	struct scratch *s;

	if ((flags & CLONE_THREAD) || is_own())
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	record_begin(s, SK_WIRE_FORK, 0, child);
	s->record.result = BPF_CORE_READ(child, tgid);
	s->record.call = call_number();
	s->record.args[0] = flags;
	put_cgroup(s, child);
	record_end(s);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct scratch *s;

	if (BPF_CORE_READ(task, signal, live.counter) != 0 || is_own())
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	record_begin(s, SK_WIRE_EXIT, 0, task);
	s->record.result = BPF_CORE_READ(task, exit_code);
	record_end(s);
	return 0;
}

static __always_inline __u64 reg(struct scratch *s, __u8 index)
{
	return s->record.args[index < 6 ? index : 0];
}

static __always_inline void read_registers(struct scratch *s)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	s->record.args[0] = BPF_CORE_READ(regs, di);
	s->record.args[1] = BPF_CORE_READ(regs, si);
	s->record.args[2] = BPF_CORE_READ(regs, dx);
	s->record.args[3] = BPF_CORE_READ(regs, r10);
	s->record.args[4] = BPF_CORE_READ(regs, r8);
	s->record.args[5] = BPF_CORE_READ(regs, r9);
#else
	s->record.args[0] = BPF_CORE_READ(regs, orig_x0);
	for (int i = 1; i < 6; i++)
		bpf_probe_read_kernel(&s->record.args[i], 8, &regs->regs[i]);
#endif
}

/* Strings of a call, and the folders that relative ones begin at. */
static __always_inline void put_strings(struct scratch *s, struct task_struct *task,
					const volatile struct sk_wire_call *call)
{
	for (int i = 0; i < 6; i++) {
		__u8 folder = call->folder[i];
		__s32 fd;
		char first = 0;

		if (!(call->strings & 1 << i))
			continue;
		put_user_string(s, i, s->record.args[i]);
		if (folder == SK_WIRE_NONE)
			continue;
		bpf_probe_read_user(&first, 1, (const void *)s->record.args[i]);
		if (first == '/')
			continue;
		fd = folder == SK_WIRE_CWD ? AT_FDCWD : (__s32)reg(s, folder);
		if (fd == AT_FDCWD) {
			struct fs_struct *fs = BPF_CORE_READ(task, fs);

			put_folder(s, SK_PART_FOLDER, i, &fs->pwd);
		} else {
			struct file *file = file_of(task, fd);

			if (file)
				put_folder(s, SK_PART_FOLDER, i, &file->f_path);
		}
	}
}

static __always_inline void put_address(struct scratch *s, __u8 index, __u64 address, __u64 length)
{
	if (!address || !length || !part_begin(s, SK_PART_ADDRESS, index))
		return;
	put_bytes(s, address, length, 127, bpf_probe_read_user);
	part_end(s);
}

/* struct user_msghdr begins with the address and its length, then the vector of buffers. */
static __always_inline void put_message(struct scratch *s, __u8 index, __u64 address)
{
	struct {
		__u64 name;
		__u32 name_length, pad;
		__u64 vector;
		__u64 count;
	} header = {};
	struct {
		__u64 base, length;
	} first = {};

	if (bpf_probe_read_user(&header, sizeof(header), (const void *)address))
		return;
	put_address(s, index, header.name, header.name_length);
	if (!header.count || bpf_probe_read_user(&first, sizeof(first), (const void *)header.vector) ||
	    !part_begin(s, SK_PART_BYTES, index))
		return;
	put_bytes(s, first.base, first.length, SK_WIRE_BYTES, bpf_probe_read_user);
	part_end(s);
}

/* A register of a system call, 2 or 1, as the kernel was called with it. */
static __always_inline unsigned int flags_register(__u8 index)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	return index == 1 ? regs->si : regs->dx;
#else
	return index == 1 ? regs->regs[1] : regs->regs[2];
#endif
}

static __always_inline bool only_reads(unsigned int flags)
{
	return (flags & O_ACCMODE) == 0 && !(flags & (O_CREAT | O_TRUNC));
}

/* Whether a call is of no interest: found with as little as can be, because most calls are. */
static __always_inline bool is_noise(const volatile struct sk_wire_call *call, long result)
{
	if (result < 0 && (call->flags & SK_CALL_NO_FAILED))
		return true;
	if ((call->flags & SK_CALL_STANDARD) && (result < 0 || result > 2))
		return true;
	return (call->flags & SK_CALL_OPENS) && !reads_wanted && call->open_flags != SK_WIRE_NONE &&
	       only_reads(flags_register(call->open_flags));
}

SEC("tracepoint")
int on_call(struct sys_exit_context *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const volatile struct sk_wire_call *call;
	__u64 number = ctx->id;
	long result = ctx->ret;
	struct file *file = NULL;
	struct scratch *s;
	__s32 fd = -1;

	if (number >= SK_WIRE_CALLS)
		return 0;
	call = &calls[number];
	if (!(call->flags & SK_CALL_WANTED) || is_noise(call, result) || is_own())
		return 0;
	if (call->file == SK_WIRE_RESULT) {
		fd = result;
		if (result >= 0)
			file = file_of(task, fd);
	}
	if ((call->flags & SK_CALL_OPENS) && !reads_wanted && only_reads(BPF_CORE_READ(file, f_flags)))
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	record_begin(s, SK_WIRE_CALL, call->event, task);
	s->record.result = result;
	s->record.call = number;
	read_registers(s);
	if (call->file < 6) {
		fd = (__s32)reg(s, call->file);
		file = file_of(task, fd);
	}
	if (file && is_socket(file))
		put_socket(s, call->file, fd, file);
	else if (file)
		put_file(s, call->file, fd, file);
	put_strings(s, task, call);
	if ((call->flags & SK_CALL_MOVES) && result >= 0) {
		struct fs_struct *fs = BPF_CORE_READ(task, fs);

		put_folder(s, SK_PART_CWD, 0, &fs->pwd);
	}
	if (call->address < 5)
		put_address(s, call->address, reg(s, call->address), (__u32)reg(s, call->address + 1));
	if (call->bytes < 5 && part_begin(s, SK_PART_BYTES, call->bytes)) {
		put_bytes(s, reg(s, call->bytes), reg(s, call->bytes + 1), SK_WIRE_BYTES, bpf_probe_read_user);
		part_end(s);
	}
	if (call->message < 6)
		put_message(s, call->message, reg(s, call->message));
	record_end(s);
	return 0;
}
