/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/build.h"

#include "base/limits.h"

#include <endian.h>

/*
 * JSON (RFC 8259) in one pass over a private copy of the text: strings are
 * unescaped in place and end with the NUL that replaces their quote, so that
 * a document takes one copy and its nodes. A NUL behind the text ends every
 * loop. Bytes that are not UTF-8 are kept: a package.json in Latin-1 still
 * names its package, and whoever writes text cleans it.
 */
struct frame {
	struct sk_node *node;
	struct sk_node *last;
};

struct json {
	struct sk_doc_build *b;
	char *start, *end; /* of the copy */
	char *p;
	uint32_t line;
	bool relaxed, strict_keys;
	size_t depth;
	struct frame stack[SK_MAX_DOC_DEPTH];
};

enum { SLACK = 8 }; /* zero bytes behind the text: words are read eight bytes at a time */

static int fail(struct json *j, const char *what)
{
	size_t off = (size_t)(j->p - j->start);

	if (j->p >= j->end)
		return sk_build_fail(j->b, SK_EINVAL, off, "the text ends too early: %s", what);
	return sk_build_fail(j->b, SK_EINVAL, off, "%s", what);
}

static inline uint64_t load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/* Passes over a comment at j->p; 0 if there is none, 1 if there was one. */
static int skip_comment(struct json *j)
{
	if (j->p[1] == '/') {
		while (j->p < j->end && *j->p != '\n')
			j->p++;
		return 1;
	}
	if (j->p[1] != '*')
		return 0;
	for (char *p = j->p + 2; p < j->end; p++) {
		j->line += *p == '\n';
		if (p[0] == '*' && p[1] == '/') {
			j->p = p + 2;
			return 1;
		}
	}
	return sk_build_fail(j->b, SK_EINVAL, (size_t)(j->p - j->start), "this comment has no end");
}

static inline int skip_blanks(struct json *j)
{
	for (;;) {
		switch (*j->p) {
		case '\n':
			j->line++;
			j->p++;
			while (load(j->p) == 0x2020202020202020)
				j->p += 8;
			break;
		case ' ':
		case '\t':
		case '\r':
			j->p++;
			break;
		case '/':
			if (j->relaxed) {
				int r = skip_comment(j);

				if (r <= 0)
					return r;
				break;
			}
			return 0;
		default:
			return 0;
		}
	}
}

/* Moves p to the next quote, backslash or control character. */
static inline char *skip_plain(char *p)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;

	for (;;) {
		uint64_t w = load(p), quote = w ^ ones * '"', escape = w ^ ones * '\\';
		uint64_t hit = ((quote - ones) & ~quote) | ((escape - ones) & ~escape) |
			       ((w - ones * 0x20) & ~w);

		hit &= high;
		if (hit) /* the lowest hit is exact; borrows only disturb those above it */
			return p + (__builtin_ctzll(hit) >> 3);
		p += 8;
	}
}

/* Four hexadecimal digits, or -1. */
static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v |= (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return v;
}

/* \uXXXX at j->p, with its second half if it is a pair; a lone half gives U+FFFD. */
static int unescape_unicode(struct json *j, char **to)
{
	int c = hex4(j->p + 2);

	if (c < 0)
		return fail(j, "\\u needs four hexadecimal digits");
	j->p += 6;
	if (c >= 0xd800 && c < 0xdc00 && j->p[0] == '\\' && j->p[1] == 'u') {
		int low = hex4(j->p + 2);

		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			j->p += 6;
		}
	}
	if (c >= 0xd800 && c < 0xe000)
		c = 0xfffd;
	*to += sk_utf8_put(*to, (uint32_t)c);
	return 0;
}

static int unescape(struct json *j, char **to)
{
	static const char plain[256] = { ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
					 ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t' };
	uint8_t c = (uint8_t)j->p[1];

	if (c == 'u')
		return unescape_unicode(j, to);
	if (!plain[c])
		return fail(j, "unknown escape in a string");
	*(*to)++ = plain[c];
	j->p += 2;
	return 0;
}

/* A string that begins at the quote under j->p. */
static int read_string(struct json *j, struct sk_span *ret_text)
{
	char *begin = ++j->p, *to;

	j->p = to = skip_plain(j->p);
	while (*j->p != '"') {
		if (*j->p == '\\') {
			int r = unescape(j, &to);

			if (r < 0)
				return r;
		} else {
			return fail(j, j->p < j->end ? "control character in a string"
						     : "string without an end");
		}
		char *from = j->p;

		j->p = skip_plain(from);
		memmove(to, from, (size_t)(j->p - from));
		to += j->p - from;
	}
	j->p++;
	*to = '\0';
	*ret_text = sk_span(begin, (size_t)(to - begin));
	return 0;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int read_number(struct json *j, struct sk_node *n)
{
	char *begin = j->p;
	bool whole = true;

	j->p += *j->p == '-';
	if (!is_digit(*j->p))
		return fail(j, "a digit is missing");
	if (*j->p == '0' && is_digit(j->p[1]))
		return fail(j, "a number must not begin with 0");
	while (is_digit(*j->p))
		j->p++;
	if (*j->p == '.') {
		whole = false;
		j->p++;
		if (!is_digit(*j->p))
			return fail(j, "a digit is missing after the point");
		while (is_digit(*j->p))
			j->p++;
	}
	if (*j->p == 'e' || *j->p == 'E') {
		whole = false;
		j->p++;
		j->p += *j->p == '-' || *j->p == '+';
		if (!is_digit(*j->p))
			return fail(j, "a digit is missing in the exponent");
		while (is_digit(*j->p))
			j->p++;
	}
	n->text = sk_span(begin, (size_t)(j->p - begin));
	n->type = whole ? sk_number_type(n->text) : SK_NODE_FLOAT;
	return 0;
}

static int read_word(struct json *j, struct sk_node *n)
{
	static const struct {
		char text[6];
		enum sk_node_type type;
		bool truth;
	} words[] = { { "null", SK_NODE_NULL, false },
		      { "true", SK_NODE_BOOL, true },
		      { "false", SK_NODE_BOOL, false } };

	for (size_t i = 0; i < SK_COUNT(words); i++) {
		size_t len = strlen(words[i].text);

		if ((size_t)(j->end - j->p) < len || memcmp(j->p, words[i].text, len) != 0)
			continue;
		n->type = words[i].type;
		n->truth = words[i].truth;
		j->p += len;
		return 0;
	}
	return fail(j, "a value is expected");
}

static int push(struct json *j, struct sk_node *n, enum sk_node_type type)
{
	if (j->depth == SK_MAX_DOC_DEPTH)
		return sk_build_fail(j->b, SK_ELIMIT, (size_t)(j->p - j->start),
				     "nested deeper than %d", SK_MAX_DOC_DEPTH);
	n->type = type;
	n->child = NULL;
	j->stack[j->depth++] = (struct frame){ .node = n };
	j->p++;
	return 0;
}

/* The value at j->p, with a key or without; an array or object is only opened. */
static int read_value(struct json *j, struct sk_span key, uint32_t key_line)
{
	struct sk_node *n = sk_build_node(j->b, SK_NODE_NULL, key_line ? key_line : j->line);
	struct frame *top = j->depth ? &j->stack[j->depth - 1] : NULL;

	if (!n)
		return -SK_ELIMIT;
	n->key = key;
	if (!top) {
		j->b->doc->root = n;
	} else {
		if (top->last)
			top->last->next = n;
		else
			top->node->child = n;
		top->last = n;
		top->node->count++;
	}
	switch (*j->p) {
	case '"':
		n->type = SK_NODE_STRING;
		return read_string(j, &n->text);
	case '{':
		return push(j, n, SK_NODE_OBJECT);
	case '[':
		return push(j, n, SK_NODE_ARRAY);
	default:
		return *j->p == '-' || is_digit(*j->p) ? read_number(j, n) : read_word(j, n);
	}
}

/* "key": and what follows it. */
static int read_member(struct json *j)
{
	uint32_t line = j->line;
	struct sk_span key;
	int r;

	if (*j->p != '"')
		return fail(j, "a key in quotes is expected");
	r = read_string(j, &key);
	if (r < 0)
		return r;
	r = skip_blanks(j);
	if (r < 0)
		return r;
	if (*j->p != ':')
		return fail(j, "':' is expected after a key");
	j->p++;
	r = skip_blanks(j);
	if (r < 0)
		return r;
	return read_value(j, key, line);
}

/* What may stand inside an open array or object: a value, ',' or the end of it. */
static int step(struct json *j)
{
	struct frame *top = &j->stack[j->depth - 1];
	bool object = top->node->type == SK_NODE_OBJECT;
	char close = object ? '}' : ']';
	int r;

	if (top->last && *j->p != close) {
		if (*j->p != ',')
			return fail(j,
				    object ? "',' or '}' is expected" : "',' or ']' is expected");
		j->p++;
		r = skip_blanks(j);
		if (r < 0)
			return r;
		if (*j->p == close && !j->relaxed)
			return fail(j, "a comma before the end");
	}
	if (*j->p == close) {
		j->p++;
		j->depth--;
		return object && j->strict_keys ? sk_build_unique(j->b, top->node) : 0;
	}
	return object ? read_member(j) : read_value(j, sk_span(NULL, 0), 0);
}

static int parse(struct json *j)
{
	int r = skip_blanks(j);

	if (r < 0)
		return r;
	r = read_value(j, sk_span(NULL, 0), 0);
	while (r >= 0 && j->depth) {
		r = skip_blanks(j);
		if (r >= 0)
			r = step(j);
	}
	if (r >= 0)
		r = skip_blanks(j);
	if (r < 0)
		return r;
	return j->p < j->end ? fail(j, "something follows the end of the document") : 0;
}

int sk_json_parse(struct sk_doc_build *b, unsigned flags)
{
	struct json j = { .b = b, .line = 1 };

	j.relaxed = flags & SK_DOC_RELAXED;
	j.strict_keys = flags & SK_DOC_STRICT_KEYS;
	j.start = j.p = sk_arena_alloc(&b->doc->arena, b->text.len + SLACK);
	if (b->text.len)
		memcpy(j.start, b->text.ptr, b->text.len);
	j.end = j.start + b->text.len;
	if (sk_span_starts(b->text, "\xef\xbb\xbf")) /* RFC 8259, 8.1: may be ignored */
		j.p += 3;
	return parse(&j);
}
