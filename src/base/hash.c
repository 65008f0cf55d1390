/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <endian.h>
#include <pthread.h>
#include <sys/random.h>
#include <time.h>

static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		key[0] = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u;
		key[1] = (uint64_t)(uintptr_t)&now;
	}
}

static inline uint64_t rotl(uint64_t x, int b)
{
	return (x << b) | (x >> (64 - b));
}

#define ROUND(v) \
	do { \
		v[0] += v[1]; \
		v[1] = rotl(v[1], 13) ^ v[0]; \
		v[0] = rotl(v[0], 32); \
		v[2] += v[3]; \
		v[3] = rotl(v[3], 16) ^ v[2]; \
		v[0] += v[3]; \
		v[3] = rotl(v[3], 21) ^ v[0]; \
		v[2] += v[1]; \
		v[1] = rotl(v[1], 17) ^ v[2]; \
		v[2] = rotl(v[2], 32); \
	} while (0)

static uint64_t siphash13(uint64_t k0, uint64_t k1, struct sk_span s)
{
	uint64_t v[4] = { 0x736f6d6570736575u ^ k0, 0x646f72616e646f6du ^ k1,
			  0x6c7967656e657261u ^ k0, 0x7465646279746573u ^ k1 };
	uint64_t last = (uint64_t)s.len << 56;
	size_t i, left = s.len & 7;

	for (i = 0; i + 8 <= s.len; i += 8) {
		uint64_t m;

		memcpy(&m, s.ptr + i, 8);
		m = le64toh(m);
		v[3] ^= m;
		ROUND(v);
		v[0] ^= m;
	}
	for (size_t j = 0; j < left; j++)
		last |= (uint64_t)(uint8_t)s.ptr[i + j] << (8 * j);
	v[3] ^= last;
	ROUND(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	ROUND(v);
	ROUND(v);
	ROUND(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t sk_hash(struct sk_span s)
{
	pthread_once(&key_once, make_key);
	return siphash13(key[0], key[1], s);
}

uint64_t sk_hash_stable(struct sk_span s)
{
	return siphash13(0x73656b6973686f21u, 0x6368656b706f696eu, s);
}
