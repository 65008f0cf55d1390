/* SPDX-License-Identifier: Apache-2.0 */
#include "report/verdict.h"

static const char *mark_of(const struct sk_rule_result *r)
{
	return r->verdict == SK_VERDICT_UNKNOWN ? "unknown" : sk_rule_action_name(r->action);
}

static void add_line(struct sk_verdicts *v, const struct sk_decision *d, const struct sk_rule_result *r)
{
	const struct sk_reason *first = r->reason_count ? &d->reasons.data[r->first_reason] : NULL;

	*sk_vec_push(&v->lines) = (struct sk_verdict_line){
		.policy = r->policy->name,
		.rule = r->rule,
		.title = r->title,
		.mark = mark_of(r),
		.example = first ? first->message : r->title,
		.reasons = r->reason_count + r->more,
		.others = r->reason_count ? r->reason_count + r->more - 1 : 0,
	};
}

static void add_lines(struct sk_verdicts *v, const struct sk_decision *d)
{
	for (size_t i = 0; i < d->rules.len; i++) {
		const struct sk_rule_result *r = &d->rules.data[i];

		v->kept += r->verdict == SK_VERDICT_KEPT;
		v->skipped += r->verdict == SK_VERDICT_SKIPPED;
		v->manual += r->verdict == SK_VERDICT_MANUAL;
		if (r->verdict == SK_VERDICT_BROKEN || r->verdict == SK_VERDICT_UNKNOWN)
			add_line(v, d, r);
	}
}

/* ---- ways ---- */

/* What must change: reasons that stop it; where nothing does, those that warn. */
static bool counts(const struct sk_decision *d, const struct sk_reason *r)
{
	return r->action == (d->effect >= SK_EFFECT_UNKNOWN ? SK_ACTION_DENY : SK_ACTION_WARN);
}

/* The offending findings, each once (returned: how many no action settles), put together as the actions of the whole report are. */
static size_t ways_of_findings(struct sk_verdicts *v, const struct sk_result *result)
{
	const struct sk_decision *d = result->decision;
	struct sk_result offending = *result;
	sk_autofree bool *seen = sk_alloc(result->finding_count + 1);
	struct sk_actions actions = { 0 };
	size_t settled = 0;

	offending.findings = sk_alloc((result->finding_count + 1) * sizeof(offending.findings[0]));
	offending.finding_count = 0;
	for (size_t i = 0; i < d->reasons.len; i++)
		if (d->reasons.data[i].finding < result->finding_count && counts(d, &d->reasons.data[i]))
			seen[d->reasons.data[i].finding] = true;
	for (size_t i = 0; i < result->finding_count; i++)
		if (seen[i])
			offending.findings[offending.finding_count++] = result->findings[i];
	sk_report_actions(&offending, &actions);
	for (size_t i = 0; i < actions.list.len; i++) {
		const struct sk_action *a = &actions.list.data[i];

		*sk_vec_push(&v->ways) = (struct sk_way){
			.what = sk_arena_printf(&v->arena, "%s%s%s", a->what, a->where && a->join ? a->join : "",
						a->where ? a->where : ""),
			.command = sk_arena_str(&v->arena, a->command),
			.settles = a->fixes,
		};
		settled += a->fixes;
	}
	sk_actions_release(&actions);
	free(offending.findings);
	return offending.finding_count - settled;
}

static void ways_of_others(struct sk_verdicts *v, const struct sk_result *result)
{
	const struct sk_decision *d = result->decision;
	size_t first = v->ways.len;

	for (size_t i = 0; i < d->reasons.len; i++) {
		const struct sk_reason *r = &d->reasons.data[i];
		size_t at = first;

		if (r->finding < result->finding_count || !r->remedy || !counts(d, r))
			continue;
		while (at < v->ways.len && strcmp(v->ways.data[at].what, r->remedy) != 0)
			at++;
		if (at == v->ways.len)
			sk_vec_push(&v->ways)->what = r->remedy;
		v->ways.data[at].settles++;
	}
}

/*
 * The findings that no action settles, and other reasons without a remedy:
 * who does all of the above must not be surprised by a further "deny".
 */
static void way_of_the_rest(struct sk_verdicts *v, const struct sk_result *result, size_t bare)
{
	for (size_t i = 0; i < result->decision->reasons.len; i++) {
		const struct sk_reason *r = &result->decision->reasons.data[i];

		bare += counts(result->decision, r) && r->finding >= result->finding_count && !r->remedy;
	}
	if (bare)
		*sk_vec_push(&v->ways) = (struct sk_way){
			.what = "what has no remedy: remove it from the image, or accept it for some time "
				"(sekisho exception add)",
			.settles = bare,
		};
}

void sk_report_verdicts(const struct sk_result *result, struct sk_verdicts *v)
{
	size_t unsettled;

	add_lines(v, result->decision);
	unsettled = ways_of_findings(v, result);
	ways_of_others(v, result);
	way_of_the_rest(v, result, unsettled);
}

void sk_verdicts_release(struct sk_verdicts *v)
{
	sk_vec_release(&v->lines);
	sk_vec_release(&v->ways);
	sk_arena_release(&v->arena);
}
