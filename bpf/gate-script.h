/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * Scripts: a program that interprets is known by its name in the image, and
 * its script by the argument that names it. It is judged when the interpreter
 * has opened a file by that very text, whatever the text leads to.
 */
#include "gate-verdict.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SK_GATE_INTERPRETERS);
	__type(key, char[16]);
	__type(value, struct sk_gate_interpreter);
} interpreters SEC(".maps");

struct scripts {
	__u32 count;
	__u32 unclear; /* the command line has more than was looked at: any file may be its script */
	char text[SK_GATE_SCRIPTS][SK_GATE_SCRIPT];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct scripts);
} running_scripts SEC(".maps");

/* A command line while it is read. */
struct reading {
	__u64 at, end;
	struct sk_gate_interpreter how;
	__u32 number;	 /* of the argument */
	__u32 inside;	 /* what is read is the rest of an argument longer than one may be */
	__u32 next;	 /* what the next argument is: enum next */
	__u32 done;
	__u32 many;	 /* the program is many, and which one is still to be read */
	struct scripts found;
	char text[SK_GATE_SCRIPT + 16];
};
enum next { NEXT_ANY, NEXT_VALUE, NEXT_FILE, NEXT_MAYBE, NEXT_SCRIPT };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reading);
} readings SEC(".maps");

/* "python3.11" is python. */
static __always_inline void bare_name(char name[16])
{
	bool cut = false;

	for (int i = 0; i < 16; i++) {
		if (i && ((name[i] >= '0' && name[i] <= '9') || name[i] == '.'))
			cut = true;
		if (cut || i == 15)
			name[i] = 0;
	}
}

static __always_inline bool same_name(const char a[16], const char b[16])
{
	const __u64 *x = (const void *)a, *y = (const void *)b;

	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline void candidate(struct reading *r, __u32 from)
{
	__u32 n = r->found.count;

	if (n >= SK_GATE_SCRIPTS) {
		r->found.unclear = 1;
		return;
	}
	opaque(n);
	if (n >= SK_GATE_SCRIPTS)
		return;
	__builtin_memset(r->found.text[n], 0, SK_GATE_SCRIPT);
	if (bpf_probe_read_kernel_str(r->found.text[n], SK_GATE_SCRIPT, r->text + (from & 3)) > 1)
		r->found.count = n + 1;
}

/* Letters of "-ec". */
static __always_inline void short_options(struct reading *r)
{
	for (__u32 i = 1; i < 12; i++) {
		__u8 letter = r->text[i];
		__u64 bit;

		if (!letter)
			return;
		if (letter < 'A' || letter > 'z')
			continue;
		bit = 1ULL << (letter - 'A');
		if (r->how.inlines & bit) {
			r->done = 1;
			return;
		}
		if (!((r->how.values | r->how.files) & bit))
			continue;
		if (!r->text[i + 1])
			r->next = r->how.files & bit ? NEXT_FILE : NEXT_VALUE;
		else if ((r->how.files & bit) && i == 1)
			candidate(r, 2);
		/* awk -f FILE: what follows is data */
		if (r->how.files & bit)
			r->how.first = 0;
		return;
	}
}

static __always_inline void long_option(struct reading *r)
{
	if (!r->text[2]) {
		r->next = NEXT_SCRIPT;
		return;
	}
	for (int i = 2; i < 64; i++) {
		if (r->text[i] == '=')
			return;
		if (!r->text[i])
			break;
	}
	r->next = NEXT_MAYBE;
}

static __always_inline void plain_argument(struct reading *r)
{
	__u32 next = r->next;

	r->next = NEXT_ANY;
	if (next == NEXT_VALUE)
		return;
	if (next == NEXT_FILE) {
		candidate(r, 0);
		return;
	}
	/* It may be a long option's value, or the script itself. */
	if (next == NEXT_MAYBE) {
		candidate(r, 0);
		return;
	}
	if (r->how.first)
		candidate(r, 0);
	r->done = 1;
}

/*
 * Of a program that is many, the name that it is called by says which one; the
 * text has so many bytes. False: none that interprets.
 */
static __always_inline bool choose_applet(struct reading *r, __u32 length)
{
	char name[16] __attribute__((aligned(8))) = {}, many[16] __attribute__((aligned(8))) = "busybox";
	struct sk_gate_interpreter *how;
	__u32 from = length > 16 ? length - 16 : 0, base = 0;

	opaque(from);
	from &= SK_GATE_SCRIPT - 1;
	for (__u32 i = 0; i < 15; i++)
		base = r->text[(from + i) & (SK_GATE_SCRIPT - 1)] == '/' ? i + 1 : base;
	opaque(base);
	base = (base + from) & (SK_GATE_SCRIPT - 1);
	if (bpf_probe_read_kernel_str(name, sizeof(name), r->text + base) < 0)
		return false;
	bare_name(name);
	r->many = same_name(name, many);
	how = bpf_map_lookup_elem(&interpreters, name);
	if (!how)
		return false;
	r->how = *how;
	return true;
}

static int read_argument(__u32 index, void *unused)
{
	__u32 zero = 0;
	struct reading *r = bpf_map_lookup_elem(&readings, &zero);
	long n;
	bool whole, rest;

	if (!r || r->done || r->at >= r->end)
		return 1;
	n = bpf_probe_read_user_str(r->text, SK_GATE_SCRIPT, (const void *)r->at);
	if (n <= 0)
		return 1;
	/* A text that fills its room is cut: the next step reads on behind it. */
	whole = n < SK_GATE_SCRIPT;
	rest = r->inside;
	r->at += whole ? n : n - 1;
	r->inside = !whole;
	if (rest)
		return 0;
	if (r->many) {
		r->number = 1;
		r->done = !choose_applet(r, n);
		return r->done;
	}
	if (r->number++ == 0)
		return 0;
	if ((r->text[0] != '-' && r->text[0] != '+') || !r->text[1] || r->next == NEXT_SCRIPT || r->next == NEXT_VALUE || r->next == NEXT_FILE)
		plain_argument(r);
	else if (r->text[1] == '-')
		long_option(r);
	else
		short_options(r);
	return 0;
}

/* What is interpreted by its first argument though no list knows it: "#!". */
static __always_inline bool is_shebang(struct linux_binprm *bprm)
{
	return BPF_CORE_READ(bprm, filename) != BPF_CORE_READ((struct linux_binprm___gate *)bprm, interp);
}

/* The script comes from standard input where nothing else names one. */
static __always_inline void judge_input(const struct found *c, struct task_struct *task)
{
	struct file *input = file_of(task, 0);
	const char *name;
	int why;

	if (!input || (BPF_CORE_READ(input, f_inode, i_mode) & S_IFMT) != 0100000)
		return;
	why = judge_file(input, c, &name);
	if (why)
		stop(c, input, SK_GATE_SCRIPT_ACT, why);
}

static __always_inline void remember_scripts(const struct found *c, struct linux_binprm *bprm, struct file *file,
					     const char *verified_name)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sk_gate_interpreter *how, unknown = { .first = 1 };
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	char name[16] __attribute__((aligned(8))) = {}, many[16] __attribute__((aligned(8))) = "busybox";
	__u32 zero = 0;
	struct reading *r;

	bpf_task_storage_delete(&running_scripts, task);
	if (verified_name)
		bpf_probe_read_kernel(name, sizeof(name), verified_name);
	else
		bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	bare_name(name);
	how = bpf_map_lookup_elem(&interpreters, name);
	if (!how && !is_shebang(bprm))
		return;
	r = bpf_map_lookup_elem(&readings, &zero);
	if (!r)
		return;
	r->how = how ? *how : unknown;
	r->at = BPF_CORE_READ(mm, arg_start);
	r->end = BPF_CORE_READ(mm, arg_end);
	r->number = r->inside = r->next = r->done = 0;
	r->found.count = r->found.unclear = 0;
	r->many = same_name(name, many);
	bpf_loop(SK_GATE_ARGS, read_argument, NULL, 0);
	if (!r->done && r->at < r->end)
		r->found.unclear = 1;
	if (r->found.count || r->found.unclear)
		bpf_task_storage_get(&running_scripts, task, &r->found, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (how && how->first && !r->done && !r->found.count)
		judge_input(c, task);
}

/* Both are NUL to their ends. */
static __always_inline bool is_same(const char *a, const char *b)
{
	const __u64 *x = (const void *)a, *y = (const void *)b;

	for (int i = 0; i < SK_GATE_SCRIPT / 8; i++)
		if (x[i] != y[i])
			return false;
	return true;
}

/* Whether the current program has opened its script, by the text that it asked for. */
static __always_inline bool names_script(const struct scripts *s, __u64 address)
{
	__u32 zero = 0;
	struct reading *r = bpf_map_lookup_elem(&readings, &zero);

	if (!r)
		return false;
	__builtin_memset(r->text, 0, sizeof(r->text));
	if (bpf_probe_read_user_str(r->text, SK_GATE_SCRIPT, (const void *)address) <= 0)
		return false;
	for (__u32 i = 0; i < SK_GATE_SCRIPTS; i++)
		if (i < s->count && is_same(s->text[i], r->text))
			return true;
	return s->unclear;
}
