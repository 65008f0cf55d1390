/* SPDX-License-Identifier: Apache-2.0 */
#include "image/config.h"

#include "base/limits.h"

static const char *dup_text(const struct sk_node *n, struct sk_arena *arena)
{
	struct sk_span s = sk_node_str(n);

	return s.len ? sk_arena_dup(arena, s) : NULL;
}

/* The strings of an array, or the keys of an object (ports and volumes are written so). */
static struct sk_strings read_strings(const struct sk_node *n, struct sk_arena *arena)
{
	struct sk_strings list = { 0 };

	if (!sk_node_first(n))
		return list;
	list.items = sk_arena_alloc(arena, n->count * sizeof(*list.items));
	sk_node_each(item, n)
		if (n->type == SK_NODE_OBJECT)
			list.items[list.count++] = sk_arena_dup(arena, item->key);
		else if (item->type == SK_NODE_STRING)
			list.items[list.count++] = sk_arena_dup(arena, item->text);
	return list;
}

static void read_labels(struct sk_image_config *c, const struct sk_node *labels, struct sk_arena *arena)
{
	if (!sk_node_is(labels, SK_NODE_OBJECT))
		return;
	c->labels = sk_arena_alloc(arena, labels->count * sizeof(*c->labels));
	sk_node_each(l, labels)
		c->labels[c->label_count++] = (struct sk_image_label){
			sk_arena_dup(arena, l->key), sk_arena_dup(arena, sk_node_text(l)) };
}

static void read_history(struct sk_image_config *c, const struct sk_node *history, struct sk_arena *arena)
{
	if (!sk_node_is(history, SK_NODE_ARRAY))
		return;
	c->history = sk_arena_alloc(arena, history->count * sizeof(*c->history));
	sk_node_each(h, history)
		c->history[c->step_count++] = (struct sk_image_step){
			.created = dup_text(sk_node_get(h, "created"), arena),
			.created_by = dup_text(sk_node_get(h, "created_by"), arena),
			.comment = dup_text(sk_node_get(h, "comment"), arena),
			.empty = sk_node_bool(sk_node_get(h, "empty_layer"), false),
		};
}

struct sk_image_config *sk_image_config_read(const struct sk_node *root, struct sk_arena *arena)
{
	const struct sk_node *config = sk_node_get(root, "config");
	struct sk_image_config *c = sk_arena_alloc(arena, sizeof(*c));

	c->user = dup_text(sk_node_get(config, "User"), arena);
	c->working_dir = dup_text(sk_node_get(config, "WorkingDir"), arena);
	c->stop_signal = dup_text(sk_node_get(config, "StopSignal"), arena);
	c->env = read_strings(sk_node_get(config, "Env"), arena);
	c->entrypoint = read_strings(sk_node_get(config, "Entrypoint"), arena);
	c->cmd = read_strings(sk_node_get(config, "Cmd"), arena);
	c->ports = read_strings(sk_node_get(config, "ExposedPorts"), arena);
	c->volumes = read_strings(sk_node_get(config, "Volumes"), arena);
	c->healthcheck = read_strings(sk_node_path(config, "Healthcheck", "Test", NULL), arena);
	read_labels(c, sk_node_get(config, "Labels"), arena);
	read_history(c, sk_node_get(root, "history"), arena);
	return c;
}

const char *sk_image_label(const struct sk_image_config *config, const char *name)
{
	for (size_t i = 0; config && i < config->label_count; i++)
		if (strcmp(config->labels[i].name, name) == 0)
			return config->labels[i].value;
	return NULL;
}

/* ---- between processes ---- */

/* One list of texts in the order of the struct; "" is NULL. */
static const size_t texts[] = {
	offsetof(struct sk_image_config, user),
	offsetof(struct sk_image_config, working_dir),
	offsetof(struct sk_image_config, stop_signal),
};
static const size_t lists[] = {
	offsetof(struct sk_image_config, env),	 offsetof(struct sk_image_config, entrypoint),
	offsetof(struct sk_image_config, cmd),	 offsetof(struct sk_image_config, ports),
	offsetof(struct sk_image_config, volumes), offsetof(struct sk_image_config, healthcheck),
};

static void put(struct sk_buf *buf, const char *text)
{
	sk_buf_string(buf, sk_span_str(text));
}

static const char *get(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_span s = sk_read_string(r);

	return s.len ? sk_arena_dup(arena, s) : NULL;
}

/* A count that the rest of the message can hold: an item takes at least `least` bytes. */
static size_t get_count(struct sk_reader *r, size_t least)
{
	uint64_t count = sk_read_varint(r);

	if (count <= sk_reader_left(r) / least)
		return (size_t)count;
	r->failed = true;
	return 0;
}

void sk_image_config_put(struct sk_buf *buf, const struct sk_image_config *c)
{
	sk_buf_u8(buf, c != NULL);
	if (!c)
		return;
	for (size_t i = 0; i < SK_COUNT(texts); i++)
		put(buf, *(const char *const *)(const void *)((const char *)c + texts[i]));
	for (size_t i = 0; i < SK_COUNT(lists); i++) {
		const struct sk_strings *list = (const void *)((const char *)c + lists[i]);

		sk_buf_varint(buf, list->count);
		for (size_t j = 0; j < list->count; j++)
			put(buf, list->items[j]);
	}
	sk_buf_varint(buf, c->label_count);
	for (size_t i = 0; i < c->label_count; i++) {
		put(buf, c->labels[i].name);
		put(buf, c->labels[i].value);
	}
	sk_buf_varint(buf, c->step_count);
	for (size_t i = 0; i < c->step_count; i++) {
		put(buf, c->history[i].created);
		put(buf, c->history[i].created_by);
		put(buf, c->history[i].comment);
		sk_buf_u8(buf, c->history[i].empty);
	}
}

static struct sk_strings get_strings(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_strings list = { .count = get_count(r, 1) };

	list.items = sk_arena_alloc(arena, list.count * sizeof(*list.items));
	for (size_t i = 0; i < list.count; i++) {
		list.items[i] = get(r, arena);
		if (!list.items[i])
			list.items[i] = "";
	}
	return list;
}

static void get_labels(struct sk_image_config *c, struct sk_reader *r, struct sk_arena *arena)
{
	c->label_count = get_count(r, 2);
	c->labels = sk_arena_alloc(arena, c->label_count * sizeof(*c->labels));
	for (size_t i = 0; i < c->label_count; i++) {
		const char *name = get(r, arena), *value = get(r, arena);

		c->labels[i] = (struct sk_image_label){ name ? name : "", value ? value : "" };
	}
}

static void get_history(struct sk_image_config *c, struct sk_reader *r, struct sk_arena *arena)
{
	c->step_count = get_count(r, 4);
	c->history = sk_arena_alloc(arena, c->step_count * sizeof(*c->history));
	for (size_t i = 0; i < c->step_count; i++) {
		c->history[i].created = get(r, arena);
		c->history[i].created_by = get(r, arena);
		c->history[i].comment = get(r, arena);
		c->history[i].empty = sk_read_u8(r);
	}
}

struct sk_image_config *sk_image_config_get(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_image_config *c;

	if (!sk_read_u8(r))
		return NULL;
	c = sk_arena_alloc(arena, sizeof(*c));
	for (size_t i = 0; i < SK_COUNT(texts); i++)
		*(const char **)(void *)((char *)c + texts[i]) = get(r, arena);
	for (size_t i = 0; i < SK_COUNT(lists); i++)
		*(struct sk_strings *)(void *)((char *)c + lists[i]) = get_strings(r, arena);
	get_labels(c, r, arena);
	get_history(c, r, arena);
	return c;
}
