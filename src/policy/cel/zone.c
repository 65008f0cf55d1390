/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zones: fixed offsets, and the machine's tz database (TZif, RFC 9636)
 * read by itself: localtime() knows one zone at a time for all threads.
 */
#include "policy/cel/text.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The largest file of the database has 4 kB. */
#define MAX_ZONE_FILE 65536u

static int64_t big_endian(const unsigned char *p, int bytes)
{
	uint64_t n = p[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < bytes; i++)
		n = n << 8 | p[i];
	return (int64_t)n;
}

struct zone_part {
	uint32_t utc_count, std_count, leap_count, time_count, type_count, char_count;
	const unsigned char *data;
	size_t size;
};

static bool read_header(const unsigned char *p, size_t len, int width, struct zone_part *ret)
{
	uint32_t *counts[] = { &ret->utc_count,	 &ret->std_count,  &ret->leap_count,
			       &ret->time_count, &ret->type_count, &ret->char_count };

	if (len < 44 || memcmp(p, "TZif", 4) != 0)
		return false;
	for (int i = 0; i < 6; i++) {
		*counts[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
		if (*counts[i] > MAX_ZONE_FILE)
			return false;
	}
	ret->data = p + 44;
	ret->size = (size_t)ret->time_count * (size_t)width + ret->time_count +
		    (size_t)ret->type_count * 6 + ret->char_count +
		    (size_t)ret->leap_count * (size_t)(width + 4) + ret->std_count + ret->utc_count;
	return ret->size <= len - 44 && ret->type_count > 0;
}

/* ---- the rule behind the last transition: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool name(const char **at)
{
	const char *from = *at;

	if (**at == '<') {
		while (**at && **at != '>')
			++*at;
		return **at && *(*at)++ == '>';
	}
	while (isalpha((unsigned char)**at))
		++*at;
	return *at - from >= 3;
}

static bool number(const char **at, int max, int *ret)
{
	if (!isdigit((unsigned char)**at))
		return false;
	*ret = 0;
	for (; isdigit((unsigned char)**at); ++*at)
		if ((*ret = *ret * 10 + (**at - '0')) > max)
			return false;
	return true;
}

static bool clock_time(const char **at, int32_t *ret)
{
	int sign = **at == '-' ? -1 : 1, h, m = 0, s = 0;

	if (**at == '-' || **at == '+')
		++*at;
	if (!number(at, 167, &h))
		return false;
	if (**at == ':' && (++*at, !number(at, 59, &m)))
		return false;
	if (**at == ':' && (++*at, !number(at, 59, &s)))
		return false;
	*ret = sign * (h * 3600 + m * 60 + s);
	return true;
}

/* Seconds from the year's beginning, local time, at which the rule changes the clock. */
static bool change(const char **at, int64_t year, int64_t *ret)
{
	int month, week, day;
	int32_t time = 7200;
	int64_t start = sk_cel_seconds(year, 1, 1, 0, 0, 0), first;
	struct sk_cel_civil c;

	if (**at == 'M') {
		++*at;
		if (!number(at, 12, &month) || month < 1 || *(*at)++ != '.' ||
		    !number(at, 5, &week) || week < 1 || *(*at)++ != '.' || !number(at, 6, &day))
			return false;
		first = sk_cel_seconds(year, month, 1, 0, 0, 0);
		sk_cel_civil(first, &c);
		first += ((day - c.weekday + 7) % 7 + (week - 1) * 7) * 86400LL;
		sk_cel_civil(first, &c);
		if (c.month != month) /* "the fifth" is the last */
			first -= 7 * 86400;
		*ret = first - start;
	} else {
		bool julian = **at == 'J';

		*at += julian;
		if (!number(at, 366, &day))
			return false;
		*ret = (int64_t)(day - julian) * 86400;
		if (julian && day >= 60 &&
		    sk_cel_seconds(year, 3, 1, 0, 0, 0) - start == 60 * 86400)
			*ret += 86400;
	}
	if (**at == '/' && (++*at, !clock_time(at, &time)))
		return false;
	*ret += time;
	return true;
}

static bool rule_offset(const char *rule, int64_t seconds, int32_t *ret_offset)
{
	struct sk_cel_civil c;
	int32_t standard, summer;
	int64_t from, to, local;

	if (!name(&rule) || !clock_time(&rule, &standard))
		return false;
	*ret_offset = -standard;
	if (!*rule)
		return true;
	summer = standard - 3600;
	if (!name(&rule) || (*rule && *rule != ',' && !clock_time(&rule, &summer)) || *rule != ',')
		return false;
	sk_cel_civil(seconds - standard, &c);
	rule++;
	if (!change(&rule, c.year, &from) || *rule++ != ',' || !change(&rule, c.year, &to))
		return false;
	local = seconds - sk_cel_seconds(c.year, 1, 1, 0, 0, 0);
	from += standard; /* as UTC */
	to += summer;
	if (from < to ? local >= from && local < to : local >= from || local < to)
		*ret_offset = -summer;
	return true;
}

/* ---- transitions ---- */

static int32_t type_offset(const struct zone_part *z, int width, unsigned type)
{
	const unsigned char *types =
		z->data + (size_t)z->time_count * (size_t)width + z->time_count;

	return (int32_t)big_endian(types + 6 * (type < z->type_count ? type : 0), 4);
}

static bool file_offset(const unsigned char *p, size_t len, int64_t seconds, int32_t *ret_offset)
{
	struct zone_part z;
	int width = 4;
	uint32_t low = 0, high;

	if (!read_header(p, len, 4, &z))
		return false;
	if (p[4] >= '2') { /* the 64-bit part follows */
		size_t skip = 44 + z.size;

		width = 8;
		if (!read_header(p + skip, len - skip, 8, &z))
			return false;
	}
	high = z.time_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (big_endian(z.data + (size_t)middle * (size_t)width, width) <= seconds)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z.time_count && width == 8) {
		size_t at = (size_t)(z.data - p) + z.size;
		char rule[128] = "";

		if (at + 1 < len && len - at - 1 < sizeof(rule)) {
			memcpy(rule, p + at + 1, len - at - 1);
			rule[strcspn(rule, "\n")] = '\0';
		}
		if (rule[0] && rule_offset(rule, seconds, ret_offset))
			return true;
	}
	*ret_offset = type_offset(&z, width,
				  low ? z.data[(size_t)z.time_count * (size_t)width + low - 1] : 0);
	return true;
}

/* Names are words of letters, digits, "_+-", joined by "/": nothing that leaves the folder. */
static bool safe_name(const char *zone, size_t len)
{
	if (len == 0 || len > 64 || !isalpha((unsigned char)zone[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)zone[i]) && !strchr("_+-/", zone[i]))
			return false;
	return true;
}

static bool named_offset(const char *zone, size_t len, int64_t seconds, int32_t *ret_offset)
{
	char path[128];
	unsigned char *bytes;
	ssize_t n;
	bool ok = false;
	int fd;

	if (!safe_name(zone, len))
		return false;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", (int)len, zone);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bytes = malloc(MAX_ZONE_FILE);
	n = bytes ? read(fd, bytes, MAX_ZONE_FILE) : -1;
	if (n > 0)
		ok = file_offset(bytes, (size_t)n, seconds, ret_offset);
	free(bytes);
	close(fd);
	return ok;
}

bool sk_cel_zone_offset(const char *zone, size_t len, int64_t seconds, int32_t *ret_offset)
{
	int hours, minutes, used = 0;
	char buf[16];

	*ret_offset = 0;
	if (len == 0 || (len == 3 && memcmp(zone, "UTC", 3) == 0))
		return true;
	if (len < sizeof(buf) &&
	    (isdigit((unsigned char)zone[0]) || zone[0] == '+' || zone[0] == '-')) {
		bool sign = !isdigit((unsigned char)zone[0]);

		memcpy(buf, zone, len);
		buf[len] = '\0';
		if (sscanf(buf + sign, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
		    (size_t)used + sign != len || hours > 23 || minutes > 59 || hours < 0 ||
		    minutes < 0)
			return false;
		*ret_offset = (hours * 3600 + minutes * 60) * (zone[0] == '-' ? -1 : 1);
		return true;
	}
	return named_offset(zone, len, seconds, ret_offset);
}
