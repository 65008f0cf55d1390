/* SPDX-License-Identifier: Apache-2.0 */
/* The written form of layers as a hostile worker would give it: right frame, any records. */
#include "analyze/view.h"
#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void frame(struct sk_buf *out, struct sk_span body)
{
	sk_buf_puts(out, "SKLAYER1");
	sk_buf_u64le(out, 24 + body.len);
	sk_buf_u64le(out, sk_hash_stable(body));
	sk_buf_span(out, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_buf one = { 0 }, two = { 0 };
	struct sk_inventory inv = { 0 };
	struct sk_err err = SK_ERR_INIT;
	size_t half = size / 2;

	frame(&one, sk_span(data, half));
	frame(&two, sk_span(data + half, size - half));

	struct sk_view_input layers[2] = { { sk_buf_view(&one) }, { sk_buf_view(&two) } };

	sk_view_build(&inv, layers, 2, &err);
	sk_inventory_release(&inv);
	sk_view_build(&inv, layers + 1, 1, &err);
	sk_inventory_release(&inv);
	sk_buf_release(&one);
	sk_buf_release(&two);
	return 0;
}
