/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/message.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 8 };

union fd_control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int sk_message_send(int sock, uint32_t type, struct sk_span payload, int fd, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf frame = { 0 };
	union fd_control control = { 0 };
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	sk_buf_u32le(&frame, (uint32_t)payload.len);
	sk_buf_u32le(&frame, type);
	sk_buf_span(&frame, payload);
	iov = (struct iovec){ frame.data, frame.len };
	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 || ((size_t)n < frame.len &&
		      sk_write_full(sock, frame.data + n, frame.len - (size_t)n) < 0))
		return sk_err_errno(err, "sending to the other process");
	return 0;
}

static void take_fd(struct msghdr *msg, int *ret_fd)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	}
}

int sk_message_receive(int sock, size_t max, uint32_t *ret_type, struct sk_buf *payload, int *ret_fd,
		       struct sk_err *err)
{
	char header[HEADER];
	union fd_control control = { 0 };
	struct iovec iov = { header, sizeof(header) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct sk_reader r;
	uint32_t len;
	ssize_t n;

	*ret_fd = -1;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n < 0)
		return sk_err_errno(err, "receiving from the other process");
	take_fd(&msg, ret_fd);
	if (n < HEADER && sk_read_full(sock, header + n, (size_t)(HEADER - n)) != HEADER - n)
		goto broken;
	r = sk_reader(sk_span(header, sizeof(header)));
	len = sk_read_u32le(&r);
	*ret_type = sk_read_u32le(&r);
	if (len > max)
		goto broken;
	sk_buf_reset(payload);
	if (sk_read_full(sock, sk_buf_reserve(payload, len), len) != (ssize_t)len)
		goto broken;
	payload->len = len;
	payload->data[len] = '\0';
	return 1;
broken:
	sk_closep(ret_fd);
	return sk_err_set(err, SK_ECRASH, "the other process broke off in the middle of a message");
}

struct sk_span sk_message_adopt(int fd)
{
	struct stat st;
	void *map;

	if (fd < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0 ||
	    fstat(fd, &st) < 0 || st.st_size <= 0)
		return sk_span(NULL, 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return map == MAP_FAILED ? sk_span(NULL, 0) : sk_span(map, (size_t)st.st_size);
}
