/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/inuse-internal.h"

#include "base/fd.h"
#include "base/limits.h"
#include "guard/container-table.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

bool sk_inuse_container(const char *root, int32_t pid, struct sk_buf *ret_id)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_autofree char *path = sk_printf("%s/%d/cgroup", root, pid);
	struct sk_span rest, line, id;
	const char *engine;

	sk_buf_reset(ret_id);
	if (sk_path_slurp(path, SK_MAX_PROC_TEXT, &text, NULL) < 0)
		return false;
	rest = sk_buf_view(&text);
	while (sk_span_line(
		&rest, &line)) { /* "4:memory:/docker/ID", "0::/system.slice/docker-ID.scope" */
		ptrdiff_t at = sk_span_chr(line, ':');

		line = sk_span_from(line, (size_t)at + 1);
		at = sk_span_chr(line, ':');
		if (at < 0 || !sk_container_id(sk_span_from(line, (size_t)at + 1), &id, &engine))
			continue;
		sk_buf_span(ret_id, id);
		return true;
	}
	return false;
}

/* proc(5), /proc/pid/maps: "55d0-55d8 r-xp 00002000 00:35 1234   /usr/bin/curl". */
static struct sk_span mapped_code(struct sk_span line)
{
	struct sk_span field = { 0 };
	ptrdiff_t at;

	sk_span_split(&line, ' ', &field);
	sk_span_split(&line, ' ', &field);
	at = sk_span_chr(line, '/');
	if (field.len != 4 || field.ptr[2] != 'x' || at < 0 || sk_span_ends(line, " (deleted)"))
		return sk_span(NULL, 0);
	return sk_span_from(line, (size_t)at);
}

/* The kernel keeps a mapping's pages by file: several lines of one file follow each other. */
static void look_at_maps(struct sk_span text, struct sk_span program, sk_inuse_seen_fn *fn,
			 void *context)
{
	struct sk_span line, before = program;

	while (sk_span_line(&text, &line)) {
		struct sk_span path = mapped_code(line);

		if (!path.len || sk_span_eq(path, before))
			continue;
		fn(context, path, SK_IN_USE_MAPPED);
		before = path;
	}
}

static ssize_t read_link(const char *path, char text[SK_MAX_PATH + 1])
{
	ssize_t n = readlink(path, text, SK_MAX_PATH);

	if (n > 0)
		text[n] = '\0';
	return n;
}

/* Archives stay open as long as classes may come out of them. */
static void look_at_archives(const char *root, int32_t pid, sk_inuse_seen_fn *fn, void *context)
{
	sk_autofree char *folder = sk_printf("%s/%d/fd", root, pid);
	DIR *dir = opendir(folder);
	struct dirent *entry;

	for (unsigned i = 0; dir && i < SK_MAX_IN_USE_FILES && (entry = readdir(dir)); i++) {
		sk_autofree char *path = sk_printf("%s/%s", folder, entry->d_name);
		char target[SK_MAX_PATH + 1];
		ssize_t n = read_link(path, target);
		struct sk_span name = sk_span(target, n > 0 ? (size_t)n : 0);

		if (sk_span_starts(name, "/") &&
		    (sk_span_ends(name, ".jar") || sk_span_ends(name, ".war")))
			fn(context, name, SK_IN_USE_MAPPED);
	}
	if (dir)
		closedir(dir);
}

bool sk_inuse_look(const char *root, int32_t pid, struct sk_span container, sk_inuse_seen_fn *fn,
		   void *context)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, id = { 0 };
	sk_autofree char *maps = sk_printf("%s/%d/maps", root, pid),
			 *exe = sk_printf("%s/%d/exe", root, pid);
	char program[SK_MAX_PATH + 1];
	ssize_t n;

	if (sk_path_slurp(maps, SK_MAX_PROC_TEXT, &text, NULL) < 0)
		return false;
	n = read_link(exe, program);
	/* Last: had the number gone to somebody else, it would be so by now. */
	if (!sk_inuse_container(root, pid, &id) || !sk_span_eq(sk_buf_view(&id), container))
		return false;
	if (n > 0 && program[0] == '/' && !sk_span_ends(sk_span_str(program), " (deleted)"))
		fn(context, sk_span(program, (size_t)n), SK_IN_USE_RUN);
	look_at_maps(sk_buf_view(&text), sk_span(program, n > 0 ? (size_t)n : 0), fn, context);
	if (n > 0 && sk_span_is(sk_span_basename(sk_span(program, (size_t)n)), "java"))
		look_at_archives(root, pid, fn, context);
	return true;
}
