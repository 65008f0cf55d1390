/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* The same decisions where the kernel asks before it acts: BPF LSM. Loaded only where that works. */
#include "gate-verdict.h"

static __always_inline int deny(const struct found *c, struct file *file, __u32 act, __u32 why)
{
	bool block = c->mode == SK_GATE_BLOCK;

	/* A program is held when it has started (gate_exec); a library here. */
	if (block && is_held(c)) {
		if (act != SK_GATE_EXEC)
			stop(c, file, act, why);
		return 0;
	}
	tell(c, file, act, why, block ? SK_GATE_DENIED : SK_GATE_ALERTED);
	return block ? -EPERM : 0;
}

static __always_inline int judge_run(struct file *file, __u32 act, int before)
{
	struct found c = {};
	const char *name;
	int why;

	if (before || !file || !find_container(&c) || c.mode == SK_GATE_OFF)
		return before;
	why = judge_file(file, &c, &name);
	return why ? deny(&c, file, act, why) : 0;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(gate_lsm_exec, struct linux_binprm *bprm, int before)
{
	return judge_run(BPF_CORE_READ(bprm, file), SK_GATE_EXEC, before);
}

SEC("lsm/mmap_file")
int BPF_PROG(gate_lsm_mmap, struct file *file, unsigned long wanted, unsigned long protection, unsigned long flags,
	     int before)
{
	if (!(protection & 4))
		return before;
	return judge_run(file, SK_GATE_LIBRARY, before);
}

SEC("lsm/file_mprotect")
int BPF_PROG(gate_lsm_mprotect, struct vm_area_struct *area, unsigned long wanted, unsigned long protection,
	     int before)
{
	if (!(protection & 4))
		return before;
	return judge_run(BPF_CORE_READ(area, vm_file), SK_GATE_LIBRARY, before);
}
