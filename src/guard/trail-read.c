/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form of a trail. */
#include "guard/trail-internal.h"

static void get_socket(struct sk_reader *r, struct sk_socket *socket, const struct sk_socket **ret_socket)
{
	struct sk_span ip;

	*ret_socket = NULL;
	if (!sk_read_u8(r))
		return;
	sk_members_get(r, sk_socket_members, socket);
	ip = sk_read_bytes(r, sizeof(socket->client));
	if (ip.len)
		memcpy(socket->client, ip.ptr, ip.len);
	ip = sk_read_bytes(r, sizeof(socket->server_ip));
	if (ip.len)
		memcpy(socket->server_ip, ip.ptr, ip.len);
	*ret_socket = socket;
}

static void get_file(struct sk_reader *r, struct sk_file *file, struct sk_socket *socket)
{
	sk_members_get(r, sk_file_members, file);
	get_socket(r, socket, &file->socket);
}

static const struct sk_user *get_user(struct sk_reader *r, struct sk_user *user)
{
	if (!sk_read_u8(r))
		return NULL;
	sk_members_get(r, sk_user_members, user);
	return user;
}

/* ---- definitions ---- */

/* A list of structs whose count the record says; each takes bytes of the frame, so the frame bounds it. */
static void *get_list(struct sk_trail *t, struct sk_reader *r, const struct sk_member *members, size_t size,
		      uint32_t *ret_count)
{
	uint64_t count = sk_read_varint(r);
	char *list;

	if (count > SK_MAX_CONTAINER_LABELS || count > sk_reader_left(r)) {
		r->failed = true;
		*ret_count = 0;
		return NULL;
	}
	list = sk_arena_alloc(&t->arena, (size_t)count * size + 1);
	for (uint64_t i = 0; i < count; i++)
		sk_members_get(r, members, list + i * size);
	*ret_count = (uint32_t)count;
	return list;
}

static int read_container(struct sk_trail *t, struct sk_reader *r, struct sk_err *err)
{
	uint64_t number = sk_read_varint(r);
	struct sk_container *c;

	if (number > t->container_list.len)
		return sk_err_set(err, SK_EINVAL, "a container is numbered out of order");
	c = sk_trail_object(t, sizeof(*c), err); /* also anew: lists of another length */
	if (!c)
		return -err->code;
	sk_members_get(r, sk_container_members, c);
	c->labels = get_list(t, r, sk_label_members, sizeof(*c->labels), &c->label_count);
	c->pod_labels = get_list(t, r, sk_label_members, sizeof(*c->pod_labels), &c->pod_label_count);
	c->mounts = get_list(t, r, sk_mount_members, sizeof(*c->mounts), &c->mount_count);
	if (number == t->container_list.len)
		*sk_vec_push(&t->container_list) = c;
	else
		*t->container_list.data[number] = *c; /* processes point to the first one */
	return 0;
}

/* Would `parent` make the process its own ancestor? */
static bool makes_loop(const struct sk_process *parent, const struct sk_process *process)
{
	for (unsigned depth = 0; parent; parent = parent->parent)
		if (parent == process || ++depth > SK_MAX_TRAIL_DEPTH)
			return true;
	return false;
}

static int read_process(struct sk_trail *t, struct sk_reader *r, struct sk_err *err)
{
	uint64_t number = sk_read_varint(r), parent = sk_read_varint(r), container = sk_read_varint(r);
	struct sk_trail_process *p;

	if (number > t->process_list.len || parent > t->process_list.len || container > t->container_list.len)
		return sk_err_set(err, SK_EINVAL, "a process is numbered out of order");
	if (number == t->process_list.len) {
		p = sk_trail_object(t, sizeof(*p), err);
		if (!p)
			return -err->code;
		*sk_vec_push(&t->process_list) = p;
	}
	p = t->process_list.data[number];
	p->process.parent = NULL;
	if (parent && makes_loop(&t->process_list.data[parent - 1]->process, &p->process))
		return sk_err_set(err, SK_EINVAL, "a process is its own ancestor, or has too many");
	sk_members_get(r, sk_process_members, &p->process);
	for (size_t i = 0; i < SK_COUNT(p->process.namespaces); i++)
		p->process.namespaces[i] = sk_read_varint(r);
	p->process.user = get_user(r, &p->user);
	p->process.login = get_user(r, &p->login);
	for (size_t i = 0; i < SK_COUNT(p->process.standard); i++)
		get_file(r, &p->process.standard[i], &p->sockets[i]);
	p->process.parent = parent ? &t->process_list.data[parent - 1]->process : NULL;
	p->process.container = container ? t->container_list.data[container - 1] : NULL;
	return 0;
}

static uint8_t place_of(const struct sk_trail_type *type, struct sk_span name)
{
	const struct sk_arg_desc *args = type->type == SK_EVENT_COUNT ? NULL : sk_event_descs[type->type].args;

	for (uint8_t i = 0; args && args[i].name; i++)
		if (sk_span_is(name, args[i].name))
			return i;
	return UINT8_MAX;
}

static int read_type(struct sk_trail *t, struct sk_reader *r, struct sk_err *err)
{
	struct sk_trail_type type = { .type = sk_event_type_named(sk_read_string(r)) };
	uint64_t count = sk_read_varint(r);

	if (count > SK_MAX_EVENT_ARGS || t->types.len >= UINT16_MAX)
		return sk_err_set(err, SK_ELIMIT, "too many arguments or types of events");
	type.count = (uint8_t)count;
	for (uint64_t i = 0; i < count; i++)
		type.places[i] = place_of(&type, sk_read_string(r));
	*sk_vec_push(&t->types) = type;
	return 0;
}

/* ---- events ---- */

static void get_arg(struct sk_trail *t, struct sk_reader *r, struct sk_arg *arg)
{
	arg->type = (enum sk_arg_type)sk_read_u8(r);
	switch (arg->type) {
	case SK_ARG_ABSENT:
		break;
	case SK_ARG_TEXT:
	case SK_ARG_PATH:
	case SK_ARG_STRINGS:
	case SK_ARG_BYTES:
		arg->text = sk_read_string(r);
		break;
	case SK_ARG_SOCKET:
		get_socket(r, &t->arg_socket, &arg->socket);
		break;
	default:
		if (arg->type > SK_ARG_SOCKET)
			r->failed = true;
		arg->i = sk_get_signed(r);
		break;
	}
}

static bool is_text(enum sk_arg_type type)
{
	return type == SK_ARG_TEXT || type == SK_ARG_PATH || type == SK_ARG_STRINGS || type == SK_ARG_BYTES;
}

/* A number where a text belongs (of another version, or by malice) is no value. */
static bool same_kind(enum sk_arg_type a, enum sk_arg_type b)
{
	return is_text(a) == is_text(b) && (a == SK_ARG_SOCKET) == (b == SK_ARG_SOCKET);
}

static void get_args(struct sk_trail *t, struct sk_reader *r, const struct sk_trail_type *type, struct sk_event *e)
{
	const struct sk_arg_desc *here = sk_event_descs[e->type].args;
	uint8_t count = sk_read_u8(r);

	if (count > type->count)
		r->failed = true;
	memset(t->args, 0, sizeof(t->args));
	for (uint8_t i = 0; i < count && !r->failed; i++) {
		uint8_t place = type->places[i];
		struct sk_arg arg = { 0 };

		get_arg(t, r, &arg);
		if (place == UINT8_MAX || arg.type == SK_ARG_ABSENT || !same_kind(arg.type, here[place].type))
			continue;
		arg.type = here[place].type;
		t->args[place] = arg;
		if (place >= e->arg_count)
			e->arg_count = (uint8_t)(place + 1);
	}
	e->args = t->args;
}

/* 1: an event; 0: one of a type that is not known here. */
static int read_event(struct sk_trail *t, struct sk_reader *r, struct sk_event *ret_event, struct sk_err *err)
{
	uint64_t number = sk_read_varint(r), process = sk_read_varint(r);
	const struct sk_trail_type *type;
	struct sk_event e = { 0 };

	if (number >= t->types.len || process == 0 || process > t->process_list.len)
		return sk_err_set(err, SK_EINVAL, "an event names a type or process that is not defined");
	type = &t->types.data[number];
	if (type->type == SK_EVENT_COUNT) {
		t->unknown++;
		return 0;
	}
	e.type = type->type;
	e.process = &t->process_list.data[process - 1]->process;
	e.cpu = (uint16_t)sk_read_varint(r);
	e.number = sk_read_varint(r);
	e.time = sk_get_signed(r);
	e.result = sk_get_signed(r);
	e.fd = (int32_t)sk_get_signed(r);
	if (sk_read_u8(r)) {
		get_file(r, &t->file, &t->socket);
		e.file = &t->file;
	}
	get_args(t, r, type, &e);
	*ret_event = e;
	return 1;
}

static int read_frame(struct sk_trail *t, char kind, struct sk_reader *r, struct sk_event *ret_event,
		      struct sk_err *err)
{
	int result;

	switch (kind) {
	case 'T':
		result = read_type(t, r, err);
		break;
	case 'C':
		result = read_container(t, r, err);
		break;
	case 'P':
		result = read_process(t, r, err);
		break;
	case 'E':
		result = read_event(t, r, ret_event, err);
		if (result == 0)
			return 0;
		break;
	default:
		return sk_err_set(err, SK_EINVAL, "a frame of no known kind");
	}
	if (result >= 0 && (r->failed || sk_reader_more(r)))
		return sk_err_set(err, SK_EINVAL, "a frame is shorter or longer than what it holds");
	return result;
}

int sk_trail_next_binary(struct sk_trail *t, struct sk_event *ret_event, struct sk_err *err)
{
	int r = 0;

	while (r == 0 && sk_reader_more(&t->reader)) {
		size_t at = t->reader.off;
		char kind = (char)sk_read_u8(&t->reader);
		struct sk_reader frame = sk_reader(sk_read_string(&t->reader));

		if (t->reader.failed)
			return sk_err_set(err, SK_EINVAL, "byte %zu: the record ends in the middle of a frame", at);
		r = read_frame(t, kind, &frame, ret_event, err);
		if (r < 0)
			return sk_err_wrap(err, "byte %zu", at);
	}
	return r;
}
