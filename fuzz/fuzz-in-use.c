/* SPDX-License-Identifier: Apache-2.0 */
/* A record of what was in use: the bytes as they are, and once more with the frame put right around them. */
#include "analyze/in-use.h"
#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(struct sk_span bytes)
{
	struct sk_in_use use;
	struct sk_buf again = { 0 };

	if (sk_in_use_unpack(bytes, &use, NULL) < 0)
		return;
	sk_in_use_pack(&use, &again);
	sk_in_use_release(&use);
	if (sk_in_use_unpack(sk_buf_view(&again), &use, NULL) < 0)
		abort();
	sk_in_use_release(&use);
	sk_buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_buf framed = { 0 };

	read_back(sk_span(data, size));
	sk_buf_puts(&framed, "SKINUSE1");
	sk_buf_u64le(&framed, 24 + size);
	sk_buf_u64le(&framed, sk_hash_stable(sk_span(data, size)));
	sk_buf_put(&framed, data, size);
	read_back(sk_buf_view(&framed));
	sk_buf_release(&framed);
	return 0;
}
