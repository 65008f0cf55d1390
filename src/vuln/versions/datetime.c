/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/scan.h"

/*
 * VERS's "datetime": RFC 3339 date-times, compared as instants with as many
 * digits of the second as there are. What is none comes first, as text.
 */
struct instant {
	int64_t second;
	struct sk_span fraction;
	bool ok;
};

/* Exactly n digits; -1 where they are not there. */
static int number(struct ver_cursor *c, int n)
{
	int v = 0;

	for (; n > 0; n--) {
		if (!ver_more(c) || !ver_is_digit(*c->p))
			return -1;
		v = v * 10 + (*c->p++ - '0');
	}
	return v;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Days since 0000-03-01 of the proleptic Gregorian calendar. */
static int64_t day_number(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

	/* + 400 years: the year 0 may become -1. */
	y += 400;
	return 365LL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day;
}

static bool parse_date(struct ver_cursor *c, struct instant *t)
{
	int year = number(c, 4), month, day;

	if (year < 0 || !ver_accept(c, '-') || (month = number(c, 2)) < 1 || month > 12)
		return false;
	if (!ver_accept(c, '-') || (day = number(c, 2)) < 1 || day > month_days(year, month))
		return false;
	t->second = day_number(year, month, day) * 86400;
	return true;
}

static bool parse_time(struct ver_cursor *c, struct instant *t)
{
	int hour, minute, second;

	if ((hour = number(c, 2)) < 0 || hour > 23 || !ver_accept(c, ':'))
		return false;
	if ((minute = number(c, 2)) < 0 || minute > 59 || !ver_accept(c, ':'))
		return false;
	if ((second = number(c, 2)) < 0 || second > 60)
		return false;
	t->second += hour * 3600 + minute * 60 + second;
	if (ver_accept(c, '.')) {
		t->fraction = ver_digits(c);
		if (!t->fraction.len)
			return false;
	}
	return true;
}

static bool parse_offset(struct ver_cursor *c, struct instant *t)
{
	int sign = ver_peek(c) == '-' ? 1 : -1, hour, minute;

	if (ver_accept(c, 'Z') || ver_accept(c, 'z'))
		return true;
	if (!ver_accept(c, '+') && !ver_accept(c, '-'))
		return false;
	if ((hour = number(c, 2)) < 0 || hour > 23 || !ver_accept(c, ':'))
		return false;
	if ((minute = number(c, 2)) < 0 || minute > 59)
		return false;
	t->second += sign * (hour * 3600 + minute * 60);
	return true;
}

static struct instant parse(struct sk_span s)
{
	struct ver_cursor c = ver_cursor(s);
	struct instant t = { 0 };

	t.ok = parse_date(&c, &t) && (ver_accept(&c, 'T') || ver_accept(&c, 't')) &&
	       parse_time(&c, &t) && parse_offset(&c, &t) && !ver_more(&c);
	while (t.fraction.len && t.fraction.ptr[t.fraction.len - 1] == '0')
		t.fraction.len--;
	return t;
}

static int compare(struct sk_span left, struct sk_span right)
{
	struct instant a = parse(left), b = parse(right);

	if (a.ok != b.ok)
		return a.ok ? 1 : -1;
	if (!a.ok)
		return ver_bytes_cmp(left, right);
	if (a.second != b.second)
		return a.second < b.second ? -1 : 1;
	return ver_bytes_cmp(a.fraction, b.fraction);
}

static bool valid(struct sk_span s)
{
	return parse(s).ok;
}

const struct sk_scheme sk_scheme_datetime = {
	.name = "datetime",
	.compare = compare,
	.valid = valid,
};
