/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Typed messages between a process and its worker over a socket pair: a
 * length, a type, the bytes, and at most one file descriptor along with them.
 */
#include "base/buf.h"
#include "base/err.h"

/* fd -1: none goes along. Not for two threads at once. */
int sk_message_send(int sock, uint32_t type, struct sk_span payload, int fd, struct sk_err *err);

/*
 * 1 with a message, 0 when the other side has closed between two messages.
 * *ret_fd is -1 or a new descriptor that the caller closes. Payloads above max
 * are SK_ECRASH: the other side does not keep to the protocol.
 */
int sk_message_receive(int sock, size_t max, uint32_t *ret_type, struct sk_buf *payload, int *ret_fd,
		       struct sk_err *err);

/*
 * The bytes of a memfd that came with a message, mapped so that the other side
 * cannot change them any more; empty if it is none. They stay mapped when fd is closed.
 */
struct sk_span sk_message_adopt(int fd);
