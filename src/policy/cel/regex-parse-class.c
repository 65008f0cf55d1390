/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes and classes in patterns. */
#include "policy/cel/regex-parse.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* After \x: two digits, or any number of them in braces. */
static bool take_hex(struct sk_regex_parser *p, size_t begin, uint32_t *ret_rune)
{
	bool braces = sk_regex_accept(p, '{');
	uint32_t rune = 0;
	size_t digits = 0;

	for (; p->at < p->len && (braces || digits < 2); digits++) {
		int digit = hex_digit(p->text[p->at]);

		if (digit < 0)
			break;
		rune = rune * 16 + (uint32_t)digit;
		p->at++;
		if (rune > SK_REGEX_MAX_RUNE)
			return sk_regex_fail(p, "invalid escape sequence", begin);
	}
	if (braces ? digits == 0 || !sk_regex_accept(p, '}') : digits < 2)
		return sk_regex_fail(p, "invalid escape sequence", begin);
	*ret_rune = rune;
	return true;
}

/* An escape that stands for one code point; at the backslash. */
bool sk_regex_take_escape(struct sk_regex_parser *p, uint32_t *ret_rune)
{
	static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	size_t begin = p->at++;
	const char *letter;
	uint32_t c;

	if (p->at == p->len)
		return sk_regex_fail(p, "trailing backslash at end of expression", begin);
	c = sk_regex_take_rune(p);
	if (c == 'x')
		return take_hex(p, begin, ret_rune);
	/* Octal; a single digit but 0 would be a back reference. */
	if (c == '0' || (c >= '1' && c <= '7' && p->at < p->len && p->text[p->at] >= '0' &&
			 p->text[p->at] <= '7')) {
		*ret_rune = c - '0';
		for (int i = 0;
		     i < 2 && p->at < p->len && p->text[p->at] >= '0' && p->text[p->at] <= '7'; i++)
			*ret_rune = *ret_rune * 8 + (uint32_t)(p->text[p->at++] - '0');
		return true;
	}
	letter = c < 128 && c ? strchr(letters, (int)c) : NULL;
	if (letter) {
		*ret_rune = (uint32_t)values[letter - letters];
		return true;
	}
	if (c >= 128 || (sk_regex_is_word(c) && c != '_'))
		return sk_regex_fail(p, "invalid escape sequence", begin);
	*ret_rune = c;
	return true;
}

/* ---- Classes ---- */

/* Adds a set that (?i) widens and a capital letter or ^ negates. Frees it. */
static void add_named(struct sk_regex_parser *p, struct sk_regex_ranges *class,
		      struct sk_regex_ranges *named, bool negated)
{
	sk_regex_ranges_clean(named);
	if (p->flags & SK_REGEX_FOLD)
		sk_regex_ranges_fold(named);
	sk_regex_ranges_add_all(class, named, negated);
	class->work += named->work;
	free(named->items);
}

/* \p{Name}, \pN and their negations; at the backslash. */
static bool take_unicode(struct sk_regex_parser *p, struct sk_regex_ranges *class)
{
	size_t begin = p->at;
	bool negated = p->text[begin + 1] == 'P';
	struct sk_regex_ranges named = { 0 };
	const char *name, *end;
	size_t len;

	p->at += 2;
	name = p->text + p->at;
	if (sk_regex_accept(p, '{')) {
		name++;
		end = memchr(name, '}', p->len - p->at);
		if (!end)
			return sk_regex_fail(p, "invalid character class range", begin);
		len = (size_t)(end - name);
		p->at += len + 1;
	} else {
		if (p->at < p->len)
			sk_regex_take_rune(p);
		len = (size_t)(p->text + p->at - name);
	}
	if (len > 0 && *name == '^') {
		negated = !negated;
		name++;
		len--;
	}
	if (!sk_regex_ranges_add_unicode(&named, name, len)) {
		free(named.items);
		return sk_regex_fail(p, "invalid character class range", begin);
	}
	add_named(p, class, &named, negated);
	return true;
}

/* \d, [:alpha:], \p{L} ...: true if there was one, or an error. */
bool sk_regex_take_class(struct sk_regex_parser *p, struct sk_regex_ranges *class, bool in_brackets)
{
	const char *here = p->text + p->at, *end;
	size_t left = p->len - p->at;
	struct sk_regex_ranges named = { 0 };
	bool negated;
	char letter;

	if (left >= 2 && here[0] == '\\') {
		if (here[1] == 'p' || here[1] == 'P') {
			take_unicode(p, class);
			return true;
		}
		letter = (char)(here[1] | 0x20);
		if (!strchr("dsw", letter))
			return false;
		sk_regex_ranges_add_ascii(&named, &letter, 1);
		add_named(p, class, &named, here[1] != letter);
		p->at += 2;
		return true;
	}
	if (!in_brackets || left <= 2 || here[0] != '[' || here[1] != ':')
		return false;
	end = memmem(here + 2, left - 2, ":]", 2);
	if (!end)
		return false;
	negated = here[2] == '^';
	if (!sk_regex_ranges_add_ascii(&named, here + 2 + negated,
				       (size_t)(end - here) - 2 - negated) ||
	    end - here - 2 - negated == 1) { /* [:d:] is none */
		free(named.items);
		sk_regex_fail(p, "invalid character class range", p->at);
		return true;
	}
	add_named(p, class, &named, negated);
	p->at += (size_t)(end + 2 - here);
	return true;
}

static bool take_class_rune(struct sk_regex_parser *p, size_t begin, uint32_t *ret_rune)
{
	if (p->at == p->len)
		return sk_regex_fail(p, "missing closing ]", begin);
	if (sk_regex_next_is(p, '\\'))
		return sk_regex_take_escape(p, ret_rune);
	*ret_rune = sk_regex_take_rune(p);
	return true;
}

static bool take_class_range(struct sk_regex_parser *p, size_t begin, struct sk_regex_ranges *class)
{
	size_t at = p->at;
	uint32_t lo, hi;

	if (!take_class_rune(p, begin, &lo))
		return false;
	hi = lo;
	if (p->at + 1 < p->len && p->text[p->at] == '-' && p->text[p->at + 1] != ']') {
		p->at++;
		if (!take_class_rune(p, begin, &hi))
			return false;
		if (hi < lo)
			return sk_regex_fail(p, "invalid character class range", at);
	}
	if (p->flags & SK_REGEX_FOLD)
		sk_regex_ranges_add_fold(class, lo, hi);
	else
		sk_regex_ranges_add(class, lo, hi);
	return true;
}

bool sk_regex_take_brackets(struct sk_regex_parser *p)
{
	struct sk_regex_ranges class = { 0 };
	size_t begin = p->at++;
	bool negated = sk_regex_accept(p, '^');

	/* A ] that comes first is one of the characters. */
	for (bool first = true; first || !sk_regex_accept(p, ']'); first = false) {
		if (!sk_regex_take_class(p, &class, true))
			take_class_range(p, begin, &class);
		if (!sk_regex_spend_ranges(p, &class)) {
			free(class.items);
			return false;
		}
	}
	sk_regex_ranges_clean(&class);
	if (negated)
		sk_regex_ranges_negate(&class);
	return sk_regex_operand_set(p, &class);
}
