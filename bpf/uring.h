/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * What processes order by io_uring, which no system call of that name is made
 * for: told as the call would be, when the order is taken. Names of files are
 * the kernel's copies. What came of it is not known yet, so the result is 0.
 */
#include "call.h"

/* By opcode; filled before loading. */
const volatile struct sk_wire_order_call orders[SK_WIRE_ORDERS] = {};

static __always_inline void put_kernel_string(struct scratch *s, __u8 index, const struct filename *name)
{
	void *to;
	long n;

	if (!part_begin(s, SK_PART_STRING, index))
		return;
	to = room(s);
	n = to ? bpf_probe_read_kernel_str(to, SK_WIRE_PART, BPF_CORE_READ(name, name)) : 0;
	if (n > 0)
		s->used += n - 1;
	part_end(s);
}

/* A name, and the folder that it begins at where it is relative. */
static __always_inline void put_order_name(struct scratch *s, __u8 index, const struct filename *name, __s32 folder)
{
	const char *text = BPF_CORE_READ(name, name);
	char first = 0;

	put_kernel_string(s, index, name);
	bpf_probe_read_kernel(&first, 1, text);
	if (first != '/')
		put_start(s, index, folder);
}

static __always_inline void put_open(struct scratch *s, struct io_open *open)
{
	s->record.args[0] = BPF_CORE_READ(open, dfd);
	s->record.args[2] = BPF_CORE_READ(open, how.flags);
	s->record.args[3] = BPF_CORE_READ(open, how.mode);
	put_order_name(s, 1, BPF_CORE_READ(open, filename), BPF_CORE_READ(open, dfd));
}

static __always_inline void put_one_name(struct scratch *s, struct io_unlink *one)
{
	s->record.args[0] = BPF_CORE_READ(one, dfd);
	s->record.args[2] = BPF_CORE_READ(one, flags);
	put_order_name(s, 1, BPF_CORE_READ(one, filename), BPF_CORE_READ(one, dfd));
}

static __always_inline void put_two_names(struct scratch *s, struct io_rename *two)
{
	s->record.args[0] = BPF_CORE_READ(two, old_dfd);
	s->record.args[2] = BPF_CORE_READ(two, new_dfd);
	s->record.args[4] = BPF_CORE_READ(two, flags);
	put_order_name(s, 1, BPF_CORE_READ(two, oldpath), BPF_CORE_READ(two, old_dfd));
	put_order_name(s, 3, BPF_CORE_READ(two, newpath), BPF_CORE_READ(two, new_dfd));
}

static __always_inline void put_symlink(struct scratch *s, struct io_rename *two)
{
	s->record.args[1] = BPF_CORE_READ(two, new_dfd);
	put_kernel_string(s, 0, BPF_CORE_READ(two, oldpath));
	put_order_name(s, 2, BPF_CORE_READ(two, newpath), BPF_CORE_READ(two, new_dfd));
}

/* The socket is found by its number while the order waits; one of the ring's own table is not looked for. */
static __always_inline void put_connect(struct scratch *s, struct task_struct *task, struct io_kiocb *order)
{
	struct io_connect *connect = (void *)order;
	__s32 fd = BPF_CORE_READ(order, cqe.fd);

	s->record.args[0] = fd;
	put_call_file(s, 0, fd, file_of(task, fd));
	put_address(s, 1, (__u64)BPF_CORE_READ(connect, addr), BPF_CORE_READ(connect, addr_len));
}

static __always_inline int tell_order(struct io_kiocb *order)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 opcode = BPF_CORE_READ(order, opcode);
	const struct sk_wire_call *call;
	struct scratch *s;
	__u32 number;
	__u8 shape;

	opaque(opcode);
	if (opcode >= SK_WIRE_ORDERS)
		return 0;
	number = orders[opcode].call;
	shape = orders[opcode].shape;
	if (!number || number >= SK_WIRE_CALLS || !bpf_core_type_exists(struct io_open))
		return 0;
	call = &calls[number];
	if (!(call->flags & SK_CALL_WANTED) || is_own())
		return 0;
	if (shape == SK_ORDER_OPEN && !(call->flags & SK_CALL_READS) &&
	    only_reads(BPF_CORE_READ((struct io_open *)order, how.flags)))
		return 0;
	if (is_flood()) {
		count_loss(SK_LOSS_FLOOD);
		return 0;
	}
	s = scratch_get();
	if (!s)
		return 0;
	record_begin(s, SK_WIRE_CALL, call->event, task);
	s->record.result = 0;
	s->record.call = number;
	put_new_cgroup(s, task);
	switch (shape) {
	case SK_ORDER_OPEN: put_open(s, (void *)order); break;
	case SK_ORDER_NAME: put_one_name(s, (void *)order); break;
	case SK_ORDER_NAMES: put_two_names(s, (void *)order); break;
	case SK_ORDER_SYMLINK: put_symlink(s, (void *)order); break;
	case SK_ORDER_CONNECT: put_connect(s, task, order); break;
	}
	record_end(s);
	return 0;
}
