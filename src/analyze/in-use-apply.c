/* SPDX-License-Identifier: Apache-2.0 */
/* From files that were seen in use to the packages that they belong to. */
#include "analyze/in-use.h"

#include "analyze/inventory.h"
#include "analyze/ownership.h"
#include "base/map.h"

/* A file that was in use, or that would have been seen. */
struct spot {
	const struct sk_in_use_file *used;
	uint8_t seen_by; /* enum sk_in_use_how: what must have been watched to see its use */
};

struct matcher {
	struct sk_inventory *inv;
	const struct sk_in_use *use;
	struct sk_arena arena;
	struct sk_map spots;   /* sk_owned_key -> struct spot */
	struct sk_map folders; /* folder -> struct lodger, those that lie in it */
	struct sk_use *uses;   /* by package */
	uint8_t *seen_by;      /* by package: of its files, together */
};

struct lodger {
	struct lodger *next;
	size_t package;
};

static void matcher_release(struct matcher *m)
{
	sk_map_release(&m->spots);
	sk_map_release(&m->folders);
	sk_arena_release(&m->arena);
	free(m->seen_by);
}

/* ---- the files ---- */

static struct spot *spot_at(struct matcher *m, const char *path)
{
	const char *root = m->inv->os_count ? m->inv->os[0]->root : "";
	void **slot = sk_map_at(&m->spots, sk_owned_key(&m->arena, root, sk_span_str(path)), NULL);

	if (!*slot)
		*slot = sk_arena_alloc(&m->arena, sizeof(struct spot));
	return *slot;
}

static bool is_archive(struct sk_span path)
{
	return sk_span_ends(path, ".jar") || sk_span_ends(path, ".war");
}

/* What shows that a file is in use. Interpreters open most of what they load, and close it again. */
static uint8_t way_of(const struct sk_run_file *f)
{
	struct sk_span path = sk_span_str(f->path);

	if (f->kind == SK_RUN_ELF)
		return SK_IN_USE_RUN | SK_IN_USE_MAPPED;
	if (f->kind == SK_RUN_LIBRARY &&
	    (is_archive(path) || sk_span_find(path, SK_SPAN_LIT(".so")) >= 0))
		return SK_IN_USE_MAPPED;
	return f->mode & 0111 ? SK_IN_USE_SCRIPT : SK_IN_USE_OPENED;
}

static void collect_spots(struct matcher *m)
{
	for (size_t i = 0; i < m->inv->run_count; i++)
		spot_at(m, m->inv->runs[i].file.path)->seen_by = way_of(&m->inv->runs[i].file);
	for (size_t i = 0; i < m->use->count; i++)
		spot_at(m, m->use->files[i].path)->used = &m->use->files[i];
}

static void note(struct matcher *m, size_t package, const struct spot *spot)
{
	struct sk_use *use = &m->uses[package];
	const struct sk_in_use_file *f = spot->used;

	m->seen_by[package] |= spot->seen_by;
	if (!f)
		return;
	if (use->state != SK_USE_YES || f->first < use->first)
		use->first = f->first;
	if (use->state != SK_USE_YES || f->last > use->last) {
		use->last = f->last;
		use->path = sk_arena_str(&m->inv->arena, f->path);
	}
	use->state = SK_USE_YES;
}

/* ---- the packages ---- */

static void match_owned(struct matcher *m, size_t index)
{
	const struct sk_package *p = m->inv->packages[index];
	struct sk_paths_iter it = { .rest = p->files };
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	const char *root = sk_type_is_os(p->type) && p->root ? p->root : "";
	struct sk_span path;

	while (sk_paths_next(&it, &path)) {
		const struct spot *spot;

		sk_buf_reset(&key);
		sk_buf_puts(&key, root);
		sk_buf_span(&key, sk_without_usr(path));
		spot = sk_map_get(&m->spots, sk_buf_view(&key));
		if (spot)
			note(m, index, spot);
	}
	sk_buf_release(&it.path);
}

/* A program that names its modules, or an archive: the package is in the file itself. */
static void match_file(struct matcher *m, size_t index)
{
	struct sk_span path = sk_span_str(m->inv->packages[index]->path);
	ptrdiff_t inner = sk_span_chr(path, '!');
	const struct spot *spot;

	if (inner >= 0)
		path = sk_span_sub(path, 0, (size_t)inner);
	spot = sk_map_get(&m->spots, sk_owned_key(&m->arena, "", path));
	/* A lock file that somebody reads is no use of what it names. */
	if (spot && (spot->seen_by & SK_IN_USE_MAPPED ||
		     (spot->used && spot->used->how & (SK_IN_USE_RUN | SK_IN_USE_MAPPED))))
		note(m, index, spot);
}

/* The folder that all of a package's files lie in, as its ecosystem lays them out; empty: none. */
static struct sk_span folder_of(struct matcher *m, const struct sk_package *p)
{
	struct sk_span path = sk_span_str(p->path), folder = sk_span_dirname(path),
		       above = sk_span_dirname(folder);

	if (!(p->flags & SK_PACKAGE_INSTALLED) || !folder.len)
		return sk_span(NULL, 0);
	if (strcmp(p->type, "npm") == 0 && sk_span_is(sk_span_basename(path), "package.json"))
		return folder;
	if (strcmp(p->type, "gem") == 0 && sk_span_is(sk_span_basename(folder), "specifications"))
		return sk_span_str(sk_arena_printf(&m->arena, "%.*s/gems/%s-%s", (int)above.len,
						   above.ptr, p->name,
						   p->version ? p->version : ""));
	if (strcmp(p->type, "composer") == 0 && sk_span_is(sk_span_basename(folder), "composer"))
		return sk_span_str(sk_arena_printf(&m->arena, "%.*s/%s%s%s", (int)above.len,
						   above.ptr, p->ns ? p->ns : "", p->ns ? "/" : "",
						   p->name));
	return sk_span(NULL, 0);
}

static void add_lodger(struct matcher *m, size_t index)
{
	struct sk_span folder = folder_of(m, m->inv->packages[index]);
	struct lodger *l;
	void **slot;

	if (!folder.len)
		return;
	slot = sk_map_at(&m->folders, sk_owned_key(&m->arena, "", folder), NULL);
	l = sk_arena_alloc(&m->arena, sizeof(*l));
	*l = (struct lodger){ *slot, index };
	*slot = l;
}

/* Each file belongs to the innermost folder alone: packages lie in each other. */
static void match_folders(struct matcher *m)
{
	for (size_t i = 0; m->folders.entries.len && i < m->spots.entries.len; i++) {
		struct sk_span folder = sk_span_dirname(m->spots.entries.data[i].key);
		const struct lodger *l = NULL;

		for (; folder.len && !l; folder = sk_span_dirname(folder))
			l = sk_map_get(&m->folders, folder);
		for (; l; l = l->next)
			note(m, l->package, m->spots.entries.data[i].value);
	}
}

/* Not in use is what would have been seen: programs and libraries before scripts, these before what is only opened. */
static enum sk_use_state state_of(uint8_t seen_by, uint8_t watched)
{
	uint8_t code = seen_by & (SK_IN_USE_RUN | SK_IN_USE_MAPPED);
	uint8_t needed = code			      ? SK_IN_USE_RUN | SK_IN_USE_MAPPED
			 : seen_by & SK_IN_USE_SCRIPT ? SK_IN_USE_SCRIPT
						      : seen_by;

	return needed && (needed & watched) == needed ? SK_USE_NO : SK_USE_UNKNOWN;
}

static void match_all(struct matcher *m)
{
	struct sk_inventory *inv = m->inv;

	m->seen_by = sk_alloc(inv->package_count + 1);
	collect_spots(m);
	for (size_t i = 0; i < inv->package_count; i++) {
		if (inv->packages[i]->files.len)
			match_owned(m, i);
		else if (!sk_type_is_os(inv->packages[i]->type))
			match_file(m, i);
		add_lodger(m, i);
	}
	match_folders(m);
	for (size_t i = 0; i < inv->package_count; i++) {
		m->uses[i].since = m->use->since;
		if (m->uses[i].state != SK_USE_YES)
			m->uses[i].state = state_of(m->seen_by[i], m->use->watched);
	}
}

void sk_in_use_apply(struct sk_inventory *inv, const struct sk_in_use *use)
{
	sk_cleanup(matcher_release) struct matcher m = { .inv = inv, .use = use };

	m.uses = sk_arena_alloc(&inv->arena, (inv->package_count + 1) * sizeof(*m.uses));
	if (use)
		match_all(&m);
	for (size_t i = 0; i < inv->package_count; i++)
		inv->packages[i]->use = &m.uses[i];
}
