/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "guard/trail-internal.h"

/* What was written of a process or container: its number, and a hash of how it looked. */
struct written {
	uint32_t number;
	uint64_t hash;
};

struct sk_trail_writer {
	struct sk_buf *out;
	struct sk_arena arena;
	struct sk_map processes, containers;
	uint32_t types[SK_EVENT_COUNT]; /* number + 1; 0: not written yet */
	uint32_t type_count;
};

struct sk_trail_writer *sk_trail_writer_new(struct sk_buf *out)
{
	struct sk_trail_writer *w = sk_alloc(sizeof(*w));

	w->out = out;
	sk_buf_puts(out, SK_TRAIL_MAGIC);
	sk_buf_u32le(out, SK_TRAIL_VERSION);
	sk_buf_u32le(out, 0);
	return w;
}

void sk_trail_writer_free(struct sk_trail_writer *w)
{
	if (!w)
		return;
	sk_map_release(&w->processes);
	sk_map_release(&w->containers);
	sk_arena_release(&w->arena);
	free(w);
}

static void put_frame(struct sk_trail_writer *w, char kind, const struct sk_buf *frame)
{
	sk_buf_putc(w->out, kind);
	sk_buf_string(w->out, sk_buf_view(frame));
}

/* The thing's number; *ret_same when it was written as it looks now. */
static struct written *look_up(struct sk_trail_writer *w, struct sk_map *map, struct sk_span key)
{
	struct written *known = sk_map_get(map, key);

	if (known)
		return known;
	known = sk_arena_alloc(&w->arena, sizeof(*known));
	known->number = (uint32_t)map->entries.len;
	sk_map_put(map, sk_span(sk_arena_dup(&w->arena, key), key.len), known);
	return known;
}

static void put_if_changed(struct sk_trail_writer *w, struct written *thing, char kind, const struct sk_buf *body)
{
	sk_cleanup(sk_buf_release) struct sk_buf frame = { 0 };
	uint64_t hash = sk_hash(sk_buf_view(body)) | 1;

	if (thing->hash == hash)
		return;
	thing->hash = hash;
	sk_buf_varint(&frame, thing->number);
	sk_buf_span(&frame, sk_buf_view(body));
	put_frame(w, kind, &frame);
}

/* Number + 1; 0 for none. */
static uint32_t container_number(struct sk_trail_writer *w, const struct sk_container *c)
{
	sk_cleanup(sk_buf_release) struct sk_buf body = { 0 };
	struct written *thing;

	if (!c)
		return 0;
	thing = look_up(w, &w->containers, c->id);
	sk_members_put(&body, sk_container_members, c);
	sk_buf_varint(&body, c->label_count);
	for (uint32_t i = 0; i < c->label_count; i++)
		sk_members_put(&body, sk_label_members, &c->labels[i]);
	sk_buf_varint(&body, c->pod_label_count);
	for (uint32_t i = 0; i < c->pod_label_count; i++)
		sk_members_put(&body, sk_label_members, &c->pod_labels[i]);
	sk_buf_varint(&body, c->mount_count);
	for (uint32_t i = 0; i < c->mount_count; i++)
		sk_members_put(&body, sk_mount_members, &c->mounts[i]);
	put_if_changed(w, thing, 'C', &body);
	return thing->number + 1;
}

static void put_socket(struct sk_buf *out, const struct sk_socket *s)
{
	sk_buf_u8(out, s != NULL);
	if (!s)
		return;
	sk_members_put(out, sk_socket_members, s);
	sk_buf_put(out, s->client, sizeof(s->client));
	sk_buf_put(out, s->server_ip, sizeof(s->server_ip));
}

static void put_file(struct sk_buf *out, const struct sk_file *f)
{
	sk_members_put(out, sk_file_members, f);
	put_socket(out, f->socket);
}

static void put_user(struct sk_buf *out, const struct sk_user *user)
{
	sk_buf_u8(out, user != NULL);
	if (user)
		sk_members_put(out, sk_user_members, user);
}

static uint32_t process_number(struct sk_trail_writer *w, const struct sk_process *p, unsigned depth)
{
	sk_cleanup(sk_buf_release) struct sk_buf body = { 0 };
	char key[sizeof(p->pid) + sizeof(p->clone_time)];
	struct written *thing;

	if (!p || depth > SK_MAX_TRAIL_DEPTH)
		return 0;
	memcpy(key, &p->pid, sizeof(p->pid));
	memcpy(key + sizeof(p->pid), &p->clone_time, sizeof(p->clone_time));
	sk_buf_varint(&body, process_number(w, p->parent, depth + 1));
	sk_buf_varint(&body, container_number(w, p->container));
	sk_members_put(&body, sk_process_members, p);
	for (size_t i = 0; i < SK_COUNT(p->namespaces); i++)
		sk_buf_varint(&body, p->namespaces[i]);
	put_user(&body, p->user);
	put_user(&body, p->login);
	for (size_t i = 0; i < SK_COUNT(p->standard); i++)
		put_file(&body, &p->standard[i]);
	thing = look_up(w, &w->processes, sk_span(key, sizeof(key)));
	put_if_changed(w, thing, 'P', &body);
	return thing->number + 1;
}

static uint32_t type_number(struct sk_trail_writer *w, enum sk_event_type type)
{
	sk_cleanup(sk_buf_release) struct sk_buf frame = { 0 };
	const struct sk_arg_desc *args = sk_event_descs[type].args;
	uint32_t count = 0;

	if (w->types[type])
		return w->types[type] - 1;
	while (args[count].name)
		count++;
	sk_buf_string(&frame, sk_span_str(sk_event_descs[type].name));
	sk_buf_varint(&frame, count);
	for (uint32_t i = 0; i < count; i++)
		sk_buf_string(&frame, sk_span_str(args[i].name));
	put_frame(w, 'T', &frame);
	w->types[type] = ++w->type_count;
	return w->type_count - 1;
}

static void put_arg(struct sk_buf *out, const struct sk_arg *a)
{
	sk_buf_u8(out, (uint8_t)a->type);
	switch (a->type) {
	case SK_ARG_ABSENT:
		break;
	case SK_ARG_TEXT:
	case SK_ARG_PATH:
	case SK_ARG_STRINGS:
	case SK_ARG_BYTES:
		sk_buf_string(out, a->text);
		break;
	case SK_ARG_SOCKET:
		put_socket(out, a->socket);
		break;
	default:
		sk_put_signed(out, a->i);
		break;
	}
}

void sk_trail_write(struct sk_trail_writer *w, const struct sk_event *e)
{
	sk_cleanup(sk_buf_release) struct sk_buf frame = { 0 };
	uint32_t type = type_number(w, e->type), process = process_number(w, e->process, 0);

	sk_buf_varint(&frame, type);
	sk_buf_varint(&frame, process);
	sk_buf_varint(&frame, e->cpu);
	sk_buf_varint(&frame, e->number);
	sk_put_signed(&frame, e->time);
	sk_put_signed(&frame, e->result);
	sk_put_signed(&frame, e->fd);
	sk_buf_u8(&frame, e->file != NULL);
	if (e->file)
		put_file(&frame, e->file);
	sk_buf_u8(&frame, e->arg_count);
	for (uint8_t i = 0; i < e->arg_count; i++)
		put_arg(&frame, &e->args[i]);
	put_frame(w, 'E', &frame);
}
