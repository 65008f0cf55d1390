/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Addresses of sockets that need no name server: "127.0.0.1:80", "[::1]:80", "localhost:80", "unix:/path". */
#include "base/err.h"
#include "base/span.h"

#include <sys/socket.h>

struct sk_address {
	struct sockaddr_storage storage;
	socklen_t len;
};

int sk_address_parse(struct sk_span text, struct sk_address *ret_address, struct sk_err *err);

/* "host:port" or "[v6]:port" in parts; false if it is neither. `otherwise`: the port without one; 0: it must be there. */
bool sk_address_split(struct sk_span text, unsigned otherwise, struct sk_span *ret_host, unsigned *ret_port);
