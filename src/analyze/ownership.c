/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/ownership.h"

#include "base/map.h"

bool sk_type_is_os(const char *type)
{
	static const char *const types[] = { "deb", "rpm", "apk", "alpm", "ebuild", "opkg" };

	for (size_t i = 0; i < SK_COUNT(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

struct sk_span sk_without_usr(struct sk_span path)
{
	return sk_span_starts(path, "usr/") ? sk_span_from(path, 4) : path;
}

typedef void on_owner(const struct sk_package *owner, void *value);

/* Calls fn for each path in `wanted` (key: root, then path without usr/) that a package of inv owns. */
static void match_owned(const struct sk_inventory *inv, const struct sk_map *wanted, on_owner *fn)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };

	for (size_t i = 0; i < inv->package_count; i++) {
		const struct sk_package *p = inv->packages[i];
		struct sk_paths_iter it = { .rest = p->files };
		struct sk_span path;

		if (!p->files.len || !sk_type_is_os(p->type))
			continue;
		while (sk_paths_next(&it, &path)) {
			void *value;

			sk_buf_reset(&key);
			sk_buf_puts(&key, p->root ? p->root : "");
			sk_buf_span(&key, sk_without_usr(path));
			value = sk_map_get(wanted, sk_buf_view(&key));
			if (value)
				fn(p, value);
		}
		sk_buf_release(&it.path);
	}
}

struct sk_span sk_owned_key(struct sk_arena *arena, const char *root, struct sk_span path)
{
	size_t n = root ? strlen(root) : 0;

	if (n > path.len || (n && memcmp(path.ptr, root, n) != 0))
		n = 0;
	path = sk_without_usr(sk_span_from(path, n));
	return sk_span_str(sk_arena_printf(arena, "%.*s%.*s", (int)n, root ? root : "", (int)path.len,
					   path.ptr ? path.ptr : ""));
}

struct claim {
	struct claim *next;
	struct sk_package *package;
	struct sk_run_entry *run;
};

static void mark(const struct sk_package *owner, void *value)
{
	if (owner->flags & SK_PACKAGE_FOREIGN)
		return;
	for (struct claim *c = value; c; c = c->next)
		c->package->flags |= SK_PACKAGE_OWNED;
}

static void set_owner(const struct sk_package *owner, void *value)
{
	for (struct claim *c = value; c; c = c->next)
		c->run->owner = owner;
}

static void claim_path(struct sk_map *wanted, struct sk_arena *arena, const char *root, struct sk_span path,
		       struct claim what)
{
	struct claim *c = sk_arena_alloc(arena, sizeof(*c));
	void **slot = sk_map_at(wanted, sk_owned_key(arena, root, path), NULL);

	*c = what;
	c->next = *slot;
	*slot = c;
}

void sk_mark_owned(struct sk_inventory *inv)
{
	sk_cleanup(sk_map_release) struct sk_map wanted = { 0 };
	struct sk_arena arena = { 0 };

	for (size_t i = 0; i < inv->package_count; i++) {
		struct sk_package *p = inv->packages[i];
		struct sk_span path = sk_span_str(p->path);
		ptrdiff_t inner = sk_span_chr(path, '!');

		if (sk_type_is_os(p->type))
			continue;
		if (inner >= 0) /* something inside an archive belongs to whom the archive belongs */
			path = sk_span_sub(path, 0, (size_t)inner);
		claim_path(&wanted, &arena, p->os ? p->os->root : "", path, (struct claim){ .package = p });
	}
	if (wanted.entries.len)
		match_owned(inv, &wanted, mark);
	sk_arena_release(&arena);
}

void sk_find_owners(struct sk_inventory *inv)
{
	sk_cleanup(sk_map_release) struct sk_map wanted = { 0 };
	struct sk_arena arena = { 0 };

	for (size_t i = 0; i < inv->run_count; i++)
		claim_path(&wanted, &arena, inv->os_count ? inv->os[0]->root : "",
			   sk_span_str(inv->runs[i].file.path), (struct claim){ .run = &inv->runs[i] });
	if (wanted.entries.len)
		match_owned(inv, &wanted, set_owner);
	sk_arena_release(&arena);
}
