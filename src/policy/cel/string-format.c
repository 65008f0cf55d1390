/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/string-format.h"

#include "policy/cel/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* 309 digits before the point, SK_CEL_FORMAT_MAX_PRECISION after it. */
#define NUMBER_SIZE 448

/*
 * The result is made twice: without `bytes` it is only measured, so that its
 * length is paid for before there is memory for it.
 */
struct output {
	struct sk_cel_eval *eval;
	char *bytes;
	uint64_t len;
	struct sk_cel_value error; /* SK_CEL_ABSENT: none */
};

static void put(struct output *out, const char *text, size_t len)
{
	if (out->bytes && len > 0)
		memcpy(out->bytes + out->len, text, len);
	out->len += len;
}

static void put_text(struct output *out, const char *text)
{
	put(out, text, strlen(text));
}

/* ---- doubles ---- */

static const char *special(double d)
{
	return isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity";
}

/* The shortest digits that read back as d, without an exponent. */
static void put_shortest(struct output *out, double d)
{
	char text[32], digits[32];
	size_t len = sk_cel_format_double(text, d), count = 0;
	const char *e = memchr(text, 'e', len);
	int point = 0;

	if (!isfinite(d)) {
		put_text(out, special(d));
		return;
	}
	if (!e) {
		put(out, text, len);
		return;
	}
	if (text[0] == '-')
		put_text(out, "-");
	for (const char *c = text; c < e; c++)
		if (*c >= '0' && *c <= '9')
			digits[count++] = *c;
	point = 1 + atoi(e + 1); /* digits before the point */
	if (point <= 0)
		put_text(out, "0.");
	for (int i = point; i < 0; i++)
		put_text(out, "0");
	put(out, digits, count);
	for (int i = (int)count; i < point; i++)
		put_text(out, "0");
}

static void put_number(struct output *out, double d, char clause, int precision)
{
	char text[NUMBER_SIZE];
	int len;

	if (!isfinite(d)) {
		put_text(out, special(d));
		return;
	}
	if (clause == 'f')
		len = snprintf(text, sizeof(text), "%.*f", precision, d);
	else
		len = snprintf(text, sizeof(text), "%.*e", precision, d);
	put(out, text, (size_t)len);
}

/* ---- %s ---- */

static void put_value(struct output *out, struct sk_cel_value v, unsigned depth);

/* Work that a list or map costs: the same one may stand in many places of a value. */
static bool pay(struct output *out, uint32_t count)
{
	if (!sk_cel_charge(out->eval, count))
		out->error = sk_cel_full(out->eval);
	else if (out->len > UINT32_MAX / 2)
		out->error = sk_cel_fail(out->eval, SK_CEL_ELIMIT, "the text would be too long");
	return out->error.kind == SK_CEL_ABSENT;
}

static void put_list(struct output *out, const struct sk_cel_list *list, unsigned depth)
{
	if (!pay(out, list->count))
		return;
	put_text(out, "[");
	for (uint32_t i = 0; i < list->count && out->error.kind == SK_CEL_ABSENT; i++) {
		if (i > 0)
			put_text(out, ", ");
		put_value(out, list->items[i], depth + 1);
	}
	put_text(out, "]");
}

struct entry {
	struct sk_cel_value text; /* of the key */
	struct sk_cel_value key, value;
};

static int compare_entries(const void *a, const void *b)
{
	return sk_cel_compare(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}

/* The key as it is printed, by which entries are sorted; false when memory is full. */
static bool key_text(struct output *out, struct sk_cel_value key, struct sk_cel_value *ret)
{
	struct output text = { .eval = out->eval };
	char *copy;

	*ret = key;
	if (key.kind == SK_CEL_STRING)
		return true;
	put_value(&text, key, 0);
	*ret = sk_cel_new_string(out->eval, text.len, &copy);
	if (ret->kind != SK_CEL_STRING)
		return false;
	text = (struct output){ .eval = out->eval, .bytes = copy };
	put_value(&text, key, 0);
	return true;
}

static void put_map(struct output *out, const struct sk_cel_map *map, unsigned depth)
{
	uint32_t count = sk_cel_map_count(map);
	struct entry *entries = NULL;

	if (!pay(out, count))
		return;
	if (out->bytes)
		entries = sk_cel_eval_alloc(out->eval, count * sizeof(*entries));
	for (uint32_t i = 0; entries && i < count; i++) {
		entries[i].key = sk_cel_map_key(map, i);
		entries[i].value = sk_cel_map_value(map, i);
		if (!key_text(out, entries[i].key, &entries[i].text))
			entries = NULL;
	}
	if (out->bytes && !entries) {
		out->error = sk_cel_full(out->eval);
		return;
	}
	if (entries && count > 1)
		qsort(entries, count, sizeof(*entries), compare_entries);
	put_text(out, "{");
	for (uint32_t i = 0; i < count && out->error.kind == SK_CEL_ABSENT; i++) {
		if (i > 0)
			put_text(out, ", ");
		put_value(out, entries ? entries[i].key : sk_cel_map_key(map, i), depth + 1);
		put_text(out, ": ");
		put_value(out, entries ? entries[i].value : sk_cel_map_value(map, i), depth + 1);
	}
	put_text(out, "}");
}

static void put_value(struct output *out, struct sk_cel_value v, unsigned depth)
{
	char text[48];

	if (depth > SK_CEL_MAX_NESTING) {
		out->error =
			sk_cel_fail(out->eval, SK_CEL_ELIMIT,
				    "a value is nested deeper than %u levels", SK_CEL_MAX_NESTING);
		return;
	}
	switch (v.kind) {
	case SK_CEL_NULL:
		put_text(out, "null");
		break;
	case SK_CEL_BOOL:
		put_text(out, v.truth ? "true" : "false");
		break;
	case SK_CEL_INT:
		put(out, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, v.i));
		break;
	case SK_CEL_UINT:
		put(out, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, v.u));
		break;
	case SK_CEL_DOUBLE:
		put_shortest(out, v.d);
		break;
	case SK_CEL_STRING:
		put(out, v.str, v.len);
		break;
	case SK_CEL_BYTES:
		out->len +=
			sk_cel_utf8_repair(out->bytes ? out->bytes + out->len : NULL, v.str, v.len);
		break;
	case SK_CEL_LIST:
		put_list(out, v.list, depth);
		break;
	case SK_CEL_MAP:
		put_map(out, v.map, depth);
		break;
	case SK_CEL_TYPE:
		put_text(out, sk_cel_type_name(v.type));
		break;
	case SK_CEL_TIMESTAMP:
		put(out, text, sk_cel_format_timestamp(text, v));
		break;
	case SK_CEL_DURATION:
		put_shortest(out, (double)v.i + (double)v.nanos / 1e9);
		put_text(out, "s");
		break;
	default:
		out->error = sk_cel_fail(out->eval, SK_CEL_EVALUE,
					 "error during formatting: string clause can only be used "
					 "on strings, bools, bytes, ints, doubles, maps, lists, "
					 "types, durations, and timestamps, was given %s",
					 sk_cel_kind_name(v));
	}
}

/* ---- the other clauses ---- */

static void wrong_type(struct output *out, const char *wanted, struct sk_cel_value v)
{
	out->error =
		sk_cel_fail(out->eval, SK_CEL_EVALUE, "error during formatting: %s, was given %s",
			    wanted, sk_cel_kind_name(v));
}

static void put_digits(struct output *out, struct sk_cel_value v, unsigned base, bool upper)
{
	const char *names = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	bool negative = v.kind == SK_CEL_INT && v.i < 0;
	uint64_t left = negative ? 0 - v.u : v.u;
	char text[65], *at = text + sizeof(text);

	do
		*--at = names[left % base];
	while ((left /= base) > 0);
	if (negative)
		put_text(out, "-");
	put(out, at, (size_t)(text + sizeof(text) - at));
}

static void put_hex(struct output *out, struct sk_cel_value v, bool upper)
{
	char text[3];

	if (v.kind == SK_CEL_INT || v.kind == SK_CEL_UINT) {
		put_digits(out, v, 16, upper);
		return;
	}
	if (v.kind != SK_CEL_STRING && v.kind != SK_CEL_BYTES) {
		wrong_type(out, "only integers, byte buffers, and strings can be formatted as hex",
			   v);
		return;
	}
	if (!out->bytes) {
		out->len += 2 * (uint64_t)v.len;
		return;
	}
	for (uint32_t i = 0; i < v.len; i++) {
		snprintf(text, sizeof(text), upper ? "%02X" : "%02x", (unsigned char)v.str[i]);
		put(out, text, 2);
	}
}

static void put_decimal(struct output *out, struct sk_cel_value v)
{
	if (sk_cel_is_number(v))
		put_value(out, v, 0);
	else
		wrong_type(out, "decimal clause can only be used on integers", v);
}

static void put_binary(struct output *out, struct sk_cel_value v)
{
	if (v.kind == SK_CEL_BOOL)
		put_text(out, v.truth ? "1" : "0");
	else if (v.kind == SK_CEL_INT || v.kind == SK_CEL_UINT)
		put_digits(out, v, 2, false);
	else
		wrong_type(out, "only integers and bools can be formatted as binary", v);
}

static void put_octal(struct output *out, struct sk_cel_value v)
{
	if (v.kind == SK_CEL_INT || v.kind == SK_CEL_UINT)
		put_digits(out, v, 8, false);
	else
		wrong_type(out, "octal clause can only be used on integers", v);
}

static void put_double(struct output *out, struct sk_cel_value v, char clause, int precision)
{
	if (v.kind == SK_CEL_INT)
		put_number(out, (double)v.i, clause, precision);
	else if (v.kind == SK_CEL_UINT)
		put_number(out, (double)v.u, clause, precision);
	else if (v.kind == SK_CEL_DOUBLE)
		put_number(out, v.d, clause, precision);
	else
		wrong_type(out,
			   clause == 'f' ? "fixed-point clause can only be used on doubles"
					 : "scientific clause can only be used on doubles",
			   v);
}

/* ---- clauses ---- */

static void bad_clause(struct output *out, const char *why)
{
	out->error =
		sk_cel_fail(out->eval, SK_CEL_EVALUE, "could not parse formatting clause: %s", why);
}

/* ".3" before a clause's letter; returns what follows it, NULL on error. */
static const char *precision_of(struct output *out, const char *at, const char *end, int *ret)
{
	const char *digits;
	char why[96];

	*ret = 6;
	if (*at != '.')
		return at;
	digits = ++at;
	for (*ret = 0; at < end && *at >= '0' && *at <= '9'; at++)
		if (*ret <= SK_CEL_FORMAT_MAX_PRECISION)
			*ret = *ret * 10 + (*at - '0');
	if (at == end) {
		bad_clause(out, "error while parsing precision: could not find end of precision "
				"specifier");
	} else if (at == digits) {
		bad_clause(out, "error while parsing precision: there are no digits after the '.'");
	} else if (*ret > SK_CEL_FORMAT_MAX_PRECISION) {
		snprintf(why, sizeof(why),
			 "error while parsing precision: %.*s exceeds the maximum of %d",
			 (int)(at - digits > 20 ? 20 : at - digits), digits,
			 SK_CEL_FORMAT_MAX_PRECISION);
		bad_clause(out, why);
	}
	return out->error.kind == SK_CEL_ABSENT ? at : NULL;
}

/* One clause, after its '%'; returns what follows it, NULL on error. */
static const char *put_clause(struct output *out, const char *at, const char *end,
			      struct sk_cel_value v)
{
	size_t width = 1;
	char why[64];
	int precision;

	at = precision_of(out, at, end, &precision);
	if (!at)
		return NULL;
	switch (*at) {
	case 's':
		put_value(out, v, 0);
		break;
	case 'd':
		put_decimal(out, v);
		break;
	case 'f':
	case 'e':
		put_double(out, v, *at, precision);
		break;
	case 'b':
		put_binary(out, v);
		break;
	case 'x':
	case 'X':
		put_hex(out, v, *at == 'X');
		break;
	case 'o':
		put_octal(out, v);
		break;
	default:
		sk_cel_utf8_get(at, &width);
		snprintf(why, sizeof(why), "unrecognized formatting clause \"%.*s\"", (int)width,
			 at);
		bad_clause(out, why);
	}
	return out->error.kind == SK_CEL_ABSENT ? at + 1 : NULL;
}

static void put_all(struct output *out, struct sk_cel_value format, const struct sk_cel_list *list)
{
	const char *at = format.str, *end = at + format.len, *percent;
	uint32_t used = 0;

	while (at && at < end) {
		percent = memchr(at, '%', (size_t)(end - at));
		put(out, at, (size_t)((percent ? percent : end) - at));
		if (!percent)
			return;
		at = percent + 1;
		if (at < end && *at == '%') {
			put(out, at++, 1);
		} else if (used >= list->count) {
			out->error = sk_cel_fail(out->eval, SK_CEL_EVALUE, "index %u out of range",
						 used);
			return;
		} else if (at == end) {
			out->error =
				sk_cel_fail(out->eval, SK_CEL_EVALUE, "unexpected end of string");
			return;
		} else {
			at = put_clause(out, at, end, list->items[used++]);
		}
	}
}

struct sk_cel_value sk_cel_string_format(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					 unsigned count)
{
	struct output out = { .eval = eval };
	struct sk_cel_value v;

	put_all(&out, args[0], args[1].list);
	if (out.error.kind != SK_CEL_ABSENT)
		return out.error;
	if (!sk_cel_charge(eval, out.len / 10))
		return sk_cel_full(eval);
	v = sk_cel_new_string(eval, out.len, &out.bytes);
	if (v.kind != SK_CEL_STRING)
		return v;
	out.len = 0;
	put_all(&out, args[0], args[1].list);
	return out.error.kind == SK_CEL_ABSENT ? v : out.error;
}
