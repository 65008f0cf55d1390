/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/lex.h"

#include "policy/cel/text.h"
#include "policy/cel/value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static char at(const struct sk_cel_lexer *l, size_t n)
{
	return l->at + n < l->len ? l->text[l->at + n] : '\0';
}

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static bool is_name_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static enum sk_cel_token bad(struct sk_cel_lexer *l, size_t offset, const char *what)
{
	l->error = what;
	l->error_offset = offset;
	if (l->at == l->start)
		l->at++;
	return SK_CEL_TOKEN_BAD;
}

static void skip_blanks(struct sk_cel_lexer *l)
{
	for (;;) {
		char c = at(l, 0);

		if (l->at >= l->len)
			return;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
			l->at++;
		else if (c == '/' && at(l, 1) == '/')
			while (l->at < l->len && l->text[l->at] != '\n')
				l->at++;
		else
			return;
	}
}

/* ---- numbers ---- */

static enum sk_cel_token lex_number(struct sk_cel_lexer *l)
{
	enum sk_cel_token token = SK_CEL_TOKEN_INT;

	if (at(l, 0) == '0' && (at(l, 1) | 0x20) == 'x') {
		l->at += 2;
		while (isxdigit((unsigned char)at(l, 0)))
			l->at++;
	} else {
		while (isdigit((unsigned char)at(l, 0)))
			l->at++;
		if (at(l, 0) == '.' && isdigit((unsigned char)at(l, 1))) {
			token = SK_CEL_TOKEN_DOUBLE;
			for (l->at++; isdigit((unsigned char)at(l, 0));)
				l->at++;
		}
		if ((at(l, 0) | 0x20) == 'e') {
			size_t sign = at(l, 1) == '+' || at(l, 1) == '-';

			if (!isdigit((unsigned char)at(l, 1 + sign)))
				return bad(l, l->at, "an exponent has no digits");
			token = SK_CEL_TOKEN_DOUBLE;
			for (l->at += 1 + sign; isdigit((unsigned char)at(l, 0));)
				l->at++;
		}
	}
	if (token == SK_CEL_TOKEN_INT && (at(l, 0) | 0x20) == 'u') {
		l->at++;
		token = SK_CEL_TOKEN_UINT;
	}
	if (is_name_part(at(l, 0)))
		return bad(l, l->at, "a number runs into a name");
	return token;
}

/* ---- texts ---- */

struct prefix {
	bool raw, bytes;
	size_t len;
};

/* r, b, rb, br in any case, in front of a quote. */
static bool text_prefix(const struct sk_cel_lexer *l, struct prefix *ret)
{
	*ret = (struct prefix){ 0 };
	for (; ret->len < 2; ret->len++) {
		char c = (char)(at(l, ret->len) | 0x20);

		if (c == 'r' && !ret->raw)
			ret->raw = true;
		else if (c == 'b' && !ret->bytes)
			ret->bytes = true;
		else
			break;
	}
	return at(l, ret->len) == '"' || at(l, ret->len) == '\'';
}

static enum sk_cel_token lex_text(struct sk_cel_lexer *l, const struct prefix *prefix)
{
	char quote;
	bool triple;

	l->at += prefix->len;
	quote = at(l, 0);
	triple = at(l, 1) == quote && at(l, 2) == quote;
	l->at += triple ? 3 : 1;
	for (; l->at < l->len; l->at++) {
		char c = at(l, 0);

		if (c == '\\' && !prefix->raw) {
			l->at++;
		} else if (c == quote && (!triple || (at(l, 1) == quote && at(l, 2) == quote))) {
			l->at += triple ? 3 : 1;
			return prefix->bytes ? SK_CEL_TOKEN_BYTES : SK_CEL_TOKEN_STRING;
		} else if (!triple && (c == '\n' || c == '\r')) {
			return bad(l, l->at,
				   "a string ends at the end of the line; longer ones want three "
				   "quotes");
		}
	}
	l->at = l->len;
	return bad(l, l->start, "this string is never closed");
}

/* ---- names ---- */

static enum sk_cel_token word(const char *text, size_t len)
{
	static const struct {
		const char *name;
		enum sk_cel_token token;
	} words[] = {
		{ "true", SK_CEL_TOKEN_TRUE },		{ "false", SK_CEL_TOKEN_FALSE },
		{ "null", SK_CEL_TOKEN_NULL },		{ "in", SK_CEL_TOKEN_IN },
		{ "as", SK_CEL_TOKEN_RESERVED },	{ "break", SK_CEL_TOKEN_RESERVED },
		{ "const", SK_CEL_TOKEN_RESERVED },	{ "continue", SK_CEL_TOKEN_RESERVED },
		{ "else", SK_CEL_TOKEN_RESERVED },	{ "for", SK_CEL_TOKEN_RESERVED },
		{ "function", SK_CEL_TOKEN_RESERVED },	{ "if", SK_CEL_TOKEN_RESERVED },
		{ "import", SK_CEL_TOKEN_RESERVED },	{ "let", SK_CEL_TOKEN_RESERVED },
		{ "loop", SK_CEL_TOKEN_RESERVED },	{ "package", SK_CEL_TOKEN_RESERVED },
		{ "namespace", SK_CEL_TOKEN_RESERVED }, { "return", SK_CEL_TOKEN_RESERVED },
		{ "var", SK_CEL_TOKEN_RESERVED },	{ "void", SK_CEL_TOKEN_RESERVED },
		{ "while", SK_CEL_TOKEN_RESERVED },
	};

	if (len > 9)
		return SK_CEL_TOKEN_NAME;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].name[0] == text[0] && strncmp(words[i].name, text, len) == 0 &&
		    !words[i].name[len])
			return words[i].token;
	return SK_CEL_TOKEN_NAME;
}

static enum sk_cel_token lex_name(struct sk_cel_lexer *l)
{
	while (is_name_part(at(l, 0)))
		l->at++;
	return word(l->text + l->start, l->at - l->start);
}

/* `a-b.c/d`: names of fields that are no identifiers. */
static enum sk_cel_token lex_quoted_name(struct sk_cel_lexer *l)
{
	l->at++;
	while (is_name_part(at(l, 0)) || (at(l, 0) && strchr(".-/ ", at(l, 0))))
		l->at++;
	if (at(l, 0) != '`' || l->at == l->start + 1)
		return bad(l, l->at,
			   "a name in backticks has letters, digits and \"_.-/ \", and a backtick "
			   "behind");
	l->at++;
	return SK_CEL_TOKEN_QUOTED_NAME;
}

/* ---- all ---- */

static enum sk_cel_token lex_sign(struct sk_cel_lexer *l)
{
	static const struct {
		const char text[3];
		enum sk_cel_token token;
	} pairs[] = { { "==", SK_CEL_TOKEN_EQ },  { "!=", SK_CEL_TOKEN_NE },
		      { "<=", SK_CEL_TOKEN_LE },  { ">=", SK_CEL_TOKEN_GE },
		      { "&&", SK_CEL_TOKEN_AND }, { "||", SK_CEL_TOKEN_OR } };
	char c = at(l, 0);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (c == pairs[i].text[0] && at(l, 1) == pairs[i].text[1]) {
			l->at += 2;
			return pairs[i].token;
		}
	if (c && strchr("()[]{}.,:?<>+-*/%!", c)) {
		l->at++;
		return (enum sk_cel_token)c;
	}
	if (c == '=')
		return bad(l, l->at, "\"=\" is no operator; equality is \"==\"");
	if (c == '&' || c == '|')
		return bad(l, l->at,
			   c == '&' ? "\"&\" is no operator; and is \"&&\""
				    : "\"|\" is no operator; or is \"||\"");
	return bad(l, l->at, "a character that no expression has");
}

void sk_cel_lex(struct sk_cel_lexer *l)
{
	struct prefix prefix;

	skip_blanks(l);
	l->start = l->at;
	if (l->at >= l->len)
		l->token = SK_CEL_TOKEN_END;
	else if (isdigit((unsigned char)at(l, 0)) ||
		 (at(l, 0) == '.' && isdigit((unsigned char)at(l, 1))))
		l->token = lex_number(l);
	else if (text_prefix(l, &prefix))
		l->token = lex_text(l, &prefix);
	else if (is_name_start(at(l, 0)))
		l->token = lex_name(l);
	else if (at(l, 0) == '`')
		l->token = lex_quoted_name(l);
	else
		l->token = lex_sign(l);
}

void sk_cel_lex_init(struct sk_cel_lexer *l, const char *text, size_t len)
{
	*l = (struct sk_cel_lexer){ .text = text, .len = len };
	sk_cel_lex(l);
}

/* ---- values ---- */

static const char *int_value(const char *s, size_t len, bool negative, struct sk_cel_value *ret)
{
	uint64_t n = 0;
	bool ok = len > 0;

	if (len > 2 && s[0] == '0' && (s[1] | 0x20) == 'x') {
		ok = len <= 2 + 16;
		for (size_t i = 2; ok && i < len; i++)
			n = n << 4 |
			    (uint64_t)(isdigit((unsigned char)s[i]) ? s[i] - '0'
								    : (s[i] | 0x20) - 'a' + 10);
	} else {
		ok = sk_cel_parse_uint(s, len, &n);
	}
	if (!ok || n > (uint64_t)INT64_MAX + negative)
		return "the number is no 64-bit integer";
	*ret = sk_cel_int(negative ? (int64_t)-n : (int64_t)n);
	return NULL;
}

static const char *uint_value(const char *s, size_t len, struct sk_cel_value *ret)
{
	uint64_t n = 0;

	if (len > 2 && s[0] == '0' && (s[1] | 0x20) == 'x') {
		if (len > 2 + 16)
			return "the number is no unsigned 64-bit integer";
		for (size_t i = 2; i < len; i++)
			n = n << 4 |
			    (uint64_t)(isdigit((unsigned char)s[i]) ? s[i] - '0'
								    : (s[i] | 0x20) - 'a' + 10);
	} else if (!sk_cel_parse_uint(s, len, &n)) {
		return "the number is no unsigned 64-bit integer";
	}
	*ret = sk_cel_uint(n);
	return NULL;
}

static const char *double_value(const char *s, size_t len, bool negative, struct sk_cel_value *ret)
{
	double d;

	if (!sk_cel_parse_double(s, len, &d) || isinf(d))
		return "the number is too large";
	*ret = sk_cel_double(negative ? -d : d);
	return NULL;
}

static bool hex(const char *s, size_t count, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < count; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return false;
		*ret = *ret << 4 |
		       (uint32_t)(isdigit((unsigned char)s[i]) ? s[i] - '0'
							       : (s[i] | 0x20) - 'a' + 10);
	}
	return true;
}

/* One escape behind its backslash; *ret_used counts it without the backslash. */
static const char *escape(const char *s, size_t len, bool bytes, char *out, size_t *ret_put,
			  size_t *ret_used)
{
	static const char letters[] = "abfnrtv\\?\"'`", meanings[] = "\a\b\f\n\r\t\v\\?\"'`";
	const char *known = len && s[0] ? strchr(letters, s[0]) : NULL;
	size_t digits = len && s[0] == 'u' ? 4 : len && s[0] == 'U' ? 8 : 2;
	uint32_t c;

	*ret_used = 1;
	if (known) {
		out[0] = meanings[known - letters];
		*ret_put = 1;
		return NULL;
	}
	if (len > digits && (s[0] == 'x' || s[0] == 'X' || s[0] == 'u' || s[0] == 'U') &&
	    hex(s + 1, digits, &c)) {
		*ret_used = 1 + digits;
		if (bytes && digits > 2)
			return "\\u and \\U are escapes of strings, not of bytes";
	} else if (len >= 3 && s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' &&
		   s[2] >= '0' && s[2] <= '7') {
		c = (uint32_t)(s[0] - '0') << 6 | (uint32_t)(s[1] - '0') << 3 |
		    (uint32_t)(s[2] - '0');
		*ret_used = 3;
	} else {
		return "an escape that no string has; a backslash itself is written \\\\";
	}
	if (bytes) {
		out[0] = (char)c;
		*ret_put = 1;
		return NULL;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return "an escape that is no code point";
	*ret_put = sk_cel_utf8_put(out, c);
	return NULL;
}

static const char *text_value(const struct sk_cel_lexer *l, struct sk_cel_arena *arena,
			      struct sk_cel_value *ret)
{
	struct sk_cel_lexer from = *l;
	struct prefix prefix;
	const char *s, *end, *why;
	char *out;
	size_t n = 0, put, used, quotes;
	bool ascii = true;

	from.at = l->start;
	text_prefix(&from, &prefix);
	s = l->text + l->start + prefix.len;
	end = l->text + l->at;
	quotes = end - s >= 6 && s[1] == s[0] && s[2] == s[0] ? 3 : 1;
	s += quotes;
	end -= quotes;
	out = sk_cel_alloc(arena, (size_t)(end - s) * 2 + 8); /* \777-like bytes may become two */
	if (!out)
		return "the expression is too large";
	while (s < end) {
		if (*s != '\\' || prefix.raw) {
			if (*s == '\r') { /* line ends are \n, however the text was written */
				out[n++] = '\n';
				s += s + 1 < end && s[1] == '\n' ? 2 : 1;
				continue;
			}
			out[n++] = *s++;
			continue;
		}
		why = escape(s + 1, (size_t)(end - s - 1), prefix.bytes, out + n, &put, &used);
		if (why)
			return why;
		n += put;
		s += 1 + used;
	}
	*ret = prefix.bytes ? sk_cel_bytes(out, n) : sk_cel_string(out, n);
	if (!prefix.bytes && !sk_cel_utf8_valid(out, n, &ascii))
		return "the string is no valid UTF-8";
	if (!prefix.bytes && ascii)
		ret->flags = SK_CEL_ASCII;
	return NULL;
}

const char *sk_cel_lex_value(const struct sk_cel_lexer *l, struct sk_cel_arena *arena,
			     bool negative, struct sk_cel_value *ret_value)
{
	const char *s = l->text + l->start;
	size_t len = l->at - l->start;

	switch (l->token) {
	case SK_CEL_TOKEN_INT:
		return int_value(s, len, negative, ret_value);
	case SK_CEL_TOKEN_UINT:
		return uint_value(s, len - 1, ret_value);
	case SK_CEL_TOKEN_DOUBLE:
		return double_value(s, len, negative, ret_value);
	case SK_CEL_TOKEN_STRING:
	case SK_CEL_TOKEN_BYTES:
		return text_value(l, arena, ret_value);
	case SK_CEL_TOKEN_TRUE:
	case SK_CEL_TOKEN_FALSE:
		*ret_value = sk_cel_bool(l->token == SK_CEL_TOKEN_TRUE);
		return NULL;
	default:
		*ret_value = sk_cel_null();
		return NULL;
	}
}
