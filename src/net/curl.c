/* SPDX-License-Identifier: Apache-2.0 */
#include "net/curl.h"

#include "base/mem.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct sk_curl api;
static char failure[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	{ "curl_global_init", offsetof(struct sk_curl, global_init) },
	{ "curl_version", offsetof(struct sk_curl, version) },
	{ "curl_easy_init", offsetof(struct sk_curl, easy_init) },
	{ "curl_easy_reset", offsetof(struct sk_curl, easy_reset) },
	{ "curl_easy_cleanup", offsetof(struct sk_curl, easy_cleanup) },
	{ "curl_easy_setopt", offsetof(struct sk_curl, easy_setopt) },
	{ "curl_easy_getinfo", offsetof(struct sk_curl, easy_getinfo) },
	{ "curl_easy_perform", offsetof(struct sk_curl, easy_perform) },
	{ "curl_easy_strerror", offsetof(struct sk_curl, easy_strerror) },
	{ "curl_slist_append", offsetof(struct sk_curl, slist_append) },
	{ "curl_slist_free_all", offsetof(struct sk_curl, slist_free_all) },
};

static void load(void)
{
	/* The soname has been 4 since 2006. It is never closed: libcurl's own dependencies keep state. */
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < SK_COUNT(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			library = NULL;
		else
			memcpy((char *)&api + symbols[i].offset, &symbol, sizeof(symbol));
	}
	if (!library || api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		const char *why = dlerror();

		strncpy(failure, why ? why : "it does not start", sizeof(failure) - 1);
	}
}

const struct sk_curl *sk_curl_open(struct sk_err *err)
{
	pthread_once(&once, load);
	if (failure[0]) {
		sk_err_set(err, SK_ENET, "libcurl, which fetching needs (package libcurl4): %s", failure);
		return NULL;
	}
	return &api;
}
