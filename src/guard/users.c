/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/users.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"

struct sk_users {
	struct sk_arena arena;
	struct sk_map users, groups; /* by number: struct sk_user, struct sk_span */
};

/* The lines of a file of /etc, cut at colons: one call for each. */
static void read_table(struct sk_users *users, const char *path,
		       void (*row)(struct sk_users *users, const struct sk_span *columns))
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line;

	if (sk_path_slurp(path, SK_MAX_CONFIG, &text, NULL) < 0)
		return; /* numbers without names */
	rest = sk_span(sk_arena_dup(&users->arena, sk_buf_view(&text)), text.len);
	while (sk_span_line(&rest, &line)) {
		struct sk_span columns[7] = { 0 };

		for (size_t i = 0; i < SK_COUNT(columns) && sk_span_split(&line, ':', &columns[i]); i++)
			;
		if (columns[0].len && columns[2].len)
			row(users, columns);
	}
}

static void add_user(struct sk_users *users, const struct sk_span *columns)
{
	struct sk_user *user;
	uint64_t uid;

	if (!sk_span_u64(columns[2], &uid) || uid > UINT32_MAX || sk_map_get(&users->users, columns[2]))
		return;
	user = sk_arena_alloc(&users->arena, sizeof(*user));
	*user = (struct sk_user){ (uint32_t)uid, columns[0], columns[5], columns[6] };
	sk_map_put(&users->users, columns[2], user);
}

static void add_group(struct sk_users *users, const struct sk_span *columns)
{
	struct sk_span *name;

	if (sk_map_get(&users->groups, columns[2]))
		return;
	name = sk_arena_alloc(&users->arena, sizeof(*name));
	*name = columns[0];
	sk_map_put(&users->groups, columns[2], name);
}

struct sk_users *sk_users_new(void)
{
	struct sk_users *users = sk_alloc(sizeof(*users));

	read_table(users, "/etc/passwd", add_user);
	read_table(users, "/etc/group", add_group);
	return users;
}

void sk_users_free(struct sk_users *users)
{
	if (!users)
		return;
	sk_map_release(&users->users);
	sk_map_release(&users->groups);
	sk_arena_release(&users->arena);
	free(users);
}

static void *find(const struct sk_map *map, uint32_t number)
{
	sk_autofree char *text = sk_printf("%u", number);

	return sk_map_get(map, sk_span_str(text));
}

const struct sk_user *sk_users_find(struct sk_users *users, const struct sk_container *container, uint32_t uid)
{
	return container ? NULL : find(&users->users, uid);
}

struct sk_span sk_users_group(struct sk_users *users, const struct sk_container *container, uint32_t gid)
{
	const struct sk_span *name = container ? NULL : find(&users->groups, gid);

	return name ? *name : sk_span("", 0);
}
