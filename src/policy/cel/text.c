/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/text.h"

#include "policy/cel/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

bool sk_cel_parse_uint(const char *text, size_t len, uint64_t *ret)
{
	uint64_t n = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(text[i] - '0');

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret = n;
	return true;
}

bool sk_cel_parse_int(const char *text, size_t len, int64_t *ret)
{
	bool negative = len > 0 && text[0] == '-', sign = negative || (len > 0 && text[0] == '+');
	uint64_t n;

	if (!sk_cel_parse_uint(text + sign, len - sign, &n) || n > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)-n : (int64_t)n;
	return true;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

bool sk_cel_parse_double(const char *text, size_t len, double *ret)
{
	char buf[400], *end;
	size_t sign = len && (text[0] == '-' || text[0] == '+');

	if (len == 0 || len >= sizeof(buf))
		return false;
	if (is_word(text + sign, len - sign, "inf") ||
	    is_word(text + sign, len - sign, "infinity")) {
		*ret = text[0] == '-' ? -INFINITY : INFINITY;
		return true;
	}
	if (is_word(text, len, "nan")) {
		*ret = NAN;
		return true;
	}
	for (size_t i = 0; i < len; i++) /* no hexadecimal, no blanks, no locale's comma */
		if (!isdigit((unsigned char)text[i]) && !strchr("+-.eE", text[i]))
			return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	errno = 0;
	*ret = strtod(buf, &end);
	return end == buf + len && !(errno == ERANGE && isinf(*ret));
}

/* The fewest digits that read back as d: "d.ddde±xx". */
static int shortest(double d, char buf[40])
{
	int precision = 0;

	do {
		snprintf(buf, 40, "%.*e", precision, d);
	} while (++precision <= 17 && strtod(buf, NULL) != d);
	return precision;
}

size_t sk_cel_format_double(char *out, double d)
{
	char buf[40], digits[24];
	size_t n = 0, at = 0;
	int exponent;

	if (isnan(d))
		return (size_t)sprintf(out, "NaN");
	if (isinf(d))
		return (size_t)sprintf(out, d < 0 ? "-Inf" : "+Inf");
	shortest(fabs(d), buf);
	exponent = atoi(strchr(buf, 'e') + 1);
	for (char *c = buf; *c != 'e'; c++)
		if (isdigit((unsigned char)*c))
			digits[n++] = *c;
	if (signbit(d))
		out[at++] = '-';
	if (exponent < -4 || exponent >= 21) {
		out[at++] = digits[0];
		if (n > 1) {
			out[at++] = '.';
			memcpy(out + at, digits + 1, n - 1);
			at += n - 1;
		}
		return at + (size_t)sprintf(out + at, "e%c%02d", exponent < 0 ? '-' : '+',
					    abs(exponent));
	}
	if (exponent < 0) {
		out[at++] = '0';
		out[at++] = '.';
		for (int i = -1; i > exponent; i--)
			out[at++] = '0';
	}
	for (size_t i = 0; i < n; i++) {
		out[at++] = digits[i];
		if (exponent >= 0 && (int)i == exponent && i + 1 < n)
			out[at++] = '.';
	}
	for (int i = (int)n; i <= exponent; i++)
		out[at++] = '0';
	out[at] = '\0';
	return at;
}

/* ---- calendar ---- */

/* Days since 1970-01-01; years begin in March, so that leap days come last. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t sk_cel_seconds(int64_t year, int month, int day, int hour, int minute, int second)
{
	return days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

void sk_cel_civil(int64_t seconds, struct sk_cel_civil *ret)
{
	int64_t days = seconds / 86400, rest = seconds % 86400, era, of_era, year, of_year, month;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	ret->hour = (int)(rest / 3600);
	ret->minute = (int)(rest / 60 % 60);
	ret->second = (int)(rest % 60);
	ret->weekday = (int)(((days + 4) % 7 + 7) % 7);
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	of_era = days - era * 146097;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	ret->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	ret->month = (int)(month < 10 ? month + 3 : month - 9);
	ret->year = year + era * 400 + (ret->month <= 2);
	ret->yearday = (int)(days_of(ret->year, ret->month, ret->day) - days_of(ret->year, 1, 1));
}

/* ---- timestamps ---- */

static bool digits(const char **at, const char *end, int count, int *ret)
{
	*ret = 0;
	for (int i = 0; i < count; i++, ++*at) {
		if (*at >= end || !isdigit((unsigned char)**at))
			return false;
		*ret = *ret * 10 + (**at - '0');
	}
	return true;
}

static bool letter(const char **at, const char *end, char c)
{
	if (*at >= end || **at != c)
		return false;
	++*at;
	return true;
}

static bool fraction(const char **at, const char *end, int32_t *ret_nanos)
{
	int32_t scale = 100000000;

	*ret_nanos = 0;
	if (!letter(at, end, '.'))
		return true;
	if (*at >= end || !isdigit((unsigned char)**at))
		return false;
	for (; *at < end && isdigit((unsigned char)**at); ++*at, scale /= 10)
		*ret_nanos += (**at - '0') * scale;
	return true;
}

static bool offset(const char **at, const char *end, int32_t *ret_offset)
{
	int hours, minutes;
	bool negative;

	*ret_offset = 0;
	if (letter(at, end, 'Z'))
		return true;
	negative = *at < end && **at == '-';
	if (!negative && !(*at < end && **at == '+'))
		return false;
	++*at;
	if (!digits(at, end, 2, &hours) || !letter(at, end, ':') || !digits(at, end, 2, &minutes) ||
	    hours > 23 || minutes > 59)
		return false;
	*ret_offset = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool sk_cel_parse_timestamp(const char *text, size_t len, struct sk_cel_value *ret)
{
	const char *at = text, *end = text + len;
	int year, month, day, hour, minute, second;
	int32_t nanos, east;
	int64_t seconds;

	if (!digits(&at, end, 4, &year) || !letter(&at, end, '-') || !digits(&at, end, 2, &month) ||
	    !letter(&at, end, '-') || !digits(&at, end, 2, &day) || !letter(&at, end, 'T') ||
	    !digits(&at, end, 2, &hour) || !letter(&at, end, ':') ||
	    !digits(&at, end, 2, &minute) || !letter(&at, end, ':') ||
	    !digits(&at, end, 2, &second) || !fraction(&at, end, &nanos) ||
	    !offset(&at, end, &east) || at != end)
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
	    minute > 59 || second > 59)
		return false;
	seconds = sk_cel_seconds(year, month, day, hour, minute, second) - east;
	if (seconds < SK_CEL_TIME_MIN || seconds > SK_CEL_TIME_MAX)
		return false;
	*ret = sk_cel_timestamp(seconds, nanos);
	return true;
}

/* ".5" for half of it: nanoseconds without the zeros behind. */
static size_t format_nanos(char *out, int32_t nanos)
{
	size_t n;

	if (!nanos)
		return 0;
	n = (size_t)sprintf(out, ".%09d", nanos);
	while (out[n - 1] == '0')
		n--;
	out[n] = '\0';
	return n;
}

size_t sk_cel_format_timestamp(char *out, struct sk_cel_value timestamp)
{
	struct sk_cel_civil c;
	size_t n;

	sk_cel_civil(timestamp.i, &c);
	n = (size_t)sprintf(out, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day,
			    c.hour, c.minute, c.second);
	n += format_nanos(out + n, timestamp.nanos);
	out[n++] = 'Z';
	out[n] = '\0';
	return n;
}

/* ---- durations ---- */

static bool unit(const char **at, const char *end, int64_t *ret_nanos)
{
	static const struct {
		const char *name;
		int64_t nanos;
	} units[] = { { "ns", 1 },	     { "us", 1000 },	    { "\xc2\xb5s", 1000 },
		      { "\xce\xbcs", 1000 }, { "ms", 1000000 },	    { "s", 1000000000 },
		      { "m", 60000000000 },  { "h", 3600000000000 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);

		if ((size_t)(end - *at) >= n && memcmp(*at, units[i].name, n) == 0 &&
		    (*at + n == end || isdigit((unsigned char)(*at)[n]) || (*at)[n] == '.')) {
			*at += n;
			*ret_nanos = units[i].nanos;
			return true;
		}
	}
	return false;
}

/* One "12.5h"; the sum is kept as 128-bit nanoseconds. */
static bool part(const char **at, const char *end, sk_cel_wide *sum)
{
	sk_cel_wide whole = 0, scale = 1, below = 0;
	bool any = false;
	int64_t nanos;

	for (; *at < end && isdigit((unsigned char)**at); ++*at, any = true)
		if ((whole = whole * 10 + (**at - '0')) > INT64_MAX)
			return false;
	if (*at < end && **at == '.')
		for (++*at; *at < end && isdigit((unsigned char)**at); ++*at, any = true)
			if (scale < 1000000000000000000) {
				below = below * 10 + (**at - '0');
				scale *= 10;
			}
	if (!any || !unit(at, end, &nanos))
		return false;
	*sum += whole * nanos + below * nanos / scale;
	return *sum <= (sk_cel_wide)SK_CEL_DURATION_MAX * 1000000000;
}

bool sk_cel_parse_duration(const char *text, size_t len, struct sk_cel_value *ret)
{
	const char *at = text, *end = text + len;
	bool negative = len && *at == '-';
	sk_cel_wide sum = 0;

	if (len && (*at == '-' || *at == '+'))
		at++;
	if (at + 1 == end && *at == '0') {
		*ret = sk_cel_duration(0, 0);
		return true;
	}
	if (at == end)
		return false;
	while (at < end)
		if (!part(&at, end, &sum))
			return false;
	if (negative)
		sum = -sum;
	*ret = sk_cel_duration((int64_t)(sum / 1000000000), (int32_t)(sum % 1000000000));
	return true;
}

size_t sk_cel_format_duration(char *out, struct sk_cel_value d)
{
	bool negative = d.i < 0 || d.nanos < 0;
	size_t n = (size_t)sprintf(out, "%s%" PRIu64, negative ? "-" : "",
				   d.i < 0 ? (uint64_t)-d.i : (uint64_t)d.i);

	n += format_nanos(out + n, abs(d.nanos));
	out[n++] = 's';
	out[n] = '\0';
	return n;
}
