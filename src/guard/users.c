/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/users.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "guard/container.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_ANCESTORS = 8 };

/* What one /etc/passwd and /etc/group say. */
struct names {
	struct sk_map users, groups; /* by number: struct sk_user, struct sk_span */
};

struct sk_users {
	struct sk_arena arena;	    /* processes point into it, so nothing leaves it */
	struct names host;
	struct stat host_file;	    /* as it was when it was read */
	struct sk_map by_text;	    /* both files: struct names; containers of one image share them */
	struct sk_map by_container, by_image; /* by id: one of by_text */
	struct sk_arena ids;
	size_t bytes;
};

static void add_user(struct sk_users *users, struct names *names, const struct sk_span *columns)
{
	struct sk_user *user;
	uint64_t uid;

	if (!sk_span_u64(columns[2], &uid) || uid > UINT32_MAX || sk_map_get(&names->users, columns[2]))
		return;
	user = sk_arena_alloc(&users->arena, sizeof(*user));
	*user = (struct sk_user){ (uint32_t)uid, columns[0], columns[5], columns[6] };
	sk_map_put(&names->users, columns[2], user);
}

static void add_group(struct sk_users *users, struct names *names, const struct sk_span *columns)
{
	struct sk_span *name;

	if (sk_map_get(&names->groups, columns[2]))
		return;
	name = sk_arena_alloc(&users->arena, sizeof(*name));
	*name = columns[0];
	sk_map_put(&names->groups, columns[2], name);
}

/* The lines of a file of /etc, cut at colons: one call for each. The text must live as long as the names. */
static void read_table(struct sk_users *users, struct names *names, struct sk_span text,
		       void (*row)(struct sk_users *users, struct names *names, const struct sk_span *columns))
{
	struct sk_span line;

	while (sk_span_line(&text, &line)) {
		struct sk_span columns[7] = { 0 };

		for (size_t i = 0; i < SK_COUNT(columns) && sk_span_split(&line, ':', &columns[i]); i++)
			;
		if (columns[0].len && columns[2].len)
			row(users, names, columns);
	}
}

static struct sk_span kept(struct sk_users *users, const struct sk_buf *text)
{
	return sk_span(sk_arena_dup(&users->arena, sk_buf_view(text)), text->len);
}

static void names_release(struct names *names)
{
	sk_map_release(&names->users);
	sk_map_release(&names->groups);
}

/* The host's own files, if they are not as they were. */
static void read_host(struct sk_users *users)
{
	sk_cleanup(sk_buf_release) struct sk_buf passwd = { 0 }, group = { 0 };
	const struct stat *was = &users->host_file;
	struct stat now;

	if (stat("/etc/passwd", &now) < 0 ||
	    (now.st_ino == was->st_ino && now.st_size == was->st_size && now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	     now.st_mtim.tv_nsec == was->st_mtim.tv_nsec))
		return;
	users->host_file = now;
	names_release(&users->host);
	users->host = (struct names){ 0 };
	/* Without them there are numbers without names. */
	if (sk_path_slurp("/etc/passwd", SK_MAX_CONFIG, &passwd, NULL) >= 0)
		read_table(users, &users->host, kept(users, &passwd), add_user);
	if (sk_path_slurp("/etc/group", SK_MAX_CONFIG, &group, NULL) >= 0)
		read_table(users, &users->host, kept(users, &group), add_group);
}

struct sk_users *sk_users_new(void)
{
	struct sk_users *users = sk_alloc(sizeof(*users));

	read_host(users);
	return users;
}

void sk_users_free(struct sk_users *users)
{
	if (!users)
		return;
	for (size_t i = 0; i < users->by_text.entries.len; i++)
		names_release(users->by_text.entries.data[i].value);
	names_release(&users->host);
	sk_map_release(&users->by_text);
	sk_map_release(&users->by_container);
	sk_map_release(&users->by_image);
	sk_arena_release(&users->ids);
	sk_arena_release(&users->arena);
	free(users);
}

/*
 * A file below a container's root, which the container made: no link leads out
 * of it, nothing that it has mounted there is touched (a file system of its own
 * could let us wait), and a pipe does not hold us up.
 */
static bool slurp_below(int root, const char *path, struct sk_buf *text)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };
	sk_autoclose int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       sk_fd_slurp(fd, SK_MAX_CONTAINER_USERS, text, NULL) >= 0;
}

/* A folder that is not our own root; or -1. */
static int open_root(const char *path)
{
	struct stat ours, its;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || stat("/", &ours) < 0 || fstat(fd, &its) < 0 ||
	    (ours.st_dev == its.st_dev && ours.st_ino == its.st_ino))
		sk_closep(&fd);
	return fd;
}

/* What a user has laid out himself may lie on a file system that does not answer. */
static bool is_laid_out(const struct sk_container *container)
{
	return container->rootfs.len && !container->owner;
}

/*
 * That of the process or, if it has ended already or is not yet where its container is, of what started it there, or
 * else where the engine has laid it out.
 */
static int container_root(const struct sk_process *process)
{
	const struct sk_process *p = process;
	int root = -1;

	for (unsigned i = 0; root < 0 && p && p->container == process->container && i < MAX_ANCESTORS; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/root", p->pid);
		root = open_root(path);
		p = p->parent;
	}
	return root < 0 && is_laid_out(process->container) ? open_root(process->container->rootfs.ptr) : root;
}

/* Names of texts that were read before, or made of them; NULL: there are too many. */
static struct names *names_of(struct sk_users *users, const struct sk_buf *both, size_t passwd_len)
{
	struct names *names = sk_map_get(&users->by_text, sk_buf_view(both));
	struct sk_span text;

	if (names || users->bytes + both->len > SK_MAX_USERS)
		return names;
	users->bytes += both->len;
	text = kept(users, both);
	names = sk_arena_alloc(&users->arena, sizeof(*names));
	*names = (struct names){ 0 };
	read_table(users, names, sk_span_sub(text, 0, passwd_len), add_user);
	read_table(users, names, sk_span_from(text, passwd_len), add_group);
	sk_map_put(&users->by_text, text, names);
	return names;
}

static void *find(const struct sk_map *map, uint32_t number)
{
	char text[16];

	return sk_map_get(map, sk_span(text, (size_t)snprintf(text, sizeof(text), "%u", number)));
}

/* The names for an id; what was there before is forgotten when there are too many. */
static void put_names(struct sk_users *users, struct sk_map *map, struct sk_span id, struct names *names)
{
	if (!id.len)
		return;
	if (sk_map_get(map, id)) { /* the key that is there stays */
		sk_map_put(map, id, names);
		return;
	}
	if (users->by_container.entries.len + users->by_image.entries.len >= SK_MAX_CONTAINERS) {
		sk_map_release(&users->by_container);
		sk_map_release(&users->by_image);
		sk_arena_release(&users->ids);
		users->by_container = users->by_image = (struct sk_map){ 0 };
		users->ids = (struct sk_arena){ 0 };
	}
	sk_map_put(map, sk_span(sk_arena_dup(&users->ids, id), id.len), names);
}

/* A container that has ended already has had what its image has. */
static void look_below(struct sk_users *users, const struct sk_container *container, int folder)
{
	sk_cleanup(sk_buf_release) struct sk_buf both = { 0 };
	sk_autoclose int root = folder;
	struct names *names = sk_map_get(&users->by_image, container->image_id);
	size_t passwd_len;

	if (root >= 0) {
		slurp_below(root, "etc/passwd", &both);
		passwd_len = both.len;
		slurp_below(root, "etc/group", &both);
		names = names_of(users, &both, passwd_len);
	}
	if (!names)
		return;
	put_names(users, &users->by_container, container->id, names);
	if (root >= 0)
		put_names(users, &users->by_image, container->image_id, names);
}

static const struct names *names_in(const struct sk_users *users, const struct sk_container *container)
{
	return container ? sk_map_get(&users->by_container, container->id) : &users->host;
}

void sk_users_look(struct sk_users *users, const struct sk_process *process)
{
	const struct sk_container *c = process->container;

	if (!c)
		read_host(users);
	else if (!sk_users_find(users, c, process->uid))
		look_below(users, c, container_root(process));
	else if (!sk_map_get(&users->by_image, c->image_id)) /* it may be known later than the first program begins */
		put_names(users, &users->by_image, c->image_id, sk_map_get(&users->by_container, c->id));
}

void sk_users_prepare(struct sk_users *users, const struct sk_container *container)
{
	if (is_laid_out(container))
		look_below(users, container, open_root(container->rootfs.ptr));
}

const struct sk_user *sk_users_find(const struct sk_users *users, const struct sk_container *container, uint32_t uid)
{
	const struct names *names = names_in(users, container);

	return names ? find(&names->users, uid) : NULL;
}

struct sk_span sk_users_group(const struct sk_users *users, const struct sk_container *container, uint32_t gid)
{
	const struct names *names = names_in(users, container);
	const struct sk_span *name = names ? find(&names->groups, gid) : NULL;

	return name ? *name : sk_span("", 0);
}
