/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's part in the kernel: loaded, attached, or taken over from an agent before. */
#include "guard/gate-internal.h"

#include "guard/gate-interpreters.h"
#include "guard/sensor.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* bpftool's structs of links that have no name are empty. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include "gate.skel.h"
#pragma GCC diagnostic pop

static const char *const map_names[] = { "settings", "containers", "roots", "births", "verified",
					 "addresses", "interpreters", "verdicts", "changes", "losses" };
static const char *const program_names[] = { "gate_look", "gate_verify" };

const char *sk_gate_map_name(enum sk_gate_map map)
{
	return map_names[map];
}

const char *sk_gate_program_name(enum sk_gate_program program)
{
	return program_names[program];
}

static _Thread_local char last_warning[512];

__attribute__((format(printf, 2, 0))) static int remember_warning(enum libbpf_print_level level, const char *fmt,
								  va_list args)
{
	if (level != LIBBPF_WARN || strstr(fmt, "BEGIN PROG LOAD LOG") || strstr(fmt, "failed to load"))
		return 0;
	vsnprintf(last_warning, sizeof(last_warning), fmt, args);
	last_warning[strcspn(last_warning, "\n")] = '\0';
	return 0;
}

static int bpf_error(struct sk_err *err, int code, const char *what)
{
	return sk_err_set(err, code == -EPERM ? SK_EUNSUPPORTED : SK_EIO, "%s: %s%s%s", what, strerror(-code),
			  last_warning[0] ? ": " : "", last_warning);
}

static bool is_lsm(const struct bpf_program *program)
{
	return strncmp(bpf_program__section_name(program), "lsm/", 4) == 0;
}

static bool is_socket(const struct bpf_program *program)
{
	return strncmp(bpf_program__section_name(program), "cgroup/", 7) == 0;
}

static struct gate_bpf *load_with(unsigned hooks, int *ret_code)
{
	struct gate_bpf *bpf = gate_bpf__open();
	struct bpf_program *program;

	if (!bpf) {
		*ret_code = -errno;
		return NULL;
	}
	bpf_object__for_each_program(program, bpf->obj) {
		if (is_lsm(program) && !(hooks & SK_GATE_HOOK_LSM))
			bpf_program__set_autoload(program, false);
		if (is_socket(program) && !(hooks & SK_GATE_HOOK_CGROUP))
			bpf_program__set_autoload(program, false);
	}
	*ret_code = gate_bpf__load(bpf);
	if (*ret_code == 0)
		return bpf;
	gate_bpf__destroy(bpf);
	return NULL;
}

/* Whether hooks work is found out by trying, not by asking. */
static int load(struct sk_gate_kernel *k, unsigned hooks, struct sk_err *err)
{
	static const unsigned without[] = { 0, SK_GATE_HOOK_LSM, SK_GATE_HOOK_LSM | SK_GATE_HOOK_CGROUP };
	int r = -EPERM;

	for (size_t i = 0; i < SK_COUNT(without) && !k->bpf; i++) {
		unsigned wanted = hooks & ~without[i];

		if (i && wanted == (hooks & ~without[i - 1]))
			continue;
		k->bpf = load_with(wanted, &r);
		if (k->bpf)
			k->hooks = wanted;
	}
	if (!k->bpf)
		return bpf_error(err, r, "the gate's programs");
	for (int i = 0; i < SK_GATE_MAPS; i++)
		k->maps[i] = bpf_object__find_map_fd_by_name(k->bpf->obj, map_names[i]);
	k->programs[SK_GATE_PROGRAM_LOOK] = bpf_program__fd(k->bpf->progs.gate_look);
	k->programs[SK_GATE_PROGRAM_VERIFY] = bpf_program__fd(k->bpf->progs.gate_verify);
	return 0;
}

static int add(struct sk_gate_kernel *k, struct bpf_link *link, const char *what, struct sk_err *err)
{
	if (!link)
		return bpf_error(err, -errno, what);
	*sk_vec_push(&k->links) = link;
	return 0;
}

static int add_call(struct sk_gate_kernel *k, struct bpf_program *program, const char *name, struct sk_err *err)
{
	struct bpf_link *link = bpf_program__attach_tracepoint(program, "syscalls", name);

	if (!link && errno == ENOENT)
		return 0; /* what this kernel cannot be asked for needs no hook */
	return add(k, link, name, err);
}

/* What changes a file but its content. The registers of folder and path, counted from one; 0: none. */
static const struct { const char *name; unsigned folder, path; } change_calls[] = {
	{ "utime", 0, 1 },     { "utimes", 0, 1 },    { "futimesat", 1, 2 }, { "utimensat", 1, 2 }, { "chmod", 0, 1 },
	{ "fchmod", 1, 0 },    { "fchmodat", 1, 2 },  { "fchmodat2", 1, 2 }, { "chown", 0, 1 },	    { "lchown", 0, 1 },
	{ "fchown", 1, 0 },    { "fchownat", 1, 2 },  { "rename", 0, 2 },    { "renameat", 3, 4 },  { "renameat2", 3, 4 },
	{ "link", 0, 2 },      { "linkat", 3, 4 },
};

static int attach_changes(struct sk_gate_kernel *k, struct sk_err *err)
{
	for (size_t i = 0; i < SK_COUNT(change_calls); i++) {
		LIBBPF_OPTS(bpf_tracepoint_opts, opts, .bpf_cookie = change_calls[i].folder | change_calls[i].path << 4);
		char name[32];
		struct bpf_link *link;

		snprintf(name, sizeof(name), "sys_exit_%s", change_calls[i].name);
		link = bpf_program__attach_tracepoint_opts(k->bpf->progs.gate_change, "syscalls", name, &opts);
		if (!link && errno == ENOENT)
			continue; /* another architecture's, or newer than this kernel */
		if (add(k, link, name, err) < 0)
			return -err->code;
	}
	return 0;
}

static int attach_lsm(struct sk_gate_kernel *k, struct sk_err *err)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, k->bpf->obj)
		if (is_lsm(program) && bpf_program__autoload(program) &&
		    add(k, bpf_program__attach(program), bpf_program__name(program), err) < 0)
			return -err->code;
	return 0;
}

/* Which container a process is of, and what interpreters read, is seen here with every set of hooks. */
static int attach_trace(struct sk_gate_kernel *k, struct sk_err *err)
{
	struct gate_bpf *b = k->bpf;

	if (add(k, bpf_program__attach(b->progs.gate_exec), "sched_process_exec", err) < 0 ||
	    add(k, bpf_program__attach(b->progs.gate_fork), "task_newtask", err) < 0 || sk_sensor_tracefs(err) < 0 ||
	    add_call(k, b->progs.gate_open, "sys_exit_open", err) < 0 ||
	    add_call(k, b->progs.gate_openat, "sys_exit_openat", err) < 0 ||
	    add_call(k, b->progs.gate_openat, "sys_exit_openat2", err) < 0 || attach_changes(k, err) < 0)
		return -err->code;
	return k->hooks & SK_GATE_HOOK_LSM ? 0 : add_call(k, b->progs.gate_mmap, "sys_exit_mmap", err);
}

/* The root of the second hierarchy, mounted nowhere. */
static int cgroup_root(void)
{
	int fs = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC), root;

	if (fs < 0)
		return -1;
	root = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0
		       ? -1 : (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	close(fs);
	return root;
}

static void attach_sockets(struct sk_gate_kernel *k)
{
	sk_autoclose int root = k->hooks & SK_GATE_HOOK_CGROUP ? cgroup_root() : -1;
	struct sk_err err;

	if (root < 0 ||
	    add(k, bpf_program__attach_cgroup(k->bpf->progs.gate_connect4, root), "connect4", &err) < 0 ||
	    add(k, bpf_program__attach_cgroup(k->bpf->progs.gate_connect6, root), "connect6", &err) < 0)
		k->hooks &= ~(unsigned)SK_GATE_HOOK_CGROUP;
}

/* Attached last: until then nothing is judged by half of it. */
static int attach(struct sk_gate_kernel *k, struct sk_err *err)
{
	if ((k->hooks & SK_GATE_HOOK_LSM) && attach_lsm(k, err) < 0) {
		/* Loaded, but the kernel does not ask it. */
		while (k->links.len)
			bpf_link__destroy(k->links.data[--k->links.len]);
		k->hooks &= ~(unsigned)SK_GATE_HOOK_LSM;
	}
	if ((k->hooks & (SK_GATE_HOOK_SIGNAL | SK_GATE_HOOK_LSM)) && attach_trace(k, err) < 0)
		return -err->code;
	attach_sockets(k);
	return 0;
}

/* Where the kernel cannot be asked by running a program, nothing of the gate works. */
static int find_host(struct sk_gate_kernel *k, struct sk_err *err)
{
	struct sk_gate_look unused = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &unused, .ctx_size_in = sizeof(unused));
	int r = bpf_prog_test_run_opts(bpf_program__fd(k->bpf->progs.gate_host), &opts);

	return r < 0 ? bpf_error(err, r, "the host's mounts") : 0;
}

static int set(struct sk_gate_kernel *k, const struct sk_gate_settings *wanted, struct sk_err *err)
{
	uint32_t zero = 0;
	struct sk_gate_settings s;

	if (bpf_map_lookup_elem(k->maps[SK_GATE_MAP_SETTINGS], &zero, &s) < 0)
		return sk_err_errno(err, "the gate's settings");
	s.born = wanted->born;
	s.unknown = wanted->unknown;
	s.hooks = k->hooks;
	memcpy(s.version, wanted->version, sizeof(s.version));
	if (bpf_map_update_elem(k->maps[SK_GATE_MAP_SETTINGS], &zero, &s, 0) < 0)
		return sk_err_errno(err, "the gate's settings");
	for (size_t i = 0; i < sk_gate_interpreter_count; i++) {
		struct sk_gate_interpreter how;
		char name[16];

		sk_gate_interpreter_get(i, name, &how);
		bpf_map_update_elem(k->maps[SK_GATE_MAP_INTERPRETERS], name, &how, 0);
	}
	return 0;
}

static void put_version(struct sk_gate_settings *s, unsigned hooks)
{
	size_t size;
	const void *object = gate_bpf__elf_bytes(&size);

	SHA256(object, size, s->version);
	s->version[31] ^= (unsigned char)hooks;
}

int sk_gate_kernel_open(struct sk_gate_kernel *k, const struct sk_gate_options *o, struct sk_err *err)
{
	unsigned hooks = o->hooks ? o->hooks : SK_GATE_HOOK_ALL;
	struct sk_gate_settings settings = { .born = o->born, .unknown = o->unknown > o->born ? o->unknown : o->born };

	libbpf_set_print(remember_warning);
	last_warning[0] = '\0';
	sk_sensor_overlay();
	put_version(&settings, hooks);
	if (o->pins && sk_gate_take_over(k, o->pins, &settings) > 0)
		return set(k, &settings, err);
	if (load(k, hooks, err) < 0 || find_host(k, err) < 0)
		return -err->code;
	if (o->pins)
		sk_gate_inherit(k, o->pins);
	/* Settings before hooks: what is hooked knows what is the host's. */
	if (set(k, &settings, err) < 0 || attach(k, err) < 0 || set(k, &settings, err) < 0)
		return -err->code;
	if (o->pins && sk_gate_pin(k, o->pins, err) < 0) {
		/* It protects as long as the agent lives; whoever asks is told. */
		*err = SK_ERR_INIT;
	}
	return 0;
}

void sk_gate_kernel_close(struct sk_gate_kernel *k)
{
	for (size_t i = 0; i < k->links.len; i++)
		bpf_link__destroy(k->links.data[i]);
	sk_vec_release(&k->links);
	if (k->bpf) {
		gate_bpf__destroy(k->bpf);
	} else {
		for (int i = 0; i < SK_GATE_MAPS; i++)
			sk_closep(&k->maps[i]);
		for (int i = 0; i < SK_GATE_PROGRAMS; i++)
			sk_closep(&k->programs[i]);
	}
	k->bpf = NULL;
}

static int run(int program, struct sk_gate_look *look)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = look, .ctx_size_in = sizeof(*look));
	int r = bpf_prog_test_run_opts(program, &opts);

	return r < 0 ? r : look->result;
}

int sk_gate_kernel_look(const struct sk_gate_kernel *k, int fd, struct sk_gate_look *ret_look)
{
	*ret_look = (struct sk_gate_look){ .fd = fd };
	return run(k->programs[SK_GATE_PROGRAM_LOOK], ret_look);
}

int sk_gate_kernel_verify(const struct sk_gate_kernel *k, struct sk_gate_look *look)
{
	return run(k->programs[SK_GATE_PROGRAM_VERIFY], look);
}

void sk_gate_kernel_alive(const struct sk_gate_kernel *k, bool alive)
{
	struct sk_gate_settings s;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(k->maps[SK_GATE_MAP_SETTINGS], &zero, &s) < 0)
		return;
	s.alive = alive ? (uint64_t)sk_gate_now() : 0;
	bpf_map_update_elem(k->maps[SK_GATE_MAP_SETTINGS], &zero, &s, 0);
}

bool sk_gate_kernel_knows(const struct sk_gate_kernel *k, const struct sk_gate_look *look, uint64_t container)
{
	struct sk_gate_file_key key = { .container = container, .inode = look->inode, .device = look->device,
					.generation = look->generation };
	struct sk_gate_verified v;

	return bpf_map_lookup_elem(k->maps[SK_GATE_MAP_VERIFIED], &key, &v) == 0 && v.ctime == look->ctime &&
	       v.size == look->size && !look->writers;
}
