/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/inspect.h"
#include "analyze/manifest.h"
#include "base/fd.h"
#include "base/limits.h"

#include <fcntl.h>
#include <unistd.h>

struct folders {
	SK_VEC(int) fds;
};

static void folders_release(struct folders *f)
{
	for (size_t i = 0; i < f->fds.len; i++)
		close(f->fds.data[i]);
	sk_vec_release(&f->fds);
}

/* The lowest first, as layers are counted. Engines name folders by links of their own: these are followed. */
static int open_folders(const struct sk_manifest_source *source, struct folders *f,
			struct sk_err *err)
{
	if (source->folder_count > SK_MAX_LAYERS)
		return sk_err_set(err, SK_ELIMIT, "an image of more than %d layers", SK_MAX_LAYERS);
	for (size_t i = source->folder_count; i-- > 0;) {
		int fd = open(source->folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return sk_err_errno(err, "%s", source->folders[i]);
		*sk_vec_push(&f->fds) = fd;
	}
	return 0;
}

static const char *with_algorithm(struct sk_arena *arena, const char *id)
{
	return id && !strchr(id, ':') ? sk_arena_printf(arena, "sha256:%s", id)
				      : sk_arena_str(arena, id);
}

int sk_manifest_make(const struct sk_manifest_source *source, const char *dir, struct sk_err *err)
{
	static const struct sk_inspect_options options = { .manifest = SK_MANIFEST_YES,
							   .no_cache = true };
	sk_cleanup(sk_inventory_release) struct sk_inventory inv = { 0 };
	sk_cleanup(folders_release) struct folders folders = { 0 };
	const char *name = source->name ? source->name : source->image_id;
	int r = open_folders(source, &folders, err);

	if (r == 0)
		r = sk_inspect_overlay(name, folders.fds.data, folders.fds.len, &options, &inv,
				       err);
	if (r < 0)
		return r;
	inv.artifact.image_id = with_algorithm(&inv.arena, source->image_id);
	inv.artifact.digest = with_algorithm(&inv.arena, source->digest);
	r = sk_manifest_save(&inv, dir, err);
	return r < 0 ? sk_err_wrap(err, "%s", name) : 0;
}
