/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/cache.h"

#include "base/fd.h"
#include "base/prune.h"
#include "image/digest.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Raised with the written form of a recording (record.h). */
enum { FORMAT = 3 };

struct sk_cache {
	char *layers; /* the folder of all generations of analyzers */
	char *dir;    /* ours */
	uint64_t limit;
};

/* A layer's inventory depends on every analyzer there is. */
static void fingerprint(bool manifest, char hex[17])
{
	sk_cleanup(sk_buf_release) struct sk_buf all = { 0 };
	char digest[SK_DIGEST_TEXT];

	sk_buf_printf(&all, "%d %s %d\n", FORMAT, SK_VERSION, manifest);
	for (size_t i = 0; sk_analyzers[i]; i++)
		sk_buf_printf(&all, "%s %u\n", sk_analyzers[i]->name, sk_analyzers[i]->version);
	sk_digest_of(sk_buf_view(&all), digest);
	snprintf(hex, 17, "%.16s", digest + 7);
}

struct sk_cache *sk_cache_open(const char *dir, uint64_t limit, bool manifest, struct sk_err *err)
{
	struct sk_cache *cache = sk_alloc(sizeof(*cache));
	char hex[17];

	fingerprint(manifest, hex);
	cache->limit = limit;
	cache->layers = sk_printf("%s/layers", dir);
	cache->dir = sk_printf("%s/%s", cache->layers, hex);
	if (sk_path_make_dirs(cache->dir, 0700, err) < 0) {
		sk_cache_free(cache);
		return NULL;
	}
	return cache;
}

void sk_cache_free(struct sk_cache *cache)
{
	if (!cache)
		return;
	free(cache->layers);
	free(cache->dir);
	free(cache);
}

static char *file_of(const struct sk_cache *cache, const char *diff_id)
{
	const char *colon = strchr(diff_id, ':');

	return sk_printf("%s/%s", cache->dir, colon ? colon + 1 : diff_id);
}

bool sk_cache_get(struct sk_cache *cache, const char *diff_id, struct sk_span *ret_bytes)
{
	sk_autofree char *path = NULL;
	sk_autoclose int fd = -1;
	struct sk_recording rec;
	struct stat st;
	void *map;

	if (!sk_digest_valid(sk_span_str(diff_id)))
		return false;
	path = file_of(cache, diff_id);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return false;
	if (sk_recording_open(&rec, sk_span(map, (size_t)st.st_size), NULL) < 0) {
		munmap(map, (size_t)st.st_size);
		unlink(path); /* damaged: it is made anew */
		return false;
	}
	futimens(fd, NULL); /* used now */
	*ret_bytes = sk_span(map, (size_t)st.st_size);
	return true;
}

void sk_cache_put(struct sk_cache *cache, const char *diff_id, struct sk_span bytes)
{
	uint64_t size = (bytes.len + 4095) / 4096 * 4096; /* as the disk counts it */
	sk_autofree char *path = NULL;
	sk_autoclose int lock = -1;

	if (!sk_digest_valid(sk_span_str(diff_id)) || size > cache->limit)
		return;
	lock = sk_prune_lock(cache->layers);
	if (lock < 0)
		return;
	sk_prune(cache->layers, "", cache->limit - size);
	sk_path_make_dirs(cache->dir, 0700, NULL); /* emptied folders of other generations are removed */
	path = file_of(cache, diff_id);
	sk_path_replace(path, bytes, 0600, NULL);
}
