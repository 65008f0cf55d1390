/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * ((int64_t)m + (m > 2 ? -3 : 9)) + 2) / 5 + (int64_t)d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool digits(struct sk_span *s, size_t n, unsigned *ret_value)
{
	uint64_t v;

	if (s->len < n || !sk_span_u64(sk_span(s->ptr, n), &v))
		return false;
	*ret_value = (unsigned)v;
	*s = sk_span(s->ptr + n, s->len - n);
	return true;
}

static bool one_of(struct sk_span *s, const char *set, char *ret_c)
{
	if (!s->len || !strchr(set, s->ptr[0]) || !s->ptr[0])
		return false;
	if (ret_c)
		*ret_c = s->ptr[0];
	*s = sk_span(s->ptr + 1, s->len - 1);
	return true;
}

static unsigned days_in_month(unsigned y, unsigned m)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (m == 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0))
		return 29;
	return days[m - 1];
}

static bool parse_offset(struct sk_span *s, int64_t *ret_seconds)
{
	unsigned h, m;
	char sign;

	if (one_of(s, "Zz", NULL)) {
		*ret_seconds = 0;
		return true;
	}
	if (!one_of(s, "+-", &sign) || !digits(s, 2, &h) || !one_of(s, ":", NULL) ||
	    !digits(s, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_seconds = (sign == '-' ? -1 : 1) * (int64_t)(h * 3600 + m * 60);
	return true;
}

bool sk_time_parse(struct sk_span s, int64_t *ret_time)
{
	unsigned y, mon, d, h = 0, min = 0, sec = 0;
	int64_t offset = 0;

	if (!digits(&s, 4, &y) || !one_of(&s, "-", NULL) || !digits(&s, 2, &mon) ||
	    !one_of(&s, "-", NULL) || !digits(&s, 2, &d))
		return false;
	if (mon < 1 || mon > 12 || d < 1 || d > days_in_month(y, mon))
		return false;
	if (s.len) {
		if (!one_of(&s, "Tt ", NULL) || !digits(&s, 2, &h) || !one_of(&s, ":", NULL) ||
		    !digits(&s, 2, &min) || !one_of(&s, ":", NULL) || !digits(&s, 2, &sec))
			return false;
		if (one_of(&s, ".", NULL)) {
			unsigned digit;

			if (!digits(&s, 1, &digit))
				return false;
			while (digits(&s, 1, &digit))
				;
		}
		if (!parse_offset(&s, &offset) || s.len)
			return false;
	}
	if (h > 23 || min > 59 || sec > 60)
		return false;
	*ret_time = days_of(y, mon, d) * 86400 + h * 3600 + min * 60 + sec - offset;
	return true;
}

static void split(int64_t time, struct tm *ret_tm)
{
	time_t t = (time_t)time;

	if (!gmtime_r(&t, ret_tm))
		*ret_tm = (struct tm){ .tm_year = 70, .tm_mday = 1 };
}

/* strftime's %Y has no leading zeros, without which a year is none (RFC 3339). */
static void put_date(const struct tm *tm, char text[SK_TIME_TEXT])
{
	snprintf(text, SK_TIME_TEXT, "%04d-", tm->tm_year + 1900);
	strftime(text + strlen(text), 8, "%m-%d", tm);
}

char *sk_time_format(int64_t time, char text[SK_TIME_TEXT])
{
	struct tm tm;

	split(time, &tm);
	put_date(&tm, text);
	strftime(text + strlen(text), 16, "T%H:%M:%SZ", &tm);
	return text;
}

char *sk_time_format_date(int64_t time, char text[SK_TIME_TEXT])
{
	struct tm tm;

	split(time, &tm);
	put_date(&tm, text);
	return text;
}

int64_t sk_time_now(void)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;

	if (fixed && sk_span_u64(sk_span_str(fixed), &value) && value < INT64_MAX)
		return (int64_t)value;
	return (int64_t)time(NULL);
}
