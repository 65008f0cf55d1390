/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VERS, or (first byte not 'v') a type, a newline and a native range. What is read is written
 * and read again as the same; asking for a version does not crash.
 */
#include "vuln/vers.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct sk_vers *range, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, second = { 0 };
	struct sk_vers r;
	struct sk_err err;

	sk_vers_format(range, &text);
	if (sk_vers_read(&r, sk_buf_view(&text), arena, &err) < 0)
		abort();
	sk_vers_format(&r, &second);
	if (!sk_span_eq(sk_buf_view(&text), sk_buf_view(&second)))
		abort();
	for (size_t i = 0; i < r.count; i++)
		sk_vers_contains(&r, r.constraints[i].version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	struct sk_span rest = sk_span(data, size), type;
	struct sk_vers range = { 0 };
	struct sk_err err;
	int rc;

	if (!size)
		return 0;
	if (data[0] == 'v') {
		sk_vers_parse(&range, rest, &arena, &err);
		rc = sk_vers_read(&range, rest, &arena, &err);
	} else {
		sk_span_split(&rest, '\n', &type);
		rc = sk_vers_from_native(&range, type, rest, &arena, &err);
	}
	if (rc == 0)
		again(&range, &arena);
	return 0;
}
