/* SPDX-License-Identifier: Apache-2.0 */
#include "image/pipeline.h"

#include "base/limits.h"
#include "base/mem.h"
#include "image/ring.h"

#include <pthread.h>

/* Blocks stay small enough for the second-level caches of the cores that share them. */
enum { RAW_BLOCK = 128 * 1024, PLAIN_BLOCK = 256 * 1024, RAW_BLOCKS = 6, PLAIN_BLOCKS = 8 };
enum { RAW_INFLATE, RAW_HASH };
enum { PLAIN_WALK, PLAIN_HASH, PLAIN_BLOB_HASH };

struct hash_job {
	struct sk_ring *ring;
	unsigned consumer;
	struct sk_hasher *hasher;
	uint64_t size;
	struct sk_err err;
	pthread_t thread;
	bool running;
};

/* Moves a source into a ring. */
struct fill_job {
	struct sk_source *source;
	struct sk_ring *ring;
	_Atomic uint64_t *progress;
	_Atomic uint64_t *counted; /* grows too; NULL */
	_Atomic uint64_t *packed; /* bytes read of what is inflated; NULL: nothing is */
	uint64_t limit;
	pthread_t thread;
	bool running;
};

struct sk_pipeline {
	enum sk_compression compression;
	struct sk_ring *raw, *plain; /* raw: only of a compressed blob */
	struct fill_job read, inflate;
	_Atomic uint64_t packed;
	struct hash_job hash_blob, hash_plain; /* hash_blob: only where hash_plain does not say it too */
};

static void *hash_main(void *arg)
{
	struct hash_job *job = arg;
	const void *bytes;
	ssize_t n;

	while ((n = sk_ring_next(job->ring, job->consumer, &bytes, &job->err)) > 0) {
		sk_hasher_add_cold(job->hasher, bytes, (size_t)n);
		job->size += (uint64_t)n;
	}
	sk_ring_leave(job->ring, job->consumer);
	return NULL;
}

/* No layer of files is packed tighter than this, but for one that is meant to wear out its reader. */
static bool is_bomb(const struct fill_job *job, uint64_t size)
{
	return job->packed && size > SK_BOMB_BYTES &&
	       size / SK_BOMB_RATIO > atomic_load_explicit(job->packed, memory_order_relaxed);
}

static void *fill_main(void *arg)
{
	struct fill_job *job = arg;
	struct sk_err err = SK_ERR_INIT;
	uint64_t size = 0;
	void *block;

	while ((block = sk_ring_block(job->ring))) {
		struct sk_mapped mapped = { 0 };
		ssize_t n = job->source->map ? job->source->map(job->source, &mapped, &err) :
				sk_source_fill(job->source, block, sk_ring_block_size(job->ring), &err);

		if (n <= 0)
			break;
		size += (uint64_t)n;
		if (mapped.ptr)
			sk_ring_commit_borrowed(job->ring, mapped.ptr, (size_t)n, mapped.map, mapped.map_len);
		else
			sk_ring_commit(job->ring, (size_t)n);
		if (job->counted)
			atomic_fetch_add_explicit(job->counted, (uint64_t)n, memory_order_relaxed);
		if (job->progress)
			atomic_fetch_add_explicit(job->progress, (uint64_t)n, memory_order_relaxed);
		if (size > job->limit || is_bomb(job, size)) {
			sk_err_set(&err, SK_ELIMIT, "a decompression bomb: %llu bytes and more",
				   (unsigned long long)size);
			break;
		}
	}
	sk_ring_end(job->ring, &err);
	if (!job->source->map) { /* an inflating source lets go of the raw ring here */
		sk_source_close(job->source);
		job->source = NULL;
	}
	return NULL;
}

/* The raw ring as the source that the inflater reads. */
struct ring_source {
	struct sk_source base;
	struct sk_ring *ring;
};

static ssize_t ring_lend(struct sk_source *source, const void **ret_bytes, struct sk_err *err)
{
	return sk_ring_next(((struct ring_source *)source)->ring, RAW_INFLATE, ret_bytes, err);
}

static void ring_close(struct sk_source *source)
{
	/* What follows the compressed stream is still hashed: only this consumer leaves. */
	sk_ring_leave(((struct ring_source *)source)->ring, RAW_INFLATE);
	free(source);
}

static struct sk_source *ring_source(struct sk_ring *ring)
{
	struct ring_source *s = sk_alloc(sizeof(*s));

	s->base = (struct sk_source){ .lend = ring_lend, .close = ring_close };
	s->ring = ring;
	return &s->base;
}

static void run(pthread_t *thread, bool *running, void *(*main)(void *), void *arg)
{
	if (pthread_create(thread, NULL, main, arg) != 0)
		abort();
	*running = true;
}

static void pipeline_free(struct sk_pipeline *p)
{
	sk_source_close(p->read.source); /* its first bytes were lent to the ring */
	sk_hasher_free(p->hash_blob.hasher);
	sk_hasher_free(p->hash_plain.hasher);
	sk_ring_free(p->raw);
	sk_ring_free(p->plain);
	free(p);
}

int sk_pipeline_start(struct sk_source *raw, const char *blob_algorithm, const char *diff_algorithm,
		      _Atomic uint64_t *progress, struct sk_pipeline **ret, struct sk_err *err)
{
	struct sk_pipeline *p = sk_alloc(sizeof(*p));
	int r = sk_source_peek(raw, &raw, &p->compression, err);

	if (r < 0) {
		free(p);
		return r;
	}
	bool packed = p->compression != SK_PLAIN;
	bool hash_blob = blob_algorithm && (packed || strcmp(blob_algorithm, diff_algorithm) != 0);

	p->plain = sk_ring_new(PLAIN_BLOCKS, PLAIN_BLOCK,
			       !diff_algorithm	      ? 1
			       : !packed && hash_blob ? 3
						      : 2);
	if (diff_algorithm)
		p->hash_plain = (struct hash_job){ .ring = p->plain,
						   .consumer = PLAIN_HASH,
						   .hasher = sk_hasher_new(diff_algorithm) };
	p->read = (struct fill_job){ .source = raw, .ring = p->plain, .progress = progress,
				     .limit = SK_MAX_LAYER_BYTES };
	if (packed) {
		struct sk_source *inflating = NULL;

		p->raw = sk_ring_new(RAW_BLOCKS, RAW_BLOCK, hash_blob ? 2 : 1);
		r = sk_source_decompress(ring_source(p->raw), p->compression, &inflating, err);
		if (r < 0) {
			pipeline_free(p);
			return r;
		}
		p->read.ring = p->raw;
		p->read.counted = &p->packed;
		p->inflate = (struct fill_job){ .source = inflating, .ring = p->plain, .packed = &p->packed,
						.limit = SK_MAX_LAYER_BYTES };
		run(&p->inflate.thread, &p->inflate.running, fill_main, &p->inflate);
	}
	if (hash_blob) {
		p->hash_blob = (struct hash_job){ .ring = packed ? p->raw : p->plain,
						  .consumer = packed ? RAW_HASH : PLAIN_BLOB_HASH,
						  .hasher = sk_hasher_new(blob_algorithm) };
		run(&p->hash_blob.thread, &p->hash_blob.running, hash_main, &p->hash_blob);
	}
	if (diff_algorithm)
		run(&p->hash_plain.thread, &p->hash_plain.running, hash_main, &p->hash_plain);
	run(&p->read.thread, &p->read.running, fill_main, &p->read);
	*ret = p;
	return 0;
}

ssize_t sk_pipeline_next(struct sk_pipeline *p, const void **ret_bytes, struct sk_err *err)
{
	return sk_ring_next(p->plain, PLAIN_WALK, ret_bytes, err);
}

static void join(pthread_t thread, bool *running)
{
	if (*running)
		pthread_join(thread, NULL);
	*running = false;
}

static void join_all(struct sk_pipeline *p)
{
	join(p->hash_plain.thread, &p->hash_plain.running);
	join(p->inflate.thread, &p->inflate.running);
	join(p->hash_blob.thread, &p->hash_blob.running);
	join(p->read.thread, &p->read.running);
}

int sk_pipeline_finish(struct sk_pipeline *p, struct sk_pipeline_result *ret, struct sk_err *err)
{
	int r = 0;

	sk_ring_leave(p->plain, PLAIN_WALK);
	join_all(p);
	*ret = (struct sk_pipeline_result){ .compression = p->compression };
	ret->size = p->hash_plain.size;
	if (p->hash_plain.hasher)
		sk_hasher_text(p->hash_plain.hasher, ret->diff_id);
	if (p->hash_blob.hasher) {
		ret->blob_size = p->hash_blob.size;
		sk_hasher_text(p->hash_blob.hasher, ret->blob_digest);
	} else if (!p->raw) {
		ret->blob_size = ret->size;
		memcpy(ret->blob_digest, ret->diff_id, sizeof(ret->diff_id));
	}
	if (p->hash_plain.err.code) {
		r = -p->hash_plain.err.code;
		if (err)
			*err = p->hash_plain.err;
	}
	pipeline_free(p);
	return r;
}

void sk_pipeline_cancel(struct sk_pipeline *p)
{
	/* Nobody consumes: the producers see it at their next block and end. */
	sk_ring_leave(p->plain, PLAIN_WALK);
	if (p->hash_plain.hasher)
		sk_ring_leave(p->plain, PLAIN_HASH);
	if (p->hash_blob.hasher)
		sk_ring_leave(p->hash_blob.ring, p->hash_blob.consumer);
	join_all(p);
	pipeline_free(p);
}
