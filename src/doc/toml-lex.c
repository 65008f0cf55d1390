/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/toml-lex.h"

int sk_toml_fail(struct sk_toml *t, const char *what)
{
	return sk_build_fail(t->b, SK_EINVAL, t->off, "%s", what);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool is_bare(char c)
{
	return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-';
}

/* Control characters other than tab are allowed nowhere. */
static bool is_control(char c)
{
	return ((uint8_t)c < 0x20 && c != '\t') || c == 0x7f;
}

/* ---- space ---- */

void sk_toml_blanks(struct sk_toml *t)
{
	while (sk_toml_peek(t, 0) == ' ' || sk_toml_peek(t, 0) == '\t')
		t->off++;
}

/* Bytes of a line's end here: 0, 1 or 2. */
static size_t line_end(const struct sk_toml *t)
{
	if (sk_toml_peek(t, 0) == '\n')
		return 1;
	return sk_toml_peek(t, 0) == '\r' && sk_toml_peek(t, 1) == '\n' ? 2 : 0;
}

static bool skip_line_end(struct sk_toml *t)
{
	size_t n = line_end(t);

	t->off += n;
	t->line += n > 0;
	return n > 0;
}

static int skip_comment(struct sk_toml *t)
{
	if (sk_toml_peek(t, 0) != '#')
		return 0;
	while (t->off < t->text.len && !line_end(t)) {
		if (is_control(sk_toml_peek(t, 0)))
			return sk_toml_fail(t, "a control character in a comment");
		t->off++;
	}
	return 0;
}

int sk_toml_end_line(struct sk_toml *t)
{
	int r;

	sk_toml_blanks(t);
	r = skip_comment(t);
	if (r < 0)
		return r;
	if (t->off < t->text.len && !skip_line_end(t))
		return sk_toml_fail(t, "the end of the line is expected");
	return 0;
}

int sk_toml_space(struct sk_toml *t)
{
	int r;

	do {
		sk_toml_blanks(t);
		r = skip_comment(t);
	} while (r >= 0 && skip_line_end(t));
	return r;
}

/* ---- strings ---- */

static int read_code(struct sk_toml *t, unsigned digits)
{
	uint32_t c = 0;
	char utf8[4];

	for (unsigned i = 0; i < digits; i++) {
		char d = sk_toml_peek(t, 0);

		if (!is_hex(d))
			return sk_toml_fail(t, "a hexadecimal digit is missing");
		c = c << 4 | (uint32_t)(is_digit(d) ? d - '0' : (d | 32) - 'a' + 10);
		t->off++;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return sk_toml_fail(t, "this is no Unicode character");
	sk_buf_put(&t->scratch, utf8, sk_utf8_put(utf8, c));
	return 0;
}

static int read_escape(struct sk_toml *t)
{
	static const char plain[128] = { ['b'] = '\b', ['t'] = '\t', ['n'] = '\n', ['f'] = '\f',
					 ['r'] = '\r', ['"'] = '"',  ['\\'] = '\\' };
	uint8_t c = (uint8_t)sk_toml_peek(t, 1);

	if (c < sizeof(plain) && plain[c]) {
		sk_buf_putc(&t->scratch, plain[c]);
		t->off += 2;
		return 0;
	}
	if (c == 'e' && !t->v1_0) {
		sk_buf_putc(&t->scratch, '\x1b');
		t->off += 2;
		return 0;
	}
	if (c != 'u' && c != 'U' && (c != 'x' || t->v1_0))
		return sk_toml_fail(t, "unknown escape in a string");
	t->off += 2;
	return read_code(t, c == 'u' ? 4 : c == 'U' ? 8 : 2);
}

static void put_run(struct sk_toml *t, size_t n)
{
	sk_buf_put(&t->scratch, t->text.ptr + t->off, n);
	t->off += n;
}

static struct sk_span take(struct sk_toml *t)
{
	return sk_span(sk_arena_dup(&t->b->doc->arena, sk_buf_view(&t->scratch)), t->scratch.len);
}

/* "basic" or 'literal', on one line. */
static int read_line_string(struct sk_toml *t, struct sk_span *ret_text)
{
	char quote = sk_toml_peek(t, 0);

	sk_buf_reset(&t->scratch);
	t->off++;
	for (;;) {
		size_t n = 0;
		char c;

		while ((c = sk_toml_peek(t, n)) != quote && !is_control(c) &&
		       (c != '\\' || quote == '\''))
			n++;
		put_run(t, n);
		if (c == quote)
			break;
		if (c != '\\')
			return sk_toml_fail(t, t->off < t->text.len
						   ? "a control character in a string"
						   : "a string without an end");
		int r = read_escape(t);

		if (r < 0)
			return r;
	}
	t->off++;
	*ret_text = take(t);
	return 0;
}

/* A backslash at the end of a line: all blanks and line ends behind it go. False if it is another
 * escape. */
static bool skip_continuation(struct sk_toml *t)
{
	size_t from = t->off;

	t->off++;
	sk_toml_blanks(t);
	if (!skip_line_end(t)) {
		t->off = from;
		return false;
	}
	do
		sk_toml_blanks(t);
	while (skip_line_end(t));
	return true;
}

/* Quotes at t->off: true at the end of the string, whose last content may be one or two of them. */
static bool read_quotes(struct sk_toml *t, char quote)
{
	size_t n = 0;

	while (n < 5 && sk_toml_peek(t, n) == quote)
		n++;
	put_run(t, n >= 3 ? n - 3 : n);
	if (n >= 3)
		t->off += 3;
	return n >= 3;
}

/* One step inside a string of several lines; 1 at its end. */
static int read_block_step(struct sk_toml *t, char quote)
{
	char c = sk_toml_peek(t, 0);
	size_t n = line_end(t);

	if (n) { /* \r\n becomes \n, so that the meaning does not depend on the editor */
		sk_buf_putc(&t->scratch, '\n');
		t->off += n;
		t->line++;
		return 0;
	}
	if (c == quote)
		return read_quotes(t, quote);
	if (c == '\\' && quote == '"')
		return skip_continuation(t) ? 0 : read_escape(t);
	if (is_control(c))
		return sk_toml_fail(t, t->off < t->text.len ? "a control character in a string"
							    : "a string without an end");
	n = 1;
	while ((c = sk_toml_peek(t, n)) != quote && c != '\\' && !is_control(c))
		n++;
	put_run(t, n);
	return 0;
}

static int read_block_string(struct sk_toml *t, struct sk_span *ret_text)
{
	char quote = sk_toml_peek(t, 0);
	int r;

	sk_buf_reset(&t->scratch);
	t->off += 3;
	skip_line_end(t);
	do
		r = read_block_step(t, quote);
	while (r == 0);
	if (r < 0)
		return r;
	*ret_text = take(t);
	return 0;
}

int sk_toml_string(struct sk_toml *t, struct sk_span *ret_text)
{
	char quote = sk_toml_peek(t, 0);

	if (sk_toml_peek(t, 1) == quote && sk_toml_peek(t, 2) == quote)
		return read_block_string(t, ret_text);
	return read_line_string(t, ret_text);
}

int sk_toml_key(struct sk_toml *t, struct sk_span *ret_key)
{
	size_t n = 0;

	if (sk_toml_peek(t, 0) == '"' || sk_toml_peek(t, 0) == '\'')
		return read_line_string(t, ret_key);
	while (is_bare(sk_toml_peek(t, n)))
		n++;
	if (!n)
		return sk_toml_fail(t, "a key is expected");
	*ret_key = sk_span_sub(t->text, t->off, n);
	ret_key->ptr = sk_arena_dup(&t->b->doc->arena, *ret_key);
	t->off += n;
	return 0;
}

/* ---- numbers ---- */

/* Digits of a set from i on with single '_' between them: the index behind, or 0 if there is none
 * or a '_' is misplaced. */
static size_t digits(struct sk_span s, size_t i, bool (*in_set)(char))
{
	size_t from = i;

	while (i < s.len && (in_set(s.ptr[i]) || s.ptr[i] == '_')) {
		bool first = i == from,
		     last = i + 1 == s.len || !(in_set(s.ptr[i + 1]) || s.ptr[i + 1] == '_');

		if (s.ptr[i] == '_' && (first || last || s.ptr[i - 1] == '_'))
			return 0;
		i++;
	}
	return i > from ? i : 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static bool is_binary(char c)
{
	return c == '0' || c == '1';
}

static bool is_prefixed(struct sk_span s)
{
	char kind = s.len > 2 && s.ptr[0] == '0' ? s.ptr[1] : '\0';

	return (kind == 'x' && digits(s, 2, is_hex) == s.len) ||
	       (kind == 'o' && digits(s, 2, is_octal) == s.len) ||
	       (kind == 'b' && digits(s, 2, is_binary) == s.len);
}

/* SK_NODE_INT or SK_NODE_FLOAT, or SK_NODE_NULL if s is no number. */
static enum sk_node_type number_type(struct sk_span s)
{
	size_t sign = s.len && (s.ptr[0] == '+' || s.ptr[0] == '-'), i;

	if (is_prefixed(s))
		return sk_number_type(s);
	if (sk_span_is(sk_span_from(s, sign), "inf") || sk_span_is(sk_span_from(s, sign), "nan"))
		return SK_NODE_FLOAT;
	i = digits(s, sign, is_digit);
	if (!i || (s.ptr[sign] == '0' && i > sign + 1))
		return SK_NODE_NULL;
	if (i == s.len)
		return sk_number_type(s);
	if (s.ptr[i] == '.') {
		i = digits(s, i + 1, is_digit);
		if (!i)
			return SK_NODE_NULL;
	}
	if (i < s.len && (s.ptr[i] | 32) == 'e') {
		i++;
		i += i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-');
		i = digits(s, i, is_digit);
	}
	return i == s.len ? SK_NODE_FLOAT : SK_NODE_NULL;
}

/* ---- times: RFC 3339, each of date, time and offset optional as TOML has it ---- */

/* n digits at i as a number; -1 if they are not there. */
static int number_at(struct sk_span s, size_t i, size_t n)
{
	int v = 0;

	if (i > s.len || n > s.len - i)
		return -1;
	for (size_t k = i; k < i + n; k++) {
		if (!is_digit(s.ptr[k]))
			return -1;
		v = v * 10 + (s.ptr[k] - '0');
	}
	return v;
}

static bool is_at(struct sk_span s, size_t i, char c)
{
	return i < s.len && s.ptr[i] == c;
}

static bool is_date(struct sk_span s)
{
	static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = number_at(s, 0, 4), month = number_at(s, 5, 2), day = number_at(s, 8, 2);
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return year >= 0 && is_at(s, 4, '-') && is_at(s, 7, '-') && month >= 1 && month <= 12 &&
	       day >= 1 && day <= month_days[month - 1] && (month != 2 || day < 29 || leap);
}

static bool is_clock(struct sk_span s, size_t i)
{
	int hour = number_at(s, i, 2), minute = number_at(s, i + 3, 2);

	return hour >= 0 && hour < 24 && is_at(s, i + 2, ':') && minute >= 0 && minute < 60;
}

/* The index behind a time that begins at i, 0 if there is none. */
static size_t time_end(const struct sk_toml *t, struct sk_span s, size_t i)
{
	int second;

	if (!is_clock(s, i))
		return 0;
	i += 5;
	if (!is_at(s, i, ':'))
		return t->v1_0 ? 0 : i;
	second = number_at(s, i + 1, 2);
	if (second < 0 || second > 60) /* 60 is a leap second */
		return 0;
	i += 3;
	if (is_at(s, i, '.')) {
		size_t from = ++i;

		while (i < s.len && is_digit(s.ptr[i]))
			i++;
		if (i == from)
			return 0;
	}
	return i;
}

static bool is_time(const struct sk_toml *t, struct sk_span s)
{
	size_t i;

	if (!is_date(s))
		return time_end(t, s, 0) == s.len && s.len > 0;
	if (s.len == 10)
		return true;
	if ((s.ptr[10] | 32) != 't' && s.ptr[10] != ' ')
		return false;
	i = time_end(t, s, 11);
	if (!i)
		return false;
	if (i == s.len || (i + 1 == s.len && (s.ptr[i] | 32) == 'z'))
		return true;
	return (s.ptr[i] == '+' || s.ptr[i] == '-') && is_clock(s, i + 1) && i + 6 == s.len;
}

/* ---- all of them ---- */

static struct sk_span scalar_word(const struct sk_toml *t)
{
	struct sk_span rest = sk_span_from(t->text, t->off), word;
	size_t n = 0;

	while (is_bare(sk_toml_peek(t, n)) ||
	       (sk_toml_peek(t, n) && strchr("+.:", sk_toml_peek(t, n))))
		n++;
	word = sk_span_sub(rest, 0, n);
	if (n == 10 && is_date(word) && sk_toml_peek(t, n) == ' ' &&
	    is_digit(sk_toml_peek(t, n + 1))) {
		n++; /* a blank may stand for the T */
		while (is_bare(sk_toml_peek(t, n)) ||
		       (sk_toml_peek(t, n) && strchr("+.:", sk_toml_peek(t, n))))
			n++;
	}
	return sk_span_sub(rest, 0, n);
}

int sk_toml_scalar(struct sk_toml *t, struct sk_node *n)
{
	struct sk_span word = scalar_word(t);

	if (sk_span_is(word, "true") || sk_span_is(word, "false")) {
		n->type = SK_NODE_BOOL;
		n->truth = word.len == 4;
		t->off += word.len;
		return 0;
	}
	n->type = number_type(word);
	if (n->type == SK_NODE_NULL && is_time(t, word))
		n->type = SK_NODE_TIME;
	if (n->type == SK_NODE_NULL)
		return sk_toml_fail(t, "a value is expected");
	n->text = sk_span(sk_arena_dup(&t->b->doc->arena, word), word.len);
	t->off += word.len;
	return 0;
}
