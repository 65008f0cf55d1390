/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* What is done about drift, and then told. */
#include "gate-file.h"

#define SIGKILL 9
#define SIGSTOP 19
#define EPERM 1

/* Of verdicts alone: telemetry cannot fill it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} verdicts SEC(".maps");

static __always_inline __u64 register_of(int index)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#if defined(__TARGET_ARCH_x86)
	return index == 0 ? regs->di : index == 1 ? regs->si : index == 2 ? regs->dx : index == 3 ? regs->r10 : regs->r8;
#else
	return index == 0 ? regs->orig_x0 : regs->regs[index];
#endif
}

static __always_inline struct scratch *verdict_begin(const struct found *c, __u32 act, __u32 why, __u32 outcome)
{
	struct scratch *s = scratch_get();

	if (!s)
		return NULL;
	s->used = 0;
	s->part = 0;
	s->record.kind = SK_WIRE_VERDICT;
	s->record.event = 0;
	s->record.reserved = 0;
	s->record.call = 0;
	s->record.cpu = bpf_get_smp_processor_id();
	s->record.time = bpf_ktime_get_boot_ns();
	s->record.result = outcome == SK_GATE_DENIED ? -EPERM : 0;
	s->record.args[SK_GATE_FIELD_ACT] = act;
	s->record.args[SK_GATE_FIELD_WHY] = why;
	s->record.args[SK_GATE_FIELD_MODE] = c->mode;
	s->record.args[SK_GATE_FIELD_OUTCOME] = outcome;
	s->record.args[SK_GATE_FIELD_KEY] = c->key;
	s->record.args[SK_GATE_FIELD_SETTLED] = c->settled;
	read_task(s, plain((void *)bpf_get_current_task()));
	put_cgroup(s, (void *)bpf_get_current_task());
	return s;
}

static __always_inline int verdict_end(struct scratch *s)
{
	__u64 used = s->used;

	if (used > SK_WIRE_PARTS + SK_WIRE_PART)
		used = SK_WIRE_PARTS + SK_WIRE_PART;
	s->record.size = sizeof(s->record) + used;
	if (bpf_ringbuf_output(&verdicts, &s->record, sizeof(s->record) + used, 0) == 0)
		return 0;
	count_loss(SK_LOSS_RING_FULL);
	return -1;
}

static __always_inline void put_path_of(struct scratch *s, struct file *file)
{
	struct path *path = path_of(file);
	struct sk_wire_file *out;

	if (!part_begin(s, SK_PART_FILE, 0))
		return;
	out = room(s);
	if (!out)
		return;
	__builtin_memset(out, 0, sizeof(*out));
	out->inode = BPF_CORE_READ(path, dentry, d_inode, i_ino);
	out->device = BPF_CORE_READ(path, dentry, d_sb, s_dev);
	s->used += sizeof(*out);
	put_path(s, plain(path));
	part_end(s);
}

static __noinline int tell(const struct found *c, struct file *file, __u32 act, __u32 why, __u32 outcome)
{
	struct scratch *s;

	if (!c)
		return 0;
	s = verdict_begin(c, act, why, outcome);
	if (!s)
		return -1;
	if (file)
		put_path_of(s, file);
	return verdict_end(s);
}

/* Whether its process waits for user space: a container that is not settled may turn out to have another mode. */
static __always_inline bool is_held(const struct found *c)
{
	const struct sk_gate_settings *s = get_settings();

	return !c->settled && s && is_alive(s);
}

/*
 * The verdict first, its report second: a full ring stops nothing. But who is held and not told of would wait for ever:
 * that one is ended.
 */
static __always_inline void stop(const struct found *c, struct file *file, __u32 act, __u32 why)
{
	__u32 outcome = SK_GATE_ALERTED;
	bool held = c->mode == SK_GATE_BLOCK && is_held(c);

	if (held && bpf_send_signal(SIGSTOP) == 0)
		outcome = SK_GATE_HELD;
	else if (c->mode == SK_GATE_BLOCK && bpf_send_signal(SIGKILL) == 0)
		outcome = SK_GATE_KILLED;
	if (tell(c, file, act, why, outcome) < 0 && outcome == SK_GATE_HELD)
		bpf_send_signal(SIGKILL);
}
