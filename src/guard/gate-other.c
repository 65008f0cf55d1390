/* SPDX-License-Identifier: Apache-2.0 */
/* Other agents' gates on this host: what they block nobody else can allow. */
#include "guard/gate-internal.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_MAPS = 64, MAX_TEXT = 512 };

/* The map with a gate's settings is its own: by its number, gates are told apart. 0: unknown. */
static uint32_t map_id(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.id : 0;
}

/* The settings of the gate that a program belongs to, as a descriptor; -1: it is none's. */
static int settings_of(uint32_t program)
{
	sk_autoclose int fd = bpf_prog_get_fd_by_id(program);
	uint32_t ids[MAX_MAPS], size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = MAX_MAPS, .map_ids = (uint64_t)(uintptr_t)ids };

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0 || strcmp(info.name, "gate_exec") != 0)
		return -1;
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++) {
		int map = bpf_map_get_fd_by_id(ids[i]);
		struct bpf_map_info of = { 0 };

		size = sizeof(of);
		if (map >= 0 && bpf_obj_get_info_by_fd(map, &of, &size) == 0 && strcmp(of.name, "settings") == 0 &&
		    of.value_size == sizeof(struct sk_gate_settings))
			return map;
		sk_closep(&map);
	}
	return -1;
}

/* Where a gate with these settings is pinned, beside our own folder; owned, or NULL. */
static char *pins_of(const char *beside, uint32_t settings)
{
	sk_autofree char *own = sk_gate_pins_path(beside);
	char *slash = strrchr(own, '/'), *found = NULL;
	struct dirent *entry;
	DIR *dir;

	if (!slash)
		return NULL;
	*slash = '\0';
	dir = opendir(own);
	while (dir && !found && (entry = readdir(dir))) {
		sk_autofree char *path = sk_printf("%s/%s/settings", own, entry->d_name);
		sk_autoclose int map = entry->d_name[0] == '.' ? -1 : bpf_obj_get(path);

		if (map_id(map) == settings)
			found = sk_printf("%s/%s", own, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void describe(struct sk_buf *out, int settings, const char *pins)
{
	static const char *const does[] = { "judges some", "tells of drift in all", "blocks drift in all" };
	sk_autofree char *where = pins_of(pins, map_id(settings));
	struct sk_gate_settings s;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(settings, &zero, &s) < 0)
		return;
	sk_buf_printf(out, "%sanother gate %s containers, %s%s", out->len ? "; " : "",
		      does[s.born <= SK_GATE_BLOCK ? s.born : 0], where ? "pinned in " : "of an agent that runs",
		      where ? where : "");
}

char *sk_gate_other(const struct sk_gate *g, const char *pins)
{
	uint32_t own = map_id(g->kernel.maps[SK_GATE_MAP_SETTINGS]), id = 0;
	struct sk_buf text = { 0 };

	while (bpf_prog_get_next_id(id, &id) == 0) {
		sk_autoclose int settings = settings_of(id);

		if (settings >= 0 && map_id(settings) != own && text.len < MAX_TEXT)
			describe(&text, settings, pins);
	}
	return text.len ? sk_buf_steal(&text) : NULL;
}
