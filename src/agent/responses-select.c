/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry answers an alert. */
#include "agent/responses-internal.h"
#include "agent/select.h"

static bool tag_matches(const struct sk_option_list *patterns, const struct sk_detection *rule)
{
	for (size_t i = 0; i < rule->tag_count; i++)
		if (sk_select_text(patterns, sk_span_str(rule->tags[i])))
			return true;
	return false;
}

static enum sk_select match(const struct sk_response_selector *s, const struct sk_alert *a)
{
	if ((s->rules.count && !sk_select_text(&s->rules, a->rule->name)) || (s->tags.count && !tag_matches(&s->tags, a->rule)) ||
	    (s->priority >= 0 && (int)a->rule->priority > s->priority))
		return SK_SELECT_NO;
	return sk_select_container(&s->images, &s->labels, a->event->process->container);
}

const struct sk_response_entry *sk_response_select(const struct sk_responses_config *config, const struct sk_alert *alert,
						   bool *ret_unknown)
{
	const struct sk_response_entry *unknown = NULL;

	*ret_unknown = false;
	for (size_t i = 0; i < config->entries.len; i++) {
		const struct sk_response_entry *e = &config->entries.data[i];
		enum sk_select wanted = match(&e->select, alert);
		enum sk_select excepted = e->has_except ? match(&e->except, alert) : SK_SELECT_NO;

		if (wanted == SK_SELECT_NO || excepted == SK_SELECT_YES)
			continue;
		if (wanted == SK_SELECT_YES && excepted == SK_SELECT_NO)
			return e;
		if (!unknown)
			unknown = e;
	}
	*ret_unknown = unknown != NULL;
	return unknown;
}

static bool is_some_rule(const char *pattern, const struct sk_rules *rules)
{
	const struct sk_option_list one = { .items = &pattern, .count = 1 };

	for (size_t i = 0; i < rules->rules.len; i++)
		if (sk_select_text(&one, rules->rules.data[i]->name))
			return true;
	return false;
}

const char *sk_responses_unmatched(const struct sk_responses_config *config, const struct sk_rules *rules, size_t i)
{
	for (size_t e = 0; e < config->entries.len; e++) {
		const struct sk_option_list *patterns = &config->entries.data[e].select.rules;

		for (size_t p = 0; p < patterns->count; p++)
			if (!is_some_rule(patterns->items[p], rules) && i-- == 0)
				return patterns->items[p];
	}
	return NULL;
}
