/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lint.h"

#include "doc/place.h"
#include "policy/evaluate.h"
#include "policy/vap.h"

#include <stdio.h>

struct linter {
	struct sk_policy_set *set;
	struct sk_lints *lints;
	const struct sk_policy *policy;
	struct sk_cel_eval *eval;
};

__attribute__((format(printf, 4, 5))) static void warn(struct linter *l, const struct sk_policy_file *file,
							 const struct sk_node *n, const char *fmt, ...)
{
	struct sk_place at = sk_place_key(sk_buf_view(&file->text), n);
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	*sk_vec_push(&l->lints->warnings) =
		sk_arena_printf(&l->set->arena, "%s:%u:%u: %s", file->path, at.line, at.column, what);
}

/* ---- every expression of a policy ---- */

typedef bool program_fn(void *context, const struct sk_cel_program *program);

/* Whether fn is true of some program. */
static bool any_program(const struct sk_policy *p, program_fn *fn, void *context)
{
	const struct sk_vap *vap = p->vap;

	for (size_t i = 0; i < p->variable_count; i++)
		if (fn(context, p->variables[i].program))
			return true;
	for (size_t i = 0; i < p->rule_count; i++)
		if (fn(context, p->rules[i].program) || fn(context, p->rules[i].message) ||
		    fn(context, p->rules[i].remedy_program))
			return true;
	for (size_t i = 0; vap && i < vap->validation_count; i++)
		if (fn(context, vap->validations[i].program) || fn(context, vap->validations[i].message_program))
			return true;
	for (size_t i = 0; vap && i < vap->annotation_count; i++)
		if (fn(context, vap->annotations[i].program))
			return true;
	return false;
}

static bool reads_slot(void *context, const struct sk_cel_program *program)
{
	return program && sk_cel_program_reads(program, *(unsigned *)context);
}

/* ---- parameters: which one is read is known by its name alone ---- */

static bool names_word(struct sk_span text, const char *word)
{
	size_t len = strlen(word);

	for (;;) {
		ptrdiff_t at = sk_span_find(text, sk_span(word, len));
		char after;

		if (at < 0)
			return false;
		after = (size_t)at + len < text.len ? text.ptr[(size_t)at + len] : ' ';
		if (after != '_' && !(after >= '0' && after <= '9') && !((after | 32) >= 'a' && (after | 32) <= 'z'))
			return true;
		text = sk_span_from(text, (size_t)at + len);
	}
}

static bool uses_parameter(const struct sk_policy *p, const char *name)
{
	sk_autofree char *word = sk_printf("params.%s", name);

	for (size_t i = 0; i < p->variable_count; i++)
		if (names_word(p->variables[i].text, word))
			return true;
	for (size_t i = 0; i < p->rule_count; i++) {
		const struct sk_rule *r = &p->rules[i];

		if (names_word(r->text, word) || names_word(r->message_text, word) ||
		    names_word(sk_node_text(sk_node_get(r->node, "remedyExpression")), word))
			return true;
	}
	return false;
}

static void lint_parameters(struct linter *l)
{
	const struct sk_policy *p = l->policy;

	for (size_t i = 0; i < p->own_parameters; i++) {
		if (!uses_parameter(p, p->parameters[i]->name))
			warn(l, p->file, p->parameters[i]->node, "the parameter '%s' is not used", p->parameters[i]->name);
		if (!p->parameters[i]->description)
			warn(l, p->file, p->parameters[i]->node, "the parameter '%s' has no description",
			     p->parameters[i]->name);
	}
}

static void lint_bundle(struct linter *l, const struct sk_bundle *b)
{
	for (size_t i = 0; i < b->parameter_count; i++) {
		bool used = false;

		for (size_t j = 0; j < l->set->policies.len && !used; j++)
			used = l->set->policies.data[j]->bundle == b &&
			       uses_parameter(l->set->policies.data[j], b->parameters[i]->name);
		if (!used)
			warn(l, b->file, b->parameters[i]->node, "the parameter '%s' is not used", b->parameters[i]->name);
	}
}

/* ---- variables ---- */

static void lint_variables(struct linter *l)
{
	for (size_t i = 0; i < l->policy->variable_count; i++) {
		unsigned slot = (unsigned)(SK_FACT_COUNT + i);

		if (!any_program(l->policy, reads_slot, &slot))
			warn(l, l->policy->file, l->policy->variables[i].node, "the variable '%s' is not used",
			     l->policy->variables[i].name);
	}
}

/* ---- rules ---- */

static bool is_constant(const struct sk_policy *p, const struct sk_cel_program *program)
{
	for (unsigned slot = 0; slot <= SK_FACT_COUNT + p->variable_count; slot++)
		if (sk_cel_program_reads(program, slot))
			return false;
	return true;
}

static void lint_outcome(struct linter *l, const struct sk_rule *r)
{
	struct sk_cel_limits limits = { .cost = 1000000, .memory = 1 << 20 };
	struct sk_cel_value v;
	bool kept;

	if (!is_constant(l->policy, r->program))
		return;
	sk_cel_eval_reset(l->eval, &limits);
	v = sk_cel_run(r->program, l->eval, NULL);
	kept = r->offenders ? v.kind == SK_CEL_LIST && !v.list->count : sk_cel_is_true(v);
	warn(l, l->policy->file, r->node, "the rule '%s' asks of nothing: it %s", r->id,
	     kept ? "can never be broken" : "is always broken");
}

static void lint_rule(struct linter *l, const struct sk_rule *r)
{
	const struct sk_policy_file *file = l->policy->file;

	if (!r->controls.count && r->manual)
		warn(l, file, r->node, "the rule '%s' names no controls: a rule for people is there for them", r->id);
	if (r->manual)
		return;
	lint_outcome(l, r);
	if (!r->message)
		warn(l, file, r->node, "the rule '%s' has no message", r->id);
	if (!r->remedy && !r->remedy_program)
		warn(l, file, r->node, "the rule '%s' has no remedy: what shall one do?", r->id);
	if (!r->has_severity)
		warn(l, file, r->node, "the rule '%s' has no severity", r->id);
}

static void lint_policy(struct linter *l)
{
	const struct sk_policy *p = l->policy;
	const struct sk_node *root = p->rule_count ? p->rules[0].node : p->file->doc.root;
	bool controls = p->controls.count > 0;

	lint_variables(l);
	if (p->vap)
		return;
	if (!p->title)
		warn(l, p->file, p->file->doc.root, "the policy '%s' has no title", p->name);
	if (!p->rationale)
		warn(l, p->file, p->file->doc.root, "the policy '%s' has no rationale: why should one keep it?", p->name);
	for (size_t i = 0; i < p->rule_count; i++)
		controls |= p->rules[i].controls.count > 0;
	if (!controls)
		warn(l, p->file, root, "the policy '%s' names no controls", p->name);
	lint_parameters(l);
	for (size_t i = 0; i < p->rule_count; i++)
		lint_rule(l, &p->rules[i]);
}

/* A cluster may have its policy; what decides by these files has not. */
static void lint_binding(struct linter *l, const struct sk_vap_binding *b)
{
	for (size_t i = 0; i < l->set->policies.len; i++)
		if (l->set->policies.data[i]->vap && strcmp(l->set->policies.data[i]->name, b->policy) == 0)
			return;
	warn(l, b->file, b->node, "the binding '%s' is of a policy that is not here: '%s'", b->name, b->policy);
}

void sk_policy_lint(struct sk_policy_set *set, struct sk_lints *lints)
{
	struct linter l = { .set = set, .lints = lints, .eval = sk_cel_eval_new() };

	for (size_t i = 0; i < set->bundles.len; i++)
		lint_bundle(&l, set->bundles.data[i]);
	for (size_t i = 0; i < set->policies.len; i++) {
		l.policy = set->policies.data[i];
		lint_policy(&l);
	}
	for (size_t i = 0; i < set->bindings.len; i++)
		lint_binding(&l, set->bindings.data[i]);
	sk_cel_eval_free(l.eval);
}

/* ---- costs ---- */

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* A variable's cost is that of its expression, once; it may read others before it. */
void sk_rule_cost(const struct sk_policy *policy, const struct sk_cel_program *program, uint64_t *ret_min,
		  uint64_t *ret_max)
{
	sk_autofree bool *needed = sk_alloc(policy->variable_count + 1);

	sk_cel_program_cost(program, ret_min, ret_max);
	for (size_t i = policy->variable_count; i-- > 0;) {
		uint64_t min, max;

		needed[i] = sk_cel_program_reads(program, (unsigned)(SK_FACT_COUNT + i));
		for (size_t j = i + 1; j < policy->variable_count && !needed[i]; j++)
			needed[i] = needed[j] && sk_cel_program_reads(policy->variables[j].program,
								      (unsigned)(SK_FACT_COUNT + i));
		if (!needed[i])
			continue;
		sk_cel_program_cost(policy->variables[i].program, &min, &max);
		*ret_max = add(*ret_max, max);
	}
}
