/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/inuse-internal.h"
#include "base/limits.h"
#include "guard/container-find.h"
#include "guard/process-table.h"

#include <time.h>

/* How often a container's image is looked for in vain. */
enum { MOST_MISSES = 10 };

void sk_inuse_containers_release(struct sk_inuse_containers *all)
{
	sk_map_release(&all->by_id);
	sk_arena_release(&all->arena);
}

struct known {
	struct sk_inuse_image *image; /* NULL: not known yet */
	unsigned misses;
};

/* One round's processes: what the runtime above a container was started with leads to where it is kept. */
static const struct sk_process *with_parents(struct sk_process_table **table, int32_t pid)
{
	if (!*table) {
		*table = sk_process_table_new(0);
		sk_process_table_seed(*table, NULL);
	}
	return sk_process_table_get(*table, pid);
}

static struct known *known_of(struct sk_inuse_containers *all, struct sk_span id)
{
	struct known *known = sk_map_get(&all->by_id, id);

	if (!known && all->by_id.entries.len < SK_MAX_CONTAINERS) {
		known = sk_arena_alloc(&all->arena, sizeof(*known));
		sk_map_put(&all->by_id, sk_span_str(sk_arena_dup(&all->arena, id)), known);
	}
	return known;
}

/* The image of a container: known once, or asked of the runtime's and the engine's files a few times. */
struct sk_inuse_image *sk_inuse_image_of(struct sk_inuse_containers *all,
					 struct sk_inuse_records *records,
					 struct sk_process_table **table, struct sk_span id,
					 int32_t pid)
{
	struct sk_container container = { .id = id };
	struct known *known = known_of(all, id);
	struct sk_arena arena = { 0 };
	sk_autofree char *bundle = NULL;
	const struct sk_process *process;

	if (!known || known->image || known->misses > MOST_MISSES)
		return known ? known->image : NULL;
	known->misses++;
	process = with_parents(table, pid);
	if (process)
		sk_container_look(&container, process, &bundle, &arena);
	if (container.image_id.len)
		known->image =
			sk_inuse_image(records, container.image_id, container.image, time(NULL));
	sk_arena_release(&arena);
	return known->image;
}
