/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/sensor-decode.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/reader.h"
#include "bpf/event.h"
#include "guard/sensor-calls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

/* Texts of one event: all parts of a record, paths put together, and paths joined to their folders. */
enum { TEXT_BYTES = 1 << 16, MAX_PARTS = 24, TCP_LISTEN = 10 };

struct sk_decoder {
	struct sk_process_table *processes;
	struct sk_container_table *containers;
	int64_t clock;
	uint64_t number;
	struct sk_event event;
	struct sk_arg args[SK_MAX_EVENT_ARGS];
	struct sk_file file;
	struct sk_socket socket;
	size_t used;
	char text[TEXT_BYTES];
};

/* A part as it lies in the record. */
struct part {
	struct sk_wire_part head;
	struct sk_span body;
};

struct record {
	struct sk_wire_record head;
	struct part parts[MAX_PARTS];
	size_t part_count;
};

struct sk_decoder *sk_decoder_new(struct sk_process_table *processes, struct sk_container_table *containers)
{
	struct sk_decoder *d = sk_alloc(sizeof(*d));

	d->processes = processes;
	d->containers = containers;
	return d;
}

void sk_decoder_free(struct sk_decoder *decoder)
{
	free(decoder);
}

void sk_decoder_set_clock(struct sk_decoder *decoder, int64_t offset)
{
	decoder->clock = offset;
}

static struct sk_span keep(struct sk_decoder *d, struct sk_span s)
{
	char *to = d->text + d->used;

	if (s.len > TEXT_BYTES - d->used)
		return sk_span(NULL, 0);
	if (s.len)
		memcpy(to, s.ptr, s.len);
	d->used += s.len;
	return sk_span(to, s.len);
}

/* "c\0b\0a\0" becomes "/a/b/c"; without the first '/' where it is not known what is above. */
static struct sk_span path_of(struct sk_decoder *d, const struct part *part, struct sk_span components)
{
	char *to = d->text + d->used;
	size_t len = 0;
	bool whole = !part->head.cut && !part->head.detached;

	if (components.len + 1 > TEXT_BYTES - d->used)
		return sk_span(NULL, 0);
	while (components.len) {
		struct sk_span rest = sk_span_sub(components, 0, components.len - 1);
		ptrdiff_t at = sk_span_rchr(rest, '\0');
		struct sk_span name = sk_span_from(rest, (size_t)(at + 1));

		if (len || whole)
			to[len++] = '/';
		if (name.len)
			memcpy(to + len, name.ptr, name.len);
		len += name.len;
		components = sk_span_sub(components, 0, (size_t)(at + 1));
	}
	if (!len && whole)
		to[len++] = '/';
	d->used += len;
	return sk_span(to, len);
}

static bool parse(struct sk_span bytes, struct record *ret)
{
	struct sk_reader r = sk_reader(bytes);
	struct sk_span head = sk_read_bytes(&r, sizeof(ret->head));

	if (r.failed)
		return false;
	memcpy(&ret->head, head.ptr, sizeof(ret->head));
	if (ret->head.size != bytes.len)
		return false;
	while (sk_reader_more(&r) && ret->part_count < MAX_PARTS) {
		struct part *p = &ret->parts[ret->part_count++];

		head = sk_read_bytes(&r, sizeof(p->head));
		if (r.failed)
			return false;
		memcpy(&p->head, head.ptr, sizeof(p->head));
		p->body = sk_read_bytes(&r, p->head.length);
	}
	return !r.failed;
}

static const struct part *part_of(const struct record *r, enum sk_wire_part_kind kind, int index)
{
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].head.kind == kind && (index < 0 || r->parts[i].head.index == index))
			return &r->parts[i];
	return NULL;
}

/* ---- files and sockets ---- */

enum { PIPEFS_MAGIC = 0x50495045, ANON_INODE_FS_MAGIC = 0x09041934 };

static enum sk_file_type anonymous_type(struct sk_span name)
{
	static const struct {
		const char *name;
		enum sk_file_type type;
	} types[] = {
		{ "[eventfd]", SK_FILE_EVENT },	  { "[eventpoll]", SK_FILE_EPOLL },	{ "inotify", SK_FILE_INOTIFY },
		{ "[signalfd]", SK_FILE_SIGNALFD }, { "[timerfd]", SK_FILE_TIMERFD },	{ "bpf-", SK_FILE_BPF },
		{ "[userfaultfd]", SK_FILE_USERFAULTFD }, { "[io_uring]", SK_FILE_IO_URING }, { "[pidfd]", SK_FILE_PIDFD },
	};

	for (size_t i = 0; i < SK_COUNT(types); i++)
		if (sk_span_starts(name, types[i].name))
			return types[i].type;
	return SK_FILE_UNKNOWN;
}

static enum sk_file_type file_type(const struct sk_wire_file *file, const struct part *part, struct sk_span name)
{
	if (part->head.detached && sk_span_starts(name, "memfd:"))
		return SK_FILE_MEMFD;
	if (file->magic == PIPEFS_MAGIC || S_ISFIFO(file->mode))
		return SK_FILE_PIPE;
	if (file->magic == ANON_INODE_FS_MAGIC)
		return anonymous_type(name);
	return S_ISDIR(file->mode) ? SK_FILE_DIRECTORY : SK_FILE_REGULAR;
}

static bool read_file(struct sk_decoder *d, const struct part *part, struct sk_wire_file *ret_wire)
{
	struct sk_file *f = &d->file;

	if (part->body.len < sizeof(*ret_wire))
		return false;
	memcpy(ret_wire, part->body.ptr, sizeof(*ret_wire));
	*f = (struct sk_file){
		.name = path_of(d, part, sk_span_from(part->body, sizeof(*ret_wire))),
		.dev_major = ret_wire->device >> 20, .dev_minor = ret_wire->device & 0xfffff,
		.inode = ret_wire->inode, .open_flags = ret_wire->flags, .upper = ret_wire->upper, .cut = part->head.cut,
	};
	f->type = file_type(ret_wire, part, f->name);
	return true;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static bool is_mapped(const uint8_t *address)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

/* Where a call names the other end itself: it counts only where the kernel has none (RFC 3493 forms). */
static void address_of(const struct part *part, struct sk_wire_socket *w, uint16_t *port, uint8_t *ip, struct sk_span *path)
{
	uint16_t family;
	struct sk_span body = part->body;

	if (body.len < sizeof(family))
		return;
	memcpy(&family, body.ptr, sizeof(family));
	if (family == AF_INET && body.len >= sizeof(struct sockaddr_in)) {
		memcpy(port, body.ptr + offsetof(struct sockaddr_in, sin_port), 2);
		if (w->family == AF_INET6) {
			ip[10] = ip[11] = 0xff;
			ip += 12;
		}
		memcpy(ip, body.ptr + offsetof(struct sockaddr_in, sin_addr), 4);
	} else if (family == AF_INET6 && body.len >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		memcpy(port, body.ptr + offsetof(struct sockaddr_in6, sin6_port), 2);
		memcpy(ip, body.ptr + offsetof(struct sockaddr_in6, sin6_addr), 16);
	} else if (family == AF_UNIX) {
		*path = sk_span_from(body, sizeof(family));
		return;
	}
	*port = ntohs(*port);
}

/* IPv4 in an IPv6 socket is IPv4, as Falco has it. */
static void put_ends(struct sk_socket *s, const struct sk_wire_socket *w, bool server)
{
	const uint8_t *client = server ? w->remote : w->local, *own = server ? w->local : w->remote;
	size_t skip = 0, size = w->family == AF_INET ? 4 : 16;

	if (w->family == AF_INET6 && (is_mapped(w->local) || is_mapped(w->remote))) {
		s->family = AF_INET;
		skip = 12;
		size = 4;
	}
	memcpy(s->client, client + skip, size);
	memcpy(s->server_ip, own + skip, size);
	s->client_port = server ? w->remote_port : w->local_port;
	s->server_port = server ? w->local_port : w->remote_port;
	s->has_client = s->client_port || !is_zero(s->client, size);
	s->has_server = s->server_port || !is_zero(s->server_ip, size);
	s->connected = w->remote_port != 0;
}

static bool is_server(enum sk_event_type type, const struct sk_wire_socket *w)
{
	return type == SK_EVENT_ACCEPT || type == SK_EVENT_ACCEPT4 || type == SK_EVENT_LISTEN || type == SK_EVENT_BIND ||
	       w->state == TCP_LISTEN;
}

static enum sk_file_type socket_type(uint16_t family)
{
	switch (family) {
	case AF_INET: return SK_FILE_IPV4;
	case AF_INET6: return SK_FILE_IPV6;
	case AF_UNIX: return SK_FILE_UNIX;
	case AF_NETLINK: return SK_FILE_NETLINK;
	case AF_PACKET: return SK_FILE_PACKET;
	default: return SK_FILE_SOCKET;
	}
}

/* A name of AF_UNIX ends at its NUL; an abstract one begins with it. */
static struct sk_span local_path(struct sk_decoder *d, struct sk_span path)
{
	ptrdiff_t end;

	if (path.len && path.ptr[0] == '\0') {
		struct sk_span name = keep(d, path);

		if (name.len)
			*(char *)name.ptr = '@';
		return name;
	}
	end = sk_span_chr(path, '\0');
	return keep(d, end < 0 ? path : sk_span_sub(path, 0, (size_t)end));
}

static bool read_socket(struct sk_decoder *d, const struct record *r, const struct part *part, enum sk_event_type type)
{
	const struct part *address = part_of(r, SK_PART_ADDRESS, -1);
	struct sk_wire_socket w;
	struct sk_socket *s = &d->socket;
	struct sk_span path;
	bool server;

	if (part->body.len < sizeof(w))
		return false;
	memcpy(&w, part->body.ptr, sizeof(w));
	path = sk_span_from(part->body, sizeof(w));
	server = is_server(type, &w);
	if (address && server && !w.local_port)
		address_of(address, &w, &w.local_port, w.local, &path);
	else if (address && !server && !w.remote_port)
		address_of(address, &w, &w.remote_port, w.remote, &path);
	*s = (struct sk_socket){ .family = w.family, .protocol = (uint8_t)w.protocol, .type = (uint8_t)w.type,
				 .server = server };
	if (w.family == AF_INET || w.family == AF_INET6)
		put_ends(s, &w, server);
	if (w.family == AF_UNIX)
		s->path = local_path(d, path);
	d->file = (struct sk_file){ .type = socket_type(s->family), .name = s->path, .upper = -1, .socket = s };
	return true;
}

static const struct sk_file *file_of(struct sk_decoder *d, const struct record *r, enum sk_event_type type, int index)
{
	const struct part *part = part_of(r, SK_PART_FILE, index);
	struct sk_wire_file wire;

	if (part)
		return read_file(d, part, &wire) ? &d->file : NULL;
	part = part_of(r, SK_PART_SOCKET, index);
	return part && read_socket(d, r, part, type) ? &d->file : NULL;
}

/* ---- processes ---- */

static uint32_t tty_device(uint32_t tty)
{
	return tty ? (uint32_t)makedev(tty >> 20, tty & 0xfffff) : 0;
}

/* What the kernel says with each event wins over what is remembered. */
static void put_task(struct sk_decoder *d, struct sk_process *p, const struct sk_wire_task *t)
{
	p->tid = t->tid;
	p->vtid = t->vtid;
	p->vpid = t->vpid;
	p->pgid = t->pgid;
	p->sid = t->sid;
	p->vpgid = t->vpgid;
	p->vsid = t->vsid;
	p->uid = t->uid;
	p->gid = t->gid;
	p->loginuid = t->loginuid;
	p->tty = tty_device(t->tty);
	p->cap_inheritable = t->inheritable;
	p->cap_permitted = t->permitted;
	p->cap_effective = t->effective;
	p->clone_time = (int64_t)t->start + d->clock;
	if (!p->start)
		p->start = p->clone_time;
	p->pidns_start = (int64_t)t->pidns_start + d->clock;
	p->cgroup = t->cgroup;
	for (size_t i = 0; i < SK_COUNT(t->namespaces); i++)
		p->namespaces[i] = t->namespaces[i];
	sk_process_table_set(p, SK_PROCESS_NAME, sk_span(t->name, strnlen(t->name, sizeof(t->name))));
}

static void put_container(struct sk_decoder *d, const struct record *r, struct sk_process *p)
{
	const struct part *part = part_of(r, SK_PART_CGROUP, -1);
	struct sk_span path = part ? path_of(d, part, part->body) : sk_span(NULL, 0);

	p->container = sk_container_table_find(d->containers, p, path);
}

/* The process of a record; one that was not known is looked up, and else made of what the record says. */
static struct sk_process *process_of(struct sk_decoder *d, const struct record *r)
{
	const struct sk_wire_task *t = &r->head.task;
	struct sk_process *p = sk_process_table_get(d->processes, t->pid);

	if (!p && sk_process_table_look(d->processes, t->pid))
		p = sk_process_table_get(d->processes, t->pid);
	if (!p)
		p = sk_process_table_add(d->processes, t->pid, t->ppid);
	put_task(d, p, t);
	put_container(d, r, p);
	return p;
}

static enum sk_exe_place place_of(const struct sk_file *file)
{
	if (file->type == SK_FILE_MEMFD)
		return SK_EXE_MEMFD;
	return file->upper < 0 ? SK_EXE_PLAIN : file->upper ? SK_EXE_UPPER : SK_EXE_LOWER;
}

static void put_program(struct sk_decoder *d, const struct record *r, struct sk_process *p)
{
	const struct part *file = part_of(r, SK_PART_FILE, -1), *args = part_of(r, SK_PART_ARGS, -1);
	const struct part *cwd = part_of(r, SK_PART_CWD, -1), *env = part_of(r, SK_PART_ENV, -1);
	struct sk_wire_file wire;

	p->start = (int64_t)r->head.time + d->clock;
	if (file && read_file(d, file, &wire)) {
		sk_process_table_set(p, SK_PROCESS_EXEPATH, d->file.name);
		p->exe_inode = wire.inode;
		p->exe_ctime = wire.ctime;
		p->exe_mtime = wire.mtime;
		p->exe_writable = wire.writable;
		p->exe_place = place_of(&d->file);
	}
	sk_process_table_set_args(p, args ? args->body : sk_span(NULL, 0));
	sk_process_table_set(p, SK_PROCESS_ENV, env ? env->body : sk_span(NULL, 0));
	if (cwd)
		sk_process_table_set(p, SK_PROCESS_CWD, path_of(d, cwd, cwd->body));
}

/* ---- events ---- */

static void add(struct sk_decoder *d, struct sk_arg arg)
{
	d->args[d->event.arg_count++] = arg;
}

static void add_int(struct sk_decoder *d, int64_t value)
{
	add(d, (struct sk_arg){ .i = value });
}

static void add_uint(struct sk_decoder *d, uint64_t value)
{
	add(d, (struct sk_arg){ .u = value });
}

static void add_text(struct sk_decoder *d, struct sk_span text)
{
	add(d, (struct sk_arg){ .text = text });
}

static void decode_exec(struct sk_decoder *d, const struct record *r, struct sk_process *p)
{
	const struct part *name = part_of(r, SK_PART_FILENAME, -1);

	put_program(d, r, p);
	add_int(d, 0);
	add_text(d, p->exe);
	add_text(d, p->args);
	add_int(d, p->tid);
	add_int(d, p->pid);
	add_int(d, p->ppid);
	add_text(d, p->cwd);
	add_text(d, p->name);
	add_text(d, p->env);
	add_uint(d, p->tty);
	add_int(d, p->vpgid);
	add_uint(d, p->loginuid);
	add_uint(d, p->exe_inode);
	add_uint(d, p->uid);
	add_uint(d, p->gid);
	add_text(d, p->exepath);
	add_text(d, name ? keep(d, name->body) : sk_span(NULL, 0));
}

/* The header is the child's, and so is the event: its parent is at hand. */
static struct sk_process *decode_fork(struct sk_decoder *d, const struct record *r)
{
	const struct sk_wire_task *t = &r->head.task;
	struct sk_process *p;

	if (!sk_process_table_get(d->processes, t->ppid))
		sk_process_table_look(d->processes, t->ppid);
	p = sk_process_table_add(d->processes, t->pid, t->ppid);
	p->start = (int64_t)t->start + d->clock;
	put_task(d, p, t);
	put_container(d, r, p);
	d->event.result = 0;
	add_int(d, 0);
	add_text(d, p->exe);
	add_text(d, p->args);
	add_int(d, p->tid);
	add_int(d, p->pid);
	add_int(d, p->ppid);
	add_text(d, p->cwd);
	add_text(d, p->name);
	add_uint(d, r->head.args[0]);
	add_uint(d, p->uid);
	add_uint(d, p->gid);
	add_int(d, p->vtid);
	add_int(d, p->vpid);
	return p;
}

static void decode_exit(struct sk_decoder *d, const struct record *r, struct sk_process *p)
{
	int status = (int)r->head.result;

	add_int(d, status);
	add_int(d, status >> 8 & 0xff);
	add_int(d, status & 0x7f);
	sk_process_table_end(d->processes, p);
}

/* A path that the process gave, made absolute by the folder that it began at. */
static struct sk_span joined(struct sk_decoder *d, const struct part *folder, struct sk_span text)
{
	struct sk_span base = path_of(d, folder, folder->body), whole;
	char *to = d->text + d->used;

	if (!base.len || base.len + text.len + 1 > TEXT_BYTES - d->used)
		return text;
	memcpy(to, base.ptr, base.len);
	whole = sk_span(to, base.len);
	if (text.len) {
		if (base.ptr[base.len - 1] != '/')
			to[whole.len++] = '/';
		memcpy(to + whole.len, text.ptr, text.len);
		whole.len += text.len;
	}
	d->used += whole.len;
	return whole;
}

static struct sk_arg string_arg(struct sk_decoder *d, const struct record *r, int index)
{
	const struct part *text = part_of(r, SK_PART_STRING, index), *folder = part_of(r, SK_PART_FOLDER, index);

	if (!text)
		return (struct sk_arg){ .type = SK_ARG_ABSENT };
	return (struct sk_arg){ .type = SK_ARG_TEXT,
				.text = folder ? joined(d, folder, keep(d, text->body)) : keep(d, text->body) };
}

static bool is_narrow(enum sk_arg_type type)
{
	return type == SK_ARG_FD || type == SK_ARG_PID || type == SK_ARG_INT || type == SK_ARG_SIGNAL;
}

/* A register as the event has it: the kernel takes 32 bits of most. */
static struct sk_arg register_arg(enum sk_arg_type type, uint64_t value)
{
	if (is_narrow(type))
		return (struct sk_arg){ .i = (int32_t)value };
	if (type == SK_ARG_UID || type == SK_ARG_GID)
		return (struct sk_arg){ .u = (uint32_t)value };
	return (struct sk_arg){ .u = value };
}

static struct sk_arg bytes_arg(struct sk_decoder *d, const struct record *r, int index)
{
	const struct part *bytes = part_of(r, SK_PART_BYTES, index);

	return (struct sk_arg){ .text = bytes ? keep(d, bytes->body) : sk_span(NULL, 0) };
}

/* What a letter of a call's description (sensor-calls.h) stands for. */
static struct sk_arg call_arg(struct sk_decoder *d, const struct record *r, const struct sk_event *e,
			      enum sk_arg_type type, char letter)
{
	const struct sk_file *f = e->file;

	if (letter >= '0' && letter <= '5')
		return register_arg(type, r->head.args[letter - '0']);
	if (letter >= 'a' && letter <= 'f')
		return string_arg(d, r, letter - 'a');
	if (letter >= 'A' && letter <= 'F')
		return bytes_arg(d, r, letter - 'A');
	switch (letter) {
	case 'r': return (struct sk_arg){ .i = r->head.result };
	case 's': return (struct sk_arg){ .socket = f ? f->socket : NULL };
	case 'o': return (struct sk_arg){ .u = f ? f->open_flags : 0 };
	case 'i': return (struct sk_arg){ .u = f ? makedev(f->dev_major, f->dev_minor) : 0 };
	case 'n': return (struct sk_arg){ .u = f ? f->inode : 0 };
	case 'x': return (struct sk_arg){ .u = r->head.task.inheritable };
	case 'y': return (struct sk_arg){ .u = r->head.task.permitted };
	case 'z': return (struct sk_arg){ .u = r->head.task.effective };
	default: return (struct sk_arg){ .type = SK_ARG_ABSENT };
	}
}

static bool is_told(char letter, const struct record *r, const struct sk_event *e)
{
	if (letter == '-')
		return false;
	if (letter >= 'a' && letter <= 'f')
		return part_of(r, SK_PART_STRING, letter - 'a');
	if (letter >= 'A' && letter <= 'F')
		return part_of(r, SK_PART_BYTES, letter - 'A');
	if (letter == 's')
		return e->file && e->file->socket;
	return true;
}

static int descriptor_of(const struct record *r, const struct sk_sensor_call *call)
{
	if (call->file == SK_WIRE_RESULT)
		return r->head.result >= 0 ? (int)r->head.result : -1;
	return call->file < 6 ? (int)r->head.args[call->file] : -1;
}

static int decode_call(struct sk_decoder *d, const struct record *r, struct sk_process *p, struct sk_err *err)
{
	struct sk_event *e = &d->event;
	const struct sk_sensor_call *call = sk_sensor_call_of((enum sk_event_type)r->head.event, r->head.call);
	const struct sk_arg_desc *desc;
	const struct part *cwd;

	if (!call)
		return sk_err_set(err, SK_EINVAL, "system call %u is not known as an event", r->head.call);
	e->type = call->type;
	e->fd = descriptor_of(r, call);
	e->file = call->file == SK_WIRE_NONE ? NULL : file_of(d, r, e->type, call->file);
	desc = sk_event_descs[e->type].args;
	for (size_t i = 0; call->args[i] && desc[i].name; i++) {
		struct sk_arg arg = call_arg(d, r, e, desc[i].type, call->args[i]);

		arg.type = is_told(call->args[i], r, e) ? desc[i].type : SK_ARG_ABSENT;
		add(d, arg);
		if (e->file && !e->file->socket && arg.type == SK_ARG_PATH)
			d->file.raw_name = arg.text;
	}
	cwd = part_of(r, SK_PART_CWD, -1);
	if (cwd)
		sk_process_table_set(p, SK_PROCESS_CWD, path_of(d, cwd, cwd->body));
	return 0;
}

static enum sk_event_type type_of(const struct sk_wire_record *head)
{
	switch (head->kind) {
	case SK_WIRE_EXEC: return head->call == SYS_execveat ? SK_EVENT_EXECVEAT : SK_EVENT_EXECVE;
	case SK_WIRE_EXIT: return SK_EVENT_PROCEXIT;
	case SK_WIRE_FORK:
#ifdef SYS_fork
		if (head->call == SYS_fork || head->call == SYS_vfork)
			return head->call == SYS_fork ? SK_EVENT_FORK : SK_EVENT_VFORK;
#endif
		return head->call == SYS_clone3 ? SK_EVENT_CLONE3 : SK_EVENT_CLONE;
	default: return (enum sk_event_type)head->event;
	}
}

/* The arguments of events that are made here have the types that their descriptions say. */
static void put_types(struct sk_event *e, struct sk_arg *args)
{
	for (uint8_t i = 0; i < e->arg_count; i++)
		args[i].type = sk_event_descs[e->type].args[i].type;
}

int sk_decode(struct sk_decoder *d, struct sk_span bytes, const struct sk_event **ret_event, struct sk_err *err)
{
	struct record r = { 0 };
	struct sk_event *e = &d->event;
	struct sk_process *p = NULL;
	int result = 0;

	if (!parse(bytes, &r) || r.head.event >= SK_EVENT_COUNT)
		return sk_err_set(err, SK_EINVAL, "a record of %zu bytes is none", bytes.len);
	d->used = 0;
	*e = (struct sk_event){ .cpu = (uint16_t)r.head.cpu, .number = ++d->number, .fd = -1, .args = d->args,
				.time = (int64_t)r.head.time + d->clock, .result = r.head.result,
				.type = type_of(&r.head) };
	if (r.head.kind != SK_WIRE_FORK)
		p = process_of(d, &r);
	switch (r.head.kind) {
	case SK_WIRE_EXEC: decode_exec(d, &r, p); break;
	case SK_WIRE_FORK: p = decode_fork(d, &r); break;
	case SK_WIRE_EXIT: decode_exit(d, &r, p); break;
	case SK_WIRE_CALL: result = decode_call(d, &r, p, err); break;
	default: result = sk_err_set(err, SK_EINVAL, "a record is of no known kind (%u)", r.head.kind);
	}
	if (result < 0)
		return result;
	if (r.head.kind != SK_WIRE_CALL)
		put_types(e, d->args);
	e->process = p;
	*ret_event = e;
	return 1;
}
