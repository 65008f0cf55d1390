/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * A record in the making: its memory, one for each CPU, and the parts that are put behind its header.
 *
 * Larger functions are global and take numbers: the kernel verifies those once,
 * not anew for each way that leads to a call of them.
 */
#include "kernel-types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SK_LOSS_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

struct scratch {
	__u32 used; /* of parts */
	__u32 part; /* where the part that is being written begins */
	__u64 task; /* whose it is: paths end at its root */
	__u32 abi;  /* of the call */
	__u32 pad;
	struct sk_wire_record record;
	__u8 parts[SK_WIRE_PARTS + 2 * SK_WIRE_PART];
};

/* Who may come between others on the same processor has memory of its own. */
enum { SCRATCH_CALL, SCRATCH_PACKET, SCRATCH_ALIVE, SCRATCHES };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCHES);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* An address without what the verifier knows of it, for those functions. */
static __always_inline __u64 plain(const void *address)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &address);
	return number;
}

static __always_inline void count_loss(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&losses, &reason);

	if (count)
		(*count)++;
}

static __always_inline struct scratch *scratch_of(__u32 whose)
{
	struct scratch *s = bpf_map_lookup_elem(&scratches, &whose);

	if (!s)
		count_loss(SK_LOSS_SCRATCH);
	return s;
}

static __always_inline struct scratch *scratch_get(void)
{
	return scratch_of(SCRATCH_CALL);
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
		opaque(n_); /* Linux 6.1 forgets the bound of a number that comes from another */ \
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
