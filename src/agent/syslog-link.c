/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/syslog-link.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* How long a receiver may take to answer, or to take what is sent. */
enum { PATIENCE_MS = 10000 };

static bool is_stream(const struct sk_syslog_link *link)
{
	return link->target->transport >= SK_SYSLOG_TCP;
}

static void disconnect(struct sk_syslog_link *link)
{
	if (link->tls)
		sk_tls_disconnect(link->tls);
	if (link->fd_plus_1)
		close(link->fd_plus_1 - 1);
	link->fd_plus_1 = 0;
}

static bool wait_tls(void *context, int fd, short events)
{
	return sk_output_wait(context, fd, events, PATIENCE_MS);
}

/* ---- connecting ---- */

static bool finish_connect(struct sk_output *o, int fd)
{
	socklen_t len = sizeof(errno);
	int code = 0;

	if (errno != EINPROGRESS)
		return false;
	if (!sk_output_wait(o, fd, POLLOUT, PATIENCE_MS)) {
		errno = ETIMEDOUT;
		return false;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		return false;
	errno = code;
	return code == 0;
}

static int connect_one(struct sk_output *o, int family, int type, const void *name, socklen_t len)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), saved, one = 1;

	if (fd < 0)
		return -1;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (connect(fd, name, len) == 0 || finish_connect(o, fd))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int connect_unix(struct sk_output *o, struct sk_syslog_link *link, struct sk_err *err)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;

	memcpy(name.sun_path, link->target->host, strlen(link->target->host));
	fd = connect_one(o, AF_UNIX, SOCK_DGRAM, &name, sizeof(name));
	link->fd_plus_1 = fd + 1;
	return fd < 0 ? sk_err_errno(err, "%s", link->target->host) : 0;
}

static int connect_net(struct sk_output *o, struct sk_syslog_link *link, struct sk_err *err)
{
	const struct sk_syslog_target *t = link->target;
	struct addrinfo hints = { .ai_socktype = is_stream(link) ? SOCK_STREAM : SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	int r = getaddrinfo(t->host, t->port, &hints, &list), fd = -1;

	if (r)
		return sk_err_set(err, SK_ENET, "%s: %s", t->host, gai_strerror(r));
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
		fd = connect_one(o, a->ai_family, a->ai_socktype, a->ai_addr, a->ai_addrlen);
	if (fd < 0)
		sk_err_errno(err, "%s port %s", t->host, t->port);
	freeaddrinfo(list);
	link->fd_plus_1 = fd + 1;
	return fd < 0 ? -err->code : 0;
}

static int make_ready(struct sk_output *o, struct sk_syslog_link *link, struct sk_err *err)
{
	char byte;

	/* A receiver that has closed would take one more message and lose it. */
	if (link->fd_plus_1 && is_stream(link) &&
	    (link->tls ? sk_tls_ended(link->tls) : recv(link->fd_plus_1 - 1, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0))
		disconnect(link);
	if (link->fd_plus_1)
		return 0;
	if (link->target->transport == SK_SYSLOG_UNIX)
		return connect_unix(o, link, err);
	if (connect_net(o, link, err) < 0)
		return -err->code;
	if (link->tls && sk_tls_connect(link->tls, link->fd_plus_1 - 1, link->target->name, wait_tls, o, err) < 0) {
		disconnect(link);
		return -err->code;
	}
	return 0;
}

/* ---- sending ---- */

static enum sk_send send_datagrams(struct sk_output *o, struct sk_syslog_link *link, const struct sk_span *messages,
				   size_t count, size_t *ret_count, struct sk_err *err)
{
	int fd = link->fd_plus_1 - 1;

	for (size_t i = 0; i < count; i++) {
		ssize_t n = send(fd, messages[i].ptr, messages[i].len, MSG_NOSIGNAL);

		while (n < 0 && (errno == EAGAIN || errno == ENOBUFS) && sk_output_wait(o, fd, POLLOUT, PATIENCE_MS))
			n = send(fd, messages[i].ptr, messages[i].len, MSG_NOSIGNAL);
		*ret_count = i + (n >= 0);
		if (n >= 0)
			continue;
		sk_err_errno(err, "%s", link->target->host);
		if (errno == EMSGSIZE && i == 0) {
			*ret_count = 1;
			return SK_SEND_REJECTED;
		}
		if (errno == EMSGSIZE)
			return SK_SEND_DONE;
		disconnect(link);
		return SK_SEND_AGAIN;
	}
	return SK_SEND_DONE;
}

static size_t write_stream(struct sk_output *o, struct sk_syslog_link *link, struct sk_span bytes, struct sk_err *err)
{
	int fd = link->fd_plus_1 - 1;
	size_t done = 0;

	if (link->tls)
		return sk_tls_write(link->tls, bytes, wait_tls, o, err);
	while (done < bytes.len) {
		ssize_t n = send(fd, bytes.ptr + done, bytes.len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			if (sk_output_wait(o, fd, POLLOUT, PATIENCE_MS))
				continue;
			errno = ETIMEDOUT;
		}
		if (n < 0 && errno != EINTR) {
			sk_err_errno(err, "%s", link->target->host);
			break;
		}
		done += n < 0 ? 0 : (size_t)n;
	}
	return done;
}

/* "MSG-LEN SP MSG", RFC 6587, section 3.4.1, and RFC 5425, section 4.3. */
static enum sk_send send_stream(struct sk_output *o, struct sk_syslog_link *link, const struct sk_span *messages,
				size_t count, size_t *ret_count, struct sk_err *err)
{
	size_t done, end = 0;

	sk_buf_reset(&link->frames);
	for (size_t i = 0; i < count; i++) {
		sk_buf_printf(&link->frames, "%zu ", messages[i].len);
		sk_buf_span(&link->frames, messages[i]);
	}
	done = write_stream(o, link, sk_buf_view(&link->frames), err);
	*ret_count = count;
	if (done == link->frames.len)
		return SK_SEND_DONE;
	/* The connection is over, and with it the message that is out in part: it is sent again. */
	disconnect(link);
	for (*ret_count = 0; *ret_count < count; ++*ret_count) {
		end += (size_t)snprintf(NULL, 0, "%zu ", messages[*ret_count].len) + messages[*ret_count].len;
		if (end > done)
			break;
	}
	return SK_SEND_AGAIN;
}

enum sk_send sk_syslog_link_send(struct sk_output *o, struct sk_syslog_link *link, const struct sk_span *messages,
				 size_t count, size_t *ret_count, struct sk_err *err)
{
	if (sk_output_take_reopen(o))
		disconnect(link); /* its name may have another address by now */
	if (make_ready(o, link, err) < 0)
		return SK_SEND_AGAIN;
	return is_stream(link) ? send_stream(o, link, messages, count, ret_count, err) :
				 send_datagrams(o, link, messages, count, ret_count, err);
}

void sk_syslog_link_close(struct sk_syslog_link *link)
{
	disconnect(link);
	sk_tls_close(link->tls);
	sk_buf_release(&link->frames);
}
