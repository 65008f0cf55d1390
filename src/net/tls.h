/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS (1.2 and later) over a socket that does not block, as a client. Waiting is
 * the caller's: it gives a function for that. libssl is opened when it is first needed,
 * as libcurl is (curl.h).
 */
#include "base/err.h"
#include "base/span.h"

struct sk_tls_options {
	const char *ca;		/* a file, or a folder; NULL: those of the system */
	const char *cert, *key; /* ours; NULL: none */
	bool insecure;		/* take any certificate */
};

/* Waits for events (poll) of the descriptor; false: no more. */
typedef bool sk_tls_wait_fn(void *context, int fd, short events);

struct sk_tls;

/* Reads the files. */
int sk_tls_open(const struct sk_tls_options *options, struct sk_tls **ret_tls, struct sk_err *err);
void sk_tls_close(struct sk_tls *tls);

/* Shakes hands; the other side must be `name`, a host's or an address (RFC 6125). fd stays the caller's. */
int sk_tls_connect(struct sk_tls *tls, int fd, const char *name, sk_tls_wait_fn *wait, void *context,
		   struct sk_err *err);
void sk_tls_disconnect(struct sk_tls *tls);

/* How many bytes went out; less than there are: err says why. */
size_t sk_tls_write(struct sk_tls *tls, struct sk_span bytes, sk_tls_wait_fn *wait, void *context, struct sk_err *err);
/* Whether the other side has closed; what it sent is passed over. */
bool sk_tls_ended(struct sk_tls *tls);
