/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry answers an alert. */
#include "agent/responses-internal.h"

#include "base/mem.h"

#include <fnmatch.h>

enum match { MATCH_NO, MATCH_UNKNOWN, MATCH_YES };

static bool matches(const char *pattern, struct sk_span text)
{
	sk_autofree char *owned = sk_strndup(text.ptr, text.len);

	return fnmatch(pattern, owned, 0) == 0;
}

static bool one_matches(const struct sk_option_list *patterns, struct sk_span text)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (matches(patterns->items[i], text))
			return true;
	return false;
}

static bool tag_matches(const struct sk_option_list *patterns, const struct sk_detection *rule)
{
	for (size_t i = 0; i < rule->tag_count; i++)
		if (one_matches(patterns, sk_span_str(rule->tags[i])))
			return true;
	return false;
}

static bool has_label(const struct sk_label *labels, size_t count, struct sk_span name, const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (sk_span_eq(labels[i].name, name) && (!value || matches(value, labels[i].value)))
			return true;
	return false;
}

static bool label_matches(const struct sk_option_list *patterns, const struct sk_container *c)
{
	for (size_t i = 0; i < patterns->count; i++) {
		const char *equals = strchr(patterns->items[i], '=');
		struct sk_span name = equals ? sk_span(patterns->items[i], (size_t)(equals - patterns->items[i])) :
					       sk_span_str(patterns->items[i]);

		if (has_label(c->labels, c->label_count, name, equals ? equals + 1 : NULL) ||
		    has_label(c->pod_labels, c->pod_label_count, name, equals ? equals + 1 : NULL))
			return true;
	}
	return false;
}

static enum match match_container(const struct sk_response_selector *s, const struct sk_container *c)
{
	if (!s->images.count && !s->labels.count)
		return MATCH_YES;
	if (!c)
		return MATCH_NO;
	/* Names come with labels, from the same place: without the one the others are not known either. */
	if (!c->image.len && !c->image_digest.len)
		return MATCH_UNKNOWN;
	if (s->images.count && !one_matches(&s->images, c->image) && !one_matches(&s->images, c->image_digest))
		return MATCH_NO;
	return !s->labels.count || label_matches(&s->labels, c) ? MATCH_YES : MATCH_NO;
}

static enum match match(const struct sk_response_selector *s, const struct sk_alert *a)
{
	if ((s->rules.count && !one_matches(&s->rules, a->rule->name)) || (s->tags.count && !tag_matches(&s->tags, a->rule)) ||
	    (s->priority >= 0 && (int)a->rule->priority > s->priority))
		return MATCH_NO;
	return match_container(s, a->event->process->container);
}

const struct sk_response_entry *sk_response_select(const struct sk_responses_config *config, const struct sk_alert *alert,
						   bool *ret_unknown)
{
	const struct sk_response_entry *unknown = NULL;

	*ret_unknown = false;
	for (size_t i = 0; i < config->entries.len; i++) {
		const struct sk_response_entry *e = &config->entries.data[i];
		enum match wanted = match(&e->select, alert);
		enum match excepted = e->has_except ? match(&e->except, alert) : MATCH_NO;

		if (wanted == MATCH_NO || excepted == MATCH_YES)
			continue;
		if (wanted == MATCH_YES && excepted == MATCH_NO)
			return e;
		if (!unknown)
			unknown = e;
	}
	*ret_unknown = unknown != NULL;
	return unknown;
}
