/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd's journal by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL):
 * one datagram of fields an alert; one that is too large for that goes as a
 * sealed file in memory.
 */
#include "agent/output.h"

#include "agent/output-fields.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

struct journald_config {
	struct sk_output_config common;
	const char *socket, *identifier;
};

struct journald_state {
	int fd_plus_1; /* 0: none */
};

/* NAME=value, or with its length where the value has a newline in it. */
static void put_field(struct sk_buf *out, const char *name, struct sk_span value)
{
	if (!value.len)
		return;
	sk_buf_puts(out, name);
	if (sk_span_chr(value, '\n') < 0) {
		sk_buf_putc(out, '=');
	} else {
		sk_buf_putc(out, '\n');
		sk_buf_u64le(out, value.len);
	}
	sk_buf_span(out, value);
	sk_buf_putc(out, '\n');
}

static void put_upper(void *context, const char *name, struct sk_span value)
{
	static const char *const names[][2] = {
		{ "rule", "SEKISHO_RULE" },	    { "tags", "SEKISHO_TAGS" },	     { "kind", "SEKISHO_KIND" },
		{ "pid", "SEKISHO_PID" },	    { "process", "SEKISHO_PROCESS" }, { "container", "CONTAINER_ID_FULL" },
		{ "containerName", "CONTAINER_NAME" }, { "image", "IMAGE_NAME" },     { "pod", "SEKISHO_POD" },
		{ "namespace", "SEKISHO_NAMESPACE" }, { "priority", "SEKISHO_PRIORITY" },
	};

	for (size_t i = 0; i < SK_COUNT(names); i++)
		if (strcmp(name, names[i][0]) == 0)
			put_field(context, names[i][1], value);
	/* Docker's driver calls the first twelve so. */
	if (strcmp(name, "container") == 0)
		put_field(context, "CONTAINER_ID", sk_span_sub(value, 0, 12));
}

static void render(struct sk_output *o, const struct sk_note *note, struct sk_buf *out)
{
	const struct journald_config *c = sk_output_config_of(o);
	sk_cleanup(sk_buf_release) struct sk_buf message = { 0 };

	sk_output_message(o, note, &message);
	put_field(out, "MESSAGE", sk_buf_view(&message));
	sk_buf_printf(out, "PRIORITY=%d\n", (int)note->priority);
	put_field(out, "SYSLOG_IDENTIFIER", sk_span_str(c->identifier));
	sk_output_fields(note, put_upper, out);
}

static int open_socket(struct journald_state *s, struct sk_err *err)
{
	if (!s->fd_plus_1)
		s->fd_plus_1 = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) + 1;
	return s->fd_plus_1 ? 0 : sk_err_errno(err, "socket");
}

static void name_of(const struct journald_config *c, struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(name->sun_path, c->socket, strlen(c->socket));
}

static ssize_t send_bytes(const struct journald_config *c, int fd, struct sk_span bytes)
{
	struct sockaddr_un name;

	name_of(c, &name);
	return sendto(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL, (struct sockaddr *)&name, sizeof(name));
}

/* The file cannot be changed any more: the journal maps it only then. */
static int seal(struct sk_span bytes)
{
	int fd = memfd_create("sekisho-alert", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (sk_write_full(fd, bytes.ptr, bytes.len) < 0 ||
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static ssize_t send_file(const struct journald_config *c, int fd, struct sk_span bytes)
{
	sk_autoclose int file = seal(bytes);
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct sockaddr_un name;
	struct msghdr message = { .msg_name = &name, .msg_namelen = sizeof(name), .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	if (file < 0)
		return -1;
	name_of(c, &name);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &file, sizeof(int));
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static enum sk_send deliver(struct sk_output *o, const struct sk_span *messages, size_t count, size_t *ret_count,
			    struct sk_err *err)
{
	const struct journald_config *c = sk_output_config_of(o);
	struct journald_state *s = sk_output_state(o);
	ssize_t n;

	if (open_socket(s, err) < 0)
		return SK_SEND_AGAIN;
	for (size_t i = 0; i < count; i++) {
		n = send_bytes(c, s->fd_plus_1 - 1, messages[i]);
		while (n < 0 && errno == EAGAIN && sk_output_wait(o, s->fd_plus_1 - 1, POLLOUT, PATIENCE_MS))
			n = send_bytes(c, s->fd_plus_1 - 1, messages[i]);
		if (n < 0 && (errno == EMSGSIZE || errno == ENOBUFS))
			n = send_file(c, s->fd_plus_1 - 1, messages[i]);
		*ret_count = i + (n >= 0);
		if (n < 0) {
			sk_err_errno(err, "%s", c->socket);
			return SK_SEND_AGAIN;
		}
	}
	return SK_SEND_DONE;
}

static void close_socket(struct sk_output *o)
{
	struct journald_state *s = sk_output_state(o);

	if (s->fd_plus_1)
		close(s->fd_plus_1 - 1);
}

static int check(struct sk_settings *settings, const struct sk_node *section, struct sk_output_config *config,
		 struct sk_err *err)
{
	const struct journald_config *c = (const struct journald_config *)config;
	struct sockaddr_un name;

	if (strlen(c->socket) >= sizeof(name.sun_path))
		return sk_output_fault(settings, section, "socket", err, "is too long for a socket's name");
	return 0;
}

#define ROW struct journald_config

static const struct sk_option options[] = {
	{ "socket", 0, SK_OPT_FILE(ROW, socket), .argument = "PATH", .fallback = "/run/systemd/journal/socket",
	  .help = "The journal's socket" },
	{ "identifier", 0, SK_OPT_STRING(ROW, identifier), .argument = "NAME", .fallback = "sekisho",
	  .help = "What journalctl -t asks for" },
	{ NULL },
};

const struct sk_output_kind sk_output_journald = {
	.name = "journald",
	.summary = "systemd's journal, with fields such as SEKISHO_RULE",
	.options = options,
	.config_size = sizeof(struct journald_config),
	.state_size = sizeof(struct journald_state),
	.format = SK_ALERT_TEXT,
	.check = check,
	.render = render,
	.send = deliver,
	.close = close_socket,
};
