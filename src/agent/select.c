/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/select.h"

#include "base/mem.h"

#include <fnmatch.h>

static bool matches(const char *pattern, struct sk_span text)
{
	sk_autofree char *owned = sk_strndup(text.ptr, text.len);

	return fnmatch(pattern, owned, 0) == 0;
}

bool sk_select_text(const struct sk_option_list *patterns, struct sk_span text)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (matches(patterns->items[i], text))
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

enum sk_select sk_select_container(const struct sk_option_list *images, const struct sk_option_list *labels,
				   const struct sk_container *c)
{
	if (!images->count && !labels->count)
		return SK_SELECT_YES;
	if (!c)
		return SK_SELECT_NO;
	/* Names come with labels, from the same place: without the one the others are not known either. */
	if (!c->image.len && !c->image_digest.len)
		return SK_SELECT_UNKNOWN;
	if (images->count && !sk_select_text(images, c->image) && !sk_select_text(images, c->image_digest))
		return SK_SELECT_NO;
	return !labels->count || label_matches(labels, c) ? SK_SELECT_YES : SK_SELECT_NO;
}
