/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of code points, while a pattern is read. */
#include "policy/cel/regex-internal.h"
#include "policy/cel/regex-unicode.h"

#include <stdlib.h>
#include <string.h>

/* Sets that are bigger are cleaned before they grow: \p{L} again and again is one \p{L}. */
enum { CLEAN_FROM = 4096 };

static void make_room(struct sk_regex_ranges *ranges)
{
	struct sk_regex_range *grown;
	uint32_t room = ranges->room ? ranges->room * 2 : 16;

	if (ranges->room >= CLEAN_FROM) {
		sk_regex_ranges_clean(ranges);
		if (ranges->count < ranges->room / 2)
			return;
	}
	grown = realloc(ranges->items, room * sizeof(*grown));
	if (!grown) {
		ranges->failed = true;
		return;
	}
	ranges->items = grown;
	ranges->room = room;
}

void sk_regex_ranges_add(struct sk_regex_ranges *ranges, uint32_t lo, uint32_t hi)
{
	struct sk_regex_range *last;

	ranges->work++;
	if (lo > hi || ranges->failed)
		return;
	last = ranges->count > 0 ? ranges->items + ranges->count - 1 : NULL;
	if (last && last->lo <= lo && lo <= last->hi + 1) {
		if (hi > last->hi)
			last->hi = hi;
		return;
	}
	if (ranges->count == ranges->room)
		make_room(ranges);
	if (!ranges->failed)
		ranges->items[ranges->count++] = (struct sk_regex_range){ lo, hi };
}

static int by_start(const void *a, const void *b)
{
	const struct sk_regex_range *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

void sk_regex_ranges_clean(struct sk_regex_ranges *ranges)
{
	struct sk_regex_range *items = ranges->items;
	bool sorted = true;
	uint32_t count = 0;

	for (uint32_t i = 1; i < ranges->count && sorted; i++)
		sorted = items[i - 1].lo <= items[i].lo;
	if (!sorted)
		qsort(items, ranges->count, sizeof(*items), by_start);
	for (uint32_t i = 0; i < ranges->count; i++) {
		if (count > 0 && items[i].lo <= items[count - 1].hi + 1) {
			if (items[i].hi > items[count - 1].hi)
				items[count - 1].hi = items[i].hi;
		} else {
			items[count++] = items[i];
		}
	}
	ranges->count = count;
}

void sk_regex_ranges_add_all(struct sk_regex_ranges *ranges, const struct sk_regex_ranges *more,
			     bool negated)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < more->count; i++) {
		if (!negated)
			sk_regex_ranges_add(ranges, more->items[i].lo, more->items[i].hi);
		else if (more->items[i].lo > next)
			sk_regex_ranges_add(ranges, next, more->items[i].lo - 1);
		next = more->items[i].hi + 1;
	}
	if (negated)
		sk_regex_ranges_add(ranges, next, SK_REGEX_MAX_RUNE);
	ranges->failed = ranges->failed || more->failed;
}

void sk_regex_ranges_negate(struct sk_regex_ranges *ranges)
{
	struct sk_regex_ranges negated = { .work = ranges->work };

	sk_regex_ranges_add_all(&negated, ranges, true);
	free(ranges->items);
	*ranges = negated;
}

/* The first entry of the table that ends at or after the code point. */
static const struct sk_regex_fold *fold_from(uint32_t rune)
{
	size_t lo = 0, hi = sk_regex_fold_count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (sk_regex_folds[middle].hi < rune)
			lo = middle + 1;
		else
			hi = middle;
	}
	return sk_regex_folds + lo;
}

static uint32_t fold_by(const struct sk_regex_fold *fold, uint32_t rune)
{
	if (fold->delta)
		return rune + (uint32_t)fold->delta;
	return (rune - fold->lo) % 2 ? rune - 1 : rune + 1;
}

uint32_t sk_regex_fold(uint32_t rune)
{
	const struct sk_regex_fold *fold = fold_from(rune);

	if (fold == sk_regex_folds + sk_regex_fold_count || fold->lo > rune)
		return rune;
	return fold_by(fold, rune);
}

void sk_regex_ranges_add_fold(struct sk_regex_ranges *ranges, uint32_t lo, uint32_t hi)
{
	const struct sk_regex_fold *end = sk_regex_folds + sk_regex_fold_count;

	sk_regex_ranges_add(ranges, lo, hi);
	for (const struct sk_regex_fold *fold = fold_from(lo); fold < end && fold->lo <= hi;
	     fold++) {
		uint32_t from = fold->lo > lo ? fold->lo : lo, to = fold->hi < hi ? fold->hi : hi;

		ranges->work += to - from + 1;
		for (uint32_t rune = from; rune <= to; rune++)
			for (uint32_t other = fold_by(fold, rune); other != rune;
			     other = sk_regex_fold(other))
				if (other < lo || other > hi)
					sk_regex_ranges_add(ranges, other, other);
	}
}

void sk_regex_ranges_fold(struct sk_regex_ranges *ranges)
{
	struct sk_regex_ranges folded = { .work = ranges->work };

	for (uint32_t i = 0; i < ranges->count; i++)
		sk_regex_ranges_add_fold(&folded, ranges->items[i].lo, ranges->items[i].hi);
	sk_regex_ranges_clean(&folded);
	folded.failed = folded.failed || ranges->failed;
	free(ranges->items);
	*ranges = folded;
}

enum { NAME_MAX_LEN = 32 }; /* no name of a category or script is longer */

static int by_name(const void *name, const void *set)
{
	return strcmp(name, ((const struct sk_regex_unicode_set *)set)->name);
}

bool sk_regex_ranges_add_unicode(struct sk_regex_ranges *ranges, const char *name, size_t len)
{
	const struct sk_regex_unicode_set *set;
	struct sk_regex_ranges all = { 0 };
	char key[NAME_MAX_LEN + 1];
	size_t count = 0;
	bool negated;

	for (size_t i = 0; i < len; i++) {
		if (name[i] == '_' || name[i] == '-' || name[i] == ' ')
			continue;
		if (count == NAME_MAX_LEN)
			return false;
		key[count++] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
	}
	key[count] = '\0';
	if (memchr(key, '\0', count))
		return false;
	if (strcmp(key, "any") == 0)
		sk_regex_ranges_add(ranges, 0, SK_REGEX_MAX_RUNE);
	else if (strcmp(key, "ascii") == 0)
		sk_regex_ranges_add(ranges, 0, 0x7f);
	if (strcmp(key, "any") == 0 || strcmp(key, "ascii") == 0)
		return true;
	negated = strcmp(key, "assigned") == 0;
	set = bsearch(negated ? "cn" : key, sk_regex_unicode_sets, sk_regex_unicode_set_count,
		      sizeof(*set), by_name);
	if (!set)
		return false;
	for (unsigned i = 0; i < set->count; i++) {
		uint32_t range = sk_regex_unicode_ranges[set->first + i];

		sk_regex_ranges_add(&all, SK_REGEX_UNICODE_START(range),
				    SK_REGEX_UNICODE_END(range));
	}
	sk_regex_ranges_add_all(ranges, &all, negated);
	free(all.items);
	return true;
}

/* Pairs of first and last characters. */
static const struct {
	const char *name, *ranges;
} ascii_sets[] = {
	{ "d", "09" },
	{ "s", "\t\n\f\r  " },
	{ "w", "09AZ__az" },
	{ "alnum", "09AZaz" },
	{ "alpha", "AZaz" },
	{ "blank", "\t\t  " },
	{ "cntrl", "\x01\x1f\x7f\x7f" }, /* without 0, which is added below */
	{ "digit", "09" },
	{ "graph", "!~" },
	{ "lower", "az" },
	{ "print", " ~" },
	{ "punct", "!/:@[`{~" },
	{ "space", "\t\r  " },
	{ "upper", "AZ" },
	{ "word", "09AZ__az" },
	{ "xdigit", "09AFaf" },
};

bool sk_regex_ranges_add_ascii(struct sk_regex_ranges *ranges, const char *name, size_t len)
{
	if (len == 5 && memcmp(name, "ascii", 5) == 0) {
		sk_regex_ranges_add(ranges, 0, 0x7f);
		return true;
	}
	for (size_t i = 0; i < sizeof(ascii_sets) / sizeof(*ascii_sets); i++) {
		if (strlen(ascii_sets[i].name) != len || memcmp(ascii_sets[i].name, name, len))
			continue;
		if (strcmp(ascii_sets[i].name, "cntrl") == 0)
			sk_regex_ranges_add(ranges, 0, 0);
		for (const char *p = ascii_sets[i].ranges; *p; p += 2)
			sk_regex_ranges_add(ranges, (unsigned char)p[0], (unsigned char)p[1]);
		return true;
	}
	return false;
}
