/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cgroup.h"

#include "agent/suspect.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "guard/container-table.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_STEPS = 200, STEP_MS = 10, LOOK_DEPTH = 12, KILL_ROUNDS = 50 };

static void pause_a_step(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = STEP_MS * 1000000L }, NULL);
}

/* ---- where they are ---- */

static struct sk_span word_at(struct sk_span line, unsigned n)
{
	struct sk_span word = { 0 };

	while (sk_span_split(&line, ' ', &word) && n--)
		;
	return word;
}

/* "36 35 98:0 / /sys/fs/cgroup rw,... - cgroup2 cgroup2 rw,...": 4 is the mount point (proc_pid_mountinfo(5)). */
static void take_mount(struct sk_cgroups *c, struct sk_span line)
{
	ptrdiff_t dash = sk_span_find(line, SK_SPAN_LIT(" - "));
	struct sk_span type, options, option, where = word_at(line, 4);

	if (dash < 0 || !sk_span_is(word_at(line, 3), "/"))
		return;
	type = word_at(sk_span_from(line, (size_t)dash + 3), 0);
	options = word_at(sk_span_from(line, (size_t)dash + 3), 2);
	if (sk_span_is(type, "cgroup2") && !c->unified)
		c->unified = sk_strndup(where.ptr, where.len);
	if (!sk_span_is(type, "cgroup") || c->freezer)
		return;
	while (sk_span_split(&options, ',', &option))
		if (sk_span_is(option, "freezer"))
			c->freezer = sk_strndup(where.ptr, where.len);
}

int sk_cgroups_open(struct sk_cgroups *c, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf mounts = { 0 };
	struct sk_span rest, line;

	*c = (struct sk_cgroups){ 0 };
	if (sk_path_slurp("/proc/self/mountinfo", SK_MAX_PROC_FILE, &mounts, err) < 0)
		return -err->code;
	rest = sk_buf_view(&mounts);
	while (sk_span_line(&rest, &line))
		take_mount(c, line);
	sk_suspect_cgroups(getpid(), &c->own);
	return 0;
}

void sk_cgroups_release(struct sk_cgroups *c)
{
	free(c->unified);
	free(c->freezer);
	sk_buf_release(&c->own);
	*c = (struct sk_cgroups){ 0 };
}

/* ---- the one of a container ---- */

/* The path of a line of /proc/PID/cgroup ("5:freezer:/docker/ID"), if it is of that hierarchy; else empty. */
static struct sk_span path_in(struct sk_span cgroups, bool unified)
{
	struct sk_span line, number, controllers, controller;

	while (sk_span_line(&cgroups, &line)) {
		if (!sk_span_split(&line, ':', &number) || !sk_span_split(&line, ':', &controllers))
			continue;
		if (unified && sk_span_is(number, "0"))
			return line;
		while (!unified && sk_span_split(&controllers, ',', &controller))
			if (sk_span_is(controller, "freezer"))
				return line;
	}
	return sk_span("", 0);
}

/* Whether a path ends at the container's own cgroup. */
static bool ends_at(struct sk_span path, const struct sk_container *c)
{
	sk_autofree char *runtime = sk_strndup(c->engine.len ? c->engine.ptr : "", c->engine.len);
	struct sk_span found;
	const char *engine;

	if (sk_container_id(path, &found, &engine))
		return sk_span_eq(found, c->id);
	return sk_container_is_cgroup(c, runtime, sk_span_basename(path));
}

/* "/docker/ID/below" as far as "/docker/ID": the container may have made cgroups of its own. Empty: not in it. */
static struct sk_span cut_at(struct sk_span path, const struct sk_container *c)
{
	for (size_t i = 1; i <= path.len; i++)
		if ((i == path.len || path.ptr[i] == '/') && ends_at(sk_span(path.ptr, i), c))
			return sk_span(path.ptr, i);
	return sk_span("", 0);
}

/* What is done with each folder of a walk, top down. */
enum step { STEP_BELOW, STEP_BESIDE, STEP_END };
typedef enum step walk_fn(void *context, const char *path);

static bool walk_entries(DIR *entries, const char *path, int depth, walk_fn *fn, void *context);

/* Folders of cgroups alone, so many levels deep. False: the function has ended it. Takes the descriptor. */
static bool walk(int dir, const char *path, int depth, walk_fn *fn, void *context)
{
	DIR *entries = dir >= 0 && depth < LOOK_DEPTH ? fdopendir(dir) : NULL;
	bool on;

	if (!entries) {
		sk_closep(&dir);
		return true;
	}
	on = walk_entries(entries, path, depth, fn, context);
	closedir(entries);
	return on;
}

static bool walk_entries(DIR *entries, const char *path, int depth, walk_fn *fn, void *context)
{
	struct dirent *e;

	while ((e = readdir(entries))) {
		sk_autofree char *below = NULL;
		enum step step;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		below = sk_printf("%s/%s", path, e->d_name);
		step = fn(context, below);
		if (step == STEP_END)
			return false;
		if (step == STEP_BELOW &&
		    !walk(openat(dirfd(entries), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), below,
			  depth + 1, fn, context))
			return false;
	}
	return true;
}

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

struct look {
	struct sk_span id;
	size_t root; /* length of its path */
	char *found;
};

static enum step look_at(void *context, const char *path)
{
	struct look *l = context;
	struct sk_span id;
	const char *engine;

	if (!sk_container_id(sk_span_str(path + l->root), &id, &engine))
		return STEP_BELOW;
	/* What is below a container's cgroup is made by it, and may have any name. */
	if (!sk_span_eq(id, l->id))
		return STEP_BESIDE;
	l->found = sk_strdup(path);
	return STEP_END;
}

static char *look_for(const char *root, struct sk_span id)
{
	struct look l = { .id = id, .root = strlen(root) };

	walk(open_folder(root), root, 0, look_at, &l);
	return l.found;
}

static bool is_dots(struct sk_span path)
{
	struct sk_span part;

	while (sk_span_split(&path, '/', &part))
		if (sk_span_is(part, ".."))
			return true;
	return false;
}

/* Without a hint no name but an engine's is looked for: any container may have made a cgroup of any other name. */
static char *find_in(const char *root, bool unified, const struct sk_container *c, struct sk_span hint)
{
	struct sk_span path = cut_at(path_in(hint, unified), c);

	if (!root)
		return NULL;
	if (path.len && !is_dots(path))
		return sk_printf("%s%.*s", root, (int)path.len, path.ptr);
	return hint.len ? NULL : look_for(root, c->id);
}

static bool has_file(const char *folder, const char *name)
{
	sk_autofree char *path = sk_printf("%s/%s", folder, name);

	return access(path, F_OK) == 0;
}

int sk_cgroup_find(const struct sk_cgroups *c, const struct sk_container *container, struct sk_span hint,
		   struct sk_cgroup *ret, struct sk_err *err)
{
	struct sk_span own = sk_buf_view(&c->own), id = container->id;

	*ret = (struct sk_cgroup){ 0 };
	if (cut_at(path_in(own, false), container).len || cut_at(path_in(own, true), container).len)
		return sk_err_set(err, SK_EINVAL, "the agent runs in this container");
	ret->id = sk_strndup(id.ptr, id.len);
	ret->path = find_in(c->freezer, false, container, hint);
	ret->root = c->freezer ? strlen(c->freezer) : 0;
	if (ret->path && has_file(ret->path, "freezer.state"))
		return 0;
	free(ret->path);
	ret->path = find_in(c->unified, true, container, hint);
	ret->root = c->unified ? strlen(c->unified) : 0;
	ret->unified = true;
	if (ret->path && has_file(ret->path, "cgroup.freeze"))
		return 0;
	sk_cgroup_release(ret);
	return sk_err_set(err, SK_ENOTFOUND, "no cgroup of container %.*s", (int)id.len, id.ptr);
}

void sk_cgroup_release(struct sk_cgroup *cgroup)
{
	free(cgroup->path);
	free(cgroup->id);
	*cgroup = (struct sk_cgroup){ 0 };
}

const char *sk_cgroup_freezer(const struct sk_cgroup *cgroup)
{
	return cgroup->unified ? "cgroup.freeze" : "freezer.state";
}

/* ---- freezing ---- */

static int write_file(const struct sk_cgroup *c, const char *name, const char *text, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/%s", c->path, name);
	sk_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || sk_write_full(fd, text, strlen(text)) < 0)
		return sk_err_errno(err, "%s", path);
	return 0;
}

/* Whether all that is in it is frozen; so far, not being thawed or still freezing. */
static bool state_is(const struct sk_cgroup *c, bool frozen)
{
	sk_autofree char *path = sk_printf("%s/%s", c->path, c->unified ? "cgroup.events" : "freezer.state");
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (sk_path_slurp(path, SK_MAX_PROC_FILE, &text, NULL) < 0)
		return false;
	if (!c->unified)
		return sk_span_is(sk_span_trim(sk_buf_view(&text)), frozen ? "FROZEN" : "THAWED");
	return sk_span_find(sk_buf_view(&text), frozen ? SK_SPAN_LIT("frozen 1") : SK_SPAN_LIT("frozen 0")) >= 0;
}

int sk_cgroup_freeze(const struct sk_cgroup *c, bool frozen, struct sk_err *err)
{
	const char *name = sk_cgroup_freezer(c);
	const char *text = c->unified ? (frozen ? "1" : "0") : frozen ? "FROZEN" : "THAWED";

	for (int i = 0; i < WAIT_STEPS; i++) {
		/* Version 1 may stay at FREEZING until it is told again. */
		int r = write_file(c, name, text, err);

		if (r < 0)
			return r;
		if (state_is(c, frozen))
			return 0;
		pause_a_step();
	}
	return sk_err_set(err, SK_ETIMEOUT, "%s/%s: does not become %s", c->path, name, text);
}

bool sk_cgroup_is_frozen(const struct sk_cgroup *c)
{
	return state_is(c, true);
}

struct frozen {
	void (*fn)(void *context, const struct sk_cgroup *cgroup);
	void *context;
	size_t root;
	bool unified;
};

/* Whether it was told to, itself. */
static bool is_told(const char *folder, bool unified)
{
	sk_autofree char *path = sk_printf("%s/%s", folder, unified ? "cgroup.freeze" : "freezer.self_freezing");
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	return sk_path_slurp(path, SK_MAX_PROC_FILE, &text, NULL) >= 0 && sk_span_is(sk_span_trim(sk_buf_view(&text)), "1");
}

static enum step look_if_frozen(void *context, const char *path)
{
	const struct frozen *f = context;
	struct sk_span id = sk_span_basename(sk_span_str(path));
	const char *engine;
	bool of_engine = sk_container_id(sk_span_str(path + f->root), &id, &engine);

	if (is_told(path, f->unified)) {
		struct sk_cgroup found = { .path = sk_strdup(path), .root = f->root, .id = sk_strndup(id.ptr, id.len),
					   .unified = f->unified };

		f->fn(f->context, &found);
		sk_cgroup_release(&found);
		return STEP_BESIDE;
	}
	return of_engine ? STEP_BESIDE : STEP_BELOW;
}

void sk_cgroups_each_frozen(const struct sk_cgroups *c, void (*fn)(void *context, const struct sk_cgroup *cgroup),
			    void *context)
{
	const char *const roots[] = { c->freezer, c->unified };

	for (size_t i = 0; i < SK_COUNT(roots); i++)
		if (roots[i])
			walk(open_folder(roots[i]), roots[i], 0, look_if_frozen,
			     &(struct frozen){ fn, context, strlen(roots[i]), i == 1 });
}

/* ---- killing ---- */

struct sweep {
	const struct sk_cgroup *cgroup;
	int found, killed;
};

static bool is_at_or_below(struct sk_span path, struct sk_span above)
{
	return sk_span_eq(sk_span_sub(path, 0, above.len), above) && (path.len == above.len || path.ptr[above.len] == '/');
}

/* Held by a descriptor, and looked at again: its number may be another's by now. */
static bool kill_member(const struct sk_cgroup *c, int32_t pid)
{
	sk_autoclose int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	sk_cleanup(sk_buf_release) struct sk_buf cgroups = { 0 };

	if (pidfd < 0)
		return false;
	sk_suspect_cgroups(pid, &cgroups);
	return is_at_or_below(path_in(sk_buf_view(&cgroups), c->unified), sk_span_str(c->path + c->root)) &&
	       syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0;
}

static enum step kill_in(void *context, const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_autofree char *procs = sk_printf("%s/cgroup.procs", path);
	struct sweep *s = context;
	struct sk_span rest, line;
	uint64_t pid;

	if (sk_path_slurp(procs, SK_MAX_PROC_FILE, &text, NULL) < 0)
		return STEP_BELOW;
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line)) {
		/* 0: a process of a pid namespace that is not below ours. */
		if (!sk_span_u64(line, &pid) || pid <= 1 || pid > INT32_MAX || (int32_t)pid == getpid())
			continue;
		s->found++;
		s->killed += kill_member(s->cgroup, (int32_t)pid);
	}
	return STEP_BELOW;
}

/* Frozen, so that nothing is born while it is killed; what is frozen dies when it is thawed, without another step. */
static int kill_each(const struct sk_cgroup *c, struct sk_err *err)
{
	int killed = 0;

	for (int round = 0; round < KILL_ROUNDS; round++) {
		struct sweep s = { .cgroup = c };
		int r;

		sk_cgroup_freeze(c, true, NULL);
		kill_in(&s, c->path);
		walk(open_folder(c->path), c->path, 0, kill_in, &s);
		r = sk_cgroup_freeze(c, false, err);
		if (r < 0 && access(c->path, F_OK) == 0)
			return r;
		if (!s.found)
			return killed;
		killed = s.killed > killed ? s.killed : killed;
		pause_a_step();
	}
	return sk_err_set(err, SK_ETIMEOUT, "%s: processes do not end", c->path);
}

int sk_cgroup_kill(const struct sk_cgroup *c, struct sk_err *err)
{
	/* Linux 5.14 */
	if (c->unified && has_file(c->path, "cgroup.kill"))
		return write_file(c, "cgroup.kill", "1", err);
	return kill_each(c, err);
}
