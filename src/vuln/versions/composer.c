/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * Composer: the leading numbers are filled up to four with zeros ("2.x" with
 * 9999999, as Composer does for branches), the rest goes by the rules of PHP's
 * version_compare(): parts are runs of digits or of other characters, and -, _,
 * + and . separate. Words are read without regard to case and "stable" says
 * nothing, which is Composer's reading, not PHP's. "#" stands for any number
 * there; no package may be called so, and with it equality is not transitive.
 */
enum rank {
	UNKNOWN,
	DEV,
	ALPHA,
	BETA,
	RC,
	ANY_NUMBER,
	END, /* 1.0 after 1.0-RC and before 1.0.0 */
	NUMBER,
	PATCH,
};

static const struct {
	const char *word;
	enum rank rank;
} words[] = {
	{ "dev", DEV }, { "alpha", ALPHA },  { "a", ALPHA },  { "beta", BETA }, { "b", BETA },
	{ "rc", RC },	{ "#", ANY_NUMBER }, { "pl", PATCH }, { "p", PATCH },
};

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_' || c == '+';
}

static bool has_prefix(struct sk_span s, const char *word)
{
	size_t i = 0;

	for (; word[i]; i++)
		if (i >= s.len || ver_lower(s.ptr[i]) != word[i])
			return false;
	return true;
}

/* By its beginning: "patch" is "p", "beta" and "bravo" are "b". */
static enum rank rank_of(struct sk_span word)
{
	for (size_t i = 0; i < SK_COUNT(words); i++)
		if (has_prefix(word, words[i].word))
			return words[i].rank;
	return UNKNOWN;
}

enum { NUMBERS = 4 };

struct parts {
	struct ver_cursor c;
	int numbers; /* how many of the leading numbers were read */
	bool leading;
	struct sk_span fill;
};

static struct parts start(struct sk_span s)
{
	if (s.len && (*s.ptr == 'v' || *s.ptr == 'V'))
		s = sk_span_from(s, 1);
	return (struct parts){ .c = ver_cursor(s), .leading = true, .fill = SK_SPAN_LIT("0") };
}

static struct sk_span read_word(struct ver_cursor *c)
{
	const char *word = c->p;

	while (ver_more(c) && !ver_is_digit(*c->p) && !is_separator(*c->p))
		c->p++;
	return sk_span(word, (size_t)(c->p - word));
}

static bool next_leading(struct parts *s, struct sk_span *ret_number)
{
	struct ver_cursor rest = s->c;

	if (s->numbers)
		ver_accept(&rest, '.');
	*ret_number = ver_digits(&rest);
	if (!ret_number->len && s->numbers) {
		struct sk_span word = read_word(&rest);

		if (sk_span_ieq(word, SK_SPAN_LIT("x")) || sk_span_is(word, "*"))
			*ret_number = s->fill = SK_SPAN_LIT("9999999");
		else if (sk_span_is(word, "#"))
			s->leading = false;
	}
	if (ret_number->len) {
		s->c = rest;
	} else if (s->leading && s->numbers && s->numbers < NUMBERS) {
		*ret_number = s->fill;
	} else {
		s->leading = false;
		return false;
	}
	s->numbers++;
	return true;
}

static enum rank next(struct parts *s, struct sk_span *ret_number)
{
	struct ver_cursor *c = &s->c;

	if (s->leading && next_leading(s, ret_number))
		return NUMBER;
	for (;;) {
		while (ver_more(c) && is_separator(*c->p))
			c->p++;
		if (!ver_more(c))
			return END;
		if (ver_is_digit(*c->p)) {
			*ret_number = ver_digits(c);
			return NUMBER;
		}

		struct sk_span word = read_word(c);

		if (!sk_span_ieq(word, SK_SPAN_LIT("stable")))
			return rank_of(word);
	}
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct parts a = start(left), b = start(right);

	for (;;) {
		struct sk_span m = { NULL, 0 }, n = { NULL, 0 };
		enum rank x = next(&a, &m), y = next(&b, &n);
		int d = 0;

		if (x == END && y == END)
			return 0;
		if (x == ANY_NUMBER || y == ANY_NUMBER) {
			enum rank other = x == ANY_NUMBER ? y : x;

			if (other >= ANY_NUMBER && other <= NUMBER)
				continue;
		}
		if (x == NUMBER && y == NUMBER)
			d = ver_digits_cmp(m, n);
		else
			d = ver_sign((int)x - (int)y);
		if (d)
			return d;
	}
}

/* A number leads, or it is a branch: "dev-main", and the three names that need no "dev-". */
static bool valid(struct sk_span s)
{
	static const char *const branches[] = { "master", "trunk", "default" };
	struct parts parts = start(s);

	for (size_t i = 0; i < SK_COUNT(branches); i++)
		if (sk_span_ieq(s, sk_span_str(branches[i])))
			return true;
	if (s.len > 4 && sk_span_ieq(sk_span_sub(s, 0, 4), SK_SPAN_LIT("dev-")))
		return ver_printable(s);
	return ver_is_digit(ver_peek(&parts.c)) && ver_printable(s);
}

static bool prerelease(struct sk_span s)
{
	struct parts parts = start(s);
	struct sk_span number;
	enum rank r;

	do {
		r = next(&parts, &number);
	} while (r == NUMBER || r == PATCH || r == ANY_NUMBER);
	return r != END;
}

static const char *const aliases[] = { "packagist", "php", "drupal", NULL };

const struct sk_scheme sk_scheme_composer = {
	.name = "composer",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
