/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a buffer of a few kB when a flow sequence breaks off: once a document, in a
 * worker. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (unsigned flags = 0; flags <= SK_DOC_STRICT_KEYS; flags += SK_DOC_STRICT_KEYS)
		sk_fuzz_document(SK_DOC_YAML, flags, sk_span(data, size));
	return 0;
}
