/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* The ring buffer that records go through, and who may fill it. */
#include "objects.h"
#include "task.h"

/* Filled before loading. */
const volatile __u32 own_pid = 0; /* the agent itself: what it does is not told */
const volatile __u64 ring_bytes = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
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

/* With header and parts, as the verifier can see it. */
static __always_inline __u64 record_size(const struct scratch *s)
{
	__u64 used = s->used;

	/* The bound is asked for on the very number that is used: Linux 6.1 forgets it of one that was stored. */
	opaque(used);
	if (used > SK_WIRE_PARTS + SK_WIRE_PART)
		used = SK_WIRE_PARTS + SK_WIRE_PART;
	return sizeof(s->record) + used;
}

static __always_inline void record_begin(struct scratch *s, __u8 kind, __u16 event, struct task_struct *task)
{
	s->used = 0;
	s->part = 0;
	s->record.kind = kind;
	s->record.event = event;
	s->record.reserved = 0;
	s->record.tag = 0;
	s->record.cpu = bpf_get_smp_processor_id();
	s->record.time = bpf_ktime_get_boot_ns();
	read_task(s, plain(task));
}

/*
 * The last eighth of the ring is kept for exec, fork, exit and cgroups: a flood of calls
 * must not cost what is known of processes.
 */
static __always_inline void record_end(struct scratch *s)
{
	__u8 kind = s->record.kind;
	bool process = kind < SK_WIRE_CALL || kind == SK_WIRE_CGROUP_MADE || kind == SK_WIRE_CGROUP_GONE;

	s->record.size = record_size(s);
	if (!process && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > ring_bytes - ring_bytes / 8) {
		count_loss(SK_LOSS_RING_FULL);
		return;
	}
	if (bpf_ringbuf_output(&ring, &s->record, record_size(s), 0))
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
