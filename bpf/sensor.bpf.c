// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sensor: programs that tell user space what processes do, from the
 * kernel's own objects. A system call is looked at when it comes back: its
 * registers still are what the kernel was called with, what it did can be
 * read, and one program a call costs half of two.
 */
#include "call.h"
#include "cgroup.h"
#include "dns.h"
#include "trampoline.h"
#include "uring.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define CLONE_THREAD 0x10000

bool env_wanted = false; /* user space may change it */

static __always_inline void put_user_range(struct scratch *s, __u8 kind, __u8 index, unsigned long from,
					   unsigned long to)
{
	if (!part_begin(s, kind, index))
		return;
	if (to > from)
		put_bytes(s, from, to - from, SK_WIRE_PART - 1, bpf_probe_read_user);
	part_end(s);
}

/* In two parts where it is long. */
static __always_inline void put_env(struct scratch *s, unsigned long from, unsigned long to)
{
	put_user_range(s, SK_PART_ENV, 0, from, to);
	if (to > from && to - from > SK_WIRE_PART - 1)
		put_user_range(s, SK_PART_ENV, 1, from + SK_WIRE_PART - 1, to);
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
	put_user_range(s, SK_PART_ARGS, 0, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end));
	put_folder(s, SK_PART_CWD, 0, &fs->pwd);
	put_streams(s, task);
	if (env_wanted)
		put_env(s, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end));
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

static __always_inline int look_at_call(__u64 number, long result, __u32 abi)
{
	struct scratch *s;

	if (number >= SK_WIRE_CALLS || !(calls[number].flags & SK_CALL_WANTED) || is_noise(&calls[number], result) ||
	    is_data(&calls[number], abi))
		return 0;
	s = begin_call(number, result, abi) ? scratch_get() : NULL;
	if (!s)
		return 0;
	put_buffers(s, number, 0);
	record_end(s);
	return 0;
}

/* sendmmsg(2), recvmmsg(2): each message, as if it were a call of its own. */
static __always_inline int look_at_messages(__u64 number, long result, __u32 abi)
{
	if (number >= SK_WIRE_CALLS || !(calls[number].flags & SK_CALL_WANTED) || is_noise(&calls[number], result))
		return 0;
	for (int i = 0; i < SK_WIRE_MESSAGES && (i == 0 || i < result); i++) {
		struct scratch *s = begin_call(number, result, abi) ? scratch_get() : NULL;

		if (!s)
			return 0;
		put_buffers(s, number, i);
		record_end(s);
	}
	return 0;
}

/* What was opened and how, as far as anybody could judge it; 0: nobody can say. */
static __always_inline __u64 tag_of(const bool cast, struct task_struct *task, struct pt_regs *regs,
				    const struct sk_wire_call *call, __u32 flags, __s32 fd, __u32 abi)
{
	struct file *file = tagged_file(cast, task, fd);
	__u64 how = (__u64)flags << 32 | call->event;

	if (!file)
		return 0;
	if (call->open_mode != SK_WIRE_NONE && flags & (O_CREAT | O_TMPFILE_BIT))
		how |= (__u64)(open_register(regs, call->open_mode, abi) & 07777) << 16;
	return open_tag(cast, task, file, how);
}

/* Opens are many: one that is boring ends here. */
static __always_inline int look_at_open(const bool cast, __u64 number, long result, __u32 abi)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	const struct sk_wire_call *call;
	__u32 flags = O_CREAT; /* creat(2) has none; openat2(2) has them in memory */
	struct scratch *s;
	__u64 tag = 0;

	if (number >= SK_WIRE_CALLS)
		return 0;
	call = &calls[number];
	if (!(call->flags & SK_CALL_WANTED) || is_noise(call, result))
		return 0;
	if (call->open_flags != SK_WIRE_NONE)
		flags = open_register(regs, call->open_flags, abi);
	if (!(call->flags & SK_CALL_READS) && only_reads(flags))
		return 0;
	if (result >= 0 && call->flags & SK_CALL_TAGGED) {
		tag = tag_of(cast, task, regs, call, flags, result, abi);
		if (is_boring(tag))
			return 0;
	}
	s = begin_call(number, result, abi) ? scratch_get() : NULL;
	if (!s)
		return 0;
	put_buffers(s, number, 0);
	/* Renamed meanwhile: what was told is not what the tag stands for. */
	s->record.tag = tag && tag_of(cast, task, regs, call, flags, result, abi) == tag ? tag : 0;
	record_end(s);
	return 0;
}

/* ---- on tracepoints of system calls ---- */

SEC("tracepoint")
int on_call(struct sys_exit_context *ctx)
{
	return look_at_call(ctx->id, ctx->ret, ABI_NATIVE);
}

SEC("tracepoint")
int on_messages(struct sys_exit_context *ctx)
{
	return look_at_messages(ctx->id, ctx->ret, ABI_NATIVE);
}

SEC("tracepoint")
int on_open(struct sys_exit_context *ctx)
{
	return look_at_open(true, ctx->id, ctx->ret, ABI_NATIVE);
}

/* Where the kernel is older than bpf_rdonly_cast. */
SEC("tracepoint")
int on_open_slowly(struct sys_exit_context *ctx)
{
	return look_at_open(false, ctx->id, ctx->ret, ABI_NATIVE);
}

/* ---- on the functions of system calls: trampoline.h ---- */

#define AFTER(name, function, look) \
	SEC("?fexit/" function) int BPF_PROG(name, const struct pt_regs *regs, long result) \
	{ \
		__u64 cookie = bpf_get_attach_cookie(ctx); \
		return look(COOKIE_NUMBER(cookie), result, COOKIE_ABI(cookie)); \
	}
#define LOOK_AT_OPEN(number, result, abi) look_at_open(true, number, result, abi)
#define LOOK_AT_OPEN_SLOWLY(number, result, abi) look_at_open(false, number, result, abi)

AFTER(after_call, NATIVE_CALL "openat", look_at_call)
AFTER(after_open, NATIVE_CALL "openat", LOOK_AT_OPEN)
AFTER(after_open_slowly, NATIVE_CALL "openat", LOOK_AT_OPEN_SLOWLY)
/* Of a third type; it does the work itself. */
#if defined(__TARGET_ARCH_x86)
AFTER(narrow_io_uring_setup, "__ia32_sys_io_uring_setup", look_at_call)
#endif
AFTER(native_io_uring_setup, NATIVE_CALL "io_uring_setup", look_at_call)
AFTER(after_net_call, NATIVE_CALL "socket", look_at_call)
AFTER(after_net_messages, NATIVE_CALL "socket", look_at_messages)

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
	if (is_own())
		return;
	if (is_flood()) {
		count_loss(SK_LOSS_FLOOD);
		return;
	}
	s = scratch_of(SCRATCH_PACKET);
	if (!s)
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
	s = scratch_of(SCRATCH_PACKET);
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

/* Each process that is there: when the sensor begins, and after something was lost. Its arguments are not ours to read. */
SEC("iter/task")
int tell_alive(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct fs_struct *fs;
	struct mm_struct *mm;
	struct scratch *s;
	struct file *exe;

	if (!task || task->pid != task->tgid || BPF_CORE_READ(task, signal, live.counter) == 0)
		return 0;
	s = scratch_of(SCRATCH_ALIVE);
	if (!s)
		return 0;
	record_begin(s, SK_WIRE_ALIVE, 0, task);
	s->record.result = 0;
	s->record.call = 0;
	fs = BPF_CORE_READ(task, fs);
	mm = BPF_CORE_READ(task, mm);
	exe = BPF_CORE_READ(mm, exe_file);
	put_cgroup(s, task);
	if (exe)
		put_file(s, 0, -1, exe);
	if (fs)
		put_folder(s, SK_PART_CWD, 0, &fs->pwd);
	put_streams(s, task);
	s->record.size = record_size(s);
	bpf_seq_write(seq, &s->record, record_size(s));
	return 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_order, struct io_kiocb *order)
{
	return tell_order((void *)plain(order));
}

/* Its name until Linux 6.3. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_order_older, struct io_kiocb *order)
{
	return tell_order((void *)plain(order));
}
