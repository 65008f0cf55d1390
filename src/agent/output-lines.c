/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/output-lines.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

/* A pipe that can be written takes this much without making us wait. */
enum { CHUNK = PIPE_BUF, NEVER = -1 };

/* Writes all bytes as the descriptor takes them; how many it took, which are less where it failed. */
static size_t write_some(struct sk_output *output, int fd, struct sk_span bytes)
{
	size_t done = 0;

	errno = 0;
	while (done < bytes.len && sk_output_wait(output, fd, POLLOUT, NEVER)) {
		size_t n = bytes.len - done < CHUNK ? bytes.len - done : CHUNK;
		ssize_t written = write(fd, bytes.ptr + done, n);

		if (written < 0 && errno != EINTR && errno != EAGAIN)
			break;
		done += written < 0 ? 0 : (size_t)written;
	}
	return done;
}

enum sk_send sk_output_write_lines(struct sk_output *output, struct sk_output_lines *lines, int fd,
				   const struct sk_span *messages, size_t count, size_t *ret_count, struct sk_err *err)
{
	size_t written, sent = 0;
	struct sk_span bytes;

	sk_buf_reset(&lines->bytes);
	for (size_t i = 0; i < count; i++) {
		sk_buf_span(&lines->bytes, messages[i]);
		sk_buf_putc(&lines->bytes, '\n');
	}
	bytes = sk_span_from(sk_buf_view(&lines->bytes), lines->partial);
	written = write_some(output, fd, bytes);
	if (written == bytes.len) {
		lines->partial = 0;
		*ret_count = count;
		return SK_SEND_DONE;
	}
	if (errno)
		sk_err_errno(err, "cannot write");
	else
		sk_err_set(err, SK_ETIMEOUT, "nobody reads");
	for (written += lines->partial; sent < count && written > messages[sent].len; sent++)
		written -= messages[sent].len + 1;
	lines->partial = written;
	*ret_count = sent;
	return errno == EPIPE ? SK_SEND_BROKEN : SK_SEND_AGAIN;
}
