/* SPDX-License-Identifier: Apache-2.0 */
/* The layout is the kernel's (kernel/bpf/ringbuf.c): a page with the consumer's position, one with the producer's, data. */
#include "guard/ring.h"

#include "base/mem.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct sk_ring {
	int fd;
	size_t page, bytes; /* bytes: a power of two */
	unsigned long *consumer;       /* where we have read to; the kernel may write before it */
	const unsigned long *producer; /* where the kernel has written to */
	const char *data;
	char *joined; /* room for a record that goes over the end */
	size_t room;
	sk_ring_fn *fn;
	void *context;
};

static int map(struct sk_ring *r)
{
	void *consumer = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	void *rest;

	if (consumer == MAP_FAILED)
		return -1;
	r->consumer = consumer;
	rest = mmap(NULL, r->page + r->bytes, PROT_READ, MAP_SHARED, r->fd, (off_t)r->page);
	if (rest == MAP_FAILED)
		return -1;
	r->producer = rest;
	r->data = (const char *)rest + r->page;
	return 0;
}

int sk_ring_open(int fd, sk_ring_fn *fn, void *context, struct sk_ring **ret_ring, struct sk_err *err)
{
	struct sk_ring *r = sk_alloc(sizeof(*r));
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	*r = (struct sk_ring){ .fd = fd, .page = (size_t)sysconf(_SC_PAGESIZE), .fn = fn, .context = context };
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
		r->bytes = info.max_entries;
	if (!r->bytes || map(r) < 0) {
		int code = sk_err_errno(err, "the ring buffer's memory");

		sk_ring_close(r);
		return code;
	}
	*ret_ring = r;
	return 0;
}

void sk_ring_close(struct sk_ring *r)
{
	if (!r)
		return;
	if (r->consumer)
		munmap(r->consumer, r->page);
	if (r->producer)
		munmap((void *)r->producer, r->page + r->bytes);
	free(r->joined);
	free(r);
}

int sk_ring_fd(const struct sk_ring *r)
{
	return r->fd;
}

bool sk_ring_has(const struct sk_ring *r)
{
	return __atomic_load_n(r->consumer, __ATOMIC_ACQUIRE) != __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
}

/* A record's bytes in one piece. */
static void *whole(struct sk_ring *r, size_t at, size_t size)
{
	size_t first = r->bytes - at;

	if (size <= first)
		return (void *)(r->data + at);
	if (size > r->room) {
		r->room = size;
		r->joined = sk_realloc(r->joined, size, 1);
	}
	memcpy(r->joined, r->data + at, first);
	memcpy(r->joined + first, r->data, size - first);
	return r->joined;
}

int sk_ring_consume(struct sk_ring *r)
{
	unsigned long at = __atomic_load_n(r->consumer, __ATOMIC_ACQUIRE);
	/* What is added while we read is for the next time: a flood must not keep the caller from all else. */
	unsigned long end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	int count = 0;

	while (at < end) {
		const uint32_t *header = (const uint32_t *)(r->data + (at & (r->bytes - 1)));
		uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		size_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		int result = 0;

		/* It is still being written; what comes behind it waits. */
		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			result = r->fn(r->context, whole(r, (at + BPF_RINGBUF_HDR_SZ) & (r->bytes - 1), size), size);
			count += count < INT_MAX;
		}
		at += (size + BPF_RINGBUF_HDR_SZ + 7) & ~(size_t)7;
		__atomic_store_n(r->consumer, at, __ATOMIC_RELEASE);
		if (result < 0)
			return result;
	}
	return count;
}

int sk_ring_poll(struct sk_ring *r, int timeout)
{
	int ready = poll(&(struct pollfd){ .fd = r->fd, .events = POLLIN }, 1, timeout);

	if (ready < 0)
		return -errno;
	return ready ? sk_ring_consume(r) : 0;
}
