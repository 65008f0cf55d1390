/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* A system call that has come back: its registers still are what the kernel was called with. */
#include "open.h"
#include "ring.h"

#define PROT_EXEC 4
#define MMSGHDR_SIZE 64 /* struct mmsghdr: a struct msghdr and its length */

/* What is told of each call; user space may change it while the programs run. */
struct sk_wire_call calls[SK_WIRE_CALLS] SEC(".data.calls") = {};

/* The row of a number that was compared long ago: Linux 6.1 has forgotten it. */
static __always_inline const struct sk_wire_call *call_of(__u64 number)
{
	opaque(number);
	return &calls[number & (SK_WIRE_CALLS - 1)];
}

/* How the kernel was called: a 32-bit program has its arguments in other registers, and some structures are others. */
enum abi { ABI_NATIVE, ABI_32 };

static __always_inline __u32 call_number(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(regs, orig_ax);
#else
	return BPF_CORE_READ(regs, syscallno);
#endif
}

static __always_inline __u64 reg(struct scratch *s, __u8 index)
{
	return s->record.args[index < 6 ? index : 0];
}

static __always_inline void read_registers(struct scratch *s)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	if (s->abi == ABI_32) {
		s->record.args[0] = (__u32)BPF_CORE_READ(regs, bx);
		s->record.args[1] = (__u32)BPF_CORE_READ(regs, cx);
		s->record.args[2] = (__u32)BPF_CORE_READ(regs, dx);
		s->record.args[3] = (__u32)BPF_CORE_READ(regs, si);
		s->record.args[4] = (__u32)BPF_CORE_READ(regs, di);
		s->record.args[5] = (__u32)BPF_CORE_READ(regs, bp);
		return;
	}
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

/* The folder that a relative path begins at: an open one, or the current. */
__noinline int put_start(struct scratch *s, __u32 index, __s32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct file *file;

	if (!s)
		return 0;
	if (fd == AT_FDCWD) {
		put_folder(s, SK_PART_FOLDER, index, &fs->pwd);
		return 0;
	}
	file = file_of(task, fd);
	if (file)
		put_folder(s, SK_PART_FOLDER, index, &file->f_path);
	return 0;
}

/* A string of a call and, where it is a relative path, the folder that it begins at. */
__noinline int put_string(struct scratch *s, __u32 index, __u32 folder)
{
	char first = 0;
	__u64 address;

	if (!s)
		return 0;
	address = reg(s, index);
	put_user_string(s, index, address);
	if (folder == SK_WIRE_NONE)
		return 0;
	bpf_probe_read_user(&first, 1, (const void *)address);
	if (first != '/')
		put_start(s, index, folder == SK_WIRE_CWD ? AT_FDCWD : (__s32)reg(s, folder));
	return 0;
}

static __always_inline void put_strings(struct scratch *s, const struct sk_wire_call *call)
{
	for (int i = 0; i < 6; i++)
		if (call->strings & 1 << i)
			put_string(s, i, call->folder[i]);
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

/* A register of an open, 1 to 3, as the kernel was called with it; which one is no address to calculate. */
static __always_inline __u32 open_register(struct pt_regs *regs, __u8 index, __u32 abi)
{
#if defined(__TARGET_ARCH_x86)
	__u64 one = abi == ABI_32 ? regs->cx : regs->si, two = regs->dx, three = abi == ABI_32 ? regs->si : regs->r10;
#else
	__u64 one = regs->regs[1], two = regs->regs[2], three = regs->regs[3];
#endif

	opaque(one);
	opaque(two);
	opaque(three);
	return index == 1 ? one : index == 2 ? two : three;
}

static __always_inline bool only_reads(unsigned int flags)
{
	return (flags & O_ACCMODE) == 0 && !(flags & (O_CREAT | O_TRUNC));
}

/* Whether a call is of no interest: found with as little as can be, because most calls are. */
static __always_inline bool is_noise(const struct sk_wire_call *call, long result)
{
	if (result < 0 && (call->flags & SK_CALL_NO_FAILED))
		return true;
	return (call->flags & SK_CALL_STANDARD) && (result < 0 || result > 2);
}

/* mmap(2) and mprotect(2): memory that becomes code is of interest. */
static __always_inline bool is_data(const struct sk_wire_call *call, __u32 abi)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return (call->flags & SK_CALL_CODE) && !(open_register(regs, 2, abi) & PROT_EXEC);
}

static __always_inline void put_call_file(struct scratch *s, __u8 index, __s32 fd, struct file *file)
{
	if (file && is_socket(file))
		put_socket(s, index, fd, file);
	else if (file)
		put_file(s, index, fd, file);
}

/* What a call sent or received, and to or from where; the message is one of several, by number. */
__noinline int put_buffers(struct scratch *s, __u32 number, __u32 message)
{
	const struct sk_wire_call *call;

	if (!s || number >= SK_WIRE_CALLS)
		return 0;
	call = &calls[number];
	if (call->address < 5)
		put_address(s, call->address, reg(s, call->address), (__u32)reg(s, call->address + 1));
	if (call->bytes < 5 && part_begin(s, SK_PART_BYTES, call->bytes)) {
		__u64 length = reg(s, call->bytes + 1);

		/* What was not sent or received is not part of it, but what a send tried is; openat2's result is no length. */
		if (s->record.result > 0 && (__u64)s->record.result < length && !(call->flags & SK_CALL_OPENS))
			length = s->record.result;
		put_bytes(s, reg(s, call->bytes), length, SK_WIRE_BYTES, bpf_probe_read_user);
		part_end(s);
	}
	if (call->message < 6 && s->abi == ABI_NATIVE) /* the other one's msghdr is not this one's */
		put_message(s, call->message, reg(s, call->message) + message * MMSGHDR_SIZE);
	return 0;
}

/* Whether it is of interest, now that the file is at hand; then there is a record of it in the making. */
__noinline int begin_call(__u64 number, long result, __u32 abi)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct sk_wire_call *call;
	struct file *file = NULL;
	struct scratch *s;
	__s32 fd = result;

	if (number >= SK_WIRE_CALLS || is_own())
		return 0;
	call = call_of(number);
	if (call->file == SK_WIRE_RESULT && result >= 0)
		file = file_of(task, fd);
	if ((call->flags & SK_CALL_OPENS) && result >= 0 && !(call->flags & SK_CALL_READS) &&
	    only_reads(BPF_CORE_READ(file, f_flags)))
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
	s->abi = abi;
	put_new_cgroup(s, task);
	read_registers(s);
	if (call->file < 6) {
		fd = (__s32)reg(s, call->file);
		file = file_of(task, fd);
	}
	put_call_file(s, call->file, fd, file);
	put_strings(s, call);
	if ((call->flags & SK_CALL_MOVES) && result >= 0) {
		struct fs_struct *fs = BPF_CORE_READ(task, fs);

		put_folder(s, SK_PART_CWD, 0, &fs->pwd);
	}
	return 1;
}
