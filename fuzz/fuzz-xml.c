/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sk_xml_node *root = NULL;
	struct sk_arena arena = { 0 };

	if (sk_xml_parse(&arena, sk_span(data, size), &root, NULL) == 0) {
		sk_xml_attr(root, "version");
		sk_xml_each(child, root)
			sk_xml_text(child, "name");
	}
	sk_arena_release(&arena);
	return 0;
}
