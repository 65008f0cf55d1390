/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/pypi-legacy.h"

#include "vuln/versions/scan.h"

enum kind { LAST, WORD, DASH, NUMBER }; /* LAST stands for the final "*final" */

struct part {
	enum kind kind;
	struct sk_span text;
};

struct parts {
	struct ver_cursor c;
	/* Up to these places it is known whether a zero or a dash counts. */
	const char *zeros_until, *dashes_until;
	bool zeros_count, dashes_count;
};

static const char *const renamed[][2] = {
	{ "pre", "c" },
	{ "preview", "c" },
	{ "rc", "c" },
	{ "dev", "@" },
};

static struct part read_part(struct ver_cursor *c)
{
	while (ver_more(c) && !ver_is_alnum(*c->p) && *c->p != '-')
		c->p++;
	if (!ver_more(c))
		return (struct part){ .kind = LAST };
	if (ver_accept(c, '-'))
		return (struct part){ DASH, SK_SPAN_LIT("final-") };
	if (ver_is_digit(*c->p))
		return (struct part){ NUMBER, ver_digits(c) };

	struct part word = { WORD, ver_letters(c) };

	for (size_t i = 0; i < SK_COUNT(renamed); i++)
		if (sk_span_ieq(word.text, sk_span_str(renamed[i][0])))
			word.text = sk_span_str(renamed[i][1]);
	return word;
}

static bool is_zero(const struct part *part)
{
	return part->kind == NUMBER && ver_digits_zero(part->text);
}

/* Zeros are dropped unless a greater number follows them. */
static bool zero_counts(struct parts *s)
{
	if (!s->zeros_until || s->c.p > s->zeros_until) {
		struct ver_cursor c = s->c;
		struct part next;

		do {
			s->zeros_until = c.p;
			next = read_part(&c);
		} while (is_zero(&next));
		s->zeros_count = next.kind == NUMBER;
	}
	return s->zeros_count;
}

/* Dashes are dropped when, zeros aside, a word that sorts before "final" follows the last of them.
 */
static bool dash_counts(struct parts *s)
{
	if (!s->dashes_until || s->c.p > s->dashes_until) {
		struct ver_cursor c = s->c;
		struct part next, last = { .kind = DASH };

		for (;;) {
			s->dashes_until = c.p;
			next = read_part(&c);
			if (next.kind != DASH && !is_zero(&next))
				break;
			last = next;
		}
		s->dashes_count = !(next.kind == WORD && last.kind == DASH &&
				    ver_icase_cmp(next.text, SK_SPAN_LIT("final")) < 0);
	}
	return s->dashes_count;
}

static struct part next_part(struct parts *s)
{
	for (;;) {
		struct part part = read_part(&s->c);

		if (is_zero(&part) && !zero_counts(s))
			continue;
		if (part.kind == DASH && !dash_counts(s))
			continue;
		return part;
	}
}

/* As text padded with zeros to eight digits. */
static int number_cmp(struct sk_span a, struct sk_span b)
{
	size_t width = 8;
	size_t pad_a = a.len < width ? width - a.len : 0, pad_b = b.len < width ? width - b.len : 0;

	for (size_t i = 0; i < a.len + pad_a && i < b.len + pad_b; i++) {
		char x = i < pad_a ? '0' : a.ptr[i - pad_a], y = i < pad_b ? '0' : b.ptr[i - pad_b];

		if (x != y)
			return x < y ? -1 : 1;
	}
	return ver_sign((long)(a.len + pad_a) - (long)(b.len + pad_b));
}

static struct sk_span word_of(const struct part *part)
{
	return part->kind == LAST ? SK_SPAN_LIT("final") : part->text;
}

int sk_pypi_legacy_compare(struct sk_span left, struct sk_span right)
{
	struct parts a = { .c = ver_cursor(left) }, b = { .c = ver_cursor(right) };

	for (;;) {
		struct part x = next_part(&a), y = next_part(&b);
		bool xn = x.kind == NUMBER, yn = y.kind == NUMBER;
		int d;

		if (xn != yn)
			return xn ? 1 : -1;
		d = xn ? number_cmp(x.text, y.text) : ver_icase_cmp(word_of(&x), word_of(&y));
		if (d)
			return d;
		if (x.kind == LAST || y.kind == LAST)
			return (y.kind == LAST) - (x.kind == LAST);
	}
}
