/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned flags = 0; flags <= SK_DOC_TOML_1_0; flags += SK_DOC_TOML_1_0)
		sk_fuzz_document(SK_DOC_TOML, flags, sk_span(data, size));
	return 0;
}
