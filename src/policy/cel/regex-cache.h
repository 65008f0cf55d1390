/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The patterns that one eval uses, compiled once. Bounded in number and size:
 * what does not fit pushes out what was there. Zero-initialised is empty.
 */
#include "policy/cel/regex.h"

enum { SK_CEL_REGEX_CACHED = 64 };

struct sk_cel_regex_cache {
	struct sk_cel_regex_cached {
		struct sk_cel_regex *regex;
		char *pattern;
		size_t len;
		unsigned flags;
	} entries[SK_CEL_REGEX_CACHED];
	size_t code; /* instructions of all entries */
	struct sk_cel_regex_scratch scratch;
};

/* The compiled pattern, until the next call; or NULL with an error, as sk_cel_regex_new(). */
const struct sk_cel_regex *sk_cel_regex_cache_get(struct sk_cel_regex_cache *cache,
						  const char *pattern, size_t len, unsigned flags,
						  const char **ret_error, size_t *ret_offset);
void sk_cel_regex_cache_release(struct sk_cel_regex_cache *cache);
