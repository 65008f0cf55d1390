/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reads a ring buffer of the kernel (BPF_MAP_TYPE_RINGBUF), as libbpf's
 * ring_buffer does, but for one thing: libbpf maps the data twice, so that a
 * record that goes over the end reads as one, and each page of it counts twice
 * as the agent's memory. Here it is mapped once and such a record is put together.
 */
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sk_ring;

/* A record; valid until it returns. A negative number ends the reading and is what it returns. */
typedef int sk_ring_fn(void *context, void *data, size_t size);

/* Of the map behind `fd`, which stays the caller's and open. */
int sk_ring_open(int fd, sk_ring_fn *fn, void *context, struct sk_ring **ret_ring, struct sk_err *err);
void sk_ring_close(struct sk_ring *ring);

/* Readable when there are records. */
int sk_ring_fd(const struct sk_ring *ring);

/* Whether there are any that were not read whole: from any thread. */
bool sk_ring_has(const struct sk_ring *ring);

/* Reads what is there; how many records, or what the function returned. */
int sk_ring_consume(struct sk_ring *ring);
/* The same, after waiting so many milliseconds for them; -errno when that fails. */
int sk_ring_poll(struct sk_ring *ring, int timeout);
