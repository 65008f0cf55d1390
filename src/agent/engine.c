/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "doc/doc.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const calls[] = {
	[SK_ENGINE_PAUSE] = "pause",
	[SK_ENGINE_UNPAUSE] = "unpause",
	[SK_ENGINE_STOP] = "stop?t=0",
};

static int connect_to(const char *path, int seconds, int *ret_fd, struct sk_err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = seconds };
	sk_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return sk_err_set(err, SK_EUSAGE, "%s: is too long for a socket", path);
	strcpy(address.sun_path, path);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return sk_err_errno(err, "%s", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* HTTP/1.0: the answer ends with the connection, and is never in chunks. */
static int exchange(int fd, struct sk_span request, struct sk_buf *answer, struct sk_err *err)
{
	ssize_t n;

	while (request.len) {
		n = send(fd, request.ptr, request.len, MSG_NOSIGNAL);
		if (n < 0)
			return sk_err_errno(err, "send");
		request = sk_span_from(request, (size_t)n);
	}
	while (answer->len < SK_MAX_ENGINE_ANSWER) {
		n = recv(fd, sk_buf_reserve(answer, 4096), 4096, 0);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return sk_err_set(err, SK_ETIMEOUT, "does not answer in time");
		if (n < 0)
			return sk_err_errno(err, "receive");
		if (n == 0)
			return 0;
		answer->len += (size_t)n;
		answer->data[answer->len] = '\0';
	}
	return sk_err_set(err, SK_ELIMIT, "the answer is larger than %u bytes", SK_MAX_ENGINE_ANSWER);
}

static int status_of(struct sk_span answer)
{
	struct sk_span word;
	uint64_t status;

	if (!sk_span_starts(answer, "HTTP/1.") || !sk_span_split(&answer, ' ', &word) || answer.len < 3 ||
	    !sk_span_u64(sk_span(answer.ptr, 3), &status))
		return 0;
	return (int)status;
}

/* {"message":"..."}, behind the headers. */
static int complain(struct sk_span answer, int status, struct sk_err *err)
{
	ptrdiff_t body = sk_span_find(answer, SK_SPAN_LIT("\r\n\r\n"));
	struct sk_doc doc = { 0 };
	struct sk_span message = sk_span("", 0);

	if (body >= 0 && sk_doc_parse(&doc, SK_DOC_JSON, sk_span_from(answer, (size_t)body + 4), 0, NULL) == 0)
		message = sk_node_str(sk_node_get(doc.root, "message"));
	sk_err_set(err, status == 404 ? SK_ENOTFOUND : SK_ENET, "status %d%s%.*s", status, message.len ? ": " : "",
		   (int)message.len, message.ptr);
	sk_doc_release(&doc);
	return -err->code;
}

static int ask(const char *socket, enum sk_engine_call call, struct sk_span id, int seconds, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf answer = { 0 }, request = { 0 };
	sk_autoclose int fd = -1;
	int status;

	sk_buf_printf(&request, "POST /containers/%.*s/%s HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
		      (int)id.len, id.ptr, calls[call]);
	if (connect_to(socket, seconds, &fd, err) < 0 || exchange(fd, sk_buf_view(&request), &answer, err) < 0)
		return -err->code;
	status = status_of(sk_buf_view(&answer));
	/* 304: it has stopped already. For the other calls there are only words. */
	if (status / 100 == 2 || status == 304 || sk_span_find(sk_buf_view(&answer), SK_SPAN_LIT("already paused")) >= 0)
		return 0;
	return complain(sk_buf_view(&answer), status, err);
}

int sk_engine_call(const char *socket, enum sk_engine_call call, struct sk_span id, int seconds, struct sk_err *err)
{
	struct sk_err inner = SK_ERR_INIT;

	/* It becomes part of a request: nothing but what an id is made of. */
	for (size_t i = 0; i < id.len; i++)
		if (!strchr("0123456789abcdef", id.ptr[i]) || !id.ptr[i])
			return sk_err_set(err, SK_EINVAL, "no container's id");
	if (!id.len || ask(socket, call, id, seconds, &inner) < 0)
		return sk_err_set(err, inner.code ? inner.code : SK_EINVAL, "%s", inner.text);
	return 0;
}
