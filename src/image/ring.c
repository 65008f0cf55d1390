/* SPDX-License-Identifier: Apache-2.0 */
#include "image/ring.h"

#include "base/mem.h"

#include <pthread.h>
#include <string.h>

enum { MOST_CONSUMERS = 4 };

struct sk_ring {
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	unsigned blocks, consumers;
	size_t block_size;
	char *bytes;
	size_t *lens;
	uint64_t head;			 /* blocks committed */
	uint64_t next[MOST_CONSUMERS];	 /* the block that this consumer gets next */
	bool holds[MOST_CONSUMERS];	 /* it still reads block next - 1 */
	bool gone[MOST_CONSUMERS];
	bool ended;
	struct sk_err err;
};

struct sk_ring *sk_ring_new(unsigned blocks, size_t block_size, unsigned consumers)
{
	struct sk_ring *ring = sk_alloc(sizeof(*ring));

	if (consumers > MOST_CONSUMERS)
		abort();
	pthread_mutex_init(&ring->lock, NULL);
	pthread_cond_init(&ring->filled, NULL);
	pthread_cond_init(&ring->emptied, NULL);
	ring->blocks = blocks;
	ring->block_size = block_size;
	ring->consumers = consumers;
	ring->bytes = sk_realloc(NULL, blocks, block_size);
	ring->lens = sk_alloc(blocks * sizeof(ring->lens[0]));
	return ring;
}

void sk_ring_free(struct sk_ring *ring)
{
	if (!ring)
		return;
	pthread_cond_destroy(&ring->emptied);
	pthread_cond_destroy(&ring->filled);
	pthread_mutex_destroy(&ring->lock);
	free(ring->bytes);
	free(ring->lens);
	free(ring);
}

size_t sk_ring_block_size(const struct sk_ring *ring)
{
	return ring->block_size;
}

/* The oldest block that somebody still needs; head + 1 when nobody is left. */
static uint64_t tail_of(const struct sk_ring *ring, bool *ret_alone)
{
	uint64_t tail = UINT64_MAX;

	*ret_alone = true;
	for (unsigned i = 0; i < ring->consumers; i++) {
		uint64_t at = ring->next[i] - ring->holds[i];

		if (ring->gone[i])
			continue;
		*ret_alone = false;
		if (at < tail)
			tail = at;
	}
	return tail;
}

void *sk_ring_block(struct sk_ring *ring)
{
	void *block = NULL;
	bool alone;

	pthread_mutex_lock(&ring->lock);
	for (;;) {
		uint64_t tail = tail_of(ring, &alone);

		if (alone)
			break;
		if (ring->head - tail < ring->blocks) {
			block = ring->bytes + (ring->head % ring->blocks) * ring->block_size;
			break;
		}
		pthread_cond_wait(&ring->emptied, &ring->lock);
	}
	pthread_mutex_unlock(&ring->lock);
	return block;
}

void sk_ring_commit(struct sk_ring *ring, size_t len)
{
	pthread_mutex_lock(&ring->lock);
	ring->lens[ring->head % ring->blocks] = len;
	ring->head++;
	pthread_cond_broadcast(&ring->filled);
	pthread_mutex_unlock(&ring->lock);
}

void sk_ring_end(struct sk_ring *ring, const struct sk_err *err)
{
	pthread_mutex_lock(&ring->lock);
	ring->ended = true;
	if (err)
		ring->err = *err;
	pthread_cond_broadcast(&ring->filled);
	pthread_mutex_unlock(&ring->lock);
}

ssize_t sk_ring_next(struct sk_ring *ring, unsigned c, const void **ret_bytes, struct sk_err *err)
{
	ssize_t n = 0;

	pthread_mutex_lock(&ring->lock);
	if (ring->holds[c]) {
		ring->holds[c] = false;
		pthread_cond_signal(&ring->emptied);
	}
	while (ring->next[c] == ring->head && !ring->ended)
		pthread_cond_wait(&ring->filled, &ring->lock);
	if (ring->next[c] < ring->head) {
		size_t slot = ring->next[c] % ring->blocks;

		*ret_bytes = ring->bytes + slot * ring->block_size;
		n = (ssize_t)ring->lens[slot];
		ring->next[c]++;
		ring->holds[c] = true;
	} else if (ring->err.code) {
		n = -ring->err.code;
		if (err)
			*err = ring->err;
	}
	pthread_mutex_unlock(&ring->lock);
	return n;
}

void sk_ring_leave(struct sk_ring *ring, unsigned c)
{
	pthread_mutex_lock(&ring->lock);
	ring->gone[c] = true;
	pthread_cond_signal(&ring->emptied);
	pthread_mutex_unlock(&ring->lock);
}
