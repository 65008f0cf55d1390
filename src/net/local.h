/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * HTTP/1.0 over a local socket: as much as asking an engine on the same machine
 * needs. libcurl is not worth its memory for it. One request is one connection.
 */
#include "base/buf.h"
#include "base/err.h"

/*
 * Sends the request, which is whole, and takes the answer of at most `max` bytes
 * with its headers. `ret_body` lies in it. Its status, or an error: SK_ETIMEOUT
 * when nothing comes for so many seconds, SK_ENET for what is no HTTP.
 */
int sk_local_request(const char *socket, struct sk_span request, int seconds, size_t max, struct sk_buf *answer,
		     struct sk_span *ret_body, struct sk_err *err);
