/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "guard/bolt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[][6] = {
		{ "v1", "default", "containers", "id", "labels", NULL },
		{ "v1", "default", "images", "name", "target", NULL },
		{ "ctr", "id", "config", NULL },
		{ NULL },
	};
	struct sk_bolt *bolt;

	if (sk_bolt_view(sk_span(data, size), &bolt, NULL) < 0)
		return 0;
	for (size_t i = 0; i < SK_COUNT(paths); i++) {
		struct sk_arena arena = { 0 };
		struct sk_bolt_item items[16];

		sk_bolt_list(bolt, paths[i], &arena, items, SK_COUNT(items));
		if (paths[i][0])
			sk_bolt_get(bolt, paths[i], &arena);
		sk_arena_release(&arena);
	}
	sk_bolt_close(bolt);
	return 0;
}
