/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Fetching files over HTTP, by libcurl: certificates are verified, proxies are
 * those of the environment (https_proxy, no_proxy), SSL_CERT_FILE names other
 * authorities. Redirects are followed, but never from https to http.
 */
#include "base/err.h"

#include <stdint.h>

/* Told how far it is; total 0: not known. May be NULL. */
typedef void (*sk_http_progress_fn)(void *ctx, uint64_t now, uint64_t total);

struct sk_http_options {
	uint64_t max_bytes;	  /* of one file */
	unsigned connect_seconds; /* 0: 15 */
	unsigned stall_seconds;	  /* without a kilobyte a second; 0: 30 */
	unsigned tries;		  /* in all; 0: 4 */
	unsigned backoff_ms; /* before the second try, doubled before each further one; 0: 1000 */
	sk_http_progress_fn progress;
	void *ctx;
};

enum sk_http_outcome {
	SK_HTTP_FETCHED,
	SK_HTTP_UNCHANGED, /* the file at path is what the server has */
};

/*
 * Fetches url into path. What is there already is kept if the server says that
 * it has not changed. The bytes gather in "path.part", which takes path's
 * place when it is whole; a broken transfer is resumed there, in this call or
 * a later one, unless the server's file has changed. "path.tag" and "path.part.tag" hold the
 * server's validators.
 *
 * SK_ENOTFOUND: 404 or 410. SK_ENET: not reached, or another status.
 */
int sk_http_fetch(const char *url, const char *path, const struct sk_http_options *options,
		  enum sk_http_outcome *ret_outcome, struct sk_err *err);

/* Forgets a file that turned out to be damaged, so that the next fetch is a whole one. */
void sk_http_forget(const char *path);
