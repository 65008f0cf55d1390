/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small HTTP server (RFC 9112) for what an agent says of itself: GET of a few
 * pages, one request a connection. It has no thread: whoever owns it calls
 * sk_server_step now and then, or when sk_server_fd can be read, and pages are
 * written within that call, so that they see the owner's state as it is.
 *
 * Clients are bounded in number, in what they may send and in time.
 */
#include "base/buf.h"
#include "base/err.h"

enum sk_server_where {
	SK_SERVER_TCP = 1 << 0,
	SK_SERVER_UNIX = 1 << 1, /* for root and this user alone */
};

struct sk_server_request {
	struct sk_span path; /* without what follows a '?' */
	struct sk_span accept; /* the header's value; empty: none */
};

struct sk_server_answer {
	int status;	  /* 200 unless the page says otherwise */
	const char *type; /* of the body; "text/plain; charset=utf-8" unless the page says otherwise */
	struct sk_buf body;
};

struct sk_server_page {
	const char *path; /* "/metrics"; NULL ends the table */
	unsigned where;	  /* enum sk_server_where: on which sockets it is there */
	void (*write)(void *context, const struct sk_server_request *request, struct sk_server_answer *answer);
};

struct sk_server;

/* Pages and context are borrowed. */
int sk_server_open(const struct sk_server_page *pages, void *context, struct sk_server **ret_server, struct sk_err *err);
void sk_server_close(struct sk_server *server);

/*
 * Listens at "127.0.0.1:9417", "[::1]:9417", "localhost:9417" (port 0: any), or
 * "unix:/path". A socket's file that nobody answers at is replaced; somebody
 * who answers is an error.
 */
int sk_server_listen(struct sk_server *server, const char *address, struct sk_err *err);
/* The port of the first TCP address, 0 without one: for tests. */
unsigned sk_server_port(const struct sk_server *server);

/* Readable when there is something to do. */
int sk_server_fd(const struct sk_server *server);
/* Does what there is to do; never waits. */
void sk_server_step(struct sk_server *server);
