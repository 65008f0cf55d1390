/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The way to a syslog receiver: datagrams (RFC 5426, /dev/log), or a stream of counted octets (RFC 6587, RFC 5425). */
#include "agent/output.h"
#include "net/tls.h"

enum sk_syslog_transport { SK_SYSLOG_UNIX, SK_SYSLOG_UDP, SK_SYSLOG_TCP, SK_SYSLOG_TLS };

struct sk_syslog_target {
	enum sk_syslog_transport transport;
	const char *host; /* or the socket's path */
	const char *port;
	const char *name; /* that the receiver's certificate must have */
};

struct sk_syslog_link {
	const struct sk_syslog_target *target;
	struct sk_tls *tls; /* with SK_SYSLOG_TLS: opened by the owner, closed by sk_syslog_link_close */
	int fd_plus_1;
	struct sk_buf frames;
};

enum sk_send sk_syslog_link_send(struct sk_output *output, struct sk_syslog_link *link, const struct sk_span *messages,
				 size_t count, size_t *ret_count, struct sk_err *err);
void sk_syslog_link_close(struct sk_syslog_link *link);
