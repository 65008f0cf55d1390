/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluation in the order of the API server (k8s.io/apiserver, admission plugin
 * policy/validating): match, bindings, parameters, match conditions,
 * validations, audit annotations. What fails is judged by failurePolicy.
 */
#include "policy/vap.h"

#include "base/limits.h"
#include "policy/evaluate.h"
#include "policy/facts-build.h"

struct outcome {
	struct sk_evaluation *e;
	const struct sk_vap_binding *binding; /* NULL: none in the set */
	uint32_t actions;
	struct sk_facts values;		      /* memory of the parameters */
};

/* ---- reasons ---- */

/* Effect and reason for each action that the binding asks for. */
static void add(struct outcome *o, const char *rule, enum sk_verdict verdict, const char *message, const char *code)
{
	struct sk_evaluation *e = o->e;

	for (unsigned action = SK_ACTION_DENY; action <= SK_ACTION_AUDIT; action++) {
		if (!(o->actions & 1u << action))
			continue;
		*sk_vec_push(&e->decision->reasons) = (struct sk_reason){
			.policy = e->policy->name,
			.rule = rule,
			.verdict = verdict,
			.action = (enum sk_rule_action)action,
			.message = message,
			.subject = sk_evaluation_object(e),
			.object = sk_evaluation_object(e),
			.finding = SIZE_MAX,
			.code = code,
		};
		if (action == SK_ACTION_DENY)
			sk_evaluation_worsen(e, verdict == SK_VERDICT_BROKEN ? SK_EFFECT_DENY : SK_EFFECT_UNKNOWN);
		else if (action == SK_ACTION_WARN)
			sk_evaluation_worsen(e, SK_EFFECT_WARN);
	}
}

/* An error counts as broken, or not at all. */
static void failed(struct outcome *o, const char *rule, struct sk_cel_value v)
{
	if (v.kind == SK_CEL_UNKNOWN)
		add(o, rule, SK_VERDICT_UNKNOWN, sk_evaluation_why(o->e, v), NULL);
	else if (!o->e->policy->vap->ignore)
		add(o, rule, SK_VERDICT_BROKEN, sk_evaluation_why(o->e, v), "Invalid");
}

static void result(struct outcome *o, const struct sk_vap_validation *v, enum sk_verdict verdict, size_t before)
{
	struct sk_evaluation *e = o->e;

	*sk_vec_push(&e->decision->rules) = (struct sk_rule_result){
		.policy = e->policy,
		.rule = v->id,
		.title = v->message ? v->message : v->id,
		.verdict = verdict,
		.action = o->actions & 1u << SK_ACTION_DENY ? SK_ACTION_DENY :
			  o->actions & 1u << SK_ACTION_WARN ? SK_ACTION_WARN :
							      SK_ACTION_AUDIT,
		.first_reason = before,
		.reason_count = e->decision->reasons.len - before,
	};
}

/* ---- the parts of a policy ---- */

/*
 * 1: all hold; 0: one is false, or has failed and failures are ignored. A
 * condition that is not known, or has failed, says its reason and gives 0.
 */
static int conditions(struct outcome *o)
{
	struct sk_evaluation *e = o->e;
	const struct sk_vap *vap = e->policy->vap;
	struct sk_cel_value open = { 0 };
	const char *name = NULL;

	for (size_t i = 0; i < vap->condition_count; i++) {
		struct sk_cel_value v = sk_cel_run(vap->conditions[i].program, e->eval, &e->activation);

		if (v.kind == SK_CEL_BOOL && !v.truth)
			return 0;
		if (v.kind == SK_CEL_BOOL || open.kind == SK_CEL_ERROR)
			continue;
		open = v;
		name = vap->conditions[i].name;
	}
	if (open.kind == SK_CEL_ABSENT)
		return 1;
	failed(o, sk_arena_printf(&e->decision->arena, "matchConditions[%s]", name), open);
	return 0;
}

static bool usable(const char *text)
{
	return text && sk_span_trim(sk_span_str(text)).len && !strchr(text, '\n');
}

static const char *trimmed(struct sk_evaluation *e, const char *before, struct sk_span text)
{
	text = sk_span_trim(text);
	return sk_arena_printf(&e->decision->arena, "%s%.*s", before, (int)text.len, text.ptr);
}

static const char *message_of(struct sk_evaluation *e, const struct sk_vap_validation *v)
{
	const char *text = sk_evaluation_text(e, v->message_program);

	if (usable(text))
		return trimmed(e, "", sk_span_str(text));
	if (v->message)
		return trimmed(e, "", sk_span_str(v->message));
	return trimmed(e, "failed expression: ", v->text);
}

static void validate(struct outcome *o, const struct sk_vap_validation *v)
{
	struct sk_evaluation *e = o->e;
	struct sk_cel_value value = sk_cel_run(v->program, e->eval, &e->activation);
	size_t before = e->decision->reasons.len;
	enum sk_verdict verdict = SK_VERDICT_KEPT;

	if (value.kind != SK_CEL_BOOL) {
		failed(o, v->id, value);
		verdict = value.kind == SK_CEL_UNKNOWN ? SK_VERDICT_UNKNOWN : SK_VERDICT_BROKEN;
	} else if (!value.truth) {
		add(o, v->id, SK_VERDICT_BROKEN, message_of(e, v), v->code ? v->code : "Invalid");
		verdict = SK_VERDICT_BROKEN;
	}
	result(o, v, verdict, before);
}

static void annotate(struct outcome *o, const struct sk_vap_annotation *a)
{
	struct sk_evaluation *e = o->e;
	struct sk_cel_value v = sk_cel_run(a->program, e->eval, &e->activation);

	if (v.kind == SK_CEL_STRING && v.len) {
		*sk_vec_push(&e->decision->annotations) = (struct sk_annotation){
			a->key, sk_arena_dup(&e->decision->arena, sk_span(v.str, v.len)) };
	} else if (v.kind != SK_CEL_STRING && v.kind != SK_CEL_NULL && !e->policy->vap->ignore) {
		/* Whatever the binding asks for: the API server refuses what it cannot write down. */
		o->actions = 1u << SK_ACTION_DENY;
		failed(o, a->key, v);
	}
}

static void evaluate(struct outcome *o, struct sk_cel_value params)
{
	struct sk_evaluation *e = o->e;
	const struct sk_vap *vap = e->policy->vap;

	if (vap->condition_count) {
		sk_evaluation_begin(e, e->policy, SK_MAX_VAP_MATCH_COST);
		e->slots[SK_FACT_params] = params;
		if (!conditions(o))
			return;
	}
	sk_evaluation_begin(e, e->policy, SK_MAX_VAP_COST);
	e->slots[SK_FACT_params] = params;
	for (size_t i = 0; i < vap->validation_count; i++)
		validate(o, &vap->validations[i]);
	for (size_t i = 0; i < vap->annotation_count; i++)
		annotate(o, &vap->annotations[i]);
}

/* ---- parameters and bindings ---- */

static void without_params(struct outcome *o)
{
	struct sk_evaluation *e = o->e;
	const struct sk_vap *vap = e->policy->vap;
	const struct sk_node *ref = o->binding ? o->binding->param_ref : NULL;

	if (o->binding && !ref) {
		evaluate(o, sk_cel_null()); /* as the API server does where a binding names none */
	} else if (sk_span_is(sk_node_str(sk_node_get(ref, "parameterNotFoundAction")), "Allow")) {
		return;
	} else if (ref) {
		if (!vap->ignore)
			add(o, "paramRef", SK_VERDICT_BROKEN, "no object that paramRef names was found", "Invalid");
	} else {
		evaluate(o, sk_fact_unknown(&o->values, "params"));
	}
}

static void with_params(struct outcome *o)
{
	const struct sk_policy_set *set = o->e->set;
	const struct sk_vap *vap = o->e->policy->vap;
	size_t found = 0;

	if (!vap->param_kind) {
		evaluate(o, sk_cel_null());
		return;
	}
	for (size_t i = 0; i < set->objects.len; i++) {
		if (o->binding && !o->binding->param_ref)
			break;
		if (!sk_vap_is_param(vap, o->binding, o->e->facts, set->objects.data[i]))
			continue;
		found++;
		evaluate(o, sk_fact_node(&o->values, set->objects.data[i]));
	}
	if (!found)
		without_params(o);
}

static void unmatched(struct outcome *o)
{
	add(o, "matchConstraints", SK_VERDICT_UNKNOWN, "not known: labels of the namespace", NULL);
}

static void bind(struct sk_evaluation *e, const struct sk_vap_binding *binding)
{
	struct outcome o = { .e = e, .binding = binding, .actions = binding ? binding->actions : 1u << SK_ACTION_DENY };
	int fits = sk_vap_match(e->facts, e->policy->vap->constraints);
	int bound = binding && fits ? sk_vap_match(e->facts, binding->match) : fits;

	if (!fits || !bound)
		return;
	sk_facts_begin(&o.values, e->facts->stage, e->facts->now, 0);
	if (fits < 0 || bound < 0)
		unmatched(&o);
	else
		with_params(&o);
	sk_facts_release(&o.values);
}

void sk_vap_evaluate(struct sk_evaluation *e)
{
	const struct sk_policy_set *set = e->set;
	bool bound = false;

	if (e->facts->none & 1u << SK_FACT_object)
		return; /* a scan is no admission */
	for (size_t i = 0; i < set->bindings.len; i++) {
		if (strcmp(set->bindings.data[i]->policy, e->policy->name) != 0)
			continue;
		bound = true;
		bind(e, set->bindings.data[i]);
	}
	if (!bound)
		bind(e, NULL);
}
