/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* Cgroups by number, of the one hierarchy and of the older ones that tell containers apart (task.h). */
#include "task.h"

static __always_inline bool has_controller(struct cgroup_root *root, int id)
{
	return id >= 0 && id < 32 && BPF_CORE_READ(root, subsys_mask) >> id & 1;
}

/* The number that processes in it are told with; false: of a hierarchy that nobody is told by. */
static __always_inline bool cgroup_number(struct cgroup *cgroup, __u64 *ret)
{
	struct cgroup_root *root = BPF_CORE_READ(cgroup, root);
	__u64 id = BPF_CORE_READ(cgroup, kn, id);

	if (BPF_CORE_READ(root, hierarchy_id) == 0)
		*ret = id;
	else if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id) &&
		 has_controller(root, bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)))
		*ret = id | CGROUP_OF_PIDS;
	else if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id) &&
		 has_controller(root, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)))
		*ret = id | CGROUP_OF_MEMORY;
	else
		return false;
	return true;
}
