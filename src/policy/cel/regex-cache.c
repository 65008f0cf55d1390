/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/regex-cache.h"

#include <stdlib.h>
#include <string.h>

/* Instructions of all cached patterns: some MiB. A pattern alone may be as large. */
enum { MAX_CODE = 200000 };

static struct sk_cel_regex_cached *find_entry(struct sk_cel_regex_cache *cache, const char *pattern,
					      size_t len, unsigned flags)
{
	uint32_t hash = 2166136261u ^ flags;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)pattern[i]) * 16777619u;
	return cache->entries + (hash ^ hash >> 15) % SK_CEL_REGEX_CACHED;
}

static void forget(struct sk_cel_regex_cache *cache, struct sk_cel_regex_cached *entry)
{
	if (entry->regex)
		cache->code -= sk_cel_regex_size(entry->regex);
	sk_cel_regex_free(entry->regex);
	free(entry->pattern);
	*entry = (struct sk_cel_regex_cached){ 0 };
}

static void forget_all(struct sk_cel_regex_cache *cache)
{
	for (unsigned i = 0; i < SK_CEL_REGEX_CACHED; i++)
		forget(cache, cache->entries + i);
}

void sk_cel_regex_cache_release(struct sk_cel_regex_cache *cache)
{
	forget_all(cache);
	sk_cel_regex_scratch_release(&cache->scratch);
}

const struct sk_cel_regex *sk_cel_regex_cache_get(struct sk_cel_regex_cache *cache,
						  const char *pattern, size_t len, unsigned flags,
						  const char **ret_error, size_t *ret_offset)
{
	struct sk_cel_regex_cached *entry = find_entry(cache, pattern, len, flags);
	struct sk_cel_regex *regex;
	char *copy;

	if (entry->regex && entry->len == len && entry->flags == flags &&
	    (len == 0 || memcmp(entry->pattern, pattern, len) == 0))
		return entry->regex;
	regex = sk_cel_regex_new(pattern, len, flags, ret_error, ret_offset);
	if (!regex)
		return NULL;
	copy = malloc(len + 1);
	if (!copy) {
		sk_cel_regex_free(regex);
		*ret_error = "out of memory";
		*ret_offset = 0;
		return NULL;
	}
	if (len > 0)
		memcpy(copy, pattern, len);
	if (cache->code + sk_cel_regex_size(regex) > MAX_CODE)
		forget_all(cache);
	forget(cache, entry);
	*entry = (struct sk_cel_regex_cached){
		.regex = regex, .pattern = copy, .len = len, .flags = flags
	};
	cache->code += sk_cel_regex_size(regex);
	return regex;
}
