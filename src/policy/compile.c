/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of policies: their environments, and faults at the place in the file. */
#include "base/limits.h"
#include "policy/load.h"
#include "policy/vap.h"

/* "list<sekisho.Finding>" gives "sekisho.Finding". */
const char *sk_policy_element_type(const char *list_type, struct sk_arena *arena)
{
	struct sk_span type = sk_span_str(list_type);

	if (!sk_span_starts(type, "list<") || !sk_span_ends(type, ">"))
		return "dyn";
	return sk_arena_dup(arena, sk_span_sub(type, 5, type.len - 6));
}

/* Declaring must not fail: what is declared is ours, and was checked before. */
static void faults_of_env(struct sk_policy_loader *l, struct sk_policy *policy, const struct sk_cel_issues *issues)
{
	for (const struct sk_cel_issue *i = issues->first; i; i = i->next)
		sk_policy_fault(l, policy->file->doc.root, "%s", i->text);
}

struct sk_cel_env *sk_policy_env(struct sk_policy_loader *l, struct sk_policy *policy, size_t variables,
				 const char *it_type)
{
	sk_cleanup(sk_cel_issues_release) struct sk_cel_issues issues = { 0 };
	struct sk_cel_env *env = sk_cel_env_new();
	int r = 0;

	if (!env)
		abort();
	for (size_t i = 0; sk_cel_libraries[i] && r >= 0; i++)
		r = sk_cel_env_library(env, sk_cel_libraries[i], &issues);
	if (r >= 0 && policy->params_type)
		r = sk_cel_env_struct(env, policy->params_type, &issues);
	if (r >= 0)
		r = sk_facts_declare(env, policy->params_type ? policy->params_type->name : "dyn", policy->vap != NULL,
				     &issues);
	for (size_t i = 0; i < variables && r >= 0; i++)
		r = sk_policy_declare_variable(env, l, &policy->variables[i], &issues);
	if (r >= 0 && it_type)
		r = sk_cel_env_variable(env, "it", it_type, &issues);
	faults_of_env(l, policy, &issues);
	return env;
}

int sk_policy_declare_variable(struct sk_cel_env *env, struct sk_policy_loader *l, const struct sk_variable *v,
			       struct sk_cel_issues *issues)
{
	const char *name = sk_arena_printf(&l->set->arena, "variables.%s", v->name);
	/* One that has a fault of its own shall cause no others. */
	const char *type = v->program ? sk_arena_str(&l->set->arena, sk_cel_program_type(v->program)) : "dyn";

	return sk_cel_env_variable(env, name, type, issues);
}

static bool type_fits(const char *type, const char *wanted)
{
	return !wanted || strcmp(type, "dyn") == 0 || strcmp(type, wanted) == 0 ||
	       (strcmp(wanted, "list") == 0 && strncmp(type, "list<", 5) == 0);
}

struct sk_cel_program *sk_policy_compile(struct sk_policy_loader *l, const struct sk_cel_env *env,
					 const struct sk_node *n, const char *type, unsigned flags)
{
	sk_cleanup(sk_cel_issues_release) struct sk_cel_issues issues = { 0 };
	struct sk_span text = sk_node_text(n);
	struct sk_cel_program *program;

	if (!sk_span_trim(text).len) {
		sk_policy_fault(l, n, "the expression is empty");
		return NULL;
	}
	program = sk_cel_compile(env, text.ptr, text.len, flags, &issues);
	for (const struct sk_cel_issue *i = issues.first; i; i = i->next)
		sk_policy_fault_at(l, n, i->offset, "%s", i->text);
	if (program && !type_fits(sk_cel_program_type(program), type)) {
		sk_policy_fault_at(l, n, 0, "the expression gives %s, and must give %s",
				   sk_cel_program_type(program), type);
		sk_cel_program_free(program);
		return NULL;
	}
	return program;
}

void sk_policy_read_variables(struct sk_policy_loader *l, struct sk_policy *policy, const struct sk_node *list)
{
	static const struct sk_key keys[] = { { "name", SK_KEY_STRING, true },
					      { "expression", SK_KEY_STRING, true },
					      { NULL } };
	unsigned flags = policy->vap ? SK_CEL_HOMOGENEOUS : 0;
	size_t count = sk_node_is(list, SK_NODE_ARRAY) ? list->count : 0;

	if (count > SK_MAX_POLICY_PARTS) {
		sk_policy_fault(l, list, "more than %u variables", SK_MAX_POLICY_PARTS);
		return;
	}
	policy->variables = sk_arena_alloc(&l->set->arena, count * sizeof(policy->variables[0]));
	sk_node_each(n, list) {
		sk_cleanup(sk_cel_issues_release) struct sk_cel_issues issues = { 0 };
		struct sk_variable *v = &policy->variables[policy->variable_count];
		const struct sk_node *text = sk_node_get(n, "expression"), *name = sk_node_get(n, "name");

		if (!sk_policy_keys(l, n, keys) || !sk_node_text(name).len || !text)
			continue;
		v->name = sk_policy_text(l, name);
		v->text = sk_node_text(text);
		v->node = n;
		v->program = sk_policy_compile(l, policy->env, text, NULL, flags);
		if (sk_policy_declare_variable(policy->env, l, v, &issues) < 0)
			sk_policy_fault_at(l, name, 0, "%s", issues.first ? issues.first->text : "this cannot be a name");
		policy->variable_count++;
	}
}
