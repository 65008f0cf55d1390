/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/overlay.h"

#include "base/limits.h"

struct sk_overlay_link {
	struct sk_overlay_link *next; /* the same path in a lower layer */
	uint32_t layer;
	const char *target;
};

/* Another name of a folder: a symbolic link that leads to it. */
struct sk_overlay_alias {
	struct sk_overlay_alias *next;
	struct sk_span path;
	uint32_t layer;
};

void sk_overlay_release(struct sk_overlay *o)
{
	sk_map_release(&o->links);
	sk_map_release(&o->aliases);
}

void sk_overlay_link(struct sk_overlay *o, uint32_t layer, const char *path, const char *target)
{
	struct sk_overlay_link *link = sk_arena_alloc(o->arena, sizeof(*link));
	void **slot = sk_map_at(&o->links, sk_span_str(path), NULL);

	link->layer = layer;
	link->target = target ? target : "";
	link->next = *slot;
	*slot = link;
}

/* Appends the parts of `path` to buf, "." and ".." followed, ".." stopping at the root as in a chroot. */
static void append_parts(struct sk_buf *buf, struct sk_span path)
{
	struct sk_span part;

	while (sk_span_split(&path, '/', &part)) {
		if (part.len == 0 || sk_span_is(part, "."))
			continue;
		if (sk_span_is(part, "..")) {
			buf->len = sk_span_dirname(sk_buf_view(buf)).len;
			continue;
		}
		if (buf->len)
			sk_buf_putc(buf, '/');
		sk_buf_span(buf, part);
	}
}

/* Whether layer l covers `path`, looked at from its byte `from` on. */
static bool covers(const struct sk_recording *rec, struct sk_span path, size_t from)
{
	for (size_t i = from; i < path.len; i++) {
		struct sk_span folder = sk_span(path.ptr, i);

		if (path.ptr[i] == '/' && (sk_recording_has_name(rec, folder, SK_NAME_ENTRY) ||
					   sk_recording_has_name(rec, folder, SK_NAME_OPAQUE)))
			return true;
	}
	return sk_recording_has_name(rec, path, SK_NAME_ENTRY) ||
	       sk_recording_has_name(rec, path, SK_NAME_DIR) ||
	       (from == 0 && sk_recording_has_name(rec, sk_span("", 0), SK_NAME_OPAQUE));
}

/* The link at path as this layer sees it, or NULL if a later layer deleted it or made a folder of it. */
static const struct sk_overlay_link *link_at(const struct sk_overlay *o, uint32_t layer,
					     struct sk_span path)
{
	const struct sk_overlay_link *link = sk_map_get(&o->links, path);

	while (link && link->layer > layer)
		link = link->next;
	if (!link)
		return NULL;
	for (uint32_t l = link->layer + 1; l <= layer; l++)
		if (covers(&o->layers[l], path, 0))
			return NULL;
	return link;
}

/* Follows the first link among the folders of buf; false if there is none. */
static bool follow_one(struct sk_overlay *o, uint32_t layer, struct sk_buf *buf)
{
	for (size_t i = 1; i < buf->len; i++) {
		const struct sk_overlay_link *link;
		sk_cleanup(sk_buf_release) struct sk_buf next = { 0 };
		struct sk_span folder = sk_span(buf->data, i);

		if (buf->data[i] != '/')
			continue;
		link = link_at(o, layer, folder);
		if (!link)
			continue;
		if (link->target[0] != '/')
			sk_buf_span(&next, sk_span_dirname(folder));
		append_parts(&next, sk_span_str(link->target));
		append_parts(&next, sk_span_from(sk_buf_view(buf), i));
		sk_buf_reset(buf);
		sk_buf_span(buf, sk_buf_view(&next));
		return true;
	}
	return false;
}

const char *sk_overlay_resolve(struct sk_overlay *o, uint32_t layer, const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	bool moved = false;

	if (o->links.entries.len == 0)
		return path;
	sk_buf_puts(&buf, path);
	for (int i = 0; i < SK_MAX_LINK_DEPTH && buf.len <= SK_MAX_PATH; i++) {
		if (!follow_one(o, layer, &buf))
			return moved ? sk_arena_dup(o->arena, sk_buf_view(&buf)) : path;
		moved = true;
	}
	return path; /* a cycle: nothing can be reached there */
}

void sk_overlay_ready(struct sk_overlay *o)
{
	for (size_t i = 0; i < o->links.entries.len; i++) {
		const struct sk_map_entry *e = &o->links.entries.data[i];
		const struct sk_overlay_link *link = e->value;
		sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
		struct sk_overlay_alias *alias;
		void **slot;

		if (link->target[0] != '/')
			sk_buf_span(&buf, sk_span_dirname(e->key));
		append_parts(&buf, sk_span_str(link->target));
		alias = sk_arena_alloc(o->arena, sizeof(*alias));
		alias->path = e->key;
		alias->layer = link->layer;
		slot = sk_map_at(&o->aliases, sk_span_str(sk_arena_dup(o->arena, sk_buf_view(&buf))), NULL);
		alias->next = *slot;
		*slot = alias;
	}
}

/* Whether the link that makes the alias is still there for layer l. */
static bool leads(const struct sk_overlay *o, size_t l, const struct sk_overlay_alias *alias)
{
	const struct sk_overlay_link *link = link_at(o, (uint32_t)l, alias->path);

	return link && link->layer == alias->layer;
}

/* The same through other names of its folders: lib/x covers usr/lib/x where lib leads to usr/lib. */
static bool covered_by_alias(const struct sk_overlay *o, uint32_t layer, struct sk_span path)
{
	for (size_t i = 1; i < path.len; i++) {
		const struct sk_overlay_alias *alias;

		if (path.ptr[i] != '/')
			continue;
		alias = sk_map_get(&o->aliases, sk_span(path.ptr, i));
		for (int most = 64; alias && most; alias = alias->next, most--) {
			sk_cleanup(sk_buf_release) struct sk_buf other = { 0 };

			sk_buf_span(&other, alias->path);
			sk_buf_span(&other, sk_span_from(path, i));
			for (size_t l = layer + 1; l < o->count; l++)
				/* Names keep no order: what the link's own layer has below it may be older than the link. */
				if (l > alias->layer &&
				    covers(&o->layers[l], sk_buf_view(&other),
					   alias->path.len + 1) &&
				    leads(o, l, alias))
					return true;
		}
	}
	return false;
}

bool sk_overlay_hidden(const struct sk_overlay *o, uint32_t layer, const char *path)
{
	struct sk_span p = sk_span_str(path);

	for (size_t l = layer + 1; l < o->count; l++)
		if (covers(&o->layers[l], p, 0))
			return true;
	return layer + 1 < o->count && o->aliases.entries.len && covered_by_alias(o, layer, p);
}
