/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-read.h"
#include "guard/container-table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which file it is; the rest is the file, and a cgroup's name too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_arena arena = { 0 };
	struct sk_container c = { .id = SK_SPAN_LIT("id"), .privileged = -1 };
	const char *engine;
	struct sk_span id;

	if (!size)
		return 0;
	sk_container_read((enum sk_container_form)(data[0] % SK_CONTAINER_FORMS), sk_span(data + 1, size - 1), &arena, &c,
			  NULL);
	sk_container_id(sk_span(data + 1, size - 1), &id, &engine);
	sk_arena_release(&arena);
	return 0;
}
