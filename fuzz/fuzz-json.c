/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned flags = 0; flags <= (SK_DOC_RELAXED | SK_DOC_STRICT_KEYS); flags++)
		sk_fuzz_document(SK_DOC_JSON, flags, sk_span(data, size));
	return 0;
}
