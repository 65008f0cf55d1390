/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/regex-function.h"
#include "policy/cel/regex-cache.h"

#include <string.h>

/* Work of one call's searches: a second or two. Ordinary ones need a thousandth of it. */
enum { MAX_WORK = 1 << 27 };

bool sk_cel_regex_call(struct sk_cel_regex_call *call, struct sk_cel_eval *eval,
		       struct sk_cel_value text, struct sk_cel_value pattern)
{
	struct sk_cel_regex_cache *cache = sk_cel_eval_regexes(eval);
	const char *error = NULL;
	size_t offset = 0;

	*call = (struct sk_cel_regex_call){ .eval = eval,
					    .scratch = &cache->scratch,
					    .text = text };
	call->regex = sk_cel_regex_cache_get(cache, pattern.str, pattern.len, 0, &error, &offset);
	if (!call->regex) {
		call->error = sk_cel_fail(eval, SK_CEL_EVALUE,
					  "invalid regular expression, at its byte %zu: %s", offset,
					  error);
		return false;
	}
	call->scratch->work = 0;
	call->scratch->limit = MAX_WORK;
	return true;
}

struct sk_cel_value sk_cel_regex_call_test(struct sk_cel_regex_call *call)
{
	bool found = sk_cel_regex_test(call->regex, call->scratch, call->text.str, call->text.len);

	return call->scratch->failed ? sk_cel_full(call->eval) : sk_cel_bool(found);
}

bool sk_cel_regex_call_next(struct sk_cel_regex_call *call)
{
	size_t slots = 2 * ((size_t)sk_cel_regex_groups(call->regex) + 1);
	size_t begin = call->cursor.at;
	bool found;

	if (!call->groups)
		call->groups = sk_cel_eval_alloc(call->eval, slots * sizeof(*call->groups));
	if (!call->groups) {
		call->error = sk_cel_full(call->eval);
		return false;
	}
	found = sk_cel_regex_next(call->regex, call->scratch, call->text.str, call->text.len,
				  &call->cursor, call->groups);
	if (call->scratch->failed || !sk_cel_charge(call->eval, 1 + (call->cursor.at - begin) / 10))
		call->error = sk_cel_full(call->eval);
	return found && call->error.kind == SK_CEL_ABSENT;
}

struct sk_cel_value sk_cel_regex_call_group(const struct sk_cel_regex_call *call, unsigned i)
{
	const ptrdiff_t *group = call->groups + 2 * i;
	struct sk_cel_value part = call->text;

	if (group[0] < 0)
		return (struct sk_cel_value){ .kind = SK_CEL_ABSENT };
	part.str += group[0];
	part.len = (uint32_t)(group[1] - group[0]);
	return part;
}

/* ---- Lists ---- */

struct items {
	struct sk_cel_value *items;
	uint32_t count, room;
};

static bool add_item(struct sk_cel_eval *eval, struct items *list, struct sk_cel_value item)
{
	uint32_t room = list->room ? list->room * 2 : 8;
	struct sk_cel_value *grown;

	if (list->count == list->room) {
		grown = sk_cel_eval_alloc(eval, room * sizeof(*grown));
		if (!grown)
			return false;
		if (list->count > 0)
			memcpy(grown, list->items, list->count * sizeof(*grown));
		list->items = grown;
		list->room = room;
	}
	list->items[list->count++] = item;
	return true;
}

static struct sk_cel_value collect(struct sk_cel_regex_call *call, unsigned group, int64_t limit)
{
	struct items items = { 0 };
	struct sk_cel_list *list;

	while ((limit < 0 || items.count < limit) && sk_cel_regex_call_next(call)) {
		struct sk_cel_value item = sk_cel_regex_call_group(call, group);

		if (group > 0 && (item.kind == SK_CEL_ABSENT || item.len == 0))
			continue;
		if (!add_item(call->eval, &items, item))
			return sk_cel_full(call->eval);
	}
	if (call->error.kind != SK_CEL_ABSENT)
		return call->error;
	list = sk_cel_eval_alloc(call->eval, sizeof(*list));
	if (!list)
		return sk_cel_full(call->eval);
	*list = (struct sk_cel_list){ .count = items.count, .items = items.items };
	return sk_cel_list(list);
}

struct sk_cel_value sk_cel_regex_call_list(struct sk_cel_regex_call *call, int64_t limit)
{
	return collect(call, 0, limit);
}

struct sk_cel_value sk_cel_regex_call_list_group(struct sk_cel_regex_call *call)
{
	return collect(call, 1, -1);
}
