/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * What was touched, renamed, linked or given another mode in a container where
 * drift is blocked: a file with the image's content is verified again before
 * the next program starts. Told for that alone: what is not told, or wrong, is
 * verified when it is asked about, or stopped.
 */
#include "gate-verdict.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} changes SEC(".maps");

static __always_inline void put_place(struct scratch *s, struct task_struct *task, __s32 fd)
{
	struct file *file = fd == AT_FDCWD ? NULL : file_of(task, fd);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);

	if (file)
		put_folder(s, SK_PART_FOLDER, 0, &file->f_path);
	else if (fd == AT_FDCWD)
		put_folder(s, SK_PART_FOLDER, 0, &fs->pwd);
}

/* The cookie says in which registers folder and path are. */
SEC("tracepoint")
int gate_change(struct sys_exit_context *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 how = bpf_get_attach_cookie(ctx), used;
	__u32 folder = how & 15, path = how >> 4 & 15;
	struct found c = {};
	struct scratch *s;

	if (ctx->ret || !find_container(&c) || c.mode != SK_GATE_BLOCK)
		return 0;
	s = scratch_get();
	if (!s)
		return 0;
	s->used = s->part = 0;
	s->task = (__u64)task;
	s->record.kind = SK_WIRE_VERDICT;
	s->record.args[SK_GATE_FIELD_KEY] = c.key;
	s->record.task.pid = BPF_CORE_READ(task, tgid);
	put_place(s, task, folder ? (__s32)register_of(folder - 1) : AT_FDCWD);
	/* Without a path it is the descriptor itself: futimens(3). */
	if (path && register_of(path - 1))
		put_user_string(s, 0, register_of(path - 1));
	used = s->used;
	if (used > SK_WIRE_PARTS + SK_WIRE_PART)
		used = SK_WIRE_PARTS + SK_WIRE_PART;
	s->record.size = sizeof(s->record) + used;
	bpf_ringbuf_output(&changes, &s->record, sizeof(s->record) + used, 0);
	return 0;
}
