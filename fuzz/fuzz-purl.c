/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/purl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses is written in the canonical form, and that one parses to itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_buf first = { 0 }, second = { 0 };
	struct sk_arena arena = { 0 };
	struct sk_purl purl;

	if (sk_purl_parse(&purl, sk_span(data, size), &arena, NULL) == 0) {
		sk_purl_write(&first, &purl);
		if (sk_purl_parse(&purl, sk_buf_view(&first), &arena, NULL) < 0)
			abort();
		sk_purl_write(&second, &purl);
		if (!sk_span_eq(sk_buf_view(&first), sk_buf_view(&second)))
			abort();
	}
	sk_buf_release(&first);
	sk_buf_release(&second);
	sk_arena_release(&arena);
	return 0;
}
