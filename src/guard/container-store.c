/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-store.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/reader.h"
#include "doc/doc.h"
#include "guard/bolt.h"
#include "guard/container-read.h"

static struct sk_bolt *open_below(struct sk_span folder, const char *name)
{
	sk_autofree char *path = sk_printf("%.*s/%s", (int)folder.len, folder.ptr ? folder.ptr : "", name);
	struct sk_bolt *bolt = NULL;

	return folder.len && sk_bolt_open(path, &bolt, NULL) >= 0 ? bolt : NULL;
}

/* ---- containerd (metadata/buckets.go) ---- */

struct containerd {
	struct sk_container *container;
	struct sk_arena *arena;
	struct sk_span root;
	struct sk_bolt *bolt;
	const char *space;
};

static void take(struct sk_span *field, struct sk_span value)
{
	if (value.len && value.len <= SK_MAX_FIELD)
		*field = value;
}

/* Labels are in the arena already, as all that was read. */
static uint32_t read_labels(const struct containerd *d, const char *id, const struct sk_label **ret)
{
	const char *keys[] = { "v1", d->space, "containers", id, "labels", NULL };
	struct sk_bolt_item *items = sk_arena_alloc(d->arena, SK_MAX_CONTAINER_LABELS * sizeof(*items));
	size_t n = sk_bolt_list(d->bolt, keys, d->arena, items, SK_MAX_CONTAINER_LABELS);
	struct sk_label *labels = n ? sk_arena_alloc(d->arena, n * sizeof(*labels)) : NULL;
	size_t bytes = 0;
	uint32_t count = 0;

	for (size_t i = 0; i < n; i++) {
		bytes += items[i].key.len + items[i].value.len;
		if (bytes > SK_MAX_CONTAINER_TEXT)
			break;
		/* containerd's own, by which it tells sandboxes from containers. */
		if (sk_span_starts(items[i].key, "io.cri-containerd."))
			continue;
		labels[count++] = (struct sk_label){ items[i].key, items[i].value };
		*ret = labels;
	}
	return count;
}

#if defined(__aarch64__)
#define ARCHITECTURE "arm64"
#else
#define ARCHITECTURE "amd64"
#endif

/* Of an index, the manifest for this machine; empty: it is no index. */
static struct sk_span of_index(struct sk_span json, struct sk_arena *arena)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_span digest = { 0 };

	if (sk_doc_parse(&doc, SK_DOC_JSON, json, 0, NULL) < 0)
		return digest;
	sk_node_each(manifest, sk_node_get(doc.root, "manifests")) {
		struct sk_span own = sk_node_str(sk_node_get(manifest, "digest"));

		if (!digest.len)
			digest = own;
		if (sk_span_is(sk_node_str(sk_node_path(manifest, "platform", "architecture", NULL)), ARCHITECTURE))
			digest = own;
	}
	return sk_span(sk_arena_dup(arena, digest), digest.len);
}

/* The image's id is in its manifest, which is a blob of the content store under its digest. */
static void read_image_id(const struct containerd *d, struct sk_span digest)
{
	for (int level = 0; level < 2 && sk_span_starts(digest, "sha256:") && sk_span_chr(digest, '/') < 0; level++) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		sk_autofree char *path = sk_printf("%.*s/io.containerd.content.v1.content/blobs/sha256/%.*s",
						   (int)d->root.len, d->root.ptr, (int)digest.len - 7, digest.ptr + 7);

		if (sk_path_slurp_checked(path, false, SK_MAX_CONTAINER_STATE, &text, NULL) < 0)
			return;
		sk_container_read(SK_CONTAINER_MANIFEST, sk_buf_view(&text), d->arena, d->container, NULL);
		digest = of_index(sk_buf_view(&text), d->arena);
	}
}

static void read_image(const struct containerd *d)
{
	struct sk_container *c = d->container;
	const char *of_container[] = { "v1", d->space, "containers", c->id.ptr, "image", NULL };
	struct sk_span name = sk_bolt_get(d->bolt, of_container, d->arena);
	const char *of_image[] = { "v1", d->space, "images", sk_arena_dup(d->arena, name), "target", "digest", NULL };
	struct sk_span digest = sk_bolt_get(d->bolt, of_image, d->arena);

	/* CRI calls an image by its id, and has its name among the annotations. */
	if (!c->image.len && !sk_span_starts(name, "sha256:"))
		take(&c->image, name);
	take(&c->image_digest, digest);
	read_image_id(d, digest);
}

/* The value in a message google.protobuf.Any; empty: it is none. */
static struct sk_span any_value(struct sk_span any)
{
	struct sk_reader r = sk_reader(any);

	while (sk_reader_more(&r)) {
		uint64_t key = sk_read_varint(&r);
		struct sk_span bytes = (key & 7) == 2 ? sk_read_string(&r) : sk_span(NULL, 0);

		if (!bytes.ptr || key >> 3 == 2)
			return bytes;
	}
	return sk_span(NULL, 0);
}

/* Kubernetes' part of containerd keeps what it knows of a pod with the container of its sandbox. */
static void read_pod(const struct containerd *d)
{
	const char *keys[] = { "v1", d->space, "containers", d->container->pod_id.ptr, "extensions",
			       "io.cri-containerd.sandbox.metadata", NULL };
	struct sk_span json;
	uint32_t n;

	if (!d->container->pod_id.len)
		return;
	n = read_labels(d, d->container->pod_id.ptr, &d->container->pod_labels);
	d->container->pod_label_count = n ? n : d->container->pod_label_count;
	json = any_value(sk_bolt_get(d->bolt, keys, d->arena));
	if (json.len)
		sk_container_read(SK_CONTAINER_CRI_SANDBOX, json, d->arena, d->container, NULL);
}

void sk_container_read_containerd(struct sk_container *container, struct sk_span root, struct sk_span space,
				  struct sk_arena *arena)
{
	struct containerd d = { .container = container, .arena = arena, .root = root };
	uint32_t n;

	d.bolt = open_below(root, "io.containerd.metadata.v1.bolt/meta.db");
	if (!d.bolt)
		return;
	d.space = sk_arena_dup(arena, space);
	n = read_labels(&d, container->id.ptr, &container->labels);
	container->label_count = n ? n : container->label_count;
	read_pod(&d);
	read_image(&d);
	sk_bolt_close(d.bolt);
}

/* ---- podman (libpod/boltdb_state_internal.go) ---- */

bool sk_container_read_podman(struct sk_container *container, struct sk_span storage, struct sk_arena *arena)
{
	const char *keys[] = { "ctr", container->id.ptr, "config", NULL };
	struct sk_bolt *bolt = open_below(storage, "libpod/bolt_state.db");
	struct sk_span config;

	if (!bolt)
		return false;
	config = sk_bolt_get(bolt, keys, arena);
	sk_bolt_close(bolt);
	return config.len && sk_container_read(SK_CONTAINER_PODMAN, config, arena, container, NULL) >= 0;
}
