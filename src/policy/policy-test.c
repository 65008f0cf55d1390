/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy-test.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "policy/load.h"
#include "policy/subject.h"

/* ---- reading ---- */

static const char *const effects[] = { "allow", "warn", "unknown", "deny", NULL };

static int read_stage(struct sk_policy_loader *l, const struct sk_node *n)
{
	const char *names[SK_STAGE_COUNT + 1] = { 0 };

	for (unsigned i = 0; i < SK_STAGE_COUNT; i++)
		names[i] = sk_stage_name((enum sk_stage)i);
	return n ? sk_policy_word(l, n, names) : -1;
}

static void read_case(struct sk_policy_loader *l, const struct sk_node *n, struct sk_strings policies,
		      struct sk_policy_case *c)
{
	static const struct sk_key keys[] = {
		{ "name", SK_KEY_STRING, true },       { "stage", SK_KEY_STRING, false },
		{ "now", SK_KEY_STRING, false },       { "facts", SK_KEY_OBJECT, false },
		{ "object", SK_KEY_OBJECT, false },    { "oldObject", SK_KEY_OBJECT, false },
		{ "namespaceObject", SK_KEY_OBJECT, false }, { "params", SK_KEY_OBJECT, false },
		{ "file", SK_KEY_STRING, false },      { "policies", SK_KEY_ANY, false },
		{ "decision", SK_KEY_STRING, false },  { "reasons", SK_KEY_LIST, false },
		{ "unknown", SK_KEY_LIST, false },     { NULL },
	};
	const struct sk_node *now = sk_node_get(n, "now");

	if (!sk_policy_keys(l, n, keys))
		return;
	*c = (struct sk_policy_case){
		.name = sk_policy_text(l, sk_node_get(n, "name")),
		.file = sk_policy_text(l, sk_node_get(n, "file")),
		.facts = sk_node_get(n, "facts"),
		.object = sk_node_get(n, "object"),
		.old_object = sk_node_get(n, "oldObject"),
		.namespace_object = sk_node_get(n, "namespaceObject"),
		.params = sk_node_get(n, "params"),
		.stage = read_stage(l, sk_node_get(n, "stage")),
		.policies = sk_node_get(n, "policies") ? sk_policy_strings(l, sk_node_get(n, "policies")) : policies,
		.decision = sk_node_get(n, "decision") ? sk_policy_word(l, sk_node_get(n, "decision"), effects) : -1,
		.reasons = sk_node_get(n, "reasons"),
		.unknown = sk_node_get(n, "unknown"),
		.line = n->line,
	};
	if (now && !sk_time_parse(sk_node_text(now), &c->now))
		sk_policy_fault_at(l, now, 0, "this is no time");
	if (!!c->facts + !!c->object + !!c->file != 1)
		sk_policy_fault(l, n, "a case needs one of 'facts', 'object' and 'file'");
	if (!sk_node_get(n, "decision") && !c->reasons && !c->unknown)
		sk_policy_fault(l, n, "a case needs a 'decision', 'reasons' or 'unknown': what shall come out?");
}

static void read_root(struct sk_policy_loader *l, struct sk_policy_cases *cases, const struct sk_node *root)
{
	static const struct sk_key keys[] = {
		{ "apiVersion", SK_KEY_STRING, true }, { "kind", SK_KEY_STRING, true },
		{ "metadata", SK_KEY_OBJECT, false },  { "policies", SK_KEY_ANY, false },
		{ "cases", SK_KEY_LIST, true },	       { NULL },
	};
	const struct sk_node *list = sk_node_get(root, "cases");
	struct sk_strings policies;

	if (!sk_policy_keys(l, root, keys))
		return;
	if (!sk_span_is(sk_node_str(sk_node_get(root, "apiVersion")), "sekisho/v1") ||
	    !sk_span_is(sk_node_str(sk_node_get(root, "kind")), "PolicyTest")) {
		sk_policy_fault(l, root, "apiVersion must be sekisho/v1 and kind PolicyTest");
		return;
	}
	policies = sk_policy_strings(l, sk_node_get(root, "policies"));
	cases->cases = sk_arena_alloc(&l->set->arena, (sk_node_first(list) ? list->count : 0) * sizeof(cases->cases[0]));
	sk_node_each(n, sk_node_is(list, SK_NODE_ARRAY) ? list : NULL)
		read_case(l, n, policies, &cases->cases[cases->count++]);
}

int sk_policy_cases_load(struct sk_policy_cases *cases, const char *path, struct sk_err *err)
{
	struct sk_policy_set holder = { 0 }; /* faults and texts */
	struct sk_policy_loader l = { .set = &holder, .file = &cases->file };
	int r = sk_path_slurp(path, SK_MAX_POLICY_BYTES, &cases->file.text, err);

	if (r < 0)
		return r;
	cases->file.path = path;
	r = sk_doc_parse(&cases->file.doc, SK_DOC_YAML, sk_buf_view(&cases->file.text), SK_DOC_STRICT_KEYS, err);
	if (r < 0)
		return sk_err_wrap(err, "%s", path);
	read_root(&l, cases, cases->file.doc.root);
	if (holder.problems.len)
		r = sk_err_set(err, SK_EINVAL, "%s", holder.problems.data[0]);
	cases->arena = holder.arena; /* the cases' texts live there */
	holder.arena = (struct sk_arena){ 0 };
	sk_policy_set_release(&holder);
	return r;
}

void sk_policy_cases_release(struct sk_policy_cases *cases)
{
	sk_doc_release(&cases->file.doc);
	sk_buf_release(&cases->file.text);
	sk_arena_release(&cases->arena);
	*cases = (struct sk_policy_cases){ 0 };
}

/* ---- running ---- */

int sk_policy_case_facts(const struct sk_policy_case *c, struct sk_facts *facts, struct sk_err *err)
{
	int64_t now = c->now ? c->now : sk_time_now();

	if (c->object) {
		struct sk_subject subject = { c->object, c->old_object, c->namespace_object };

		return sk_facts_of_subject(facts, &subject, c->stage < 0 ? SK_STAGE_ADMIT : (enum sk_stage)c->stage, now,
					   err);
	}
	/* All that is not named is unknown. */
	sk_facts_begin(facts, c->stage < 0 ? SK_STAGE_BUILD : (enum sk_stage)c->stage, now, UINT32_MAX);
	return sk_facts_add_document(facts, c->facts, err);
}

static bool has_reason(const struct sk_decision *d, struct sk_span wanted, enum sk_verdict verdict)
{
	for (size_t i = 0; i < d->reasons.len; i++) {
		const struct sk_reason *r = &d->reasons.data[i];
		size_t len = strlen(r->policy);

		if (r->verdict == verdict && wanted.len > len && wanted.ptr[len] == '/' &&
		    sk_span_eq(sk_span_sub(wanted, 0, len), sk_span_str(r->policy)) &&
		    sk_span_is(sk_span_from(wanted, len + 1), r->rule))
			return true;
	}
	return false;
}

static bool is_wanted(const struct sk_node *list, const struct sk_reason *r)
{
	sk_autofree char *name = sk_printf("%s/%s", r->policy, r->rule);

	sk_node_each(n, list)
		if (sk_span_is(sk_node_text(n), name))
			return true;
	return false;
}

/* The rules that came out this way must be those of the list, no more and no fewer. */
static void compare(const struct sk_node *list, const struct sk_decision *d, enum sk_verdict verdict, struct sk_buf *why)
{
	if (!list)
		return;
	sk_node_each(n, list)
		if (!has_reason(d, sk_node_text(n), verdict)) {
			sk_buf_printf(why, "%s is not %s\n", sk_node_text(n).ptr ? sk_node_text(n).ptr : "",
				      sk_verdict_name(verdict));
		}
	for (size_t i = 0; i < d->reasons.len; i++) {
		const struct sk_reason *r = &d->reasons.data[i];

		if (r->verdict != verdict || is_wanted(list, r))
			continue;
		sk_buf_printf(why, "%s/%s is %s: ", r->policy, r->rule, sk_verdict_name(verdict));
		sk_text_plain(why, sk_span_str(r->message));
		sk_buf_putc(why, '\n');
	}
}

void sk_policy_case_judge(const struct sk_policy_case *c, const struct sk_decision *d, struct sk_buf *why)
{
	size_t before = why->len;

	if (c->decision >= 0 && (int)d->effect != c->decision)
		sk_buf_printf(why, "the decision is %s, not %s\n", sk_effect_name(d->effect),
			      sk_effect_name((enum sk_effect)c->decision));
	compare(c->reasons, d, SK_VERDICT_BROKEN, why);
	compare(c->unknown, d, SK_VERDICT_UNKNOWN, why);
	if (why->len == before || c->reasons)
		return;
	for (size_t i = 0; i < d->reasons.len && i < 10; i++) {
		const struct sk_reason *r = &d->reasons.data[i];

		sk_buf_printf(why, "%s %s/%s: ", sk_verdict_name(r->verdict), r->policy, r->rule);
		sk_text_plain(why, sk_span_str(r->message));
		sk_buf_putc(why, '\n');
	}
}
