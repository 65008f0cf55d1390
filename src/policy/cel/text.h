/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Numbers, times and durations as text, both ways; all bounded and without allocation. */
#include "policy/cel/function.h"

/* Bounds of RFC 3339 years 0001 to 9999, and of google.protobuf.Duration. */
#define SK_CEL_TIME_MIN (-62135596800)
#define SK_CEL_TIME_MAX 253402300799
#define SK_CEL_DURATION_MAX 315576000000

/* Whole text or nothing; false also on overflow. */
bool sk_cel_parse_int(const char *text, size_t len, int64_t *ret);
bool sk_cel_parse_uint(const char *text, size_t len, uint64_t *ret);
bool sk_cel_parse_double(const char *text, size_t len, double *ret);
bool sk_cel_parse_timestamp(const char *text, size_t len, struct sk_cel_value *ret); /* RFC 3339 */
bool sk_cel_parse_duration(const char *text, size_t len, struct sk_cel_value *ret); /* "1h2m3.5s" */

/* Proleptic Gregorian calendar. */
struct sk_cel_civil {
	int64_t year;
	int month, day; /* 1 to 12, 1 to 31 */
	int hour, minute, second;
	int weekday, yearday; /* 0: Sunday; 0: January 1 */
};
void sk_cel_civil(int64_t seconds, struct sk_cel_civil *ret);
int64_t sk_cel_seconds(int64_t year, int month, int day, int hour, int minute, int second);

/* Offset in seconds east of UTC at that moment of "+05:30", "UTC" or a name of the tz database; false: no such zone. */
bool sk_cel_zone_offset(const char *zone, size_t len, int64_t seconds, int32_t *ret_offset);
