/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy eval: one decision. */
#include "base/limits.h"
#include "cmd/policy.h"

struct eval_options {
	const char *object, *old_object, *namespace_object;
	struct sk_policy_choices policies;
	int stage, format;
};

static const struct sk_option options[] = {
	{ "object", 0, SK_OPT_FILE(struct eval_options, object), .argument = "FILE",
	  .help = "What is decided: a Kubernetes object, an AdmissionReview, a request to Docker (POST "
		  "/containers/create) or a JSON report of a scan, in JSON or YAML; - is standard input" },
	{ "old-object", 0, SK_OPT_FILE(struct eval_options, old_object), .argument = "FILE",
	  .help = "The Kubernetes object before the change; without it the object is being created" },
	{ "namespace-object", 0, SK_OPT_FILE(struct eval_options, namespace_object), .argument = "FILE",
	  .help = "The object's namespace; without it what depends on its labels is not known" },
	SK_POLICY_OPTIONS(struct eval_options, policies),
	{ "stage", 0, SK_OPT_ENUM(struct eval_options, stage, sk_choice_stage), .argument = "STAGE",
	  .help = "Where it is asked", .otherwise = "admit for objects and requests, build for reports" },
	{ "format", 'f', SK_OPT_ENUM(struct eval_options, format, sk_choice_text_or_json), .argument = "FORMAT",
	  .fallback = "text", .help = "How the decision is written" },
	{ NULL },
};

struct asking {
	const struct sk_policy_set *set;
	struct sk_cel_eval *eval;
	struct sk_decision *decision;
};

static void ask(void *context, struct sk_facts *facts)
{
	struct asking *a = context;

	sk_policy_decide(a->set, facts, a->eval, a->decision);
}

/* The one object of a file, kept in doc; NULL where no file is named. */
static int load_object(const char *path, struct sk_doc *doc, const struct sk_node **ret, struct sk_err *err)
{
	*ret = NULL;
	if (!path)
		return 0;
	if (sk_load_document(path, SK_MAX_POLICY_BYTES, doc, err) < 0)
		return -err->code;
	if (!sk_node_is(doc->root, SK_NODE_OBJECT))
		return sk_err_set(err, SK_EINVAL, "%s: this is no object", path);
	*ret = doc->root;
	return 0;
}

static void write_decision(const struct sk_decision *decision, int format, struct sk_buf *out)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };

	if (format == 0) {
		sk_decision_text(decision, out);
		return;
	}
	sk_json_object(&w);
	sk_decision_json(decision, &w);
	sk_json_end(&w);
}

static int decide(const struct eval_options *o, const struct sk_policy_set *set, struct sk_decision *decision,
		  struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc old = { 0 }, ns = { 0 };
	struct sk_subject_source source = { .path = o->object, .stage = o->stage };
	struct asking a = { set, sk_cel_eval_new(), decision };
	int r = load_object(o->old_object, &old, &source.old_object, err);

	if (r == 0)
		r = load_object(o->namespace_object, &ns, &source.namespace_object, err);
	if (r == 0)
		r = sk_each_subject(&source, ask, &a, err);
	sk_cel_eval_free(a.eval);
	return r;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct eval_options *o = call->options;
	sk_cleanup(sk_policy_set_release) struct sk_policy_set set = { 0 };
	sk_cleanup(sk_decision_release) struct sk_decision decision = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	int r;

	if (!o->object)
		return sk_err_set(err, SK_EUSAGE, "--object is missing: what shall be decided?");
	r = sk_load_policies((const char *const *)call->args, call->arg_count, &o->policies, &set, err);
	if (r == 0)
		r = decide(o, &set, &decision, err);
	if (r < 0)
		return r;
	write_decision(&decision, o->format, &out);
	r = sk_output(NULL, sk_buf_view(&out), err);
	if (r < 0)
		return r;
	return decision.effect >= SK_EFFECT_UNKNOWN ? SK_EXIT_POLICY : SK_EXIT_CLEAN;
}

static const char *const text[] = {
	"POLICY is a file of policies (sekisho/v1 or Kubernetes' ValidatingAdmissionPolicy with its bindings and "
	"parameters), or the folder of a bundle. The decision is allow, warn, unknown or deny; the worst of all "
	"policies and objects wins.",
	"Exit codes: 0 allow or warn, 1 deny or unknown, 2 wrong usage, 3 a policy or object that cannot be read.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho policy eval rules/policies/pss-restricted --object pod.yaml", "May this pod run?" },
	{ "sekisho policy eval vap.yaml --object review.json --format json", "As the API server would decide." },
	{ "sekisho scan app.tar -f json | sekisho policy eval rules/policies/baseline --object -", "A scan's report." },
	{ NULL },
};

const struct sk_command sk_policy_eval = {
	.name = "eval",
	.summary = "Decide an object, request or report by policies",
	.synopsis = "[options] POLICY... --object FILE",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct eval_options),
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
