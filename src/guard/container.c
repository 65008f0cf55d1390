/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container.h"

#include "base/arena.h"

static struct sk_span copy(struct sk_span s, struct sk_arena *arena)
{
	return sk_span(s.len ? sk_arena_dup(arena, s) : NULL, s.len);
}

static const struct sk_label *copy_labels(const struct sk_label *labels, uint32_t count, struct sk_arena *arena)
{
	struct sk_label *to = count ? sk_arena_alloc(arena, count * sizeof(*to)) : NULL;

	for (uint32_t i = 0; i < count; i++)
		to[i] = (struct sk_label){ copy(labels[i].name, arena), copy(labels[i].value, arena) };
	return to;
}

static const struct sk_mount_point *copy_mounts(const struct sk_mount_point *mounts, uint32_t count,
						struct sk_arena *arena)
{
	struct sk_mount_point *to = count ? sk_arena_alloc(arena, count * sizeof(*to)) : NULL;

	for (uint32_t i = 0; i < count; i++) {
		to[i] = mounts[i];
		to[i].source = copy(mounts[i].source, arena);
		to[i].destination = copy(mounts[i].destination, arena);
		to[i].mode = copy(mounts[i].mode, arena);
		to[i].propagation = copy(mounts[i].propagation, arena);
	}
	return to;
}

struct sk_container sk_container_copy(const struct sk_container *c, struct sk_arena *arena)
{
	struct sk_container to = *c;
	struct sk_span *const texts[] = { &to.id, &to.engine, &to.name, &to.image, &to.image_id, &to.image_digest,
					  &to.pod_name, &to.pod_uid, &to.namespace, &to.pod_id, &to.ip, &to.cni, &to.rootfs,
					  &to.upper, &to.cgroup, &to.healthcheck, &to.liveness, &to.readiness };

	for (size_t i = 0; i < SK_COUNT(texts); i++)
		*texts[i] = copy(*texts[i], arena);
	to.labels = copy_labels(c->labels, c->label_count, arena);
	to.pod_labels = copy_labels(c->pod_labels, c->pod_label_count, arena);
	to.mounts = copy_mounts(c->mounts, c->mount_count, arena);
	return to;
}
