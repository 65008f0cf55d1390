/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/server.h"

#include "agent/address.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Events of one step; further ones are seen in the next. */
enum { MAX_LISTENERS = 4, EVENTS = 64, BACKLOG = 64 };

struct client {
	int fd; /* -1: free */
	enum sk_server_where where;
	int64_t begun; /* monotonic, milliseconds */
	struct sk_buf in, out;
	size_t sent;
	bool answering;
};

struct listener {
	int fd;
	enum sk_server_where where;
	char *path; /* of a socket's file, ours to remove */
};

struct sk_server {
	const struct sk_server_page *pages;
	void *context;
	int epoll;
	struct listener listeners[MAX_LISTENERS];
	size_t listener_count;
	struct client clients[SK_MAX_SERVER_CLIENTS * 2]; /* the first half of TCP, the second of Unix sockets */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void drop(struct client *c)
{
	sk_closep(&c->fd);
	sk_buf_release(&c->in);
	sk_buf_release(&c->out);
	*c = (struct client){ .fd = -1 };
}

/* ---- one request ---- */

static const char *reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 431:
		return "Request Header Fields Too Large";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static void put_answer(struct client *c, const struct sk_server_answer *a, bool head)
{
	sk_buf_printf(&c->out,
		      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n%s"
		      "Connection: close\r\n\r\n",
		      a->status, reason_of(a->status), a->type ? a->type : "text/plain; charset=utf-8", a->body.len,
		      a->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!head)
		sk_buf_span(&c->out, sk_buf_view(&a->body));
	c->answering = true;
}

static void refuse(struct client *c, int status)
{
	struct sk_server_answer a = { .status = status };

	sk_buf_printf(&a.body, "%s\n", reason_of(status));
	put_answer(c, &a, false);
	sk_buf_release(&a.body);
}

/* The value of a header; the last one if there are several. */
static struct sk_span header_of(struct sk_span lines, const char *name)
{
	struct sk_span line, value = sk_span("", 0);

	while (sk_span_line(&lines, &line)) {
		ptrdiff_t colon = sk_span_chr(line, ':');

		if (colon > 0 && sk_span_ieq(sk_span_sub(line, 0, (size_t)colon), sk_span_str(name)))
			value = sk_span_trim(sk_span_from(line, (size_t)colon + 1));
	}
	return value;
}

static const struct sk_server_page *find_page(const struct sk_server *s, const struct client *c, struct sk_span path)
{
	for (const struct sk_server_page *p = s->pages; p->path; p++)
		if ((p->where & c->where) && sk_span_is(path, p->path))
			return p;
	return NULL;
}

/* "GET /metrics?x HTTP/1.1", RFC 9112, section 3. */
static void answer(struct sk_server *s, struct client *c, struct sk_span head)
{
	struct sk_span line, method, target, version;
	struct sk_server_request request = { 0 };
	struct sk_server_answer a = { .status = 200 };
	const struct sk_server_page *page;

	if (!sk_span_line(&head, &line) || !sk_span_split(&line, ' ', &method) || !sk_span_split(&line, ' ', &target) ||
	    !sk_span_split(&line, ' ', &version) || line.len || !sk_span_starts(version, "HTTP/1.") ||
	    !sk_span_starts(target, "/")) {
		refuse(c, 400);
		return;
	}
	if (!sk_span_is(method, "GET") && !sk_span_is(method, "HEAD")) {
		refuse(c, 405);
		return;
	}
	sk_span_split(&target, '?', &request.path);
	request.accept = header_of(head, "accept");
	page = find_page(s, c, request.path);
	if (!page) {
		refuse(c, 404);
		return;
	}
	page->write(s->context, &request, &a);
	put_answer(c, &a, sk_span_is(method, "HEAD"));
	sk_buf_release(&a.body);
}

/* Where the head ends: behind an empty line; a line may end with a lone \n. */
static ptrdiff_t head_end(struct sk_span in)
{
	ptrdiff_t crlf = sk_span_find(in, SK_SPAN_LIT("\r\n\r\n")), lf = sk_span_find(in, SK_SPAN_LIT("\n\n"));

	return crlf >= 0 && (lf < 0 || crlf < lf) ? crlf + 2 : lf < 0 ? -1 : lf + 1;
}

static void send_more(struct client *c)
{
	ssize_t n = 0;

	while (c->sent < c->out.len &&
	       (n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
		c->sent += (size_t)n;
	if (c->sent == c->out.len || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(c);
}

static void receive(struct sk_server *s, struct client *c)
{
	struct epoll_event out = { .events = EPOLLOUT, .data.ptr = c };
	ssize_t n = recv(c->fd, sk_buf_reserve(&c->in, 1024), 1024, MSG_DONTWAIT);
	ptrdiff_t end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	c->in.len += (size_t)n;
	end = head_end(sk_buf_view(&c->in));
	if (end >= 0)
		answer(s, c, sk_span(c->in.data, (size_t)end));
	else if (c->in.len > SK_MAX_SERVER_REQUEST)
		refuse(c, 431);
	if (!c->answering)
		return;
	epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &out);
	send_more(c);
}

/* ---- connections ---- */

/* A place for one more; without a free one the oldest goes: who waits holds up nobody. */
static struct client *place_for(struct sk_server *s, enum sk_server_where where)
{
	struct client *first = &s->clients[where == SK_SERVER_TCP ? 0 : SK_MAX_SERVER_CLIENTS], *best = first;

	for (struct client *c = first; c < first + SK_MAX_SERVER_CLIENTS; c++) {
		if (c->fd < 0)
			return c;
		if (c->begun < best->begun)
			best = c;
	}
	drop(best);
	return best;
}

static void accept_some(struct sk_server *s, const struct listener *l)
{
	for (int i = 0; i < BACKLOG; i++) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct epoll_event in = { .events = EPOLLIN };
		struct client *c;

		if (fd < 0)
			return;
		c = place_for(s, l->where);
		*c = (struct client){ .fd = fd, .where = l->where, .begun = now_ms() };
		in.data.ptr = c;
		if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &in) < 0)
			drop(c);
		else
			receive(s, c);
	}
}

static void drop_slow(struct sk_server *s)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < SK_COUNT(s->clients); i++)
		if (s->clients[i].fd >= 0 && now - s->clients[i].begun > SK_MAX_SERVER_MS)
			drop(&s->clients[i]);
}

static struct listener *listener_of(struct sk_server *s, const void *ptr)
{
	for (size_t i = 0; i < s->listener_count; i++)
		if (ptr == &s->listeners[i])
			return &s->listeners[i];
	return NULL;
}

void sk_server_step(struct sk_server *s)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(s->epoll, events, EVENTS, 0);

	/* Clients first: an accept may give the place of one of them to another. */
	for (int i = 0; i < n; i++) {
		struct client *c = events[i].data.ptr;

		if (listener_of(s, c) || c->fd < 0)
			continue;
		if (c->answering)
			send_more(c);
		else
			receive(s, c);
	}
	for (int i = 0; i < n; i++)
		if (listener_of(s, events[i].data.ptr))
			accept_some(s, events[i].data.ptr);
	drop_slow(s);
}

/* ---- open, close ---- */

static bool is_answered(const struct sk_address *address)
{
	sk_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && (connect(fd, (const struct sockaddr *)&address->storage, address->len) == 0 || errno == EAGAIN);
}

static int listen_at(const struct sk_address *address, const char *text, struct sk_err *err)
{
	const struct sockaddr *name = (const struct sockaddr *)&address->storage;
	int fd = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0)
		return sk_err_errno(err, "%s", text);
	if (name->sa_family == AF_UNIX)
		fchmod(fd, 0600); /* what bind makes the file with */
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, name, address->len) < 0 || listen(fd, BACKLOG) < 0) {
		sk_err_errno(err, "%s", text);
		close(fd);
		return -err->code;
	}
	return fd;
}

/* The folder is there, and nothing stands in the way that is not alive. */
static int make_way(const struct sk_address *address, struct sk_err *err)
{
	const char *path = ((const struct sockaddr_un *)&address->storage)->sun_path;
	struct sk_span folder = sk_span_dirname(sk_span_str(path));
	sk_autofree char *name = sk_strndup(folder.ptr, folder.len);
	struct stat st;

	if (folder.len && sk_path_make_dirs(name, 0700, err) < 0)
		return -err->code;
	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return sk_err_set(err, SK_EUSAGE, "%s: is there already, and is no socket", path);
	if (is_answered(address))
		return sk_err_set(err, SK_EUSAGE, "%s: another process listens there", path);
	return unlink(path) < 0 ? sk_err_errno(err, "%s", path) : 0;
}

int sk_server_listen(struct sk_server *s, const char *text, struct sk_err *err)
{
	struct listener *l = &s->listeners[s->listener_count];
	struct epoll_event in = { .events = EPOLLIN, .data.ptr = l };
	struct sk_address address;
	bool is_unix;
	int fd;

	if (s->listener_count == MAX_LISTENERS)
		return sk_err_set(err, SK_ELIMIT, "more than %d addresses", MAX_LISTENERS);
	if (sk_address_parse(sk_span_str(text), &address, err) < 0)
		return -err->code;
	is_unix = address.storage.ss_family == AF_UNIX;
	if (is_unix && make_way(&address, err) < 0)
		return -err->code;
	fd = listen_at(&address, text, err);
	if (fd < 0)
		return fd;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &in) < 0) {
		sk_err_errno(err, "%s", text);
		close(fd);
		return -err->code;
	}
	*l = (struct listener){ fd, is_unix ? SK_SERVER_UNIX : SK_SERVER_TCP, NULL };
	if (is_unix)
		l->path = sk_strdup(((const struct sockaddr_un *)&address.storage)->sun_path);
	s->listener_count++;
	return 0;
}

int sk_server_open(const struct sk_server_page *pages, void *context, struct sk_server **ret_server, struct sk_err *err)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct sk_server *s;

	if (epoll < 0)
		return sk_err_errno(err, "epoll");
	s = sk_alloc(sizeof(*s));
	s->pages = pages;
	s->context = context;
	s->epoll = epoll;
	for (size_t i = 0; i < SK_COUNT(s->clients); i++)
		s->clients[i].fd = -1;
	*ret_server = s;
	return 0;
}

void sk_server_close(struct sk_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SK_COUNT(s->clients); i++)
		drop(&s->clients[i]);
	for (size_t i = 0; i < s->listener_count; i++) {
		close(s->listeners[i].fd);
		if (s->listeners[i].path)
			unlink(s->listeners[i].path);
		free(s->listeners[i].path);
	}
	close(s->epoll);
	free(s);
}

int sk_server_fd(const struct sk_server *s)
{
	return s->epoll;
}

unsigned sk_server_port(const struct sk_server *s)
{
	for (size_t i = 0; i < s->listener_count; i++) {
		struct sockaddr_storage name = { 0 };
		socklen_t len = sizeof(name);

		if (s->listeners[i].where != SK_SERVER_TCP || getsockname(s->listeners[i].fd, (struct sockaddr *)&name, &len) < 0)
			continue;
		/* The port stands at the same place in both. */
		return ntohs(((struct sockaddr_in *)&name)->sin_port);
	}
	return 0;
}
