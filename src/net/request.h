/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One HTTP request and its answer, both in memory: for APIs. Files are fetched
 * by http.h. Certificates and proxies as there. Redirects are followed for GET
 * and HEAD, never from https to http, and without the Authorization header
 * once the host changes.
 */
#include "base/buf.h"
#include "base/err.h"

struct sk_request {
	const char *method;	/* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; or NULL */
	struct sk_span body;	/* PUT, POST, PATCH */
	size_t max_bytes;	/* of the answer's body */
	unsigned seconds;	/* for all of it; 0: 60 */
};

struct sk_response {
	long status;
	struct sk_buf headers; /* "name: value\n" each, names in lower case; of the last answer */
	struct sk_buf body;
};

/* 0 whatever the status is; SK_ENET where there is no answer, SK_ELIMIT where it is too large. */
int sk_request_send(const struct sk_request *request, struct sk_response *ret_response, struct sk_err *err);
void sk_response_release(struct sk_response *response);

/* The value of a header, by its name in lower case; empty: it is not there. */
struct sk_span sk_response_header(const struct sk_response *response, const char *name);
