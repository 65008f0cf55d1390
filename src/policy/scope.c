/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/scope.h"

#include "base/limits.h"
#include "policy/facts-subject.h"

struct sk_scopes {
	struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	struct sk_facts facts;
	struct sk_cel_value slots[SK_FACT_COUNT + 1]; /* `finding` is the last */
};

struct sk_scopes *sk_scopes_new(void)
{
	sk_cleanup(sk_cel_issues_release) struct sk_cel_issues issues = { 0 };
	struct sk_scopes *s = sk_alloc(sizeof(*s));
	int r = 0;

	s->env = sk_cel_env_new();
	s->eval = sk_cel_eval_new();
	if (!s->env || !s->eval)
		abort();
	for (size_t i = 0; sk_cel_libraries[i] && r >= 0; i++)
		r = sk_cel_env_library(s->env, sk_cel_libraries[i], &issues);
	if (r >= 0)
		r = sk_facts_declare(s->env, "dyn", false, &issues);
	if (r >= 0)
		r = sk_cel_env_variable(s->env, "finding", "sekisho.Finding", &issues);
	if (r != SK_FACT_COUNT) /* what is declared is ours */
		abort();
	return s;
}

void sk_scopes_free(struct sk_scopes *s)
{
	if (!s)
		return;
	sk_facts_release(&s->facts);
	sk_cel_eval_free(s->eval);
	sk_cel_env_free(s->env);
	free(s);
}

struct sk_cel_program *sk_scope_compile(struct sk_scopes *s, const char *text, struct sk_err *err)
{
	sk_cleanup(sk_cel_issues_release) struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program =
		sk_cel_compile(s->env, text, strlen(text), 0, &issues);
	const char *type = program ? sk_cel_program_type(program) : NULL;

	if (!program) {
		sk_err_set(err, SK_EINVAL, "column %u: %s", issues.first ? issues.first->column : 1,
			   issues.first ? issues.first->text : "it cannot be compiled");
		return NULL;
	}
	if (strcmp(type, "bool") != 0 && strcmp(type, "dyn") != 0) {
		sk_err_set(err, SK_EINVAL, "it gives %s, and must give bool", type);
		sk_cel_program_free(program);
		return NULL;
	}
	return program;
}

void sk_scopes_begin(struct sk_scopes *s, const struct sk_inventory *inv, enum sk_stage stage,
		     enum sk_risk_class class, int64_t now, struct sk_finding *const *findings, size_t count)
{
	/* The findings are given, so they are known, whatever they were found with. */
	struct sk_facts_scan scan = { .inventory = inv, .findings = findings, .finding_count = count,
				      .scanned = now, .advisories = "", .risk_class = class,
				      .no_packages = !inv->package_count };

	sk_facts_release(&s->facts);
	sk_facts_begin(&s->facts, stage, now, SK_FACTS_OF_IMAGES);
	sk_facts_add_scan(&s->facts, &scan);
	memcpy(s->slots, s->facts.slots, sizeof(s->facts.slots));
}

bool sk_scope_holds(struct sk_scopes *s, const struct sk_cel_program *program, size_t i)
{
	struct sk_cel_limits limits = { .cost = SK_MAX_SCOPE_COST, .memory = SK_MAX_POLICY_MEMORY };
	struct sk_cel_activation activation = { .slots = s->slots, .count = SK_COUNT(s->slots) };

	s->slots[SK_FACT_COUNT] = s->slots[SK_FACT_findings].list->items[i];
	sk_cel_eval_reset(s->eval, &limits);
	return sk_cel_is_true(sk_cel_run(program, s->eval, &activation));
}
