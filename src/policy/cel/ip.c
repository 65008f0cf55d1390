/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/ip.h"

#include <stdio.h>
#include <string.h>

/* Four decimal numbers without leading zeros. */
static const char *parse_v4(const char *text, size_t len, uint8_t out[4])
{
	unsigned value = 0, digits = 0, fields = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] >= '0' && text[i] <= '9') {
			if (digits == 1 && value == 0)
				return "IPv4 field has octet with leading zero";
			value = value * 10 + (unsigned)(text[i] - '0');
			digits++;
			if (value > 255)
				return "IPv4 field has value >255";
			continue;
		}
		if (i < len && text[i] != '.')
			return "unexpected character";
		if (digits == 0)
			return "IPv4 field must have at least one digit";
		if (fields == 4)
			return "IPv4 address too long";
		out[fields++] = (uint8_t)value;
		value = digits = 0;
	}
	return fields == 4 ? NULL : "IPv4 address too short";
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct v6 {
	const char *at, *end;
	uint8_t *bytes;
	unsigned used; /* bytes */
	int gap;       /* byte where "::" stands, -1 */
};

/* One group of digits; an IPv4 address may be the last. *ret_done: nothing follows. */
static const char *parse_group(struct v6 *v, bool *ret_done)
{
	const char *begin = v->at, *wrong;
	unsigned value = 0;

	for (; v->at < v->end && hex_digit(*v->at) >= 0; v->at++) {
		if (v->at - begin == 4)
			return "each group must have 4 or less digits";
		value = value << 4 | (unsigned)hex_digit(*v->at);
	}
	if (v->at == begin)
		return "each colon-separated field must have at least one digit";
	*ret_done = true;
	if (v->at < v->end && *v->at == '.') {
		if (v->gap < 0 && v->used != 12)
			return "embedded IPv4 address must replace the final 2 fields of the "
			       "address";
		if (v->used > 12)
			return "too many hex fields to fit an embedded IPv4 at the end of the "
			       "address";
		wrong = parse_v4(begin, (size_t)(v->end - begin), v->bytes + v->used);
		v->used += 4;
		return wrong;
	}
	v->bytes[v->used++] = (uint8_t)(value >> 8);
	v->bytes[v->used++] = (uint8_t)value;
	if (v->at == v->end)
		return NULL;
	if (*v->at != ':')
		return "unexpected character, want colon";
	if (++v->at == v->end)
		return "colon must be followed by more characters";
	*ret_done = false;
	return NULL;
}

static const char *parse_v6(const char *text, size_t len, uint8_t out[16])
{
	struct v6 v = { .at = text, .end = text + len, .bytes = out, .gap = -1 };
	const char *wrong;
	bool done = false;

	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		v.gap = 0;
		v.at += 2;
		done = v.at == v.end;
	}
	while (!done && v.used < 16) {
		wrong = parse_group(&v, &done);
		if (wrong)
			return wrong;
		if (done || *v.at != ':')
			continue;
		if (v.gap >= 0)
			return "multiple :: in address";
		v.gap = (int)v.used;
		v.at++;
		done = v.at == v.end;
	}
	if (!done)
		return "trailing garbage after address";
	if (v.used == 16)
		return v.gap < 0 ? NULL : "the :: must expand to at least one field of zeros";
	if (v.gap < 0)
		return "address string too short";
	memmove(out + v.gap + (16 - v.used), out + v.gap, v.used - (unsigned)v.gap);
	memset(out + v.gap, 0, 16 - v.used);
	return NULL;
}

const char *sk_cel_ip_parse(const char *text, size_t len, struct sk_cel_ip *ret,
			    size_t *ret_zone_len)
{
	struct sk_cel_ip ip = { .len = 16 };
	const char *zone = len > 0 ? memchr(text, '%', len) : NULL, *wrong;
	size_t plain = zone ? (size_t)(zone - text) : len, first = 0;

	while (first < plain && text[first] != '.' && text[first] != ':')
		first++;
	if (first == plain)
		return zone ? "missing IPv6 address" : "unable to parse IP";
	if (text[first] == '.') {
		ip.len = 4;
		wrong = parse_v4(text, len, ip.bytes);
	} else {
		wrong = parse_v6(text, plain, ip.bytes);
	}
	if (!wrong && zone && plain + 1 == len)
		wrong = "zone must be a non-empty string";
	if (wrong)
		return wrong;
	*ret = ip;
	*ret_zone_len = zone ? len - plain - 1 : 0;
	return NULL;
}

bool sk_cel_ip_is_mapped(const struct sk_cel_ip *ip)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return ip->len == 16 && memcmp(ip->bytes, prefix, sizeof(prefix)) == 0;
}

static unsigned group(const struct sk_cel_ip *ip, int i)
{
	return (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
}

/* The longest run of two or more zero groups, the first of equals; *ret_end is behind it. */
static int longest_gap(const struct sk_cel_ip *ip, int *ret_end)
{
	int gap = 8, longest = 1;

	*ret_end = 8;
	for (int i = 0; i < 8; i++) {
		int end = i;

		while (end < 8 && group(ip, end) == 0)
			end++;
		if (end - i > longest) {
			longest = end - i;
			gap = i;
			*ret_end = end;
		}
		i = end > i ? end : i;
	}
	return gap;
}

size_t sk_cel_ip_format(char buf[SK_CEL_IP_TEXT], const struct sk_cel_ip *ip)
{
	const uint8_t *b = ip->bytes;
	int gap, end, len = 0;

	if (ip->len == 4)
		return (size_t)snprintf(buf, SK_CEL_IP_TEXT, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	gap = longest_gap(ip, &end);
	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			buf[len++] = ':';
			buf[len++] = ':';
			i = end;
			if (i == 8)
				break;
		} else if (i > 0) {
			buf[len++] = ':';
		}
		len += snprintf(buf + len, SK_CEL_IP_TEXT - (size_t)len, "%x", group(ip, i));
	}
	buf[len] = '\0';
	return (size_t)len;
}
