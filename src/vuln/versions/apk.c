/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * Alpine: number{.number}{letter}{_suffix{number}}{~hash}{-r number}, as
 * apk-tools 3 compares it. Where a version breaks that grammar, reading stops
 * at a BROKEN token, which comes before any proper end.
 */
enum kind {
	/* What differs in kind is ordered by this list, but for pre-release suffixes, which are
	   first. */
	PRE,
	BROKEN,
	END,
	REVISION,
	HASH,
	SUFFIX_NUMBER,
	POST,
	LETTER,
	NUMBER,
	FIRST_NUMBER,
};

struct token {
	enum kind kind;
	int suffix; /* index into suffixes */
	struct sk_span text;
};

static const struct {
	const char *word;
	bool pre;
} suffixes[] = {
	{ "alpha", true }, { "beta", true }, { "pre", true }, { "rc", true }, { "cvs", false },
	{ "svn", false },  { "git", false }, { "hg", false }, { "p", false },
};

static struct token broken(struct ver_cursor *c)
{
	struct token t = { .kind = BROKEN, .text = ver_rest(c) };

	c->p = c->end;
	return t;
}

static struct token suffix(struct ver_cursor *c)
{
	struct ver_cursor rest = { c->p + 1, c->end };
	struct sk_span word = ver_letters(&rest);

	for (size_t i = 0; i < SK_COUNT(suffixes); i++) {
		if (sk_span_is(word, suffixes[i].word)) {
			c->p = rest.p;
			return (struct token){ suffixes[i].pre ? PRE : POST, (int)i, word };
		}
	}
	return broken(c);
}

static struct token revision(struct ver_cursor *c)
{
	struct ver_cursor rest = { c->p + 1, c->end };

	if (!ver_accept(&rest, 'r'))
		return broken(c);

	struct token t = { .kind = REVISION, .text = ver_digits(&rest) };

	if (ver_more(&rest))
		return broken(c);
	c->p = rest.p;
	return t;
}

static bool is_hex(char c)
{
	return ver_is_digit(c) || (c >= 'a' && c <= 'f');
}

static struct token hash(struct ver_cursor *c)
{
	const char *start = c->p + 1, *p = start;

	while (p < c->end && is_hex(*p))
		p++;
	if (p == start)
		return broken(c);
	c->p = p;
	return (struct token){ .kind = HASH, .text = sk_span(start, (size_t)(p - start)) };
}

static struct token next(struct ver_cursor *c, enum kind last)
{
	if (!ver_more(c))
		return (struct token){ .kind = END };

	char ch = *c->p;
	bool numbers = last == NUMBER || last == FIRST_NUMBER;

	if (ver_is_digit(ch) && last == END)
		return (struct token){ .kind = FIRST_NUMBER, .text = ver_digits(c) };
	if (ver_is_digit(ch) && (last == PRE || last == POST))
		return (struct token){ .kind = SUFFIX_NUMBER, .text = ver_digits(c) };
	if (ch == '.' && numbers && c->end - c->p > 1 && ver_is_digit(c->p[1])) {
		c->p++;
		return (struct token){ .kind = NUMBER, .text = ver_digits(c) };
	}
	if (ch >= 'a' && ch <= 'z' && (numbers || last == END))
		return (struct token){ .kind = LETTER, .text = sk_span(c->p++, 1) };
	if (ch == '_' && last != HASH)
		return suffix(c);
	if (ch == '~' && last != HASH)
		return hash(c);
	if (ch == '-')
		return revision(c);
	return broken(c);
}

/* Later numbers with a leading zero are compared as text, like a fraction's digits. */
static int number_cmp(struct sk_span a, struct sk_span b)
{
	return *a.ptr == '0' || *b.ptr == '0' ? ver_bytes_cmp(a, b) : ver_digits_cmp(a, b);
}

/* apk has no order for a broken rest; a malformed revision ("-ruff", "--r1") is one as the other.
 */
static int broken_cmp(struct sk_span a, struct sk_span b)
{
	bool x = a.len && *a.ptr == '-', y = b.len && *b.ptr == '-';

	return x && y ? 0 : ver_bytes_cmp(a, b);
}

static int token_cmp(const struct token *a, const struct token *b)
{
	switch (a->kind) {
	case PRE:
	case POST:
		return ver_sign(a->suffix - b->suffix);
	case NUMBER:
		return number_cmp(a->text, b->text);
	case FIRST_NUMBER:
	case SUFFIX_NUMBER:
	case REVISION:
		return ver_digits_cmp(a->text, b->text);
	case BROKEN:
		return broken_cmp(a->text, b->text);
	default:
		return ver_bytes_cmp(a->text, b->text);
	}
}

static int compare(struct sk_span left, struct sk_span right)
{
	if (ver_same(left, right))
		return 0;

	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);
	enum kind last = END;

	for (;;) {
		struct token x = next(&a, last), y = next(&b, last);

		if (x.kind != y.kind)
			return x.kind < y.kind ? -1 : 1;

		int d = token_cmp(&x, &y);

		if (d || x.kind == END || x.kind == BROKEN)
			return d;
		last = x.kind;
	}
}

/* `apk version -t` compares what it is given, sound or not. */
static bool valid(struct sk_span s)
{
	return ver_printable(s);
}

static bool prerelease(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	struct token t = { .kind = END };

	do {
		t = next(&c, t.kind);
	} while (t.kind > END);
	return t.kind == PRE;
}

static const char *const aliases[] = {
	"alpine",     "wolfi", "chainguard", "minimos", "alpaquita", "bellsoft hardened containers",
	"cleanstart", NULL,
};

const struct sk_scheme sk_scheme_apk = {
	.name = "apk",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
