/* SPDX-License-Identifier: Apache-2.0 */
#include "image/ring.h"

#include "base/mem.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum { MOST_CONSUMERS = 4 };

struct slot {
	char *own; /* made when it is first filled */
	const char *ptr;
	size_t len;
	void *map;
	size_t map_len;
};

struct sk_ring {
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	unsigned blocks, consumers;
	size_t block_size;
	struct slot *slots;
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
	ring->slots = sk_alloc(blocks * sizeof(ring->slots[0]));
	return ring;
}

static void unmap(struct slot *slot)
{
	if (slot->map)
		munmap(slot->map, slot->map_len);
	slot->map = NULL;
}

void sk_ring_free(struct sk_ring *ring)
{
	if (!ring)
		return;
	pthread_cond_destroy(&ring->emptied);
	pthread_cond_destroy(&ring->filled);
	pthread_mutex_destroy(&ring->lock);
	for (unsigned i = 0; i < ring->blocks; i++) {
		unmap(&ring->slots[i]);
		free(ring->slots[i].own);
	}
	free(ring->slots);
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
	struct slot *slot = NULL;
	bool alone;

	pthread_mutex_lock(&ring->lock);
	for (;;) {
		uint64_t tail = tail_of(ring, &alone);

		if (alone)
			break;
		if (ring->head - tail < ring->blocks) {
			slot = &ring->slots[ring->head % ring->blocks];
			break;
		}
		pthread_cond_wait(&ring->emptied, &ring->lock);
	}
	pthread_mutex_unlock(&ring->lock);
	if (!slot)
		return NULL;
	unmap(slot); /* nobody reads it any more */
	if (!slot->own)
		slot->own = sk_realloc(NULL, 1, ring->block_size);
	return slot->own;
}

static void commit(struct sk_ring *ring, struct slot what)
{
	struct slot *slot;

	pthread_mutex_lock(&ring->lock);
	slot = &ring->slots[ring->head % ring->blocks];
	what.own = slot->own;
	*slot = what;
	ring->head++;
	pthread_cond_broadcast(&ring->filled);
	pthread_mutex_unlock(&ring->lock);
}

void sk_ring_commit(struct sk_ring *ring, size_t len)
{
	/* Only the producer touches the slot at head before this. */
	commit(ring, (struct slot){ .ptr = ring->slots[ring->head % ring->blocks].own, .len = len });
}

void sk_ring_commit_borrowed(struct sk_ring *ring, const void *ptr, size_t len, void *map, size_t map_len)
{
	commit(ring, (struct slot){ .ptr = ptr, .len = len, .map = map, .map_len = map_len });
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
		const struct slot *slot = &ring->slots[ring->next[c] % ring->blocks];

		*ret_bytes = slot->ptr;
		n = (ssize_t)slot->len;
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
