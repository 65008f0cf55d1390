/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/doc.h"

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
	for (unsigned flags = 0; flags <= SK_DOC_STRICT_KEYS; flags += SK_DOC_STRICT_KEYS) {
		struct sk_err err = SK_ERR_INIT;
		struct sk_doc doc;

		if (sk_doc_parse(&doc, SK_DOC_YAML, sk_span(data, size), flags, &err) < 0)
			continue;
		sk_node_get(doc.root, "name");
		sk_node_float(doc.root, 0);
		sk_node_each(n, doc.root)
		{
			sk_node_text(n);
			sk_node_float(n, sk_node_int(n, 0));
		}
		sk_doc_release(&doc);
	}
	return 0;
}
