/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's part in the kernel, pinned: it goes on when the agent has ended,
 * and the next agent takes it over where it is of the same version. Otherwise
 * the new one is attached beside the old one, has its maps' contents, and the
 * old one goes: at no moment is there none.
 */
#include "guard/gate-internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (uint32_t)fs.f_type == BPF_FS_MAGIC;
}

/* In the host's mounts, as an init system would have done: pins live as long as the mount. */
static void mount_bpffs(void)
{
	pid_t child = fork();

	if (child < 0)
		return;
	if (child == 0) {
		int ns = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

		/* Who may not look at the first process is taken to be in its mounts. */
		if (ns >= 0 && setns(ns, CLONE_NEWNS) < 0)
			_exit(1);
		_exit(mount("bpf", "/sys/fs/bpf", "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

char *sk_gate_pins_path(const char *pins)
{
	static const char system[] = "/sys/fs/bpf/";

	if (strncmp(pins, system, sizeof(system) - 1) != 0 || is_bpffs(system))
		return sk_strdup(pins);
	if (!is_bpffs("/proc/1/root/sys/fs/bpf"))
		mount_bpffs();
	return is_bpffs(system) ? sk_strdup(pins) : sk_printf("/proc/1/root%s", pins);
}

static void remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(path);
}

void sk_gate_drop(const char *pins)
{
	sk_autofree char *path = NULL, *old = NULL, *fresh = NULL;

	if (access(pins, F_OK) < 0 && access("/proc/1/root/sys/fs/bpf/sekisho", F_OK) < 0)
		return;
	path = sk_gate_pins_path(pins);
	old = sk_printf("%s-old", path);
	fresh = sk_printf("%s-new", path);
	remove_folder(fresh);
	remove_folder(old);
	remove_folder(path);
}

static int get(const char *folder, const char *name)
{
	sk_autofree char *path = sk_printf("%s/%s", folder, name);

	return bpf_obj_get(path);
}

static bool read_settings(int map, struct sk_gate_settings *ret)
{
	uint32_t zero = 0;
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &size) == 0 && info.value_size == sizeof(*ret) &&
	       bpf_map_lookup_elem(map, &zero, ret) == 0;
}

int sk_gate_take_over(struct sk_gate_kernel *k, const char *pins, const struct sk_gate_settings *settings)
{
	sk_autofree char *folder = sk_gate_pins_path(pins);
	struct sk_gate_settings old;
	bool whole = true;

	for (int i = 0; i < SK_GATE_MAPS; i++)
		whole = (k->maps[i] = get(folder, sk_gate_map_name((enum sk_gate_map)i))) >= 0 && whole;
	for (int i = 0; i < SK_GATE_PROGRAMS; i++)
		whole = (k->programs[i] = get(folder, sk_gate_program_name((enum sk_gate_program)i))) >= 0 && whole;
	if (whole && read_settings(k->maps[SK_GATE_MAP_SETTINGS], &old) &&
	    memcmp(old.version, settings->version, sizeof(old.version)) == 0) {
		k->hooks = old.hooks;
		k->pinned = true;
		return 1;
	}
	for (int i = 0; i < SK_GATE_MAPS; i++)
		sk_closep(&k->maps[i]);
	for (int i = 0; i < SK_GATE_PROGRAMS; i++)
		sk_closep(&k->programs[i]);
	return 0;
}

static void copy_map(int from, int to)
{
	struct bpf_map_info a = { 0 }, b = { 0 };
	uint32_t a_size = sizeof(a), b_size = sizeof(b);
	char key[64], next[64], value[256];
	void *previous = NULL;

	if (bpf_obj_get_info_by_fd(from, &a, &a_size) < 0 || bpf_obj_get_info_by_fd(to, &b, &b_size) < 0 ||
	    a.key_size != b.key_size || a.value_size != b.value_size || a.key_size > sizeof(key) ||
	    a.value_size > sizeof(value))
		return;
	for (uint32_t i = 0; i < a.max_entries && bpf_map_get_next_key(from, previous, next) == 0; i++) {
		memcpy(key, next, a.key_size);
		previous = key;
		if (bpf_map_lookup_elem(from, key, value) == 0)
			bpf_map_update_elem(to, key, value, BPF_NOEXIST);
	}
}

void sk_gate_inherit(const struct sk_gate_kernel *k, const char *pins)
{
	static const enum sk_gate_map kept[] = { SK_GATE_MAP_CONTAINERS, SK_GATE_MAP_ROOTS, SK_GATE_MAP_VERIFIED,
						 SK_GATE_MAP_ADDRESSES };
	sk_autofree char *folder = sk_gate_pins_path(pins);

	for (size_t i = 0; i < SK_COUNT(kept); i++) {
		sk_autoclose int old = get(folder, sk_gate_map_name(kept[i]));

		if (old >= 0)
			copy_map(old, k->maps[kept[i]]);
	}
}

static int pin_at(int fd, const char *folder, const char *name, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/%s", folder, name);

	return bpf_obj_pin(fd, path) < 0 ? sk_err_errno(err, "%s", path) : 0;
}

static int pin_all(struct sk_gate_kernel *k, const char *folder, struct sk_err *err)
{
	char name[32];

	for (int i = 0; i < SK_GATE_MAPS; i++)
		if (pin_at(k->maps[i], folder, sk_gate_map_name((enum sk_gate_map)i), err) < 0)
			return -err->code;
	for (int i = 0; i < SK_GATE_PROGRAMS; i++)
		if (pin_at(k->programs[i], folder, sk_gate_program_name((enum sk_gate_program)i), err) < 0)
			return -err->code;
	for (size_t i = 0; i < k->links.len; i++) {
		snprintf(name, sizeof(name), "link-%zu", i);
		if (pin_at(bpf_link__fd(k->links.data[i]), folder, name, err) < 0)
			return -err->code;
	}
	return 0;
}

int sk_gate_pin(struct sk_gate_kernel *k, const char *pins, struct sk_err *err)
{
	sk_autofree char *folder = sk_gate_pins_path(pins), *fresh = sk_printf("%s-new", folder),
			 *old = sk_printf("%s-old", folder);

	remove_folder(fresh);
	remove_folder(old);
	if (sk_path_make_dirs(fresh, 0700, err) < 0)
		return -err->code;
	if (pin_all(k, fresh, err) < 0) {
		remove_folder(fresh);
		return -err->code;
	}
	if (rename(folder, old) < 0 && errno != ENOENT)
		return sk_err_errno(err, "%s", folder);
	if (rename(fresh, folder) < 0)
		return sk_err_errno(err, "%s", fresh);
	remove_folder(old);
	k->pinned = true;
	return 0;
}
