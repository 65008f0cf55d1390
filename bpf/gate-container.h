/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * Which container a task is in. A task that ran a program in one stays one of
 * it, with all its descendants, whatever cgroup, mounts or root it gives
 * itself later. One that is met for the first time belongs where its cgroup
 * or one above it says, or else its root file system.
 *
 * What runs in the host's mounts, or in the host's root file system before the
 * container's root is there, and was never inside, is the runtime that makes
 * the container.
 */
#include "gate-types.h"

#include "gate.h"
#include "objects.h"
#include "task.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sk_gate_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SK_GATE_CONTAINERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct sk_gate_container);
} containers SEC(".maps");

/* A container's key by the device of its root file system. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SK_GATE_CONTAINERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} roots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SK_GATE_BIRTHS);
	__type(key, __u64);
	__type(value, struct sk_gate_birth);
} births SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} members SEC(".maps");

struct found {
	__u64 key;
	__u32 mode; /* SK_GATE_OFF: nothing is judged */
	__u32 device;
	__u32 protects;
	__u32 settled;
};

static __always_inline const struct sk_gate_settings *get_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

static __always_inline bool take(__u64 key, struct found *ret)
{
	struct sk_gate_container *c = bpf_map_lookup_elem(&containers, &key);

	if (!c)
		return false;
	*ret = (struct found){ .key = key, .mode = c->mode, .device = c->device, .protects = c->protects,
			       .settled = c->settled };
	return true;
}

static __always_inline bool take_by_cgroup(struct kernfs_node *node, __u64 hierarchy, struct found *ret)
{
	for (int i = 0; i < SK_WIRE_CGROUPS && node; i++) {
		if (take(BPF_CORE_READ(node, id) | hierarchy, ret))
			return true;
		node = node_above(node);
	}
	return false;
}

static __always_inline bool is_alive(const struct sk_gate_settings *s)
{
	return bpf_ktime_get_boot_ns() - s->alive < SK_GATE_ALIVE_NS;
}

/* One that nobody has registered: its root is that of its first program. */
static __always_inline bool take_birth(const struct sk_gate_settings *s, __u64 key, struct super_block *root,
				       struct found *ret)
{
	struct sk_gate_birth birth = { .device = BPF_CORE_READ(root, s_dev) }, *known;
	__u32 mode = is_alive(s) ? s->unknown : s->born;

	if (mode == SK_GATE_OFF)
		return false;
	known = bpf_map_lookup_elem(&births, &key);
	if (!known) {
		if (BPF_CORE_READ(root, s_magic) != OVERLAYFS_SUPER_MAGIC)
			return false;
		bpf_map_update_elem(&births, &key, &birth, BPF_NOEXIST);
	} else {
		birth = *known;
		mode = birth.settled ? s->born : mode;
	}
	*ret = (struct found){ .key = key, .mode = mode, .device = birth.device, .settled = birth.settled };
	return true;
}

static __always_inline bool in_host_mounts(const struct sk_gate_settings *s, struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum) == s->host_mounts;
}

/* One that was registered before it had a root. */
static __always_inline void learn_root(struct found *c, __u32 device)
{
	struct sk_gate_container *known;

	if (c->device)
		return;
	known = bpf_map_lookup_elem(&containers, &c->key);
	if (known)
		known->device = device;
	c->device = device;
	bpf_map_update_elem(&roots, &device, &c->key, 0);
}

static __always_inline bool find_stranger(const struct sk_gate_settings *s, struct task_struct *task,
					  struct found *ret)
{
	struct super_block *root = BPF_CORE_READ(task, fs, root.dentry, d_sb);
	__u32 device = BPF_CORE_READ(root, s_dev);
	struct kernfs_node *node;
	__u64 *key, hierarchy;

	if (device == s->host_device)
		return false;
	node = cgroup_node(task, &hierarchy);
	if (take_by_cgroup(node, hierarchy, ret)) {
		learn_root(ret, device);
		return true;
	}
	key = bpf_map_lookup_elem(&roots, &device);
	if (key && take(*key, ret))
		return true;
	return take_birth(s, BPF_CORE_READ(node, id) | hierarchy, root, ret);
}

/* The container of the current task, and its membership from now on. False: none, or nothing is judged in it. */
static __always_inline bool find_container(struct found *ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct sk_gate_settings *s = get_settings();
	__u64 *member, hierarchy;

	if (!s)
		return false;
	member = bpf_task_storage_get(&members, task, 0, 0);
	if (!member) {
		if (in_host_mounts(s, task) || !find_stranger(s, task, ret))
			return false;
		bpf_task_storage_get(&members, task, &ret->key, BPF_LOCAL_STORAGE_GET_F_CREATE);
	} else if (!take(*member, ret)) {
		struct kernfs_node *node = cgroup_node(task, &hierarchy);

		if (take_by_cgroup(node, hierarchy, ret))
			*member = ret->key;
		else if (!take_birth(s, *member, BPF_CORE_READ(task, fs, root.dentry, d_sb), ret))
			return false;
	}
	return ret->mode != SK_GATE_OFF || ret->protects;
}
