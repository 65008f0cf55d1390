/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/evaluate.h"

#include "base/limits.h"
#include "base/text.h"

#include <time.h>

static const char *const verdict_names[] = { "kept", "broken", "unknown", "not applicable", "manual" };

const char *sk_verdict_name(enum sk_verdict verdict)
{
	return verdict_names[verdict];
}

/* ---- evaluations ---- */

/* A variable of the policy, computed when it is first read. */
static struct sk_cel_value resolve(void *context, unsigned slot, struct sk_cel_eval *eval)
{
	struct sk_evaluation *e = context;
	size_t i = slot - e->first_variable;

	if (slot < e->first_variable || i >= e->policy->variable_count)
		return sk_cel_null();
	if (e->slots[slot].kind == SK_CEL_ABSENT)
		e->slots[slot] = sk_cel_run(e->policy->variables[i].program, eval, &e->activation);
	return e->slots[slot];
}

static int64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

void sk_evaluation_begin(struct sk_evaluation *e, const struct sk_policy *policy, uint64_t cost)
{
	struct sk_cel_limits limits = { .cost = cost,
					.memory = SK_MAX_POLICY_MEMORY,
					.deadline = monotonic() + SK_MAX_POLICY_TIME };

	e->policy = policy;
	e->first_variable = SK_FACT_COUNT;
	e->it = SK_FACT_COUNT + policy->variable_count;
	sk_cel_eval_reset(e->eval, &limits);
	memcpy(e->slots, e->facts->slots, sizeof(e->facts->slots));
	memset(&e->slots[e->first_variable], 0, (policy->variable_count + 1) * sizeof(e->slots[0]));
	if (!policy->vap)
		e->slots[SK_FACT_params] = policy->params;
	e->activation = (struct sk_cel_activation){ e->slots, (uint32_t)e->it + 1, resolve, e };
}

const char *sk_evaluation_text(struct sk_evaluation *e, const struct sk_cel_program *program)
{
	struct sk_cel_value v;
	size_t len;

	if (!program)
		return NULL;
	v = sk_cel_run(program, e->eval, &e->activation);
	if (v.kind != SK_CEL_STRING)
		return NULL;
	for (len = v.len; len > SK_MAX_POLICY_MESSAGE || (len < v.len && ((uint8_t)v.str[len] & 0xc0) == 0x80); len--)
		;
	return sk_arena_dup(&e->decision->arena, sk_span(v.str, len));
}

const char *sk_evaluation_why(struct sk_evaluation *e, struct sk_cel_value v)
{
	struct sk_buf text = { 0 };
	const char *result;

	if (v.kind == SK_CEL_ERROR)
		return sk_arena_printf(&e->decision->arena, "the expression failed: %s", v.error->text);
	if (v.kind != SK_CEL_UNKNOWN)
		return "the expression gives no truth value";
	sk_buf_puts(&text, "not known: ");
	for (uint32_t i = 0; i < v.unknown->count && i < 8; i++)
		sk_buf_printf(&text, "%s%s", i ? ", " : "", v.unknown->attributes[i]);
	if (v.unknown->count > 8)
		sk_buf_puts(&text, ", ...");
	result = sk_arena_str(&e->decision->arena, sk_buf_str(&text));
	sk_buf_release(&text);
	return result;
}

bool sk_evaluation_skips(const struct sk_evaluation *e, struct sk_cel_value v)
{
	if (v.kind != SK_CEL_UNKNOWN)
		return false;
	for (uint32_t i = 0; i < v.unknown->count; i++) {
		bool none = false;

		for (size_t slot = 0; slot < SK_FACT_COUNT && !none; slot++)
			none = e->facts->none & 1u << slot &&
			       strcmp(v.unknown->attributes[i], sk_fact_variables[slot].name) == 0;
		if (!none)
			return false;
	}
	return v.unknown->count > 0;
}

void sk_evaluation_worsen(struct sk_evaluation *e, enum sk_effect effect)
{
	if (effect > e->decision->effect)
		e->decision->effect = effect;
}

const char *sk_evaluation_object(struct sk_evaluation *e)
{
	return e->facts->subject ? sk_arena_str(&e->decision->arena, e->facts->subject) : NULL;
}

/* ---- rules ---- */

/* The id of what offends, where it has one. */
static const char *subject_of(struct sk_evaluation *e, struct sk_cel_value it)
{
	struct sk_cel_value v = { 0 };

	if (it.kind == SK_CEL_STRUCT && it.object->type == &sk_fact_types[SK_TYPE_Finding]) {
		const struct sk_fact_Finding *f = (const void *)it.object->fields;

		if (f->package.kind == SK_CEL_STRUCT)
			v = ((const struct sk_fact_Package *)(const void *)f->package.object->fields)->purl;
		if (v.kind != SK_CEL_STRING || !v.len)
			v = f->path;
	} else if (it.kind == SK_CEL_STRUCT && it.object->type == &sk_fact_types[SK_TYPE_Package]) {
		v = ((const struct sk_fact_Package *)(const void *)it.object->fields)->purl;
	} else if (it.kind == SK_CEL_STRUCT && it.object->type == &sk_fact_types[SK_TYPE_Container]) {
		v = ((const struct sk_fact_Container *)(const void *)it.object->fields)->name;
	} else if (it.kind == SK_CEL_STRING) {
		v = it;
	}
	if (v.kind == SK_CEL_STRING && v.len)
		return sk_arena_dup(&e->decision->arena, sk_span(v.str, v.len));
	return NULL;
}

/* Its place among all findings, from the last one on: offenders mostly keep their order. */
static size_t finding_of(struct sk_evaluation *e, struct sk_cel_value it)
{
	struct sk_cel_value all = e->facts->slots[SK_FACT_findings];

	if (it.kind != SK_CEL_STRUCT || it.object->type != &sk_fact_types[SK_TYPE_Finding] || all.kind != SK_CEL_LIST)
		return SIZE_MAX;
	for (size_t i = 0; i < all.list->count; i++) {
		size_t at = (e->last_finding + i) % all.list->count;

		if (all.list->items[at].object == it.object)
			return e->last_finding = at;
	}
	return SIZE_MAX;
}

static struct sk_reason *add_reason(struct sk_evaluation *e, const struct sk_rule *rule, enum sk_verdict verdict)
{
	struct sk_reason *r = sk_vec_push(&e->decision->reasons);

	*r = (struct sk_reason){
		.policy = e->policy->name,
		.rule = rule->id,
		.verdict = verdict,
		.action = rule->action,
		.has_severity = rule->has_severity,
		.severity = rule->severity,
		.remedy = rule->remedy,
		.controls = rule->controls,
		.finding = SIZE_MAX,
		.object = sk_evaluation_object(e),
	};
	r->subject = r->object;
	return r;
}

static const char *title_of(const struct sk_policy *policy, const struct sk_rule *rule)
{
	return rule->title ? rule->title : policy->title ? policy->title : rule->id;
}

static void broken(struct sk_evaluation *e, const struct sk_rule *rule, struct sk_cel_value it)
{
	struct sk_reason *r = add_reason(e, rule, SK_VERDICT_BROKEN);
	const char *message, *remedy, *subject;

	e->slots[e->it] = it;
	message = sk_evaluation_text(e, rule->message);
	remedy = sk_evaluation_text(e, rule->remedy_program);
	r->message = message ? message : title_of(e->policy, rule);
	if (remedy && remedy[0])
		r->remedy = remedy;
	subject = subject_of(e, it);
	if (subject)
		r->subject = subject;
	r->finding = finding_of(e, it);
}

static void offenders(struct sk_evaluation *e, const struct sk_rule *rule, const struct sk_cel_list *list,
		      struct sk_rule_result *result)
{
	size_t room = e->decision->reasons.len < SK_MAX_REASONS ? SK_MAX_REASONS - e->decision->reasons.len : 1;
	uint32_t most = room < SK_MAX_RULE_REASONS ? (uint32_t)room : SK_MAX_RULE_REASONS;
	uint32_t count = list->count < most ? list->count : most;

	for (uint32_t i = 0; i < count; i++)
		broken(e, rule, list->items[i]);
	result->more = list->count - count;
}

static void unknown(struct sk_evaluation *e, const struct sk_rule *rule, struct sk_cel_value v)
{
	struct sk_reason *r = add_reason(e, rule, SK_VERDICT_UNKNOWN);
	const char *why = sk_evaluation_why(e, v);

	r->message = sk_arena_printf(&e->decision->arena, "%s: %s", title_of(e->policy, rule), why);
	/* The rule's own remedy is for those that break it. */
	if (v.kind == SK_CEL_UNKNOWN)
		r->remedy = sk_arena_printf(&e->decision->arena, "find out what is %s", why);
}

/* What a rule that is not known to be kept does to the decision. */
static enum sk_effect effect_of(const struct sk_evaluation *e, enum sk_rule_action action, enum sk_verdict verdict)
{
	enum sk_effect unknown = SK_EFFECT_UNKNOWN;

	if (verdict != SK_VERDICT_BROKEN && verdict != SK_VERDICT_UNKNOWN)
		return SK_EFFECT_ALLOW;
	if (action == SK_ACTION_AUDIT)
		return SK_EFFECT_ALLOW;
	if (e->policy->on_unknown >= 0)
		unknown = (enum sk_effect)e->policy->on_unknown;
	else if (e->facts->stage == SK_STAGE_ADMIT)
		unknown = SK_EFFECT_DENY;
	if (verdict == SK_VERDICT_UNKNOWN && unknown == SK_EFFECT_ALLOW)
		return SK_EFFECT_ALLOW;
	if (action == SK_ACTION_WARN) /* never stops anything, broken or unknown */
		return SK_EFFECT_WARN;
	return verdict == SK_VERDICT_BROKEN ? SK_EFFECT_DENY : unknown;
}

static enum sk_verdict ask(struct sk_evaluation *e, const struct sk_rule *rule, struct sk_rule_result *result)
{
	struct sk_cel_value v;

	if (rule->manual)
		return SK_VERDICT_MANUAL;
	v = sk_cel_run(rule->program, e->eval, &e->activation);
	if (!rule->offenders && v.kind == SK_CEL_BOOL) {
		if (!v.truth)
			broken(e, rule, (struct sk_cel_value){ 0 });
		return v.truth ? SK_VERDICT_KEPT : SK_VERDICT_BROKEN;
	}
	if (rule->offenders && v.kind == SK_CEL_LIST) {
		offenders(e, rule, v.list, result);
		return v.list->count ? SK_VERDICT_BROKEN : SK_VERDICT_KEPT;
	}
	if (sk_evaluation_skips(e, v))
		return SK_VERDICT_SKIPPED;
	unknown(e, rule, v);
	return SK_VERDICT_UNKNOWN;
}

static void evaluate_policy(struct sk_evaluation *e, const struct sk_policy *policy)
{
	sk_evaluation_begin(e, policy, SK_MAX_POLICY_COST);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct sk_rule *rule = &policy->rules[i];
		struct sk_rule_result result = {
			.policy = policy,
			.rule = rule->id,
			.title = title_of(policy, rule),
			.action = rule->action,
			.first_reason = e->decision->reasons.len,
		};

		result.verdict = ask(e, rule, &result);
		result.reason_count = e->decision->reasons.len - result.first_reason;
		*sk_vec_push(&e->decision->rules) = result;
		sk_evaluation_worsen(e, effect_of(e, rule->action, result.verdict));
	}
}

/* ---- the set ---- */

static size_t most_variables(const struct sk_policy_set *set)
{
	size_t most = 0;

	for (size_t i = 0; i < set->policies.len; i++)
		if (set->policies.data[i]->variable_count > most)
			most = set->policies.data[i]->variable_count;
	return most;
}

void sk_policy_decide(const struct sk_policy_set *set, const struct sk_facts *facts, struct sk_cel_eval *eval,
		      struct sk_decision *decision)
{
	sk_autofree struct sk_cel_value *slots =
		sk_alloc((SK_FACT_COUNT + most_variables(set) + 1) * sizeof(*slots));
	struct sk_evaluation e = { .set = set, .facts = facts, .eval = eval, .decision = decision, .slots = slots };

	for (size_t i = 0; i < set->policies.len; i++) {
		const struct sk_policy *policy = set->policies.data[i];

		if (policy->vap) {
			e.policy = policy;
			sk_vap_evaluate(&e);
		} else if (sk_policy_matches(policy, facts)) {
			evaluate_policy(&e, policy);
		}
	}
}

void sk_decision_release(struct sk_decision *d)
{
	sk_vec_release(&d->reasons);
	sk_vec_release(&d->rules);
	sk_vec_release(&d->annotations);
	sk_arena_release(&d->arena);
	*d = (struct sk_decision){ 0 };
}
