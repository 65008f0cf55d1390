/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy file and what it decides, up to a line "=====": policies, behind
 * it an object. Every document is loaded, linted, explained and evaluated;
 * nothing may hang, crash or take more memory than its limits say.
 */
#include "policy/decision.h"
#include "policy/lint.h"
#include "policy/policy-test.h"
#include "policy/subject.h"
#include "report/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a buffer when a flow sequence breaks off (fuzz-yaml.c). */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\n";
}

static void decide(struct sk_policy_set *set, struct sk_span object)
{
	struct sk_cel_eval *eval = sk_cel_eval_new();
	struct sk_decision d = { 0 };
	struct sk_facts facts = { 0 };
	struct sk_doc doc = { 0 };
	struct sk_buf out = { 0 };
	struct sk_json_writer w = { .buf = &out };

	if (sk_doc_parse(&doc, SK_DOC_YAML, object, 0, NULL) == 0) {
		struct sk_subject subject = { .object = doc.root };

		if (sk_facts_of_subject(&facts, &subject, SK_STAGE_ADMIT, 1700000000, NULL) < 0) {
			sk_facts_begin(&facts, SK_STAGE_BUILD, 1700000000, UINT32_MAX);
			sk_facts_add_document(&facts, doc.root, NULL);
		}
		sk_policy_decide(set, &facts, eval, &d);
		sk_json_object(&w);
		sk_decision_json(&d, &w);
		sk_json_end(&w);
		sk_decision_text(&d, &out);
	}
	sk_buf_release(&out);
	sk_decision_release(&d);
	sk_facts_release(&facts);
	sk_doc_release(&doc);
	sk_cel_eval_free(eval);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span text = sk_span(data, size), object = { 0 };
	ptrdiff_t cut = sk_span_find(text, SK_SPAN_LIT("\n=====\n"));
	struct sk_policy_set set = { 0 };
	struct sk_lints lints = { 0 };
	struct sk_buf page = { 0 };

	if (cut >= 0) {
		object = sk_span_from(text, (size_t)cut + 7);
		text = sk_span_sub(text, 0, (size_t)cut + 1);
	}
	if (sk_policy_parse(&set, "f", text, NULL) == 0) {
		sk_policy_lint(&set, &lints);
		sk_explain_markdown(&set, &page);
		sk_explain_html(&set, &page);
		if (sk_policy_ready(&set, NULL) == 0)
			decide(&set, object);
	}
	sk_buf_release(&page);
	sk_vec_release(&lints.warnings);
	sk_policy_set_release(&set);
	return 0;
}
