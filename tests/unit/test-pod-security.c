/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundles of the Pod Security Standards over the pods that Kubernetes'
 * own implementation is tested with: $SK_CORPORA/pod-security/LEVEL-VERSION.jsonl,
 * a pod and its verdict on each line.
 */
#include "tap.h"

#include "base/buf.h"
#include "base/fd.h"
#include "policy/decision.h"
#include "policy/subject.h"

#include <dirent.h>

struct run {
	struct sk_policy_set set;
	struct sk_cel_eval *eval;
	const char *file;
	size_t cases, wrong;
};

static int load(struct run *r, const char *level, struct sk_span version)
{
	sk_autofree char *dir = sk_printf("%s/rules/policies/pss-%s", getenv("SK_SOURCE"), level);
	struct sk_err err = SK_ERR_INIT;

	if (sk_policy_load(&r->set, dir, &err) == 0 &&
	    sk_policy_set_param(&r->set, "version", version, &err) == 0 &&
	    sk_policy_ready(&r->set, &err) == 0)
		return 0;
	printf("# %s: %s\n", dir, err.text);
	return -1;
}

/* A rule that cannot tell is as wrong as one that says the wrong thing. */
static bool is_right(struct run *r, const struct sk_node *pod, bool pass)
{
	sk_cleanup(sk_decision_release) struct sk_decision d = { 0 };
	sk_cleanup(sk_facts_release) struct sk_facts facts = { 0 };
	struct sk_subject subject = { .object = pod };
	bool right;

	if (sk_facts_of_subject(&facts, &subject, SK_STAGE_ADMIT, 0, NULL) < 0)
		return false;
	sk_policy_decide(&r->set, &facts, r->eval, &d);
	right = d.effect == (pass ? SK_EFFECT_ALLOW : SK_EFFECT_DENY);
	for (size_t i = 0; i < d.reasons.len; i++)
		right &= d.reasons.data[i].verdict == SK_VERDICT_BROKEN;
	for (size_t i = 0; !right && i < d.reasons.len; i++)
		printf("# %s/%s: %s\n", d.reasons.data[i].policy, d.reasons.data[i].rule,
		       d.reasons.data[i].message);
	return right;
}

static void run_case(struct run *r, struct sk_span line)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 }, pod = { 0 };
	bool pass;

	r->cases++;
	if (sk_doc_parse(&doc, SK_DOC_JSON, line, 0, NULL) == 0) {
		pass = sk_span_is(sk_node_str(sk_node_get(doc.root, "verdict")), "pass");
		if (sk_doc_parse(&pod, SK_DOC_YAML, sk_node_str(sk_node_get(doc.root, "yaml")), 0,
				 NULL) == 0 &&
		    is_right(r, pod.root, pass))
			return;
	}
	r->wrong++;
	printf("# wrong: %s, %s\n", r->file, sk_node_cstr(sk_node_get(doc.root, "name")));
}

static void run_file(const char *dir, const char *level, const char *file, struct sk_cel_eval *eval)
{
	sk_autofree char *path = sk_printf("%s/%s", dir, file);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct run r = { .eval = eval, .file = file };
	struct sk_span rest, line, version = sk_span_from(sk_span_str(file), strlen(level) + 1);

	version.len -= strlen(".jsonl");
	if (sk_path_slurp(path, 64u << 20, &text, NULL) == 0 && load(&r, level, version) == 0) {
		rest = sk_buf_view(&text);
		while (sk_span_line(&rest, &line))
			run_case(&r, line);
	}
	ok(r.cases && !r.wrong, "%s: %zu of %zu verdicts", file, r.cases - r.wrong, r.cases);
	sk_policy_set_release(&r.set);
}

static int is_cases(const struct dirent *entry)
{
	return sk_span_ends(sk_span_str(entry->d_name), ".jsonl");
}

int main(void)
{
	sk_autofree char *dir = sk_printf("%s/pod-security", corpora() ? corpora() : "");
	struct sk_cel_eval *eval = sk_cel_eval_new();
	struct dirent **entries = NULL;
	int count = corpora() ? scandir(dir, &entries, is_cases, alphasort) : -1;

	for (int i = 0; i < count; i++) {
		const char *level = strncmp(entries[i]->d_name, "baseline-", 9) == 0 ? "baseline"
										     : "restricted";

		run_file(dir, level, entries[i]->d_name, eval);
		free(entries[i]);
	}
	free(entries);
	if (count <= 0)
		skip("no pods in $SK_CORPORA/pod-security");
	sk_cel_eval_free(eval);
	return tap_done();
}
