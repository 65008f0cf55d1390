/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What every kind of document goes through: read, and walked as its users walk it. */
#include "doc/doc.h"

static inline void sk_fuzz_document(enum sk_doc_format format, unsigned flags, struct sk_span text)
{
	struct sk_err err = SK_ERR_INIT;
	struct sk_doc doc;

	if (sk_doc_parse(&doc, format, text, flags, &err) < 0)
		return;
	sk_node_get(doc.root, "name");
	sk_node_float(doc.root, 0);
	sk_node_each(n, doc.root)
	{
		sk_node_text(n);
		sk_node_float(n, sk_node_int(n, 0));
	}
	sk_doc_release(&doc);
}
