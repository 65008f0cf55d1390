/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * Maven: the POM reference's version order specification. Tokens are parted by
 * dots, hyphens and changes between digits and other characters, which count
 * as hyphens; null tokens ("0", "ga", "final", "release", "") at the end of a
 * hyphenated stretch do not count; a version that is used up goes on as nulls.
 */
enum kind { END, WORD, DASH_NUMBER, DOT_NUMBER };

struct token {
	enum kind kind;
	bool first;
	struct sk_span text;
	int rank; /* of a word */
};

struct tokens {
	struct ver_cursor c;
	char separator; /* before the next token; 0 at the start */
	bool more;
	const char *known_until; /* null tokens up to this place count, or do not */
	bool counts;
};

enum { RANK_RELEASE = 5, RANK_OTHER = 7 };
static const struct {
	const char *word;
	int rank;
} ranks[] = {
	{ "alpha", 0 },
	{ "beta", 1 },
	{ "milestone", 2 },
	{ "rc", 3 },
	{ "cr", 3 },
	{ "snapshot", 4 },
	{ "", RANK_RELEASE },
	{ "ga", RANK_RELEASE },
	{ "final", RANK_RELEASE },
	{ "release", RANK_RELEASE },
	{ "sp", 6 },
};

/* "a1", "b1" and "m1" are alpha, beta and milestone; without a number they are plain words. */
static int rank_of(struct sk_span word, bool number_follows)
{
	if (word.len == 1 && number_follows) {
		switch (ver_lower(*word.ptr)) {
		case 'a':
			return 0;
		case 'b':
			return 1;
		case 'm':
			return 2;
		}
	}
	for (size_t i = 0; i < SK_COUNT(ranks); i++)
		if (sk_span_ieq(word, sk_span_str(ranks[i].word)))
			return ranks[i].rank;
	return RANK_OTHER;
}

static struct token read_token(struct tokens *s)
{
	struct ver_cursor *c = &s->c;
	struct token t = { .first = !s->separator, .text = ver_digits(c) };
	char separator = s->separator;

	if (!s->more)
		return (struct token){ .kind = END };
	if (t.text.len || !ver_more(c) || *c->p == '.' || *c->p == '-') {
		t.kind = separator == '-' ? DASH_NUMBER : DOT_NUMBER;
	} else {
		const char *start = c->p;

		while (ver_more(c) && !ver_is_digit(*c->p) && *c->p != '.' && *c->p != '-')
			c->p++;
		t.kind = WORD;
		t.text = sk_span(start, (size_t)(c->p - start));
		t.rank = rank_of(t.text, ver_more(c) && ver_is_digit(*c->p));
	}
	s->more = ver_more(c);
	s->separator = '-';
	if (s->more && (*c->p == '.' || *c->p == '-'))
		s->separator = *c->p++;
	return t;
}

static bool is_null(const struct token *t)
{
	return t->kind == WORD ? t->rank == RANK_RELEASE : ver_digits_zero(t->text);
}

/* Whether a null token that was just read has a number that counts behind it in its own stretch. */
static bool null_counts(struct tokens *s)
{
	if (!s->known_until || s->c.p > s->known_until) {
		struct tokens ahead = *s;
		struct token t;

		do {
			s->known_until = ahead.c.p;
			t = read_token(&ahead);
		} while (t.kind == DOT_NUMBER && is_null(&t));
		s->counts = t.kind == DOT_NUMBER;
	}
	return s->counts;
}

static struct token next_token(struct tokens *s)
{
	for (;;) {
		struct token t = read_token(s);

		if (t.kind == END || t.first || !is_null(&t) || null_counts(s))
			return t;
	}
}

static int words_cmp(const struct token *a, const struct token *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->rank == RANK_OTHER ? ver_icase_cmp(a->text, b->text) : 0;
}

/* The end against a token: it stands for the null of the token's own kind. */
static int end_cmp(const struct token *t)
{
	if (t->kind == WORD)
		return ver_sign(RANK_RELEASE - t->rank);
	return t->kind == DASH_NUMBER || !is_null(t) ? -1 : 0;
}

static int token_cmp(const struct token *a, const struct token *b)
{
	if (a->kind == END)
		return b->kind == END ? 0 : end_cmp(b);
	if (b->kind == END)
		return -end_cmp(a);
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->kind == WORD ? words_cmp(a, b) : ver_digits_cmp(a->text, b->text);
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct tokens a = { .c = ver_cursor(left), .more = true };
	struct tokens b = { .c = ver_cursor(right), .more = true };

	for (;;) {
		struct token x = next_token(&a), y = next_token(&b);
		int d = token_cmp(&x, &y);

		if (d || (x.kind == END && y.kind == END))
			return d;
	}
}

/* Maven's model validator refuses these characters; everything else has a place in the order. */
static bool valid(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (strchr("\\/:\"<>|?*[](){},", s.ptr[i]))
			return false;
	return ver_printable(s);
}

static bool prerelease(struct sk_span s)
{
	struct tokens tokens = { .c = ver_cursor(s), .more = true };
	struct token t;

	while ((t = read_token(&tokens)).kind != END)
		if (t.kind == WORD && t.rank < RANK_RELEASE)
			return true;
	return false;
}

static const char *const aliases[] = { "java", "gradle", NULL };

const struct sk_scheme sk_scheme_maven = {
	.name = "maven",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
