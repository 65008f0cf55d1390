/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>

const struct sk_option *sk_option_find(const struct sk_option *table, struct sk_span name)
{
	sk_options_each(o, table)
		if (sk_span_is(name, o->name))
			return o;
	return NULL;
}

const struct sk_option *sk_option_find_letter(const struct sk_option *table, char letter)
{
	sk_options_each(o, table)
		if (letter && o->letter == letter)
			return o;
	return NULL;
}

size_t sk_option_count(const struct sk_option *table)
{
	size_t count = 0;

	sk_options_each(o, table)
		count++;
	return count;
}

char *sk_option_env(const struct sk_option *o)
{
	char *name = sk_printf("SEKISHO_%s", o->name);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

/* Where in [0, n) of the choices text is, or -1. */
static int choice_index(sk_choice_fn *choice, struct sk_span text)
{
	const char *name, *summary;

	for (unsigned i = 0; (name = choice(i, &summary)); i++)
		if (sk_span_ieq(text, sk_span_str(name)))
			return (int)i;
	return -1;
}

static int bad_choice(sk_choice_fn *choice, struct sk_span text, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf all = { 0 };
	struct sk_suggest suggest = { .typed = text };
	const char *name, *summary;

	for (unsigned i = 0; (name = choice(i, &summary)); i++) {
		sk_buf_printf(&all, "%s%s", i ? ", " : "", name);
		sk_suggest_try(&suggest, name);
	}
	if (suggest.best)
		return sk_err_set(err, SK_EUSAGE, "'%.*s' is not one of %s; did you mean '%s'?",
				  (int)text.len, text.ptr, sk_buf_str(&all), suggest.best);
	return sk_err_set(err, SK_EUSAGE, "'%.*s' is not one of %s", (int)text.len, text.ptr,
			  sk_buf_str(&all));
}

static int set_int(const struct sk_option *o, int64_t *field, struct sk_span text,
		   struct sk_err *err)
{
	bool negative = sk_span_starts(text, "-");
	uint64_t v;

	if (!sk_span_u64(sk_span_from(text, negative), &v) || v > INT64_MAX)
		return sk_err_set(err, SK_EUSAGE, "'%.*s' is not a whole number", (int)text.len,
				  text.ptr);
	*field = negative ? -(int64_t)v : (int64_t)v;
	if ((o->min || o->max) && (*field < o->min || *field > o->max))
		return sk_err_set(err, SK_EUSAGE, "'%.*s' is not between %lld and %lld", (int)text.len,
				  text.ptr, (long long)o->min, (long long)o->max);
	return 0;
}

void sk_option_append(const struct sk_option *o, void *base, struct sk_span item,
		      struct sk_arena *arena)
{
	struct sk_option_list *list = (void *)((char *)base + o->offset);
	bool full = (list->count & (list->count - 1)) == 0; /* a power of two, or nothing yet */

	if (full) {
		const char **items = sk_arena_alloc(arena, (list->count * 2 + 1) * sizeof(*items));

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
	}
	list->items[list->count++] = sk_arena_dup(arena, item);
}

/* The comma-separated parts of a SET or LIST. */
static int set_parts(const struct sk_option *o, void *base, struct sk_span text,
		     struct sk_arena *arena, struct sk_err *err)
{
	struct sk_span part;

	while (sk_span_split(&text, ',', &part)) {
		int i;

		part = sk_span_trim(part);
		if (!part.len)
			continue;
		if (o->type == SK_OPTION_LIST) {
			sk_option_append(o, base, part, arena);
			continue;
		}
		i = choice_index(o->choice, part);
		if (i < 0)
			return bad_choice(o->choice, part, err);
		*(uint32_t *)(void *)((char *)base + o->offset) |= 1u << i;
	}
	return 0;
}

int sk_option_set(const struct sk_option *o, void *base, struct sk_span text, struct sk_arena *arena,
		  struct sk_err *err)
{
	void *field = (char *)base + o->offset;
	int i;

	switch (o->type) {
	case SK_OPTION_FLAG:
		if (!sk_parse_bool(text, field))
			return sk_err_set(err, SK_EUSAGE, "'%.*s' is neither true nor false",
					  (int)text.len, text.ptr);
		return 0;
	case SK_OPTION_STRING:
	case SK_OPTION_FILE:
	case SK_OPTION_FOLDER:
		if (!text.len)
			return sk_err_set(err, SK_EUSAGE, "must not be empty");
		*(const char **)field = sk_arena_dup(arena, text);
		return 0;
	case SK_OPTION_INT:
		return set_int(o, field, text, err);
	case SK_OPTION_ENUM:
		i = choice_index(o->choice, text);
		if (i < 0)
			return bad_choice(o->choice, text, err);
		*(int *)field = i;
		return 0;
	case SK_OPTION_SET:
	case SK_OPTION_LIST:
		return set_parts(o, base, text, arena, err);
	case SK_OPTION_SIZE:
		if (!sk_parse_size(text, field))
			return sk_err_set(err, SK_EUSAGE,
					  "'%.*s' is not a size such as 500M, 2GiB or 1000000",
					  (int)text.len, text.ptr);
		return 0;
	case SK_OPTION_DURATION:
		if (!sk_parse_duration(text, field))
			return sk_err_set(err, SK_EUSAGE,
					  "'%.*s' is not a duration such as 90s, 1h30m or 7d",
					  (int)text.len, text.ptr);
		return 0;
	}
	return sk_err_set(err, SK_EUSAGE, "has an unknown type");
}

void sk_option_reset(const struct sk_option *o, void *base)
{
	static const size_t sizes[] = {
		[SK_OPTION_FLAG] = sizeof(bool),
		[SK_OPTION_STRING] = sizeof(char *),
		[SK_OPTION_FILE] = sizeof(char *),
		[SK_OPTION_FOLDER] = sizeof(char *),
		[SK_OPTION_INT] = sizeof(int64_t),
		[SK_OPTION_ENUM] = sizeof(int),
		[SK_OPTION_SET] = sizeof(uint32_t),
		[SK_OPTION_LIST] = sizeof(struct sk_option_list),
		[SK_OPTION_SIZE] = sizeof(uint64_t),
		[SK_OPTION_DURATION] = sizeof(int64_t),
	};
	void *field = (char *)base + o->offset;

	memset(field, 0, sizes[o->type]);
	if (o->type == SK_OPTION_ENUM)
		*(int *)field = -1;
}
