// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sensor: programs that tell user space what processes do, from the
 * kernel's own objects. A system call is looked at when it comes back: its
 * registers still are what the kernel was called with, what it did can be
 * read, and one program a call costs half of two.
 */
#include "cgroup.h"
#include "dns.h"
#include "objects.h"
#include "task.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define O_ACCMODE 3
#define O_CREAT 0100
#define O_TRUNC 01000
#define AT_FDCWD -100
#define CLONE_THREAD 0x10000

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

struct share {
	__u64 window;
	__u32 used, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SK_WIRE_SHARES);
	__type(key, __u32);
	__type(value, struct share);
} shares SEC(".maps");

/* Whether this process has had its share of the ring, which others need too. */
static __always_inline bool is_flood(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 window = bpf_ktime_get_boot_ns() >> SK_WIRE_SHARE_SHIFT;
	struct share *share, first = { .window = window, .used = 1 };

	if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < ring_bytes / 2)
		return false;
	share = bpf_map_lookup_elem(&shares, &pid);
	if (!share) {
		bpf_map_update_elem(&shares, &pid, &first, 0);
		return false;
	}
	if (share->window != window)
		*share = first;
	else if (share->used++ >= SK_WIRE_SHARE)
		return true;
	return false;
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

/* Cgroups whose names were told with a call: one time is enough, and /proc may know another by the time it is asked. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SK_WIRE_SHARES);
	__type(key, __u64);
	__type(value, __u8);
} told_cgroups SEC(".maps");

static __always_inline void put_new_cgroup(struct scratch *s, struct task_struct *task)
{
	__u64 id = s->record.task.cgroup;
	__u8 told = 1;

	if (bpf_map_lookup_elem(&told_cgroups, &id))
		return;
	bpf_map_update_elem(&told_cgroups, &id, &told, 0);
	put_cgroup(s, task);
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

/* What a program reads and writes without opening anything: a shell on a connection is told by it. */
static __always_inline void put_streams(struct scratch *s, struct task_struct *task)
{
	struct sk_wire_stream *out;

	if (!part_begin(s, SK_PART_STREAMS, 0))
		return;
	out = room(s);
	if (!out)
		return;
	for (int i = 0; i < 3; i++) {
		struct file *file = file_of(task, i);
		struct socket *socket;

		out[i].mode = file ? BPF_CORE_READ(file, f_inode, i_mode) : 0;
		out[i].family = 0;
		if (!file || !is_socket(file))
			continue;
		socket = BPF_CORE_READ(file, private_data);
		out[i].family = BPF_CORE_READ(socket, sk, __sk_common.skc_family);
	}
	s->used += 3 * sizeof(*out);
	part_end(s);
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
	put_streams(s, task);
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
	s->record.args[1] = bpf_get_current_pid_tgid() >> 32;
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
	if (is_flood()) {
		count_loss(SK_LOSS_FLOOD);
		return 0;
	}
	s = scratch_get();
	if (!s)
		return 0;
	record_begin(s, SK_WIRE_CALL, call->event, task);
	s->record.result = result;
	s->record.call = number;
	put_new_cgroup(s, task);
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
		__u64 length = reg(s, call->bytes + 1);

		/* What was not sent or received is not part of it, but what a send tried is; openat2's result is no length. */
		if (result > 0 && (__u64)result < length && !(call->flags & SK_CALL_OPENS))
			length = result;
		put_bytes(s, reg(s, call->bytes), length, SK_WIRE_BYTES, bpf_probe_read_user);
		part_end(s);
	}
	if (call->message < 6)
		put_message(s, call->message, reg(s, call->message));
	record_end(s);
	return 0;
}

/* The message behind the headers: what was asked, by whom. */
static __always_inline void tell_question(struct sk_buff *skb, struct sk_wire_socket *ends, const unsigned char *at,
					  __u32 length)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct asked_key key = { .port = ends->local_port };
	__s32 pid = bpf_get_current_pid_tgid() >> 32;
	struct scratch *s;

	if (bpf_probe_read_kernel(&key.id, sizeof(key.id), at))
		return;
	key.netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	bpf_map_update_elem(&asked, &key, &pid, 0);
	s = scratch_get();
	if (!s || is_own())
		return;
	record_begin(s, SK_WIRE_QUESTION, 0, task);
	s->record.result = 0;
	put_cgroup(s, task);
	put_packet_socket(s, ends);
	put_message_bytes(s, at, length);
	record_end(s);
}

/* Bytes of a packet from there on that lie in its first piece; what is in pages is not read. */
static __always_inline __u32 linear_length(struct sk_buff *skb, const unsigned char *from)
{
	__u32 linear = skb->len - skb->data_len, before = (from - skb->data) & 0xffff;

	return linear > before ? linear - before : 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_packet_out, struct sk_buff *skb)
{
	struct sk_wire_socket ends = { .fd = -1, .type = SOCK_DGRAM, .protocol = IPPROTO_UDP };
	const unsigned char *transport;
	struct udp_header udp = {};
	struct sock *sk = skb->sk;
	__u32 length;

	if (!sk || sk->sk_protocol != IPPROTO_UDP)
		return 0;
	transport = skb->head + skb->transport_header;
	if (bpf_probe_read_kernel(&udp, sizeof(udp), transport) || udp.destination != __builtin_bswap16(DNS_PORT) ||
	    read_ip(skb->head + skb->network_header, skb->protocol, &ends, true) != IPPROTO_UDP)
		return 0;
	ends.local_port = __builtin_bswap16(udp.source);
	ends.remote_port = DNS_PORT;
	length = linear_length(skb, transport + sizeof(udp));
	if (length >= DNS_HEADER)
		tell_question(skb, &ends, transport + sizeof(udp), length);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(on_packet_in, struct sk_buff *skb)
{
	struct sk_wire_socket ends = { .fd = -1, .protocol = IPPROTO_UDP };
	struct asked_key key = {};
	struct udp_header udp = {};
	const unsigned char *at = skb->data;
	__u32 length;
	__s32 *pid;
	struct scratch *s;

	if (read_ip(at, skb->protocol, &ends, false) != IPPROTO_UDP)
		return 0;
	at += ends.family == AF_INET ? 20 : 40;
	length = linear_length(skb, at + sizeof(udp));
	if (length < DNS_HEADER || bpf_probe_read_kernel(&udp, sizeof(udp), at) ||
	    bpf_probe_read_kernel(&key.id, sizeof(key.id), at + sizeof(udp)))
		return 0;
	key.port = __builtin_bswap16(udp.destination);
	key.netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	pid = bpf_map_lookup_elem(&asked, &key);
	if (!pid || (__u32)*pid == own_pid)
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	s->used = 0;
	s->part = 0;
	__builtin_memset(&s->record, 0, sizeof(s->record));
	s->record.kind = SK_WIRE_ANSWER;
	s->record.cpu = bpf_get_smp_processor_id();
	s->record.time = bpf_ktime_get_boot_ns();
	s->record.task.pid = *pid;
	s->record.task.namespaces[NS_NET] = key.netns;
	ends.type = SOCK_DGRAM;
	ends.local_port = key.port;
	ends.remote_port = __builtin_bswap16(udp.source);
	put_packet_socket(s, &ends);
	put_message_bytes(s, at + sizeof(udp), length);
	bpf_map_delete_elem(&asked, &key);
	record_end(s);
	return 0;
}

/* Told before anybody is in it, so that the container is known before its first program runs. */
static __always_inline int tell_cgroup(struct cgroup *cgroup, __u8 kind)
{
	struct scratch *s;
	__u64 number;

	if (is_own() || !cgroup_number(cgroup, &number))
		return 0;
	if (is_flood()) {
		count_loss(SK_LOSS_FLOOD);
		return 0;
	}
	s = scratch_get();
	if (!s)
		return 0;
	record_begin(s, kind, 0, (void *)bpf_get_current_task());
	s->record.result = 0;
	s->record.args[0] = number;
	put_cgroup_node(s, BPF_CORE_READ(cgroup, kn));
	record_end(s);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_made, struct cgroup *cgroup)
{
	return tell_cgroup(cgroup, SK_WIRE_CGROUP_MADE);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_gone, struct cgroup *cgroup)
{
	return tell_cgroup(cgroup, SK_WIRE_CGROUP_GONE);
}
