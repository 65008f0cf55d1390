/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/cache.h"

#include "base/fd.h"
#include "image/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Raised with the written form of a recording (record.h). */
enum { FORMAT = 2 };

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

struct cached {
	char *path;
	uint64_t size;
	struct timespec used;
};

static int cmp_cached(const void *a, const void *b)
{
	const struct cached *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

typedef SK_VEC(struct cached) cached_vec;

static void list_folder(const char *dir, cached_vec *all, bool recurse)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char *path;
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		path = sk_printf("%s/%s", dir, entry->d_name);
		/* Whoever writes has the lock that we have: a temporary file is a dead process's. */
		if (!recurse && strchr(entry->d_name, '.'))
			unlink(path);
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
			*(struct cached *)sk_vec_push(all) =
				(struct cached){ path, (uint64_t)st.st_blocks * 512, st.st_mtim };
			continue;
		}
		if (recurse && S_ISDIR(st.st_mode)) {
			list_folder(path, all, false);
			rmdir(path); /* a generation that nobody uses any more, once it is empty */
		}
		free(path);
	}
	if (d)
		closedir(d);
}

/* Deletes what was used longest ago until `size` more bytes fit. */
static void make_room(struct sk_cache *cache, uint64_t size)
{
	cached_vec all = { 0 };
	uint64_t total = size;

	list_folder(cache->layers, &all, true);
	for (size_t i = 0; i < all.len; i++)
		total += all.data[i].size;
	if (all.len)
		qsort(all.data, all.len, sizeof(all.data[0]), cmp_cached);
	for (size_t i = 0; i < all.len; i++) {
		if (total > cache->limit && unlink(all.data[i].path) == 0)
			total -= all.data[i].size;
		free(all.data[i].path);
	}
	sk_vec_release(&all);
}

void sk_cache_put(struct sk_cache *cache, const char *diff_id, struct sk_span bytes)
{
	uint64_t size = (bytes.len + 4095) / 4096 * 4096; /* as the disk counts it */
	sk_autofree char *lock_path = sk_printf("%s/.lock", cache->layers);
	sk_autofree char *path = NULL;
	sk_autoclose int lock = -1;

	if (!sk_digest_valid(sk_span_str(diff_id)) || size > cache->limit)
		return;
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return;
	make_room(cache, size);
	sk_path_make_dirs(cache->dir, 0700, NULL); /* emptied folders of other generations are removed */
	path = file_of(cache, diff_id);
	sk_path_replace(path, bytes, 0600, NULL);
}
