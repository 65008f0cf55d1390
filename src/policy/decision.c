/* SPDX-License-Identifier: Apache-2.0 */
/* A decision written down: JSON for programs, lines for people. */
#include "policy/decision.h"

#include "base/text.h"

static void reason_json(const struct sk_reason *r, struct sk_json_writer *w)
{
	sk_json_object(w);
	sk_json_put_str(w, "policy", r->policy);
	sk_json_put_str(w, "rule", r->rule);
	sk_json_put_str(w, "verdict", sk_verdict_name(r->verdict));
	sk_json_put_str(w, "action", sk_rule_action_name(r->action));
	if (r->has_severity)
		sk_json_put_str(w, "severity", sk_severity_name(r->severity));
	sk_json_put_str(w, "message", r->message);
	sk_json_put_opt(w, "remedy", r->remedy);
	if (r->controls.count) {
		sk_json_key(w, "controls");
		sk_json_array(w);
		for (size_t i = 0; i < r->controls.count; i++)
			sk_json_str(w, r->controls.items[i]);
		sk_json_end(w);
	}
	sk_json_put_opt(w, "subject", r->subject);
	sk_json_put_opt(w, "object", r->object);
	sk_json_put_opt(w, "code", r->code);
	sk_json_end(w);
}

void sk_decision_json(const struct sk_decision *d, struct sk_json_writer *w)
{
	sk_json_put_str(w, "decision", sk_effect_name(d->effect));
	sk_json_key(w, "reasons");
	sk_json_array(w);
	for (size_t i = 0; i < d->reasons.len; i++)
		reason_json(&d->reasons.data[i], w);
	sk_json_end(w);
	if (!d->annotations.len)
		return;
	sk_json_key(w, "auditAnnotations");
	sk_json_object(w);
	for (size_t i = 0; i < d->annotations.len; i++)
		sk_json_put_str(w, d->annotations.data[i].key, d->annotations.data[i].value);
	sk_json_end(w);
}

static void line(struct sk_buf *out, const char *before, const char *text)
{
	sk_buf_puts(out, before);
	sk_text_plain(out, sk_span_str(text));
	sk_buf_putc(out, '\n');
}

void sk_decision_text(const struct sk_decision *d, struct sk_buf *out)
{
	size_t kept = 0, skipped = 0, manual = 0;

	sk_buf_printf(out, "decision: %s\n", sk_effect_name(d->effect));
	for (size_t i = 0; i < d->reasons.len; i++) {
		const struct sk_reason *r = &d->reasons.data[i];

		sk_buf_printf(out, "\n%s", r->verdict == SK_VERDICT_UNKNOWN ? "unknown" :
					   r->action == SK_ACTION_DENY	    ? "DENY" :
					   r->action == SK_ACTION_WARN	    ? "WARN" :
									      "audit");
		sk_buf_puts(out, "  ");
		sk_text_plain(out, sk_span_str(r->policy));
		line(out, "/", r->rule);
		line(out, "    ", r->message);
		if (r->subject && r->object && strcmp(r->subject, r->object) != 0)
			line(out, "    in: ", r->object);
		if (r->subject)
			line(out, "    of: ", r->subject);
		if (r->remedy)
			line(out, "    do: ", r->remedy);
	}
	for (size_t i = 0; i < d->rules.len; i++) {
		kept += d->rules.data[i].verdict == SK_VERDICT_KEPT;
		skipped += d->rules.data[i].verdict == SK_VERDICT_SKIPPED;
		manual += d->rules.data[i].verdict == SK_VERDICT_MANUAL;
		if (d->rules.data[i].more)
			sk_buf_printf(out, "\n%s/%s: %zu more\n", d->rules.data[i].policy->name, d->rules.data[i].rule,
				      d->rules.data[i].more);
	}
	sk_buf_printf(out, "%s%zu kept, %zu do not apply, %zu for people\n", d->reasons.len ? "\n" : "", kept, skipped,
		      manual);
}
