/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any document as a subject: a Kubernetes object, an AdmissionReview, a request
 * to Docker, or the facts of a test. What comes of it is printed and compared
 * with itself, so that every value is walked.
 */
#include "policy/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct sk_facts *facts)
{
	struct sk_cel_arena arena = { .limit = 64u << 20 };
	size_t len;

	for (size_t i = 0; i < SK_FACT_COUNT; i++) {
		sk_cel_print(&arena, facts->slots[i], true, &len);
		sk_cel_equal(facts->slots[i], facts->slots[i]);
	}
	sk_cel_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_doc doc = { 0 };

	if (sk_doc_parse(&doc, SK_DOC_JSON, sk_span(data, size), SK_DOC_RELAXED, NULL) < 0)
		return 0;
	for (int with_old = 0; with_old < 2; with_old++) {
		struct sk_subject subject = { doc.root, with_old ? doc.root : NULL, with_old ? doc.root : NULL };
		struct sk_facts facts = { 0 };

		if (sk_facts_of_subject(&facts, &subject, SK_STAGE_ADMIT, 1700000000, NULL) == 0)
			walk(&facts);
		sk_facts_begin(&facts, SK_STAGE_BUILD, 1700000000, UINT32_MAX);
		sk_facts_add_document(&facts, doc.root, NULL);
		walk(&facts);
		sk_facts_release(&facts);
	}
	sk_doc_release(&doc);
	return 0;
}
