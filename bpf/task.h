/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* What every record says of the process. */
#include "objects.h"
#include "parts.h"

enum { PIDTYPE_PGID = 2, PIDTYPE_SID = 3 };
/* enum sk_namespace of user space */
enum { NS_MNT, NS_PID, NS_NET, NS_USER, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME };

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

/* Older hierarchies number their cgroups each from one: these bits keep their numbers apart. */
#define CGROUP_OF_PIDS (1ULL << 62)
#define CGROUP_OF_MEMORY (1ULL << 63)

/* The cgroup that tells containers apart: of the one hierarchy, or of an older one. */
static __always_inline struct kernfs_node *cgroup_node(struct task_struct *task, __u64 *hierarchy)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *cgroup = BPF_CORE_READ(set, dfl_cgrp), *older;
	struct cgroup_subsys_state *state = NULL;

	*hierarchy = 0;
	if (BPF_CORE_READ(cgroup, level) > 0)
		return BPF_CORE_READ(cgroup, kn);
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id)) {
		bpf_probe_read_kernel(&state, sizeof(state),
				      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
					      8 * bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
		older = BPF_CORE_READ(state, cgroup);
		if (BPF_CORE_READ(older, level) > 0) {
			*hierarchy = CGROUP_OF_PIDS;
			return BPF_CORE_READ(older, kn);
		}
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		bpf_probe_read_kernel(&state, sizeof(state),
				      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
					      8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
		older = BPF_CORE_READ(state, cgroup);
		if (BPF_CORE_READ(older, level) > 0) {
			*hierarchy = CGROUP_OF_MEMORY;
			return BPF_CORE_READ(older, kn);
		}
	}
	return BPF_CORE_READ(cgroup, kn);
}

/* The names of a cgroup and of those above it. */
/*
 * A function of its own, and its reads kept apart: what a compiler takes out of a
 * loop or makes one read of is done where the kernel has no such field, too.
 */
static __noinline struct kernfs_node *node_above(struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->__parent)) {
		__asm__ volatile("" : "+r"(node) : "i"(1));
		return BPF_CORE_READ(node, __parent);
	}
	__asm__ volatile("" : "+r"(node) : "i"(2));
	return BPF_CORE_READ((struct kernfs_node___614 *)node, parent);
}

static __always_inline void put_cgroup_node(struct scratch *s, struct kernfs_node *node)
{
	if (!part_begin(s, SK_PART_CGROUP, 0))
		return;
	for (int i = 0; i < SK_WIRE_CGROUPS && node; i++) {
		struct kernfs_node *parent = node_above(node);

		if (!parent)
			break;
		if (!put_name(s, (const unsigned char *)BPF_CORE_READ(node, name)))
			break;
		node = parent;
	}
	part_end(s);
}

static __always_inline void put_cgroup(struct scratch *s, struct task_struct *task)
{
	__u64 hierarchy;

	put_cgroup_node(s, cgroup_node(task, &hierarchy));
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

__noinline int read_task(struct scratch *s, __u64 address)
{
	struct task_struct *task = (void *)address;
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct tty_struct *tty = BPF_CORE_READ(signal, tty);
	struct sk_wire_task *out;
	__u64 hierarchy;

	if (!s)
		return 0;
	s->task = address; /* for paths, which end at its root */
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
	BPF_CORE_READ_INTO(&out->inheritable, cred, cap_inheritable);
	BPF_CORE_READ_INTO(&out->permitted, cred, cap_permitted);
	BPF_CORE_READ_INTO(&out->effective, cred, cap_effective);
	out->tty = tty ? (BPF_CORE_READ(tty, driver, major) << 20 |
			  (BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index))) : 0;
	out->start = BPF_CORE_READ(leader, start_boottime);
	out->cgroup = BPF_CORE_READ(cgroup_node(task, &hierarchy), id) | hierarchy;
	BPF_CORE_READ_INTO(&out->name, leader, comm);
	read_namespaces(out, task, pid);
	return 0;
}
