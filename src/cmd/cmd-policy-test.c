/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy test: the cases beside a bundle's policies, and which rules they have tried. */
#include "base/text.h"
#include "cmd/policy.h"
#include "policy/policy-test.h"

#include <dirent.h>
#include <sys/stat.h>

struct test_options {
	struct sk_policy_choices policies;
	bool require_coverage;
};

static const struct sk_option options[] = {
	SK_POLICY_OPTIONS(struct test_options, policies),
	{ "require-coverage", 0, SK_OPT_FLAG(struct test_options, require_coverage),
	  .help = "Also fail if there is a rule that no case keeps, or none breaks" },
	{ NULL },
};

/* What the cases have seen of a rule. */
struct coverage {
	const struct sk_policy *policy;
	const char *rule;
	bool manual;
	size_t kept, broken, unknown;
};

struct run {
	const struct sk_call *call;
	const struct test_options *options;
	const char *path; /* of the bundle */
	const struct sk_policy_set *plain; /* for cases without parameters of their own; NULL: the bundle needs some */
	struct sk_cel_eval *eval;
	SK_VEC(struct coverage) coverage;
	size_t number, failed;
	struct sk_buf out;
};

static void run_release(struct run *r)
{
	sk_vec_release(&r->coverage);
	sk_buf_release(&r->out);
	sk_cel_eval_free(r->eval);
}

static struct coverage *coverage_of(struct run *r, const char *policy, const char *rule)
{
	for (size_t i = 0; i < r->coverage.len; i++)
		if (strcmp(r->coverage.data[i].policy->name, policy) == 0 && strcmp(r->coverage.data[i].rule, rule) == 0)
			return &r->coverage.data[i];
	return NULL;
}

/* Rules by the first loading of the set, which lives as long as the run. */
static void list_rules(struct run *r, const struct sk_policy_set *set)
{
	for (size_t i = 0; i < set->policies.len; i++) {
		const struct sk_policy *p = set->policies.data[i];

		for (size_t j = 0; j < p->rule_count; j++)
			*sk_vec_push(&r->coverage) = (struct coverage){
				.policy = p, .rule = p->rules[j].id, .manual = p->rules[j].manual != NULL };
		for (size_t j = 0; p->vap && j < p->vap->validation_count; j++)
			*sk_vec_push(&r->coverage) = (struct coverage){ .policy = p, .rule = p->vap->validations[j].id };
	}
}

static void count(struct run *r, const struct sk_decision *d)
{
	for (size_t i = 0; i < d->rules.len; i++) {
		const struct sk_rule_result *result = &d->rules.data[i];
		struct coverage *c = coverage_of(r, result->policy->name, result->rule);

		if (!c)
			continue;
		c->kept += result->verdict == SK_VERDICT_KEPT;
		c->broken += result->verdict == SK_VERDICT_BROKEN;
		c->unknown += result->verdict == SK_VERDICT_UNKNOWN;
	}
}

/* ---- cases ---- */

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

static bool is_listed(const struct sk_strings *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], name) == 0)
			return true;
	return !list->count;
}

/* The set without the policies that the case is not about; borrows everything. */
static int narrow(const struct sk_policy_set *set, const struct sk_policy_case *c, struct sk_policy_set *ret,
		  struct sk_err *err)
{
	*ret = *set;
	ret->policies.data = sk_alloc((set->policies.len + 1) * sizeof(ret->policies.data[0]));
	ret->policies.len = 0;
	for (size_t i = 0; i < set->policies.len; i++)
		if (is_listed(&c->policies, set->policies.data[i]->name))
			ret->policies.data[ret->policies.len++] = set->policies.data[i];
	if (ret->policies.len >= (c->policies.count ? c->policies.count : 1))
		return 0;
	return sk_err_set(err, SK_EINVAL, "'policies' names one that is not in the bundle");
}

static int decide(struct run *r, const struct sk_policy_set *all, const struct sk_policy_case *c, const char *test,
		  struct sk_decision *d, struct sk_err *err)
{
	struct sk_policy_set set;
	struct sk_facts facts = { 0 };
	struct asking a = { &set, r->eval, d };
	int result = narrow(all, c, &set, err);

	if (result == 0 && c->file) {
		struct sk_span folder = sk_span_dirname(sk_span_str(test));
		sk_autofree char *path = sk_printf("%.*s/%s", (int)folder.len, folder.ptr, c->file);
		struct sk_subject_source source = { path, c->old_object, c->namespace_object, c->stage, NULL };

		result = sk_each_subject(&source, ask, &a, err);
	} else if (result == 0) {
		result = sk_policy_case_facts(c, &facts, err);
		if (result == 0)
			ask(&a, &facts);
	}
	sk_facts_release(&facts);
	free(set.policies.data);
	return result;
}

static int load(const struct run *r, const struct sk_node *params, struct sk_policy_set *set, struct sk_err *err)
{
	int result = sk_policy_load(set, r->path, err);

	if (result == 0 && r->options->policies.params_file)
		result = sk_policy_load_params(set, r->options->policies.params_file, err);
	if (result == 0)
		result = sk_set_params(set, &r->options->policies.params, err);
	if (result == 0 && params)
		result = sk_policy_add_params(set, params, err);
	return result == 0 ? sk_policy_ready(set, err) : result;
}

/* A case with parameters has a set of its own; the decision borrows from it. */
static int run_case(struct run *r, const struct sk_policy_case *c, const char *test, struct sk_buf *why,
		    struct sk_err *err)
{
	sk_cleanup(sk_policy_set_release) struct sk_policy_set own = { 0 };
	sk_cleanup(sk_decision_release) struct sk_decision d = { 0 };
	bool plain = r->plain && !c->params;
	int result = plain ? 0 : load(r, c->params, &own, err);

	if (result == 0)
		result = decide(r, plain ? r->plain : &own, c, test, &d, err);
	if (result < 0)
		return result;
	count(r, &d);
	sk_policy_case_judge(c, &d, why);
	return 0;
}

static void comment(struct sk_buf *out, struct sk_span text)
{
	struct sk_span line;

	while (sk_span_line(&text, &line)) {
		sk_buf_puts(out, "#   ");
		sk_text_plain(out, line);
		sk_buf_putc(out, '\n');
	}
}

static void try_case(struct run *r, const struct sk_policy_case *c, const char *test)
{
	sk_cleanup(sk_buf_release) struct sk_buf why = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (run_case(r, c, test, &why, &err) < 0)
		sk_buf_printf(&why, "%s\n", err.text);
	r->failed += why.len > 0;
	sk_buf_printf(&r->out, "%sok %zu - ", why.len ? "not " : "", ++r->number);
	sk_text_plain(&r->out, sk_span_str(c->name));
	sk_buf_putc(&r->out, '\n');
	if (why.len) {
		sk_buf_puts(&r->out, "#   ");
		sk_text_plain(&r->out, sk_span_str(test));
		sk_buf_printf(&r->out, ":%u\n", c->line);
		comment(&r->out, sk_buf_view(&why));
	}
}

static int is_test(const struct dirent *entry)
{
	struct sk_span name = sk_span_str(entry->d_name);

	return name.ptr[0] != '.' && (sk_span_ends(name, ".yaml") || sk_span_ends(name, ".yml"));
}

static int run_file(struct run *r, const char *path, struct sk_err *err)
{
	sk_cleanup(sk_policy_cases_release) struct sk_policy_cases cases = { 0 };

	if (sk_policy_cases_load(&cases, path, err) < 0)
		return -err->code;
	for (size_t i = 0; i < cases.count; i++)
		try_case(r, &cases.cases[i], path);
	return 0;
}

static int run_folder(struct run *r, struct sk_err *err)
{
	sk_autofree char *dir = sk_printf("%s/tests", r->path);
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_test, alphasort), result = 0;

	if (n < 0)
		return sk_err_errno(err, "%s", dir);
	for (int i = 0; i < n; i++) {
		sk_autofree char *path = sk_printf("%s/%s", dir, entries[i]->d_name);

		if (result == 0)
			result = run_file(r, path, err);
		free(entries[i]);
	}
	free(entries);
	if (result == 0 && !r->number)
		return sk_err_set(err, SK_EINVAL, "%s: there is no case in it", dir);
	return result;
}

/* ---- coverage ---- */

static size_t write_coverage(struct run *r)
{
	size_t open = 0, rules = 0, manual = 0;

	for (size_t i = 0; i < r->coverage.len; i++) {
		const struct coverage *c = &r->coverage.data[i];

		manual += c->manual;
		rules += !c->manual;
		if (c->manual || (c->kept && c->broken))
			continue;
		open++;
		sk_buf_printf(&r->out, "# %s/%s: no case %s\n", c->policy->name, c->rule,
			      c->kept ? "breaks it" : c->broken ? "keeps it" : "keeps or breaks it");
	}
	sk_buf_printf(&r->out, "# %zu of %zu rules are both kept and broken by some case; %zu are for people\n", rules - open,
		      rules, manual);
	return open;
}

static int run_bundle(struct run *r, struct sk_err *err)
{
	sk_cleanup(sk_policy_set_release) struct sk_policy_set set = { 0 };
	struct sk_err not_ready = SK_ERR_INIT;
	int result = load(r, NULL, &set, &not_ready);

	if (set.problems.len || !set.policies.len) {
		*err = not_ready;
		return result;
	}
	r->plain = result == 0 ? &set : NULL;
	r->eval = sk_cel_eval_new();
	list_rules(r, &set);
	result = run_folder(r, err);
	if (result < 0)
		return result;
	sk_buf_printf(&r->out, "1..%zu\n", r->number);
	return (int)(write_coverage(r) > 0);
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	int exit_code = SK_EXIT_CLEAN;

	for (size_t i = 0; i < call->arg_count; i++) {
		sk_cleanup(run_release) struct run r = { .call = call, .options = call->options, .path = call->args[i] };
		int open = run_bundle(&r, err), written;

		if (call->arg_count > 1 && r.out.len) {
			sk_cleanup(sk_buf_release) struct sk_buf head = { 0 };

			sk_buf_printf(&head, "# %s\n", r.path);
			sk_output(NULL, sk_buf_view(&head), NULL);
		}
		written = r.out.len ? sk_output(NULL, sk_buf_view(&r.out), open < 0 ? NULL : err) : 0;
		if (open < 0 || written < 0)
			return open < 0 ? open : written;
		if (r.failed || (open && r.options->require_coverage))
			exit_code = SK_EXIT_POLICY;
	}
	return exit_code;
}

static const char *const text[] = {
	"Runs the cases in DIR/tests: facts or an object in, a decision and its reasons out. Every case is a line, what "
	"went wrong stands below it; then the rules that no case keeps, or none breaks. docs/policies.md shows how a "
	"case is written.",
	"Exit codes: 0 all cases are as they should be, 1 some are not, 3 a file cannot be read.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho policy test rules/policies/baseline", "Run the cases of the bundle." },
	{ NULL },
};

const struct sk_command sk_policy_test = {
	.name = "test",
	.summary = "Run the cases that stand beside the policies",
	.synopsis = "[options] DIR...",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct test_options),
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FOLDER,
	.run = run,
};
