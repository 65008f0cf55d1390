// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The gate: what is not of a container's image does not run in it. These
 * programs, their maps and links stay in the kernel when the agent dies.
 *
 * A file of a lower layer of the container's own root file system, or one
 * whose content user space has verified and that has not changed since, runs.
 * Everything else is drift: an alert, or the end of the process before its
 * first instruction.
 */
#include "gate-change.h"
#include "gate-lsm.h"
#include "gate-script.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20

static long loader_of(struct task_struct *task, struct vm_area_struct *area, void *ret_file)
{
	*(struct file **)ret_file = BPF_CORE_READ(area, vm_file);
	return 0;
}

/* Where the program begins is its loader's, if it has one. */
static __always_inline struct file *loader(struct task_struct *task)
{
	struct pt_regs___gate *regs = (void *)bpf_task_pt_regs(task);
	struct file *file = NULL;

#if defined(__TARGET_ARCH_x86)
	bpf_find_vma(task, BPF_CORE_READ(regs, ip), loader_of, &file, 0);
#else
	bpf_find_vma(task, BPF_CORE_READ(regs, pc), loader_of, &file, 0);
#endif
	return file;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(gate_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(bprm, file), *interpreter;
	const char *name, *loader_name;
	struct found c = {};
	int why;

	if (!find_container(&c) || c.mode == SK_GATE_OFF)
		return 0;
	why = judge_file(file, &c, &name);
	if (why) {
		stop(&c, file, SK_GATE_EXEC, why);
		/* One that is held may go on later. */
		if (c.settled)
			return 0;
	}
	interpreter = loader(bpf_get_current_task_btf());
	/* A program without one begins in itself. */
	if (interpreter && BPF_CORE_READ(path_of(interpreter), dentry) != BPF_CORE_READ(path_of(file), dentry)) {
		why = judge_file(interpreter, &c, &loader_name);
		if (why) {
			stop(&c, interpreter, SK_GATE_LOADER, why);
			if (c.settled)
				return 0;
		}
	}
	remember_scripts(&c, bprm, file, name);
	return 0;
}

/* Membership is inherited. */
SEC("tp_btf/task_newtask")
int BPF_PROG(gate_fork, struct task_struct *child, __u64 flags)
{
	__u64 *member = bpf_task_storage_get(&members, bpf_get_current_task_btf(), 0, 0);

	if (member)
		bpf_task_storage_get(&members, child, member, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}

static __always_inline int judge_opened(struct sys_exit_context *ctx, int path_register)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scripts *scripts = bpf_task_storage_get(&running_scripts, task, 0, 0);
	struct found c = {};
	struct file *file;
	const char *name;
	int why;

	if (!scripts || ctx->ret < 0)
		return 0;
	file = file_of(task, ctx->ret);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != 0100000 || !find_container(&c) ||
	    c.mode == SK_GATE_OFF)
		return 0;
	why = judge_file(file, &c, &name);
	if (why && names_script(scripts, register_of(path_register)))
		stop(&c, file, SK_GATE_SCRIPT_ACT, why);
	return 0;
}

SEC("tracepoint")
int gate_open(struct sys_exit_context *ctx)
{
	return judge_opened(ctx, 0);
}

SEC("tracepoint")
int gate_openat(struct sys_exit_context *ctx)
{
	return judge_opened(ctx, 1);
}

SEC("tracepoint")
int gate_mmap(struct sys_exit_context *ctx)
{
	struct found c = {};
	struct file *file;
	const char *name;
	int why;

	if (!(register_of(2) & PROT_EXEC) || (register_of(3) & MAP_ANONYMOUS) || (unsigned long)ctx->ret >= -4095UL ||
	    !find_container(&c) || c.mode == SK_GATE_OFF)
		return 0;
	file = file_of(bpf_get_current_task_btf(), (__s32)register_of(4));
	if (!file)
		return 0;
	why = judge_file(file, &c, &name);
	if (why)
		stop(&c, file, SK_GATE_LIBRARY, why);
	return 0;
}

/* ---- for user space: files as the programs above see them ---- */

static __always_inline struct inode *inode_of(struct sk_gate_look *look)
{
	struct file *file = file_of(bpf_get_current_task_btf(), look->fd);

	return file ? BPF_CORE_READ(file, f_inode) : NULL;
}

static __always_inline void look_at(struct inode *inode, struct sk_gate_look *look)
{
	struct sk_gate_file_key key = {};
	int layer = overlay_layer(inode);

	file_key(inode, 0, &key);
	look->layer = layer < 0 ? 2 : layer;
	look->ctime = changed_at(inode);
	look->size = size_of(inode);
	look->inode = key.inode;
	look->device = key.device;
	look->generation = key.generation;
	look->magic = BPF_CORE_READ(inode, i_sb, s_magic);
	look->writers = writers_of(inode);
}

/* What is the host's: the first process's. */
SEC("syscall")
int gate_host(struct sk_gate_look *unused)
{
	struct pid *pid = BPF_CORE_READ(bpf_get_current_task_btf(), thread_pid);
	struct task_struct *first;
	struct sk_gate_settings *s;
	struct upid number = {};
	__u32 zero = 0;

	s = bpf_map_lookup_elem(&settings, &zero);
	if (!s)
		return 0;
	bpf_probe_read_kernel(&number, sizeof(number), (void *)pid + bpf_core_field_offset(struct pid, numbers));
	first = BPF_CORE_READ(number.ns, child_reaper);
	s->host_mounts = BPF_CORE_READ(first, nsproxy, mnt_ns, ns.inum);
	s->host_device = BPF_CORE_READ(first, fs, root.dentry, d_sb, s_dev);
	return 0;
}

SEC("syscall")
int gate_look(struct sk_gate_look *look)
{
	struct inode *inode = inode_of(look);

	look->result = inode ? 0 : -9;
	if (inode)
		look_at(inode, look);
	return 0;
}

/* The content that was read is that of `look`: it counts only if nothing changed meanwhile. */
SEC("syscall")
int gate_verify(struct sk_gate_look *look)
{
	struct inode *inode = inode_of(look);
	struct sk_gate_verified value = { .ctime = look->ctime, .size = look->size };
	struct sk_gate_look now = {};
	struct sk_gate_file_key key = {};

	look->result = -9;
	if (!inode)
		return 0;
	look_at(inode, &now);
	look->result = -11;
	if (now.ctime != look->ctime || now.size != look->size || now.inode != look->inode || now.writers)
		return 0;
	__builtin_memcpy(value.name, look->name, sizeof(value.name));
	value.name[15] = 0;
	file_key(inode, look->container, &key);
	look->result = bpf_map_update_elem(&verified, &key, &value, 0);
	return 0;
}

/* ---- addresses that nobody in a container may connect to ---- */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SK_GATE_ADDRESSES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sk_gate_address);
	__type(value, __u32);
} addresses SEC(".maps");

static __always_inline int judge_address(struct sk_gate_address *address, __u32 port)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct sk_gate_settings *s = get_settings();
	struct found c = {};
	__u32 *marked;

	/* The host's own may connect to what they like. */
	if (!s || in_host_mounts(s, task))
		return 1;
	address->port = port;
	marked = bpf_map_lookup_elem(&addresses, address);
	if (!marked) {
		address->port = 0;
		marked = bpf_map_lookup_elem(&addresses, address);
	}
	if (!marked)
		return 1;
	find_stranger(s, task, &c);
	c.mode = SK_GATE_BLOCK;
	tell(&c, NULL, SK_GATE_CONNECT, SK_GATE_MARKED, SK_GATE_DENIED);
	return 0;
}

SEC("cgroup/connect4")
int gate_connect4(struct bpf_sock_addr *ctx)
{
	struct sk_gate_address address = { .family = 4 };
	__u32 ip = ctx->user_ip4;

	__builtin_memcpy(address.bytes, &ip, 4);
	return judge_address(&address, __builtin_bswap16((__u16)ctx->user_port));
}

SEC("cgroup/connect6")
int gate_connect6(struct bpf_sock_addr *ctx)
{
	struct sk_gate_address address = { .family = 6 };
	__u32 words[4] = { ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3] };

	__builtin_memcpy(address.bytes, words, 16);
	return judge_address(&address, __builtin_bswap16((__u16)ctx->user_port));
}
