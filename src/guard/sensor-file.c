/* SPDX-License-Identifier: Apache-2.0 */
/* Files and sockets, as the kernel's programs tell them. */
#include "guard/sensor-internal.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { TCP_LISTEN = 10 }; /* include/net/tcp_states.h of the kernel */

struct sk_span sk_decoder_path(struct sk_decoder *d, const struct sk_decoder_part *part, struct sk_span components)
{
	char *to = d->text + d->used;
	size_t len = 0;
	bool whole = !part->head.cut && part->head.detached != SK_WIRE_DETACHED;

	if (components.len + 1 > SK_DECODER_TEXT - d->used)
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

enum { PIPEFS_MAGIC = 0x50495045, ANON_INODE_FS_MAGIC = 0x09041934 };

static enum sk_file_type anonymous_type(struct sk_span name)
{
	static const struct {
		const char *name;
		enum sk_file_type type;
	} types[] = {
		{ "[eventfd]", SK_FILE_EVENT },
		{ "[eventpoll]", SK_FILE_EPOLL },
		{ "inotify", SK_FILE_INOTIFY },
		{ "[signalfd]", SK_FILE_SIGNALFD },
		{ "[timerfd]", SK_FILE_TIMERFD },
		{ "bpf-", SK_FILE_BPF },
		{ "[userfaultfd]", SK_FILE_USERFAULTFD },
		{ "[io_uring]", SK_FILE_IO_URING },
		{ "[pidfd]", SK_FILE_PIDFD },
	};

	for (size_t i = 0; i < SK_COUNT(types); i++)
		if (sk_span_starts(name, types[i].name))
			return types[i].type;
	return SK_FILE_UNKNOWN;
}

static enum sk_file_type file_type(const struct sk_wire_file *file, const struct sk_decoder_part *part,
				   struct sk_span name)
{
	if (part->head.detached && sk_span_starts(name, "memfd:"))
		return SK_FILE_MEMFD;
	if (file->magic == PIPEFS_MAGIC || S_ISFIFO(file->mode))
		return SK_FILE_PIPE;
	if (file->magic == ANON_INODE_FS_MAGIC)
		return anonymous_type(name);
	return S_ISDIR(file->mode) ? SK_FILE_DIRECTORY : SK_FILE_REGULAR;
}

bool sk_decoder_read_file(struct sk_decoder *d, const struct sk_decoder_part *part, struct sk_wire_file *ret_wire)
{
	struct sk_file *f = &d->file;

	if (part->body.len < sizeof(*ret_wire))
		return false;
	memcpy(ret_wire, part->body.ptr, sizeof(*ret_wire));
	*f = (struct sk_file){
		.name = sk_decoder_path(d, part, sk_span_from(part->body, sizeof(*ret_wire))),
		.dev_major = ret_wire->device >> 20,
		.dev_minor = ret_wire->device & 0xfffff,
		.inode = ret_wire->inode,
		.open_flags = ret_wire->flags,
		.upper = ret_wire->upper,
		.cut = part->head.cut,
		.outside = part->head.detached == SK_WIRE_OUTSIDE,
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
static void address_of(const struct sk_decoder_part *part, struct sk_wire_socket *w, uint16_t *port, uint8_t *ip,
		       struct sk_span *path)
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
	return type == SK_EVENT_ACCEPT || type == SK_EVENT_ACCEPT4 || type == SK_EVENT_LISTEN ||
	       type == SK_EVENT_BIND || w->state == TCP_LISTEN;
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

enum sk_file_type sk_decoder_stream_type(const struct sk_wire_stream *stream)
{
	switch (stream->mode & S_IFMT) {
	case 0: return SK_FILE_UNKNOWN;
	case S_IFSOCK: return socket_type(stream->family);
	case S_IFIFO: return SK_FILE_PIPE;
	case S_IFDIR: return SK_FILE_DIRECTORY;
	default: return SK_FILE_REGULAR;
	}
}

/* A name of AF_UNIX ends at its NUL; an abstract one begins with it. */
static struct sk_span local_path(struct sk_decoder *d, struct sk_span path)
{
	ptrdiff_t end;

	if (path.len && path.ptr[0] == '\0') {
		struct sk_span name = sk_decoder_keep(d, path);

		if (name.len)
			*(char *)name.ptr = '@';
		return name;
	}
	end = sk_span_chr(path, '\0');
	return sk_decoder_keep(d, end < 0 ? path : sk_span_sub(path, 0, (size_t)end));
}

static bool read_socket(struct sk_decoder *d, const struct sk_decoder_record *r, const struct sk_decoder_part *part,
			enum sk_event_type type)
{
	const struct sk_decoder_part *address = sk_decoder_part(r, SK_PART_ADDRESS, -1);
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
	sk_decoder_name_peer(d, r);
	if (w.family == AF_UNIX)
		s->path = local_path(d, path);
	d->file = (struct sk_file){ .type = socket_type(s->family), .name = s->path, .upper = -1, .socket = s };
	return true;
}

const struct sk_file *sk_decoder_file(struct sk_decoder *d, const struct sk_decoder_record *r,
				      enum sk_event_type type, int index)
{
	const struct sk_decoder_part *part = sk_decoder_part(r, SK_PART_FILE, index);
	struct sk_wire_file wire;

	if (part)
		return sk_decoder_read_file(d, part, &wire) ? &d->file : NULL;
	part = sk_decoder_part(r, SK_PART_SOCKET, index);
	return part && read_socket(d, r, part, type) ? &d->file : NULL;
}
