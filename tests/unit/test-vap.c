/* SPDX-License-Identifier: Apache-2.0 */
/* Published admission policies, unchanged, over the objects that their authors decided ($SK_CORPORA/vap). */
#include "tap.h"

#include "base/fd.h"
#include "policy/decision.h"
#include "policy/subject.h"

#include <dirent.h>

static int is_json(const struct dirent *e)
{
	return sk_span_ends(sk_span_str(e->d_name), ".json");
}

static void try_case(struct sk_policy_set *set, const struct sk_node *c, struct sk_cel_eval *eval, const char *file)
{
	struct sk_subject subject = { .object = sk_node_get(c, "object") };
	struct sk_span expected = sk_node_str(sk_node_get(c, "expected"));
	struct sk_decision d = { 0 };
	struct sk_facts facts = { 0 };
	struct sk_err err = SK_ERR_INIT;
	bool allowed;

	set->objects.len = 0;
	*sk_vec_push(&set->objects) = sk_node_get(c, "params");
	expect(sk_facts_of_subject(&facts, &subject, SK_STAGE_ADMIT, 1700000000, &err) == 0, "%s: %s", file, err.text);
	sk_policy_decide(set, &facts, eval, &d);
	allowed = d.effect == SK_EFFECT_ALLOW;
	expect(d.effect != SK_EFFECT_UNKNOWN && allowed == sk_span_is(expected, "pass"), "%s: %s: %s, not %s: %s", file,
	       sk_node_cstr(sk_node_get(c, "name")), sk_effect_name(d.effect), expected.ptr,
	       d.reasons.len ? d.reasons.data[0].message : "no reason");
	sk_facts_release(&facts);
	sk_decision_release(&d);
}

static size_t try_file(const char *path, struct sk_cel_eval *eval)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_policy_set_release) struct sk_policy_set set = { 0 };
	struct sk_err err = SK_ERR_INIT;
	size_t count = 0;

	if (sk_path_slurp(path, 64u << 20, &text, &err) < 0 ||
	    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&text), 0, &err) < 0 ||
	    sk_policy_parse(&set, path, sk_node_str(sk_node_get(doc.root, "policy")), &err) < 0 ||
	    sk_policy_ready(&set, &err) < 0) {
		ok(false, "%s", err.text);
		return 0;
	}
	sk_node_each(c, sk_node_get(doc.root, "cases")) {
		try_case(&set, c, eval, path);
		count++;
	}
	return count;
}

int main(void)
{
	sk_autofree char *dir = corpora() ? sk_printf("%s/vap", corpora()) : NULL;
	struct sk_cel_eval *eval = sk_cel_eval_new();
	struct dirent **entries = NULL;
	int n = dir ? scandir(dir, &entries, is_json, alphasort) : -1;
	size_t count = 0;

	if (n < 0)
		skip("no $SK_CORPORA/vap");
	for (int i = 0; i < n; i++) {
		sk_autofree char *path = sk_printf("%s/%s", dir, entries[i]->d_name);

		count += try_file(path, eval);
		free(entries[i]);
	}
	free(entries);
	if (n >= 0)
		ok(count > 400, "%zu cases of %d policies", count, n);
	sk_cel_eval_free(eval);
	return tap_done();
}
