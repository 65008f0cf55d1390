/* SPDX-License-Identifier: Apache-2.0 */
#include "net/local.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

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
static int exchange(int fd, struct sk_span request, size_t max, struct sk_buf *answer, struct sk_err *err)
{
	ssize_t n;

	while (request.len) {
		n = send(fd, request.ptr, request.len, MSG_NOSIGNAL);
		if (n < 0)
			return sk_err_errno(err, "send");
		request = sk_span_from(request, (size_t)n);
	}
	while (answer->len < max) {
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
	return sk_err_set(err, SK_ELIMIT, "the answer is larger than %zu bytes", max);
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

int sk_local_request(const char *socket, struct sk_span request, int seconds, size_t max, struct sk_buf *answer,
		     struct sk_span *ret_body, struct sk_err *err)
{
	sk_autoclose int fd = -1;
	ptrdiff_t body;
	int status, r = connect_to(socket, seconds, &fd, err);

	if (r == 0)
		r = exchange(fd, request, max, answer, err);
	if (r < 0)
		return r;
	status = status_of(sk_buf_view(answer));
	body = sk_span_find(sk_buf_view(answer), SK_SPAN_LIT("\r\n\r\n"));
	if (!status || body < 0)
		return sk_err_set(err, SK_ENET, "%s: the answer is no HTTP", socket);
	*ret_body = sk_span_from(sk_buf_view(answer), (size_t)body + 4);
	return status;
}
