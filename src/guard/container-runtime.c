/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-runtime.h"

#include "base/limits.h"

#include <string.h>

bool sk_container_id_valid(struct sk_span id)
{
	if (!id.len || id.len > SK_MAX_CONTAINER_ID || id.ptr[0] == '.' || id.ptr[0] == '-')
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!memchr("_+-.", id.ptr[i], 4) && !(id.ptr[i] >= '0' && id.ptr[i] <= '9') &&
		    !((id.ptr[i] | 0x20) >= 'a' && (id.ptr[i] | 0x20) <= 'z'))
			return false;
	return true;
}

/* "--bundle X", "--bundle=X", "-b X"; the names with their dashes, each ended by a blank. */
static bool option_value(struct sk_span word, const char *names, struct sk_span *args, struct sk_span *ret)
{
	ptrdiff_t equals = sk_span_chr(word, '=');
	struct sk_span name = equals < 0 ? word : sk_span_sub(word, 0, (size_t)equals), known,
		       list = sk_span_str(names);

	while (sk_span_split(&list, ' ', &known)) {
		if (!sk_span_eq(name, known))
			continue;
		if (equals >= 0)
			*ret = sk_span_from(word, (size_t)equals + 1);
		else if (!sk_span_split(args, '\0', ret))
			*ret = sk_span(NULL, 0);
		return true;
	}
	return false;
}

static struct sk_span absolute(struct sk_arena *arena, struct sk_span folder, struct sk_span path)
{
	if (!path.len || path.ptr[0] == '/')
		return path.len ? path : folder;
	path = sk_span_is(path, ".") ? sk_span("", 0) : path;
	return sk_span_str(sk_arena_printf(arena, "%.*s/%.*s", (int)folder.len, folder.ptr ? folder.ptr : "",
					   (int)path.len, path.ptr));
}

/* runc [global options] create|run|restore|exec [options] ID [program ...] */
static bool read_runtime(const struct sk_process *p, struct sk_arena *arena, struct sk_runtime_call *ret)
{
	/* Options with a value: a word behind them is no command and no id. */
	static const char global[] = "--log --log-format --log-level --criu --rootless --cgroup-manager -log",
			  local[] = "--console-socket --pid-file --preserve-fds --config -f --image-path --work-path "
				    "--parent-path --status-fd --lsm-profile --manage-cgroups-mode --empty-ns --cwd "
				    "--env -e --user -u --additional-gids -g --process -p --process-label --apparmor "
				    "--cap -c --cgroup";
	struct sk_span args = p->args, word, value, command = { 0 };
	bool joins;

	while (!command.len && sk_span_split(&args, '\0', &word))
		if (!sk_span_starts(word, "-"))
			command = word;
		else if (!option_value(word, "--root -root", &args, &ret->root))
			option_value(word, global, &args, &value);
	joins = sk_span_is(command, "exec");
	ret->starts = sk_span_is(command, "create") || sk_span_is(command, "run") || sk_span_is(command, "restore");
	if (!joins && !ret->starts)
		return false;
	while (!ret->id.len && sk_span_split(&args, '\0', &word))
		if (!sk_span_starts(word, "-"))
			ret->id = word;
		else if (!option_value(word, "-b --bundle -bundle", &args, &ret->bundle))
			option_value(word, local, &args, &value);
	ret->bundle = joins ? sk_span(NULL, 0) : absolute(arena, p->cwd, ret->bundle);
	return sk_container_id_valid(ret->id);
}

/* conmon -c ID -b BUNDLE -n NAME ...: podman's and CRI-O's; with --exec-attach it watches a program that joined. */
static bool read_monitor(const struct sk_process *p, struct sk_runtime_call *ret)
{
	struct sk_span args = p->args, word;

	while (sk_span_split(&args, '\0', &word))
		if (!option_value(word, "-c --cid", &args, &ret->id) &&
		    !option_value(word, "-b --bundle", &args, &ret->bundle))
			option_value(word, "-n --name", &args, &ret->name);
	return sk_container_id_valid(ret->id);
}

/* containerd-shim-runc-v2 -namespace moby -id ID -address ...: it stands in the bundle of the (first) container. */
static bool read_shim(const struct sk_process *p, struct sk_runtime_call *ret)
{
	struct sk_span args = p->args, word, space = { 0 };

	while (sk_span_split(&args, '\0', &word))
		if (!option_value(word, "-id --id", &args, &ret->id))
			option_value(word, "-namespace --namespace", &args, &space);
	ret->engine = sk_span_is(space, "moby") ? "docker" : "containerd";
	if (sk_span_eq(sk_span_basename(p->cwd), ret->id))
		ret->bundle = p->cwd;
	return sk_container_id_valid(ret->id);
}

bool sk_runtime_call(const struct sk_process *process, struct sk_arena *arena, struct sk_runtime_call *ret)
{
	static const char *const runtimes[] = { "runc", "crun", "youki", "runsc", "kata-runtime", "crun-wasm" };
	/* A runtime may go on from a copy of itself in memory, so that no container can overwrite it. */
	struct sk_span program = sk_span_basename(process->exe_place == SK_EXE_MEMFD ? process->exe : process->exepath);

	*ret = (struct sk_runtime_call){ .runtime = "", .engine = "" };
	if (sk_span_is(program, "conmon"))
		return read_monitor(process, ret);
	if (sk_span_starts(program, "containerd-shim"))
		return read_shim(process, ret);
	for (size_t i = 0; i < SK_COUNT(runtimes); i++) {
		if (!sk_span_is(program, runtimes[i]))
			continue;
		ret->runtime = runtimes[i];
		return read_runtime(process, arena, ret);
	}
	return false;
}
