/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the text form of a trail. */
#include "guard/print.h"
#include "guard/trail-text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static int address(struct sk_line *l, struct sk_span value, struct sk_socket *s, uint8_t ip[16], uint16_t *ret_port)
{
	ptrdiff_t colon = sk_span_rchr(value, ':');
	struct sk_span host = colon < 0 ? value : sk_span_sub(value, 0, (size_t)colon);
	const char *text;
	uint64_t port;

	if (sk_span_starts(host, "[") && sk_span_ends(host, "]"))
		host = sk_span_sub(host, 1, host.len - 2);
	text = sk_arena_dup(l->arena, host);
	if (inet_pton(AF_INET, text, ip) == 1)
		s->family = AF_INET;
	else if (inet_pton(AF_INET6, text, ip) == 1)
		s->family = AF_INET6;
	else
		return sk_err_set(l->err, SK_EINVAL, "\"%s\" is no address", text);
	if (colon < 0 || !sk_span_u64(sk_span_from(value, (size_t)colon + 1), &port) || port > UINT16_MAX)
		return sk_err_set(l->err, SK_EINVAL, "\"%.*s\" has no port", (int)value.len, value.ptr);
	*ret_port = (uint16_t)port;
	return 0;
}

static int read_protocol(struct sk_line *l, struct sk_span value, struct sk_socket *s)
{
	if (sk_span_is(value, "tcp"))
		s->protocol = IPPROTO_TCP;
	else if (sk_span_is(value, "udp"))
		s->protocol = IPPROTO_UDP;
	else if (sk_span_is(value, "icmp"))
		s->protocol = IPPROTO_ICMP;
	else
		return sk_err_set(l->err, SK_EINVAL, "the protocol is tcp, udp or icmp");
	s->type = s->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	return 0;
}

/* The socket's keys: 1 done, 0 not mine, or an error. */
static int socket_key(struct sk_line *l, struct sk_span key, struct sk_span value)
{
	struct sk_socket *s = &l->trail->socket;
	int r = 1;

	if (sk_span_is(key, "from")) {
		s->has_client = true;
		r = address(l, value, s, s->client, &s->client_port);
	} else if (sk_span_is(key, "to")) {
		s->has_server = true;
		r = address(l, value, s, s->server_ip, &s->server_port);
	} else if (sk_span_is(key, "proto")) {
		r = read_protocol(l, value, s);
	} else if (sk_span_is(key, "unix")) {
		s->family = AF_UNIX;
		s->path = value;
	} else if (sk_span_is(key, "host")) {
		s->server_name = value;
	} else if (sk_span_is(key, "server")) {
		s->server = sk_span_is(value, "yes");
	} else if (sk_span_is(key, "connected")) {
		s->connected = sk_span_is(value, "yes");
	} else {
		return 0;
	}
	return r < 0 ? r : 1;
}

/* A number, or names of flags with '|' between. */
static int read_flags(struct sk_line *l, const struct sk_arg_desc *desc, struct sk_span value, uint64_t *ret_value)
{
	struct sk_span rest = value, name;
	int64_t n;

	*ret_value = 0;
	if (value.len && (isdigit((unsigned char)value.ptr[0]) || value.ptr[0] == '-')) {
		if (sk_line_number(l, value, &n) < 0)
			return -l->err->code;
		*ret_value = (uint64_t)n;
		return 0;
	}
	while (sk_span_split(&rest, '|', &name)) {
		const struct sk_flag *f = desc->flags;

		while (f && f->name && !sk_span_is(name, f->name) && !sk_span_is(value, f->name))
			f++;
		if (!f || !f->name)
			return sk_err_set(l->err, SK_EINVAL, "%s: there is no \"%.*s\"", desc->name, (int)name.len, name.ptr);
		*ret_value |= f->bits;
		if (sk_span_is(value, f->name)) /* a name with a '|' in it */
			break;
	}
	return 0;
}

static int read_signal(struct sk_line *l, struct sk_span value, int64_t *ret_number)
{
	for (int i = 1; i < 65; i++) {
		const char *name = sigabbrev_np(i);

		if (name && sk_span_starts(value, "SIG") && sk_span_is(sk_span_from(value, 3), name)) {
			*ret_number = i;
			return 0;
		}
	}
	return sk_line_number(l, value, ret_number);
}

static int read_arg(struct sk_line *l, const struct sk_arg_desc *desc, struct sk_span value, struct sk_arg *ret_arg)
{
	struct sk_arg arg = { .type = desc->type };
	int r = 0;

	switch (desc->type) {
	case SK_ARG_TEXT:
	case SK_ARG_PATH:
	case SK_ARG_BYTES:
		arg.text = value;
		break;
	case SK_ARG_STRINGS:
		sk_line_strings(l, &arg.text, value);
		break;
	case SK_ARG_FLAGS:
	case SK_ARG_ENUM:
		r = read_flags(l, desc, value, &arg.u);
		break;
	case SK_ARG_SIGNAL:
		r = read_signal(l, value, &arg.i);
		break;
	case SK_ARG_SOCKET:
		return sk_err_set(l->err, SK_EINVAL, "%s is written as from= and to=", desc->name);
	default:
		r = sk_line_number(l, value, &arg.i);
		break;
	}
	*ret_arg = arg;
	return r;
}

static int read_result(struct sk_line *l, struct sk_span value, int64_t *ret_result)
{
	for (int i = 1; i < 134; i++)
		if (strerrorname_np(i) && sk_span_is(value, strerrorname_np(i))) {
			*ret_result = -i;
			return 0;
		}
	return sk_line_number(l, value, ret_result);
}

static const struct sk_arg_desc *find_desc(const struct sk_event *e, struct sk_span key)
{
	for (const struct sk_arg_desc *d = sk_event_descs[e->type].args; d->name; d++)
		if (sk_span_is(key, d->name))
			return d;
	return NULL;
}

static int event_key(struct sk_line *l, struct sk_event *e, struct sk_span key, struct sk_span value)
{
	const struct sk_arg_desc *desc = find_desc(e, key);
	struct sk_trail *t = l->trail;
	int64_t n;
	int r = socket_key(l, key, value);

	if (r)
		return r < 0 ? r : 0;
	if (sk_span_is(key, "result"))
		return read_result(l, value, &e->result);
	if (sk_span_is(key, "filetype"))
		return sk_line_file_type(l, value, &t->file.type);
	if (sk_span_is(key, "file")) {
		t->file.name = value;
		return 0;
	}
	if (sk_span_is(key, "fd")) {
		if (sk_line_number(l, value, &n) < 0)
			return -l->err->code;
		e->fd = (int32_t)n;
	}
	if (desc)
		return read_arg(l, desc, value, &t->args[desc - sk_event_descs[e->type].args]);
	if (sk_span_is(key, "fd"))
		return 0;
	return sk_member_set(sk_file_members, &t->file, key, value, l->err);
}

static void default_arg(struct sk_trail *t, struct sk_event *e, const char *name, struct sk_arg arg)
{
	const struct sk_arg_desc *desc = find_desc(e, sk_span_str(name));
	struct sk_arg *at = desc ? &t->args[desc - sk_event_descs[e->type].args] : NULL;

	if (!at || at->type != SK_ARG_ABSENT)
		return;
	*at = arg;
	at->type = desc->type;
}

#define NUMBER_ARG(n) ((struct sk_arg){ .i = (n) })
#define TEXT_ARG(s) ((struct sk_arg){ .text = (s) })

/* The first argument is the result. */
static void fill_result(struct sk_trail *t, struct sk_event *e)
{
	const struct sk_arg_desc *first = &sk_event_descs[e->type].args[0];

	if (first->type == SK_ARG_FD && e->result >= 0 && e->result != e->fd) {
		if (e->fd < 0)
			e->fd = t->args[0].type == SK_ARG_FD ? (int32_t)t->args[0].i : 3;
		e->result = e->fd;
	}
	t->args[0] = (struct sk_arg){ .type = first->type, .i = e->result };
}

static void fill_args(struct sk_trail *t, struct sk_event *e)
{
	const struct sk_process *p = e->process;
	struct sk_arg socket = { .socket = &t->socket };

	if (e->type == SK_EVENT_EXECVE || e->type == SK_EVENT_EXECVEAT) {
		default_arg(t, e, "exe", TEXT_ARG(p->exe));
		default_arg(t, e, "args", TEXT_ARG(p->args));
		default_arg(t, e, "comm", TEXT_ARG(p->name));
		default_arg(t, e, "cwd", TEXT_ARG(p->cwd));
		default_arg(t, e, "env", TEXT_ARG(p->env));
		default_arg(t, e, "pid", NUMBER_ARG(p->pid));
		default_arg(t, e, "filename", TEXT_ARG(p->exepath));
		default_arg(t, e, "trusted_exepath", TEXT_ARG(p->exepath));
	}
	if (t->socket.family) {
		default_arg(t, e, "tuple", socket);
		default_arg(t, e, "addr", socket);
	}
	default_arg(t, e, "dirfd", NUMBER_ARG(AT_FDCWD));
	if (e->fd >= 0)
		default_arg(t, e, "fd", NUMBER_ARG(e->fd));
	e->args = t->args;
	while (sk_event_descs[e->type].args[e->arg_count].name)
		e->arg_count++;
}

static enum sk_file_type type_of_socket(const struct sk_socket *s)
{
	return s->family == AF_INET ? SK_FILE_IPV4 : s->family == AF_INET6 ? SK_FILE_IPV6 : SK_FILE_UNIX;
}

static void fill_file(struct sk_line *l, struct sk_event *e)
{
	struct sk_trail *t = l->trail;
	struct sk_arg name = sk_event_arg(e, SK_SPAN_LIT("name"));
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_arg_desc desc = { "name", SK_ARG_PATH, NULL };

	if (!sk_event_descs[e->type].uses_file || (e->result < 0 && e->result != -EINPROGRESS))
		return;
	if (t->socket.family) {
		if (e->type == SK_EVENT_CONNECT || e->type == SK_EVENT_ACCEPT || e->type == SK_EVENT_ACCEPT4)
			t->socket.connected = t->socket.name_changed = true;
		t->socket.server |= e->type == SK_EVENT_ACCEPT || e->type == SK_EVENT_ACCEPT4 || e->type == SK_EVENT_LISTEN;
		t->file.socket = &t->socket;
		t->file.type = type_of_socket(&t->socket);
		t->file.name = t->socket.path;
	} else if (!t->file.name.len && name.type == SK_ARG_PATH) {
		sk_print_arg(&text, e, &desc, &name, false);
		t->file.name = sk_span(sk_arena_dup(l->arena, sk_buf_view(&text)), text.len);
	}
	if (!t->file.raw_name.len && name.type == SK_ARG_PATH)
		t->file.raw_name = name.text;
	if (t->file.type == SK_FILE_UNKNOWN && t->file.name.len)
		t->file.type = SK_FILE_REGULAR;
	if (t->file.type != SK_FILE_UNKNOWN)
		e->file = &t->file;
}

int sk_line_event(struct sk_line *l, struct sk_span type, struct sk_event *ret_event)
{
	struct sk_trail *t = l->trail;
	struct sk_event e = { .type = sk_event_type_named(type), .fd = -1 };
	struct sk_trail_process *p = NULL;
	struct sk_span key, value, who;
	int r;

	if (e.type == SK_EVENT_COUNT)
		return sk_err_set(l->err, SK_EINVAL, "\"%.*s\" is neither a type of event nor container, process, wait",
				  (int)type.len, type.ptr);
	r = sk_line_word(l, &who);
	if (r > 0 && sk_span_starts(who, "@"))
		p = sk_map_get(&t->processes, sk_span_from(who, 1));
	if (!p)
		return r < 0 ? r : sk_err_set(l->err, SK_EINVAL, "an event needs its process: @PID");
	e.process = &p->process;
	memset(t->args, 0, sizeof(t->args));
	t->file = (struct sk_file){ .upper = -1 };
	t->socket = (struct sk_socket){ 0 };
	while ((r = sk_line_pair(l, &key, &value)) > 0)
		if (event_key(l, &e, key, value) < 0)
			return -l->err->code;
	if (r < 0)
		return r;
	e.number = ++t->number;
	e.time = t->clock += 1000000;
	fill_result(t, &e);
	fill_args(t, &e);
	fill_file(l, &e);
	*ret_event = e;
	return 1;
}
