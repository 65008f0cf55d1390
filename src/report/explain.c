/* SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"

#include "policy/vap.h"
#include "report/markdown.h"
#include "report/xml.h"

#include <stdio.h>

/* One document, two ways to write it: whoever writes escapes. */
struct page {
	struct sk_buf *out;
	bool html;
};

/* ---- writing ---- */

static void text(struct page *p, const char *s)
{
	if (p->html)
		sk_report_xml(p->out, s ? s : "", false);
	else
		sk_md_text(p->out, s);
}

static void heading(struct page *p, unsigned level, const char *before, const char *s)
{
	if (p->html) {
		sk_buf_printf(p->out, "<h%u>%s", level, before);
		text(p, s);
		sk_buf_printf(p->out, "</h%u>\n", level);
		return;
	}
	for (unsigned i = 0; i < level; i++)
		sk_buf_putc(p->out, '#');
	sk_buf_printf(p->out, " %s", before);
	text(p, s);
	sk_buf_puts(p->out, "\n\n");
}

/* "Label: text", a paragraph of its own; nothing where there is no text. */
static void paragraph(struct page *p, const char *label, const char *s)
{
	if (!s || !s[0])
		return;
	sk_buf_puts(p->out, p->html ? "<p>" : "");
	if (label)
		sk_buf_printf(p->out, p->html ? "<b>%s:</b> " : "**%s:** ", label);
	text(p, s);
	sk_buf_puts(p->out, p->html ? "</p>\n" : "\n\n");
}

static void words(struct page *p, const char *label, const struct sk_strings *list)
{
	sk_cleanup(sk_buf_release) struct sk_buf all = { 0 };

	for (size_t i = 0; i < list->count; i++)
		sk_buf_printf(&all, "%s%s", i ? ", " : "", list->items[i]);
	paragraph(p, label, sk_buf_str(&all));
}

/* An expression as it stands in the file. A fence longer than any in it. */
static void code(struct page *p, struct sk_span s)
{
	sk_cleanup(sk_buf_release) struct sk_buf copy = { 0 }, fence = { 0 };
	size_t run = 0, longest = 2;

	s = sk_span_trim(s);
	if (!s.len)
		return;
	sk_buf_span(&copy, s);
	if (p->html) {
		sk_buf_puts(p->out, "<pre><code>");
		sk_report_xml(p->out, sk_buf_str(&copy), true);
		sk_buf_puts(p->out, "</code></pre>\n");
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		run = s.ptr[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		sk_buf_putc(&fence, '`');
	sk_buf_printf(p->out, "%scel\n%s\n%s\n\n", sk_buf_str(&fence), sk_buf_str(&copy), sk_buf_str(&fence));
}

static void item(struct page *p, const char *name, const char *s)
{
	sk_buf_puts(p->out, p->html ? "<li><b>" : "- **");
	text(p, name);
	sk_buf_puts(p->out, p->html ? "</b>" : "**");
	if (s) {
		sk_buf_puts(p->out, ": ");
		text(p, s);
	}
	sk_buf_puts(p->out, p->html ? "</li>\n" : "\n");
}

static void begin_list(struct page *p)
{
	sk_buf_puts(p->out, p->html ? "<ul>\n" : "");
}

static void end_list(struct page *p)
{
	sk_buf_puts(p->out, p->html ? "</ul>\n" : "\n");
}

/* ---- rules ---- */

static const char *what_happens(enum sk_rule_action action)
{
	static const char *const texts[] = { "it is refused", "a warning is given", "it is noted down" };

	return texts[action];
}

static void rule(struct page *p, const struct sk_policy *policy, const struct sk_rule *r)
{
	heading(p, 4, "", r->title ? r->title : r->id);
	sk_buf_puts(p->out, p->html ? "<p>" : "");
	text(p, policy->name);
	sk_buf_puts(p->out, "/");
	text(p, r->id);
	if (r->has_severity)
		sk_buf_printf(p->out, ", severity %s", sk_severity_name(r->severity));
	sk_buf_printf(p->out, ". If it is not kept, %s.%s", what_happens(r->action), p->html ? "</p>\n" : "\n\n");
	paragraph(p, NULL, r->description);
	words(p, "Controls", &r->controls);
	paragraph(p, NULL, r->offenders ? "There must be nothing of this kind:" : "This must hold:");
	code(p, r->text);
	if (r->message_text.len) {
		paragraph(p, NULL, "What is said where it is not kept:");
		code(p, r->message_text);
	}
	paragraph(p, "What to do", r->remedy);
}

static void manual_rules(struct page *p, const struct sk_policy *policy)
{
	bool any = false;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct sk_rule *r = &policy->rules[i];

		if (!r->manual)
			continue;
		if (!any)
			heading(p, 4, "", "For people to check");
		any = true;
		heading(p, 5, "", r->title ? r->title : r->id);
		words(p, "Controls", &r->controls);
		paragraph(p, "To look at", r->manual);
	}
}

/* ---- policies ---- */

static void where(struct page *p, const struct sk_policy *policy)
{
	sk_cleanup(sk_buf_release) struct sk_buf stages = { 0 };

	for (unsigned i = 0; i < SK_STAGE_COUNT; i++)
		if (policy->stages & 1u << i)
			sk_buf_printf(&stages, "%s%s", stages.len ? ", " : "", sk_stage_name((enum sk_stage)i));
	paragraph(p, "Asked at", sk_buf_str(&stages));
	words(p, "Of images", &policy->match.images);
	words(p, "Of registries", &policy->match.registries);
	words(p, "Of namespaces", &policy->match.namespaces);
	words(p, "Of kinds", &policy->match.kinds);
}

static void variables(struct page *p, const struct sk_policy *policy)
{
	if (!policy->variable_count)
		return;
	heading(p, 4, "", "Terms that the rules use");
	for (size_t i = 0; i < policy->variable_count; i++) {
		paragraph(p, "variables", policy->variables[i].name);
		code(p, policy->variables[i].text);
	}
}

/* "7 days", "36 hours": as people say it. NULL where there is no value. */
static char *value_text(struct sk_cel_arena *arena, struct sk_cel_value v)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };
	char text[48];
	size_t len;

	for (size_t i = 0; v.kind == SK_CEL_DURATION && i < SK_COUNT(units); i++) {
		if (v.i < 0 || v.nanos || v.i % units[i].seconds)
			continue;
		len = (size_t)snprintf(text, sizeof(text), "%lld %s%s", (long long)(v.i / units[i].seconds),
				       units[i].name, v.i == units[i].seconds ? "" : "s");
		return memcpy(sk_cel_alloc(arena, len + 1), text, len + 1);
	}
	return v.kind == SK_CEL_ABSENT ? NULL : sk_cel_print(arena, v, false, &len);
}

static void parameters(struct page *p, struct sk_parameter *const *list, size_t count)
{
	struct sk_cel_arena arena = { 0 };

	if (!count)
		return;
	heading(p, 4, "", "Parameters");
	begin_list(p);
	for (size_t i = 0; i < count; i++) {
		const struct sk_parameter *parameter = list[i];
		char *value = value_text(&arena, parameter->value);
		sk_autofree char *line = sk_printf("%s%s(%s, %s%s)", parameter->description ? parameter->description : "",
						   parameter->description ? " " : "", parameter->type,
						   value ? "here " : "to be set", value ? value : "");

		item(p, parameter->name, line);
	}
	end_list(p);
	sk_cel_arena_release(&arena);
}

static void kubernetes_policy(struct page *p, const struct sk_policy *policy)
{
	const struct sk_vap *vap = policy->vap;

	heading(p, 3, "", policy->name);
	paragraph(p, NULL, "A ValidatingAdmissionPolicy of Kubernetes.");
	paragraph(p, NULL, vap->ignore ? "If an expression fails, the policy is passed over." :
					 "If an expression fails, the request is refused.");
	variables(p, policy);
	for (size_t i = 0; i < vap->validation_count; i++) {
		heading(p, 4, "", vap->validations[i].message ? vap->validations[i].message : vap->validations[i].id);
		paragraph(p, NULL, "This must hold:");
		code(p, vap->validations[i].text);
	}
}

static void policy_section(struct page *p, const struct sk_policy *policy)
{
	if (policy->vap) {
		kubernetes_policy(p, policy);
		return;
	}
	heading(p, 3, "", policy->title ? policy->title : policy->name);
	paragraph(p, NULL, policy->rationale);
	words(p, "Controls", &policy->controls);
	where(p, policy);
	parameters(p, policy->parameters, policy->own_parameters);
	variables(p, policy);
	for (size_t i = 0; i < policy->rule_count; i++)
		if (!policy->rules[i].manual)
			rule(p, policy, &policy->rules[i]);
	manual_rules(p, policy);
}

/* ---- controls, and which rules answer them ---- */

struct control {
	const char *name;
	struct sk_buf rules;
	bool checked; /* by software */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct control *)a)->name, ((const struct control *)b)->name);
}

static void controls(struct page *p, const struct sk_policy_set *set)
{
	SK_VEC(struct control) list = { 0 };

	for (size_t i = 0; i < set->policies.len; i++)
		for (size_t j = 0; j < set->policies.data[i]->rule_count; j++) {
			const struct sk_rule *r = &set->policies.data[i]->rules[j];

			for (size_t k = 0; k < r->controls.count; k++) {
				size_t at = 0;

				while (at < list.len && strcmp(list.data[at].name, r->controls.items[k]) != 0)
					at++;
				if (at == list.len)
					sk_vec_push(&list)->name = r->controls.items[k];
				sk_buf_printf(&list.data[at].rules, "%s%s/%s%s", list.data[at].rules.len ? ", " : "",
					      set->policies.data[i]->name, r->id, r->manual ? " (people)" : "");
				list.data[at].checked |= !r->manual;
			}
		}
	if (list.len) {
		qsort(list.data, list.len, sizeof(list.data[0]), by_name);
		heading(p, 2, "", "Controls and the rules that answer them");
		begin_list(p);
		for (size_t i = 0; i < list.len; i++)
			item(p, list.data[i].name, sk_buf_str(&list.data[i].rules));
		end_list(p);
	}
	for (size_t i = 0; i < list.len; i++)
		sk_buf_release(&list.data[i].rules);
	sk_vec_release(&list);
}

static void document(struct page *p, const struct sk_policy_set *set)
{
	const struct sk_bundle *first = set->bundles.len ? set->bundles.data[0] : NULL;

	heading(p, 1, "", first && first->title ? first->title : "Policies");
	for (size_t i = 0; i < set->bundles.len; i++) {
		const struct sk_bundle *b = set->bundles.data[i];

		if (set->bundles.len > 1)
			heading(p, 2, "", b->title ? b->title : b->dir);
		paragraph(p, "Version", b->version);
		paragraph(p, NULL, b->description);
		parameters(p, b->parameters, b->parameter_count);
	}
	heading(p, 2, "", "Policies");
	for (size_t i = 0; i < set->policies.len; i++)
		policy_section(p, set->policies.data[i]);
	controls(p, set);
}

void sk_explain_markdown(const struct sk_policy_set *set, struct sk_buf *out)
{
	struct page p = { .out = out };

	document(&p, set);
}

void sk_explain_html(const struct sk_policy_set *set, struct sk_buf *out)
{
	struct page p = { .out = out, .html = true };

	sk_buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
			 "<title>Policies</title>\n<style>body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;overflow-wrap:anywhere}"
			 "pre{background:#f3f3f3;padding:.7em;white-space:pre-wrap}</style>\n</head>\n<body>\n");
	document(&p, set);
	sk_buf_puts(out, "</body>\n</html>\n");
}
