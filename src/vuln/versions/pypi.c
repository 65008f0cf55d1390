/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/pypi-legacy.h"
#include "vuln/versions/scan.h"

/* Python: PEP 440, its appendix B for what is read. Anything else is older than all of it. */
struct pep440 {
	struct sk_span epoch, release, pre_number, post_number, dev_number, local;
	enum { NO_PRE, ALPHA, BETA, RC } pre;
	bool post, dev, ok;
};

static const struct {
	const char *word;
	int pre;
} pre_words[] = {
	/* Longer spellings before those that they begin with. */
	{ "alpha", ALPHA }, { "a", ALPHA }, { "beta", BETA }, { "b", BETA },
	{ "preview", RC },  { "pre", RC },  { "rc", RC },     { "c", RC },
};
static const char *const post_words[] = { "post", "rev", "r" };

static bool accept_word(struct ver_cursor *c, const char *word)
{
	const char *p = c->p;

	for (; *word; word++, p++)
		if (p >= c->end || ver_lower(*p) != *word)
			return false;
	c->p = p;
	return true;
}

static void skip_separator(struct ver_cursor *c)
{
	if (ver_peek(c) == '.' || ver_peek(c) == '-' || ver_peek(c) == '_')
		c->p++;
}

static struct sk_span word_number(struct ver_cursor *c)
{
	skip_separator(c);
	return ver_digits(c);
}

static void parse_pre(struct ver_cursor *c, struct pep440 *v)
{
	struct ver_cursor rest = *c;

	skip_separator(&rest);
	for (size_t i = 0; i < SK_COUNT(pre_words); i++) {
		if (accept_word(&rest, pre_words[i].word)) {
			v->pre = (unsigned)pre_words[i].pre;
			v->pre_number = word_number(&rest);
			*c = rest;
			return;
		}
	}
}

static void parse_post(struct ver_cursor *c, struct pep440 *v)
{
	struct ver_cursor rest = *c;

	if (ver_accept(&rest, '-') && (v->post_number = ver_digits(&rest)).len) {
		v->post = true;
		*c = rest;
		return;
	}
	rest = *c;
	skip_separator(&rest);
	for (size_t i = 0; i < SK_COUNT(post_words); i++) {
		if (accept_word(&rest, post_words[i])) {
			v->post = true;
			v->post_number = word_number(&rest);
			*c = rest;
			return;
		}
	}
}

static void parse_dev(struct ver_cursor *c, struct pep440 *v)
{
	struct ver_cursor rest = *c;

	skip_separator(&rest);
	if (accept_word(&rest, "dev")) {
		v->dev = true;
		v->dev_number = word_number(&rest);
		*c = rest;
	}
}

static bool parse_local(struct ver_cursor *c, struct pep440 *v)
{
	if (!ver_more(c))
		return true;
	if (!ver_accept(c, '+'))
		return false;
	v->local = ver_rest(c);

	bool in_word = false;

	for (; ver_more(c); c->p++) {
		bool word = ver_is_alnum(*c->p);

		if (!word && (!in_word || (*c->p != '.' && *c->p != '-' && *c->p != '_')))
			return false;
		in_word = word;
	}
	return in_word;
}

static struct pep440 parse(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(sk_span_trim(s));
	struct pep440 v = { 0 };

	if (ver_peek(&c) == 'v' || ver_peek(&c) == 'V')
		c.p++;

	struct sk_span first = ver_digits(&c);

	if (first.len && ver_accept(&c, '!')) {
		v.epoch = first;
		first = ver_digits(&c);
	}
	if (!first.len)
		return v;
	while (c.end - c.p > 1 && *c.p == '.' && ver_is_digit(c.p[1])) {
		c.p++;
		ver_digits(&c);
	}
	v.release = sk_span(first.ptr, (size_t)(c.p - first.ptr));
	parse_pre(&c, &v);
	parse_post(&c, &v);
	parse_dev(&c, &v);
	v.ok = parse_local(&c, &v);
	return v;
}

static int release_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	while (ver_more(&a) || ver_more(&b)) {
		int d = ver_digits_cmp(ver_digits(&a), ver_digits(&b));

		if (d)
			return d;
		ver_accept(&a, '.');
		ver_accept(&b, '.');
	}
	return 0;
}

/* Where the pre-release stands: 1.0.dev1 before 1.0a1, and 1.0 after 1.0rc1. */
static int pre_rank(const struct pep440 *v)
{
	if (v->pre != NO_PRE)
		return (int)v->pre;
	return v->dev && !v->post ? 0 : RC + 1;
}

static struct sk_span local_part(struct ver_cursor *c)
{
	const char *start = c->p;

	while (ver_more(c) && ver_is_alnum(*c->p))
		c->p++;

	struct sk_span part = sk_span(start, (size_t)(c->p - start));

	skip_separator(c);
	return part;
}

/* Numbers after words; more parts after fewer. */
static int local_cmp(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	while (ver_more(&a) && ver_more(&b)) {
		struct sk_span x = local_part(&a), y = local_part(&b);
		bool xn = ver_all_digits(x), yn = ver_all_digits(y);

		if (xn != yn)
			return xn ? 1 : -1;

		int d = xn ? ver_digits_cmp(x, y) : ver_icase_cmp(x, y);

		if (d)
			return d;
	}
	return (int)ver_more(&a) - (int)ver_more(&b);
}

static int pep440_cmp(const struct pep440 *a, const struct pep440 *b)
{
	int d = ver_digits_cmp(a->epoch, b->epoch);

	if (!d)
		d = release_cmp(a->release, b->release);
	if (!d)
		d = ver_sign(pre_rank(a) - pre_rank(b));
	if (!d)
		d = ver_digits_cmp(a->pre_number, b->pre_number);
	if (!d)
		d = (int)a->post - (int)b->post;
	if (!d)
		d = ver_digits_cmp(a->post_number, b->post_number);
	if (!d)
		d = (int)b->dev - (int)a->dev;
	if (!d)
		d = ver_digits_cmp(a->dev_number, b->dev_number);
	return d ? d : local_cmp(a->local, b->local);
}

static int compare(struct sk_span left, struct sk_span right)
{
	if (ver_same(left, right))
		return 0;

	struct pep440 a = parse(left), b = parse(right);

	if (a.ok != b.ok)
		return a.ok ? 1 : -1;
	return a.ok ? pep440_cmp(&a, &b) : sk_pypi_legacy_compare(left, right);
}

/* The index still lists versions from before PEP 440; none of them has other characters than these.
 */
static bool valid(struct sk_span s)
{
	if (parse(s).ok)
		return true;
	for (size_t i = 0; i < s.len; i++)
		if (!ver_is_alnum(s.ptr[i]) && (!s.ptr[i] || !strchr("._+:-", s.ptr[i])))
			return false;
	return s.len > 0;
}

static bool prerelease(struct sk_span s)
{
	struct pep440 v = parse(s);

	return v.ok && (v.pre != NO_PRE || v.dev);
}

static const char *const aliases[] = { "python", NULL };

const struct sk_scheme sk_scheme_pypi = {
	.name = "pypi",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
	.prerelease = prerelease,
};
