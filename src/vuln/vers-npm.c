/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/vers-native.h"
#include "vuln/versions/scan.h"

/*
 * npm: the ranges of node-semver. Alternatives are joined by "||", comparators
 * by blanks; each comparator comes down to at most a lower and an upper bound,
 * and a set of them to the tightest. Upper bounds are written "<2.0.0", not
 * "<2.0.0-0": VERS has no rule that keeps pre-releases out.
 */
struct partial {
	struct sk_span number[3]; /* empty: x, *, or not there */
	struct sk_span pre;
	size_t known; /* leading numbers that are given */
};

/* One set of comparators: the tightest bounds, and single versions. */
struct set {
	struct sk_vers_constraint low, high, equal;
	bool has_low, has_high, has_equal, nothing;
};

static bool is_x(char c)
{
	return c == 'x' || c == 'X' || c == '*';
}

static bool read_partial(struct sk_span text, struct partial *p)
{
	struct ver_cursor c = ver_cursor(text);

	*p = (struct partial){ 0 };
	while (ver_peek(&c) == 'v' || ver_peek(&c) == '=' || ver_peek(&c) == ' ')
		c.p++;
	for (size_t i = 0; i < 3; i++) {
		if (i && !ver_accept(&c, '.'))
			break;
		if (is_x(ver_peek(&c))) {
			c.p++;
			continue;
		}
		p->number[i] = ver_digits(&c);
		if (!p->number[i].len)
			return i == 0 && !ver_more(&c);
		if (p->known == i)
			p->known++;
	}
	if (p->known == 3 && ver_more(&c) && *c.p != '+') {
		ver_accept(&c, '-');
		p->pre = ver_until(&c, '+');
		return p->pre.len > 0;
	}
	return !ver_more(&c) || *c.p == '+';
}

static struct sk_span number_or_zero(const struct partial *p, size_t i)
{
	return i < p->known ? p->number[i] : SK_SPAN_LIT("0");
}

/* The version with zeros for what is missing. */
static struct sk_span full(struct sk_vers_builder *b, const struct partial *p)
{
	struct sk_span a = number_or_zero(p, 0), m = number_or_zero(p, 1), l = number_or_zero(p, 2);

	return sk_span_str(sk_arena_printf(
	    b->arena, "%.*s.%.*s.%.*s%s%.*s", (int)a.len, a.ptr, (int)m.len, m.ptr, (int)l.len,
	    l.ptr, p->pre.len ? "-" : "", (int)p->pre.len, p->pre.ptr ? p->pre.ptr : ""));
}

/* Number n (from 1) raised, zeros behind it: above(1.2.3, 2) is 1.3.0. */
static int above(struct sk_vers_builder *b, const struct partial *p, size_t n,
		 struct sk_span *ret_version)
{
	struct sk_span up;
	int rc = sk_vers_build_bump(b, full(b, p), n, &up);

	if (rc == 0)
		*ret_version = sk_span_str(sk_arena_printf(b->arena, "%.*s%s", (int)up.len, up.ptr,
							   n == 1   ? ".0.0"
							   : n == 2 ? ".0"
								    : ""));
	return rc;
}

static void low(struct sk_vers_builder *b, struct set *s, enum sk_vers_op op, struct sk_span v)
{
	int d = s->has_low ? b->scheme->compare(v, s->low.version) : 1;

	if (d > 0 || (d == 0 && op == SK_VERS_GT))
		s->low = (struct sk_vers_constraint){ op, v };
	s->has_low = true;
}

static void high(struct sk_vers_builder *b, struct set *s, enum sk_vers_op op, struct sk_span v)
{
	int d = s->has_high ? b->scheme->compare(v, s->high.version) : -1;

	if (d < 0 || (d == 0 && op == SK_VERS_LT))
		s->high = (struct sk_vers_constraint){ op, v };
	s->has_high = true;
}

/* At least p, and below p with number n raised. */
static int span(struct sk_vers_builder *b, struct set *s, const struct partial *p, size_t n)
{
	struct sk_span next;
	int rc = above(b, p, n, &next);

	if (rc == 0) {
		low(b, s, SK_VERS_GE, full(b, p));
		high(b, s, SK_VERS_LT, next);
	}
	return rc;
}

/* ^: the first number that is not zero may not change; ~: the second. */
static int caret(struct sk_vers_builder *b, struct set *s, const struct partial *p)
{
	size_t n = 1;

	while (n < p->known && ver_digits_zero(p->number[n - 1]))
		n++;
	return span(b, s, p, n);
}

static void equal(struct sk_vers_builder *b, struct set *s, struct sk_span v)
{
	if (s->has_equal && b->scheme->compare(v, s->equal.version) != 0)
		s->nothing = true;
	s->equal = (struct sk_vers_constraint){ SK_VERS_EQ, v };
	s->has_equal = true;
}

static int primitive(struct sk_vers_builder *b, struct set *s, enum sk_vers_op op,
		     const struct partial *p)
{
	bool whole = p->known == 3;
	struct sk_span next = { NULL, 0 };
	int rc = 0;

	if (!p->known) { /* x: everything, but for < and > */
		s->nothing = s->nothing || op == SK_VERS_LT || op == SK_VERS_GT;
		return 0;
	}
	if (op == SK_VERS_EQ && !whole)
		return span(b, s, p, p->known);
	if (!whole && (op == SK_VERS_GT || op == SK_VERS_LE))
		rc = above(b, p, p->known, &next);
	if (rc < 0)
		return rc;
	switch (op) {
	case SK_VERS_EQ:
		equal(b, s, full(b, p));
		break;
	case SK_VERS_GE:
		low(b, s, op, full(b, p));
		break;
	case SK_VERS_LT:
		high(b, s, op, full(b, p));
		break;
	case SK_VERS_GT:
		low(b, s, whole ? op : SK_VERS_GE, whole ? full(b, p) : next);
		break;
	case SK_VERS_LE:
		high(b, s, whole ? op : SK_VERS_LT, whole ? full(b, p) : next);
		break;
	default:
		return sk_err_set(b->err, SK_EINVAL, "npm has no such comparator");
	}
	return 0;
}

static int comparator(struct sk_vers_builder *b, struct set *s, struct sk_span text)
{
	struct partial p;
	char first = text.len ? *text.ptr : '\0';
	enum sk_vers_op op = SK_VERS_EQ;
	bool written;

	if (first == '^' || first == '~')
		text = sk_span_from(text, first == '~' && sk_span_starts(text, "~>") ? 2 : 1);
	else
		op = sk_vers_take_op(&text, &written);
	if (!read_partial(text, &p))
		return sk_err_set(b->err, SK_EINVAL, "'%.*s' is no version in a range of npm",
				  (int)text.len, text.ptr);
	if (p.known && first == '^')
		return caret(b, s, &p);
	if (p.known && first == '~')
		return span(b, s, &p, p.known > 1 ? 2 : 1);
	return primitive(b, s, op, &p);
}

/* "1.2 - 2.3": from 1.2.0, and with 2.3.x included. */
static int hyphen_range(struct sk_vers_builder *b, struct set *s, struct sk_span from,
			struct sk_span to)
{
	struct partial p, q;

	if (!read_partial(sk_span_trim(from), &p) || !read_partial(sk_span_trim(to), &q))
		return sk_err_set(b->err, SK_EINVAL,
				  "a hyphen in a range of npm is not between versions");
	if (p.known)
		low(b, s, SK_VERS_GE, full(b, &p));
	return primitive(b, s, SK_VERS_LE, &q);
}

/* The next comparator; blanks may stand behind its sign. */
static struct sk_span next_comparator(struct ver_cursor *c)
{
	const char *start;

	while (ver_peek(c) == ' ')
		c->p++;
	start = c->p;
	while (ver_more(c) && *c->p && strchr("<>=~^ v", *c->p))
		c->p++;
	while (ver_more(c) && *c->p != ' ')
		c->p++;
	return sk_span_trim(sk_span(start, (size_t)(c->p - start)));
}

static int read_set(struct sk_vers_builder *b, struct set *s, struct sk_span text)
{
	ptrdiff_t hyphen = sk_span_find(text, SK_SPAN_LIT(" - "));
	struct ver_cursor c = ver_cursor(text);
	int rc = 0;

	if (hyphen >= 0)
		return hyphen_range(b, s, sk_span_sub(text, 0, (size_t)hyphen),
				    sk_span_from(text, (size_t)hyphen + 3));
	while (rc == 0 && ver_more(&c)) {
		struct sk_span part = next_comparator(&c);

		if (part.len)
			rc = comparator(b, s, part);
	}
	return rc;
}

/* Whether the bounds leave anything between them and take the single version in. */
static bool is_empty(struct sk_vers_builder *b, const struct set *s)
{
	const struct sk_vers_constraint *e = &s->equal;
	int d;

	if (s->nothing)
		return true;
	if (s->has_equal && s->has_low) {
		d = b->scheme->compare(e->version, s->low.version);
		if (d < 0 || (d == 0 && s->low.op == SK_VERS_GT))
			return true;
	}
	if (s->has_equal && s->has_high) {
		d = b->scheme->compare(e->version, s->high.version);
		if (d > 0 || (d == 0 && s->high.op == SK_VERS_LT))
			return true;
	}
	if (!s->has_low || !s->has_high)
		return false;
	d = b->scheme->compare(s->low.version, s->high.version);
	return d > 0 || (d == 0 && (s->low.op == SK_VERS_GT || s->high.op == SK_VERS_LT));
}

static int add_set(struct sk_vers_builder *b, const struct set *s)
{
	int rc = 0;

	if (is_empty(b, s))
		return 0;
	if (s->has_equal)
		return sk_vers_build_add(b, SK_VERS_EQ, s->equal.version);
	if (s->has_low)
		rc = sk_vers_build_add(b, s->low.op, s->low.version);
	if (rc == 0 && s->has_high)
		rc = sk_vers_build_add(b, s->high.op, s->high.version);
	b->any = b->any || (!s->has_low && !s->has_high);
	return rc;
}

int sk_vers_native_npm(struct sk_vers_builder *b, struct sk_span native)
{
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		ptrdiff_t bars = sk_span_find(native, SK_SPAN_LIT("||"));
		struct set s = { 0 };

		more = bars >= 0;
		rc = read_set(b, &s, more ? sk_span_sub(native, 0, (size_t)bars) : native);
		if (rc == 0)
			rc = add_set(b, &s);
		native = sk_span_from(native, (size_t)bars + 2);
	}
	if (rc == 0 && !b->any && !b->list.len)
		rc = sk_err_set(b->err, SK_EUNSUPPORTED, "a range without versions");
	return rc;
}
