/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns, as Go's regexp/syntax reads them, become code in one pass. */
#include "policy/cel/regex-parse.h"

#include <stdlib.h>
#include <string.h>

static bool check_utf8(struct sk_regex_parser *p)
{
	uint32_t rune;
	unsigned width;

	for (size_t at = 0; at < p->len; at += width) {
		width = sk_regex_decode(p->text + at, p->len - at, &rune);
		if (width == 1 && rune == SK_REGEX_BAD_RUNE)
			return sk_regex_fail(p, "invalid UTF-8", at);
	}
	return true;
}

/* Operator and `?` are read. `begin` is where it stands; counted tells {} from *, + and ?. */
static bool repeat(struct sk_regex_parser *p, size_t begin, int min, int max, bool counted)
{
	bool lazy = !!(p->flags & SK_REGEX_LAZY) != sk_regex_accept(p, '?');
	size_t before = p->repeat_at;
	int times = max == SK_REGEX_NO_MAX ? min : max;

	/* a** is an error, as in Perl, and a*+ means something that we do not have. */
	if (before != SIZE_MAX)
		return sk_regex_fail(p, "invalid nested repetition operator", before);
	if (!p->has_operand)
		return sk_regex_fail(p, "missing argument to repetition operator", begin);
	p->repeat_at = begin;
	if (max == 0)
		p->part.repeats = 1;
	else if (counted && times > 1)
		p->part.repeats *= (uint32_t)times;
	if (p->part.repeats > SK_CEL_REGEX_MAX_REPEAT)
		return sk_regex_fail(p, "invalid repeat count", begin);
	return sk_regex_repeat(p, min, max, lazy);
}

/* A decimal number without leading zeros; what is too large stays too large. */
static bool take_number(const struct sk_regex_parser *p, size_t *at, int *ret_number)
{
	size_t begin = *at;
	int number = 0;

	while (*at < p->len && p->text[*at] >= '0' && p->text[*at] <= '9') {
		if (number <= (int)SK_CEL_REGEX_MAX_REPEAT)
			number = number * 10 + (p->text[*at] - '0');
		++*at;
	}
	*ret_number = number;
	return *at > begin && (*at == begin + 1 || p->text[begin] != '0');
}

/* {n}, {n,} or {n,m}; anything else is a brace that means itself. */
static bool read_counted(struct sk_regex_parser *p)
{
	size_t begin = p->at, at = begin + 1;
	int min, max;
	bool well = take_number(p, &at, &min);

	max = min;
	if (well && at < p->len && p->text[at] == ',') {
		at++;
		if (at < p->len && p->text[at] == '}')
			max = SK_REGEX_NO_MAX;
		else
			well = take_number(p, &at, &max);
	}
	if (!well || at == p->len || p->text[at] != '}') {
		p->at++;
		p->repeat_at = SIZE_MAX;
		return sk_regex_operand_rune(p, '{');
	}
	if (min > (int)SK_CEL_REGEX_MAX_REPEAT || max > (int)SK_CEL_REGEX_MAX_REPEAT ||
	    (max != SK_REGEX_NO_MAX && min > max))
		return sk_regex_fail(p, "invalid repeat count", begin);
	p->at = at + 1;
	return repeat(p, begin, min, max, true);
}

static bool new_capture(struct sk_regex_parser *p, const char *name, size_t len)
{
	struct sk_cel_regex *rx = p->rx;

	if (!sk_regex_reserve(p, &rx->names, &p->name_room, rx->groups + 1, sizeof(*rx->names)))
		return false;
	rx->names[rx->groups] = NULL;
	if (name && !(rx->names[rx->groups] = strndup(name, len)))
		return sk_regex_no_memory(p);
	rx->groups++;
	return sk_regex_open_group(p, rx->groups, p->flags);
}

/* (?P<name>, (?<name>; at the name. */
static bool read_named_group(struct sk_regex_parser *p, size_t begin)
{
	const char *name = p->text + p->at, *end = memchr(name, '>', p->len - p->at);

	for (const char *c = name; c < end; c++)
		if (!sk_regex_is_word((unsigned char)*c))
			end = NULL;
	if (!end || end == name)
		return sk_regex_fail(p, "invalid named capture", begin);
	p->at += (size_t)(end - name) + 1;
	return new_capture(p, name, (size_t)(end - name));
}

/* (?flags) and (?flags:...); after the question mark. */
static bool read_flags(struct sk_regex_parser *p, size_t begin)
{
	static const char letters[] = "imsU";
	static const unsigned values[] = { SK_REGEX_FOLD, SK_REGEX_LINES, SK_REGEX_DOT_ALL,
					   SK_REGEX_LAZY };
	unsigned flags = p->flags;
	bool minus = false, seen = false;

	for (; p->at < p->len; p->at++) {
		char c = p->text[p->at];
		const char *letter = c ? strchr(letters, c) : NULL;

		if (letter) {
			unsigned value = values[letter - letters];

			flags = minus ? flags & ~value : flags | value;
			seen = true;
		} else if (c == '-' && !minus) {
			minus = true;
			seen = false;
		} else if ((c == ':' || c == ')') && (!minus || seen)) {
			unsigned outside = p->flags;

			p->at++;
			p->flags = flags;
			return c == ')' || sk_regex_open_group(p, 0, outside);
		} else {
			break;
		}
	}
	return sk_regex_fail(p, "invalid or unsupported Perl syntax", begin);
}

static bool read_group(struct sk_regex_parser *p)
{
	size_t begin = p->at++, left;

	if (!sk_regex_accept(p, '?'))
		return new_capture(p, NULL, 0);
	left = p->len - p->at;
	if (left > 2 && memcmp(p->text + p->at, "P<", 2) == 0)
		p->at += 2;
	else if (left > 1 && sk_regex_next_is(p, '<'))
		p->at++;
	else
		return read_flags(p, begin);
	return read_named_group(p, begin);
}

/* ---- The pattern ---- */

static bool use_assert(struct sk_regex_parser *p, enum sk_regex_assert assert)
{
	p->rx->asserts |= assert;
	return sk_regex_operand(p, SK_REGEX_ASSERT, (int32_t)assert);
}

/* \Q...\E, or to the end; after the Q. */
static bool read_quoted(struct sk_regex_parser *p)
{
	while (p->at < p->len) {
		if (p->len - p->at >= 2 && memcmp(p->text + p->at, "\\E", 2) == 0) {
			p->at += 2;
			break;
		}
		if (!sk_regex_operand_rune(p, sk_regex_take_rune(p)))
			return false;
	}
	return true;
}

static bool read_escape(struct sk_regex_parser *p)
{
	static const char letters[] = "AbBz";
	static const enum sk_regex_assert asserts[] = { SK_REGEX_BEGIN_TEXT, SK_REGEX_WORD,
							SK_REGEX_NO_WORD, SK_REGEX_END_TEXT };
	char c = p->at + 1 < p->len ? p->text[p->at + 1] : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;
	struct sk_regex_ranges class = { 0 };
	uint32_t rune;

	if (letter) {
		p->at += 2;
		return use_assert(p, asserts[letter - letters]);
	}
	if (c == 'Q') {
		p->at += 2;
		return read_quoted(p);
	}
	if (sk_regex_take_class(p, &class, false)) {
		if (!p->error)
			return sk_regex_operand_set(p, &class);
		free(class.items);
		return false;
	}
	return sk_regex_take_escape(p, &rune) && sk_regex_operand_rune(p, rune);
}

static bool operand_dot(struct sk_regex_parser *p)
{
	struct sk_regex_ranges ranges = { 0 };

	if (p->flags & SK_REGEX_DOT_ALL) {
		sk_regex_ranges_add(&ranges, 0, SK_REGEX_MAX_RUNE);
	} else {
		sk_regex_ranges_add(&ranges, 0, '\n' - 1);
		sk_regex_ranges_add(&ranges, '\n' + 1, SK_REGEX_MAX_RUNE);
	}
	return sk_regex_operand_set(p, &ranges);
}

static bool read_one(struct sk_regex_parser *p)
{
	size_t begin = p->at;
	char c = p->text[begin];

	if (c == '*' || c == '+' || c == '?') {
		p->at++;
		return repeat(p, begin, c == '+', c == '?' ? 1 : SK_REGEX_NO_MAX, false);
	}
	if (c == '{')
		return read_counted(p);
	p->repeat_at = SIZE_MAX;
	switch (c) {
	case '(':
		return read_group(p);
	case ')':
		return sk_regex_close_group(p);
	case '|':
		return sk_regex_next_branch(p);
	case '[':
		return sk_regex_take_brackets(p);
	case '\\':
		return read_escape(p);
	case '.':
		p->at++;
		return operand_dot(p);
	case '^':
		p->at++;
		return use_assert(p, p->flags & SK_REGEX_LINES ? SK_REGEX_BEGIN_LINE
							       : SK_REGEX_BEGIN_TEXT);
	case '$':
		p->at++;
		return use_assert(p, p->flags & SK_REGEX_LINES ? SK_REGEX_END_LINE
							       : SK_REGEX_END_TEXT);
	default:
		return sk_regex_operand_rune(p, sk_regex_take_rune(p));
	}
}

static bool emit_assert(struct sk_regex_parser *p, enum sk_regex_assert assert)
{
	p->rx->asserts |= assert;
	return sk_regex_emit(p, SK_REGEX_ASSERT, (int32_t)assert);
}

static bool read_all(struct sk_regex_parser *p, unsigned flags)
{
	bool full = flags & SK_CEL_REGEX_FULL;

	if (!check_utf8(p) || (full && !emit_assert(p, SK_REGEX_BEGIN_TEXT)) || !sk_regex_begin(p))
		return false;
	while (p->at < p->len)
		if (!read_one(p))
			return false;
	if (p->depth > 0)
		return sk_regex_fail(p, "missing closing )", p->len);
	sk_regex_end_group(p);
	if (full && !emit_assert(p, SK_REGEX_END_TEXT))
		return false;
	return sk_regex_emit(p, SK_REGEX_MATCH, 0);
}

const char *sk_regex_parse(struct sk_cel_regex *rx, const char *pattern, size_t len, unsigned flags,
			   size_t *ret_offset)
{
	struct sk_regex_parser p = {
		.rx = rx,
		.text = pattern,
		.len = len,
		.flags = flags & SK_CEL_REGEX_ICASE ? SK_REGEX_FOLD : 0,
		.repeat_at = SIZE_MAX,
	};

	read_all(&p, flags);
	free(p.groups);
	free(p.set_table);
	*ret_offset = p.error_at;
	return p.error;
}
