/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * libcurl, opened when it is first needed: it brings forty further libraries,
 * whose relocation would cost every start of the program more than a cached scan.
 */
#include "base/err.h"

#define CURL_DISABLE_TYPECHECK /* its macros would call the library by name */
#include <curl/curl.h>

struct sk_curl {
	__typeof__(&curl_global_init) global_init;
	__typeof__(&curl_version) version;
	__typeof__(&curl_easy_init) easy_init;
	__typeof__(&curl_easy_reset) easy_reset;
	__typeof__(&curl_easy_cleanup) easy_cleanup;
	__typeof__(&curl_easy_setopt) easy_setopt;
	__typeof__(&curl_easy_getinfo) easy_getinfo;
	__typeof__(&curl_easy_perform) easy_perform;
	__typeof__(&curl_easy_strerror) easy_strerror;
	__typeof__(&curl_slist_append) slist_append;
	__typeof__(&curl_slist_free_all) slist_free_all;
};

/* The library, initialised; NULL where it is not installed. For any thread. */
const struct sk_curl *sk_curl_open(struct sk_err *err);
