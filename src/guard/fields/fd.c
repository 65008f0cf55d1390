/* SPDX-License-Identifier: Apache-2.0 */
/* The file or socket that the event is about. */
#include "guard/fields/fields.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static bool is_plain(const struct sk_event *e)
{
	return e->file && (e->file->type == SK_FILE_REGULAR || e->file->type == SK_FILE_TTY);
}

/* Of a connection both ends. An open that failed has a name all the same: the one that was asked for. */
static bool name_of(const struct sk_event *e, bool raw, struct sk_scratch *scratch, struct sk_field_value *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_arg name;
	struct sk_arg_desc desc = { "name", SK_ARG_PATH, NULL };

	if (e->file && e->file->socket && !e->file->name.len) {
		sk_print_socket(&text, e->file->socket);
		return sk_give_copy(scratch, ret, sk_buf_view(&text));
	}
	if (e->file)
		return sk_give_text(ret, raw && e->file->raw_name.len ? e->file->raw_name : e->file->name);
	name = sk_event_arg(e, SK_SPAN_LIT("name"));
	if (name.type != SK_ARG_PATH)
		return false;
	sk_print_arg(&text, e, &desc, &name, raw);
	return sk_give_copy(scratch, ret, sk_buf_view(&text));
}

static bool num(SK_FIELD_PARAMS) { return sk_give_int(ret, e->fd); }
static bool name(SK_FIELD_PARAMS) { return name_of(e, false, scratch, ret); }
static bool nameraw(SK_FIELD_PARAMS) { return name_of(e, true, scratch, ret); }
static bool type(SK_FIELD_PARAMS) { return e->file && sk_give_str(ret, sk_file_type_name(e->file->type)); }

static bool typechar(SK_FIELD_PARAMS)
{
	struct sk_arg asked = sk_event_arg(e, SK_SPAN_LIT("name"));
	char letter = e->file ? sk_file_type_letter(e->file->type) : asked.type == SK_ARG_PATH ? 'f' : '\0';

	return letter && sk_give_copy(scratch, ret, sk_span(&letter, 1));
}

static bool directory(SK_FIELD_PARAMS)
{
	struct sk_span path, folder;

	if (e->file && !is_plain(e) && e->file->type != SK_FILE_DIRECTORY)
		return false;
	if (!name_of(e, false, scratch, ret))
		return false;
	if (e->file && e->file->type == SK_FILE_DIRECTORY)
		return true;
	path = ret->text;
	folder = sk_span_dirname(path);
	return sk_give_text(ret, folder.len ? folder : SK_SPAN_LIT("/"));
}

static bool filename(SK_FIELD_PARAMS)
{
	return is_plain(e) && sk_give_text(ret, sk_span_chr(e->file->name, '/') < 0 ? SK_SPAN_LIT("/") :
										   sk_span_basename(e->file->name));
}

static bool in_container(struct sk_span text, const struct sk_event *e, struct sk_scratch *scratch,
			 struct sk_field_value *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	sk_buf_span(&out, e->process->container ? sk_span_sub(e->process->container->id, 0, 12) : SK_SPAN_LIT("host"));
	sk_buf_putc(&out, ':');
	sk_buf_span(&out, text);
	return sk_give_copy(scratch, ret, sk_buf_view(&out));
}

static bool containername(SK_FIELD_PARAMS)
{
	return name(e, arg, n, scratch, ret) && in_container(ret->text, e, scratch, ret);
}

static bool containerdirectory(SK_FIELD_PARAMS)
{
	return directory(e, arg, n, scratch, ret) && in_container(ret->text, e, scratch, ret);
}

static bool uid(SK_FIELD_PARAMS)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%d%d", e->process->tid ? e->process->tid : e->process->pid, e->fd);

	return sk_give_copy(scratch, ret, sk_span(text, (size_t)len));
}

/* ---- both ends ---- */

static const struct sk_socket *ip_socket(const struct sk_event *e)
{
	const struct sk_socket *s = e->file ? e->file->socket : NULL;

	return s && (s->family == AF_INET || s->family == AF_INET6) ? s : NULL;
}

enum end { CLIENT, SERVER };

static bool has_end(const struct sk_socket *s, enum end end)
{
	return s && (end == CLIENT ? s->has_client : s->has_server);
}

static bool give_ip(const struct sk_socket *s, enum end end, struct sk_field_value *ret)
{
	if (!has_end(s, end))
		return false;
	ret->type = SK_FIELD_IP;
	ret->text = sk_span(end == CLIENT ? s->client : s->server_ip, s->family == AF_INET ? 4 : 16);
	return true;
}

static bool give_port(const struct sk_socket *s, enum end end, struct sk_field_value *ret)
{
	if (!has_end(s, end))
		return false;
	ret->type = SK_FIELD_PORT;
	ret->i = end == CLIENT ? s->client_port : s->server_port;
	return true;
}

static bool give_port_text(const struct sk_socket *s, enum end end, struct sk_scratch *scratch,
			   struct sk_field_value *ret)
{
	char text[8];

	return give_port(s, end, ret) &&
	       sk_give_copy(scratch, ret, sk_span(text, (size_t)snprintf(text, sizeof(text), "%d", (int)ret->i)));
}

/* The name that the address was the answer to; only that of the peer is remembered. */
static bool give_name(const struct sk_socket *s, enum end end, struct sk_field_value *ret)
{
	return end == SERVER && has_end(s, end) && s->server_name.len && sk_give_text(ret, s->server_name);
}

/* Value n of a field that means either end. */
static bool nth_end(const struct sk_socket *s, unsigned n, enum end *ret_end)
{
	if (!s || n >= (unsigned)s->has_client + s->has_server)
		return false;
	*ret_end = n == 0 && s->has_client ? CLIENT : SERVER;
	return true;
}

static enum end local_end(const struct sk_socket *s)
{
	return s->server ? SERVER : CLIENT;
}

static enum end remote_end(const struct sk_socket *s)
{
	return s->server ? CLIENT : SERVER;
}

/* Local and remote are told apart where both are known. */
static const struct sk_socket *connection(const struct sk_event *e)
{
	const struct sk_socket *s = ip_socket(e);

	return s && s->has_client && s->has_server ? s : NULL;
}

static bool ip(SK_FIELD_PARAMS)
{
	enum end end;

	return nth_end(ip_socket(e), n, &end) && give_ip(ip_socket(e), end, ret);
}

static bool port(SK_FIELD_PARAMS)
{
	enum end end;

	return nth_end(ip_socket(e), n, &end) && give_port(ip_socket(e), end, ret);
}

static bool cip(SK_FIELD_PARAMS) { return give_ip(ip_socket(e), CLIENT, ret); }
static bool sip(SK_FIELD_PARAMS) { return give_ip(ip_socket(e), SERVER, ret); }
static bool cport(SK_FIELD_PARAMS) { return give_port(ip_socket(e), CLIENT, ret); }
static bool sport(SK_FIELD_PARAMS) { return give_port(ip_socket(e), SERVER, ret); }
static bool cproto(SK_FIELD_PARAMS) { return give_port_text(ip_socket(e), CLIENT, scratch, ret); }
static bool sproto(SK_FIELD_PARAMS) { return give_port_text(ip_socket(e), SERVER, scratch, ret); }
static bool cip_name(SK_FIELD_PARAMS) { return give_name(ip_socket(e), CLIENT, ret); }
static bool sip_name(SK_FIELD_PARAMS) { return give_name(ip_socket(e), SERVER, ret); }

#define LOCAL_REMOTE(letter, end_of) \
	static bool letter##ip(SK_FIELD_PARAMS) \
	{ \
		const struct sk_socket *s = connection(e); \
\
		return s && give_ip(s, end_of(s), ret); \
	} \
	static bool letter##port(SK_FIELD_PARAMS) \
	{ \
		const struct sk_socket *s = connection(e); \
\
		return s && give_port(s, end_of(s), ret); \
	} \
	static bool letter##proto(SK_FIELD_PARAMS) \
	{ \
		const struct sk_socket *s = connection(e); \
\
		return s && give_port_text(s, end_of(s), scratch, ret); \
	} \
	static bool letter##ip_name(SK_FIELD_PARAMS) \
	{ \
		const struct sk_socket *s = connection(e); \
\
		return s && give_name(s, end_of(s), ret); \
	}
LOCAL_REMOTE(l, local_end)
LOCAL_REMOTE(r, remote_end)

/* ---- sockets ---- */

static bool l4proto(SK_FIELD_PARAMS)
{
	const struct sk_socket *s = ip_socket(e);

	if (!e->file)
		return false;
	switch (s ? s->protocol : 0) {
	case IPPROTO_TCP:
		return sk_give_str(ret, "tcp");
	case IPPROTO_UDP:
		return sk_give_str(ret, "udp");
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return sk_give_str(ret, "icmp");
	case IPPROTO_RAW:
		return sk_give_str(ret, "raw");
	default:
		return sk_give_str(ret, "<NA>");
	}
}

static bool sockfamily(SK_FIELD_PARAMS)
{
	if (ip_socket(e))
		return sk_give_str(ret, "ip");
	return e->file && e->file->type == SK_FILE_UNIX && sk_give_str(ret, "unix");
}

static bool is_server(SK_FIELD_PARAMS)
{
	return e->file && sk_give_bool(ret, e->file->socket && e->file->socket->server);
}

static bool connected(SK_FIELD_PARAMS)
{
	return e->file && sk_give_bool(ret, e->file->socket && e->file->socket->connected);
}

/* Does this event give the descriptor another name? Connecting and being connected do. */
static bool name_changed(SK_FIELD_PARAMS)
{
	return e->file && sk_give_bool(ret, e->file->socket && e->file->socket->name_changed);
}

/* ---- files ---- */

static bool dev(SK_FIELD_PARAMS)
{
	return e->file && sk_give_int(ret, (int64_t)e->file->dev_major << 8 | e->file->dev_minor);
}

static bool dev_major(SK_FIELD_PARAMS) { return e->file && sk_give_int(ret, e->file->dev_major); }
static bool dev_minor(SK_FIELD_PARAMS) { return e->file && sk_give_int(ret, e->file->dev_minor); }
static bool ino(SK_FIELD_PARAMS) { return e->file && sk_give_int(ret, (int64_t)e->file->inode); }
static bool is_outside(SK_FIELD_PARAMS) { return e->file && sk_give_bool(ret, e->file->outside); }
static bool is_upper(SK_FIELD_PARAMS) { return e->file && sk_give_bool(ret, e->file->upper == 1); }
static bool is_lower(SK_FIELD_PARAMS) { return e->file && sk_give_bool(ret, e->file->upper == 0); }

#define OF SK_FIELD_OF_FILE
#define OPEN (OF | SK_FIELD_OF_OPEN)
#define BOTH (OF | SK_FIELD_ANY | SK_FIELD_NE_ALL)
#define COND SK_FIELD_FILTER_ONLY
#define TEXT SK_FIELD_TEXT
#define INT SK_FIELD_INT
#define BOOL SK_FIELD_BOOL
#define IP SK_FIELD_IP
#define NET SK_FIELD_NET
#define PORT SK_FIELD_PORT

static const struct sk_field fields[] = {
	{ "fd.num", INT, OF, "number of the descriptor; negative where there is none", num },
	{ "fd.type", TEXT, OPEN, "file, directory, ipv4, ipv6, unix, pipe, event, memfd ...", type },
	{ "fd.typechar", TEXT, OPEN, "the type as a letter: f, d, 4, 6, u, p ...", typechar },
	{ "fd.name", TEXT, OPEN, "absolute path, or both ends: \"10.0.0.1:3000->10.0.0.2:80\"", name },
	{ "fd.nameraw", TEXT, OF, "the path as the program wrote it", nameraw },
	{ "fd.directory", TEXT, OPEN, "folder of the file", directory },
	{ "fd.filename", TEXT, OPEN, "last part of the path", filename },
	{ "fd.ip", IP, BOTH | COND, "address of either end", ip },
	{ "fd.cip", IP, OF, "address of the client", cip },
	{ "fd.sip", IP, OF, "address of the server", sip },
	{ "fd.lip", IP, OF, "address of this end", lip },
	{ "fd.rip", IP, OF, "address of the other end", rip },
	{ "fd.net", NET, BOTH | COND, "network of either end", ip },
	{ "fd.cnet", NET, OF | COND, "network of the client", cip },
	{ "fd.snet", NET, OF | COND, "network of the server", sip },
	{ "fd.lnet", NET, OF | COND, "network of this end", lip },
	{ "fd.rnet", NET, OF | COND, "network of the other end", rip },
	{ "fd.port", PORT, BOTH | COND, "port of either end", port },
	{ "fd.cport", PORT, OF, "port of the client", cport },
	{ "fd.sport", PORT, OF, "port of the server", sport },
	{ "fd.lport", PORT, OF, "port of this end", lport },
	{ "fd.rport", PORT, OF, "port of the other end", rport },
	{ "fd.proto", PORT, BOTH | COND, "as fd.port", port },
	{ "fd.cproto", TEXT, OF, "port of the client, as text", cproto },
	{ "fd.sproto", TEXT, OF, "port of the server, as text", sproto },
	{ "fd.lproto", TEXT, OF, "port of this end, as text", lproto },
	{ "fd.rproto", TEXT, OF, "port of the other end, as text", rproto },
	{ "fd.cip.name", TEXT, OF, "name that the client's address was the answer to", cip_name },
	{ "fd.sip.name", TEXT, OF, "name that the server's address was the answer to", sip_name },
	{ "fd.lip.name", TEXT, OF, "the same for this end", lip_name },
	{ "fd.rip.name", TEXT, OF, "the same for the other end", rip_name },
	{ "fd.l4proto", TEXT, OF, "tcp, udp, icmp, raw or <NA>", l4proto },
	{ "fd.sockfamily", TEXT, OF, "ip or unix", sockfamily },
	{ "fd.is_server", BOOL, OF, "did this process accept, or does it listen?", is_server },
	{ "fd.connected", BOOL, OF, "is the socket connected?", connected },
	{ "fd.name_changed", BOOL, OF, "did this event change the socket's ends?", name_changed },
	{ "fd.uid", TEXT, OF, "thread id and descriptor, as one text", uid },
	{ "fd.containername", TEXT, OF, "container id, colon, fd.name", containername },
	{ "fd.containerdirectory", TEXT, OF, "container id, colon, fd.directory", containerdirectory },
	{ "fd.dev", INT, OPEN, "device of the file, major << 8 | minor", dev },
	{ "fd.dev.major", INT, OPEN, "major number of the device", dev_major },
	{ "fd.dev.minor", INT, OPEN, "minor number of the device", dev_minor },
	{ "fd.ino", INT, OF, "inode of the file", ino },
	{ "fd.is_outside", BOOL, OPEN, "is the file not below the root folder of the process?", is_outside },
	{ "fd.is_upper_layer", BOOL, OF, "is the file in the upper layer of an overlay?", is_upper },
	{ "fd.is_lower_layer", BOOL, OF, "is the file in a lower layer of an overlay?", is_lower },
	{ NULL },
};

const struct sk_field_class sk_field_class_fd = { "fd", "The file or socket that the event is about", fields };
