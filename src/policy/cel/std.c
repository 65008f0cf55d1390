/* SPDX-License-Identifier: Apache-2.0 */
/* The standard library (cel-spec doc/langdef.md, "List of Standard Definitions"). */
#include "policy/cel/env.h"
#include "policy/cel/regex-function.h"
#include "policy/cel/text.h"

#include <math.h>
#include <stdio.h>

typedef struct sk_cel_value value;
typedef struct sk_cel_eval eval;

/* ---- operators: signatures for the checker; plans know them by number ---- */

#define OPERATOR(name, signature)                                                                  \
	{                                                                                          \
		name, signature, NULL, SK_CEL_COST_ONE, 0                                          \
	}
#define ORDER(name)                                                                                \
	OPERATOR(name, "(bool, bool) -> bool"), OPERATOR(name, "(int, int) -> bool"),              \
		OPERATOR(name, "(int, uint) -> bool"), OPERATOR(name, "(int, double) -> bool"),    \
		OPERATOR(name, "(uint, uint) -> bool"), OPERATOR(name, "(uint, int) -> bool"),     \
		OPERATOR(name, "(uint, double) -> bool"),                                          \
		OPERATOR(name, "(double, double) -> bool"),                                        \
		OPERATOR(name, "(double, int) -> bool"), OPERATOR(name, "(double, uint) -> bool"), \
		OPERATOR(name, "(string, string) -> bool"),                                        \
		OPERATOR(name, "(bytes, bytes) -> bool"),                                          \
		OPERATOR(name, "(timestamp, timestamp) -> bool"),                                  \
		OPERATOR(name, "(duration, duration) -> bool")

const struct sk_cel_overload sk_cel_operator_overloads[] = {
	OPERATOR("_==_", "(A, A) -> bool"),
	OPERATOR("_!=_", "(A, A) -> bool"),
	ORDER("_<_"),
	ORDER("_<=_"),
	ORDER("_>_"),
	ORDER("_>=_"),
	OPERATOR("@in", "(A, list<A>) -> bool"),
	OPERATOR("@in", "(A, map<A, B>) -> bool"),
	OPERATOR("_+_", "(int, int) -> int"),
	OPERATOR("_+_", "(uint, uint) -> uint"),
	OPERATOR("_+_", "(double, double) -> double"),
	OPERATOR("_+_", "(string, string) -> string"),
	OPERATOR("_+_", "(bytes, bytes) -> bytes"),
	OPERATOR("_+_", "(list<A>, list<A>) -> list<A>"),
	OPERATOR("_+_", "(timestamp, duration) -> timestamp"),
	OPERATOR("_+_", "(duration, timestamp) -> timestamp"),
	OPERATOR("_+_", "(duration, duration) -> duration"),
	OPERATOR("_-_", "(int, int) -> int"),
	OPERATOR("_-_", "(uint, uint) -> uint"),
	OPERATOR("_-_", "(double, double) -> double"),
	OPERATOR("_-_", "(timestamp, timestamp) -> duration"),
	OPERATOR("_-_", "(timestamp, duration) -> timestamp"),
	OPERATOR("_-_", "(duration, duration) -> duration"),
	OPERATOR("_*_", "(int, int) -> int"),
	OPERATOR("_*_", "(uint, uint) -> uint"),
	OPERATOR("_*_", "(double, double) -> double"),
	OPERATOR("_/_", "(int, int) -> int"),
	OPERATOR("_/_", "(uint, uint) -> uint"),
	OPERATOR("_/_", "(double, double) -> double"),
	OPERATOR("_%_", "(int, int) -> int"),
	OPERATOR("_%_", "(uint, uint) -> uint"),
	OPERATOR("!_", "(bool) -> bool"),
	OPERATOR("-_", "(int) -> int"),
	OPERATOR("-_", "(double) -> double"),
	{ NULL, NULL, NULL, SK_CEL_COST_ONE, 0 },
};

/* ---- size ---- */

static value size_string(eval *ev, const value *a, unsigned n)
{
	return sk_cel_int((int64_t)sk_cel_code_points(a[0]));
}

static value size_bytes(eval *ev, const value *a, unsigned n)
{
	return sk_cel_int(a[0].len);
}

static value size_list(eval *ev, const value *a, unsigned n)
{
	return a[0].kind == SK_CEL_LIST
		       ? sk_cel_int(a[0].list->count)
		       : sk_cel_fail(ev, SK_CEL_ENO_OVERLOAD, "no such overload: size");
}

static value size_map(eval *ev, const value *a, unsigned n)
{
	return a[0].kind == SK_CEL_MAP
		       ? sk_cel_int(a[0].map->count)
		       : sk_cel_fail(ev, SK_CEL_ENO_OVERLOAD, "no such overload: size");
}

/* ---- conversions ---- */

static value same(eval *ev, const value *a, unsigned n)
{
	return a[0];
}

static value range(eval *ev, const char *type)
{
	return sk_cel_fail(ev, SK_CEL_EVALUE, "range error: the value does not fit %s", type);
}

static value bad_text(eval *ev, value text, const char *type)
{
	return sk_cel_fail(ev, SK_CEL_EVALUE, "type conversion error: '%.*s' is no %s",
			   (int)(text.len > 100 ? 100 : text.len), text.str, type);
}

static value int_uint(eval *ev, const value *a, unsigned n)
{
	return a[0].u > INT64_MAX ? range(ev, "int") : sk_cel_int((int64_t)a[0].u);
}

/* The ends of the range are no doubles: what rounds to them is outside. */
static value int_double(eval *ev, const value *a, unsigned n)
{
	return a[0].d > -9223372036854775808.0 && a[0].d < 9223372036854775808.0
		       ? sk_cel_int((int64_t)a[0].d)
		       : range(ev, "int");
}

static value int_string(eval *ev, const value *a, unsigned n)
{
	int64_t i;

	return sk_cel_parse_int(a[0].str, a[0].len, &i) ? sk_cel_int(i) : bad_text(ev, a[0], "int");
}

static value int_timestamp(eval *ev, const value *a, unsigned n)
{
	return sk_cel_int(a[0].i);
}

static value int_duration(eval *ev, const value *a, unsigned n)
{
	sk_cel_wide nanos = (sk_cel_wide)a[0].i * 1000000000 + a[0].nanos;

	return nanos > INT64_MAX || nanos < INT64_MIN ? range(ev, "int")
						      : sk_cel_int((int64_t)nanos);
}

static value uint_int(eval *ev, const value *a, unsigned n)
{
	return a[0].i < 0 ? range(ev, "uint") : sk_cel_uint((uint64_t)a[0].i);
}

static value uint_double(eval *ev, const value *a, unsigned n)
{
	return a[0].d >= 0 && a[0].d < 18446744073709551616.0 ? sk_cel_uint((uint64_t)a[0].d)
							      : range(ev, "uint");
}

static value uint_string(eval *ev, const value *a, unsigned n)
{
	uint64_t u;

	return sk_cel_parse_uint(a[0].str, a[0].len, &u) ? sk_cel_uint(u)
							 : bad_text(ev, a[0], "uint");
}

static value double_int(eval *ev, const value *a, unsigned n)
{
	return sk_cel_double((double)a[0].i);
}

static value double_uint(eval *ev, const value *a, unsigned n)
{
	return sk_cel_double((double)a[0].u);
}

static value double_string(eval *ev, const value *a, unsigned n)
{
	double d;

	return sk_cel_parse_double(a[0].str, a[0].len, &d) ? sk_cel_double(d)
							   : bad_text(ev, a[0], "double");
}

static value bool_string(eval *ev, const value *a, unsigned n)
{
	static const struct {
		const char *text;
		bool truth;
	} words[] = { { "true", true },	  { "TRUE", true }, { "True", true },	{ "t", true },
		      { "T", true },	  { "1", true },    { "false", false }, { "FALSE", false },
		      { "False", false }, { "f", false },   { "F", false },	{ "0", false } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (a[0].len == strlen(words[i].text) &&
		    memcmp(a[0].str, words[i].text, a[0].len) == 0)
			return sk_cel_bool(words[i].truth);
	return bad_text(ev, a[0], "bool");
}

static value text(eval *ev, const char *bytes, size_t len)
{
	char *out = NULL;
	value v = sk_cel_new_string(ev, len, &out);

	if (out) {
		memcpy(out, bytes, len);
		v.flags = SK_CEL_ASCII;
	}
	return v;
}

static value string_bool(eval *ev, const value *a, unsigned n)
{
	return a[0].truth ? text(ev, "true", 4) : text(ev, "false", 5);
}

static value string_int(eval *ev, const value *a, unsigned n)
{
	char buf[32];

	return text(ev, buf, (size_t)snprintf(buf, sizeof(buf), "%lld", (long long)a[0].i));
}

static value string_uint(eval *ev, const value *a, unsigned n)
{
	char buf[32];

	return text(ev, buf,
		    (size_t)snprintf(buf, sizeof(buf), "%llu", (unsigned long long)a[0].u));
}

static value string_double(eval *ev, const value *a, unsigned n)
{
	char buf[64];

	return text(ev, buf, sk_cel_format_double(buf, a[0].d));
}

static value string_bytes(eval *ev, const value *a, unsigned n)
{
	value v = a[0];
	bool ascii;

	if (!sk_cel_utf8_valid(v.str, v.len, &ascii))
		return sk_cel_fail(ev, SK_CEL_EVALUE,
				   "invalid UTF-8 in bytes, cannot convert to string");
	v.kind = SK_CEL_STRING;
	v.flags = ascii ? SK_CEL_ASCII : 0;
	return v;
}

static value string_timestamp(eval *ev, const value *a, unsigned n)
{
	char buf[64];

	return text(ev, buf, sk_cel_format_timestamp(buf, a[0]));
}

static value string_duration(eval *ev, const value *a, unsigned n)
{
	char buf[64];

	return text(ev, buf, sk_cel_format_duration(buf, a[0]));
}

static value bytes_string(eval *ev, const value *a, unsigned n)
{
	return sk_cel_bytes(a[0].str, a[0].len);
}

static value timestamp_string(eval *ev, const value *a, unsigned n)
{
	value v;

	return sk_cel_parse_timestamp(a[0].str, a[0].len, &v)
		       ? v
		       : bad_text(ev, a[0], "timestamp (RFC 3339)");
}

static value timestamp_int(eval *ev, const value *a, unsigned n)
{
	return a[0].i < SK_CEL_TIME_MIN || a[0].i > SK_CEL_TIME_MAX ? range(ev, "timestamp")
								    : sk_cel_timestamp(a[0].i, 0);
}

static value duration_string(eval *ev, const value *a, unsigned n)
{
	value v;

	return sk_cel_parse_duration(a[0].str, a[0].len, &v)
		       ? v
		       : bad_text(ev, a[0], "duration such as \"1h30m\"");
}

static value duration_int(eval *ev, const value *a, unsigned n)
{
	return sk_cel_duration(a[0].i / 1000000000, (int32_t)(a[0].i % 1000000000));
}

/* The value's type as a value. Structs and opaque values carry names alone, so theirs is made here. */
static value type_of(eval *ev, const value *a, unsigned n)
{
	struct sk_cel_type *t;

	if (a[0].kind != SK_CEL_STRUCT && a[0].kind != SK_CEL_OPAQUE)
		return (value){ .kind = SK_CEL_TYPE, .type = sk_cel_value_type(a[0]) };
	t = sk_cel_eval_alloc(ev, sizeof(*t));
	if (!t)
		return sk_cel_full(ev);
	t->kind = a[0].kind == SK_CEL_STRUCT ? SK_CEL_T_STRUCT : SK_CEL_T_OPAQUE;
	t->name = sk_cel_kind_name(a[0]);
	return (value){ .kind = SK_CEL_TYPE, .type = t };
}

/* ---- strings ---- */

static value contains(eval *ev, const value *a, unsigned n)
{
	return sk_cel_bool(a[1].len == 0 ||
			   (a[0].len && memmem(a[0].str, a[0].len, a[1].str, a[1].len)));
}

static value starts_with(eval *ev, const value *a, unsigned n)
{
	return sk_cel_bool(a[1].len == 0 ||
			   (a[0].len >= a[1].len && memcmp(a[0].str, a[1].str, a[1].len) == 0));
}

static value ends_with(eval *ev, const value *a, unsigned n)
{
	return sk_cel_bool(a[1].len == 0 ||
			   (a[0].len >= a[1].len &&
			    memcmp(a[0].str + a[0].len - a[1].len, a[1].str, a[1].len) == 0));
}

static value matches(eval *ev, const value *a, unsigned n)
{
	struct sk_cel_regex_call call;

	return sk_cel_regex_call(&call, ev, a[0], a[1]) ? sk_cel_regex_call_test(&call)
							: call.error;
}

/* ---- parts of times ---- */

/* Calendar of the timestamp, in the zone that the second argument names. */
static bool civil(eval *ev, const value *a, unsigned n, struct sk_cel_civil *ret, value *ret_error)
{
	int32_t offset = 0;

	if (n == 2 && !sk_cel_zone_offset(a[1].str, a[1].len, a[0].i, &offset)) {
		*ret_error = sk_cel_fail(ev, SK_CEL_EVALUE, "unknown time zone %.*s",
					 sk_cel_excerpt(a[1]), a[1].str);
		return false;
	}
	sk_cel_civil(a[0].i + offset, ret);
	return true;
}

#define PART(name, expression)                                                                     \
	static value name(eval *ev, const value *a, unsigned n)                                    \
	{                                                                                          \
		struct sk_cel_civil c;                                                             \
		value error;                                                                       \
                                                                                                   \
		return civil(ev, a, n, &c, &error) ? sk_cel_int(expression) : error;               \
	}
PART(full_year, c.year)
PART(month, c.month - 1)
PART(day_of_month, c.day - 1)
PART(date, c.day)
PART(day_of_week, c.weekday)
PART(day_of_year, c.yearday)
PART(hours, c.hour)
PART(minutes, c.minute)
PART(seconds, c.second)

static value milliseconds(eval *ev, const value *a, unsigned n)
{
	return sk_cel_int(a[0].nanos / 1000000);
}

static value duration_hours(eval *ev, const value *a, unsigned n)
{
	return sk_cel_int(a[0].i / 3600);
}

static value duration_minutes(eval *ev, const value *a, unsigned n)
{
	return sk_cel_int(a[0].i / 60);
}

static value duration_seconds(eval *ev, const value *a, unsigned n)
{
	return sk_cel_int(a[0].i);
}

#define ONE SK_CEL_COST_ONE, 0
#define SCAN SK_CEL_COST_SCAN, 0
#define GETTER(name, fn)                                                                           \
	{ name, "timestamp.() -> int", fn, ONE },                                                  \
	{                                                                                          \
		name, "timestamp.(string) -> int", fn, ONE                                         \
	}

const struct sk_cel_overload sk_cel_standard_overloads[] = {
	{ "size", "(string) -> int", size_string, SCAN },
	{ "size", "string.() -> int", size_string, SCAN },
	{ "size", "(bytes) -> int", size_bytes, ONE },
	{ "size", "bytes.() -> int", size_bytes, ONE },
	{ "size", "(list<A>) -> int", size_list, ONE },
	{ "size", "list<A>.() -> int", size_list, ONE },
	{ "size", "(map<A, B>) -> int", size_map, ONE },
	{ "size", "map<A, B>.() -> int", size_map, ONE },
	{ "int", "(int) -> int", same, ONE },
	{ "int", "(uint) -> int", int_uint, ONE },
	{ "int", "(double) -> int", int_double, ONE },
	{ "int", "(string) -> int", int_string, ONE },
	{ "int", "(timestamp) -> int", int_timestamp, ONE },
	{ "int", "(duration) -> int", int_duration, ONE },
	{ "uint", "(uint) -> uint", same, ONE },
	{ "uint", "(int) -> uint", uint_int, ONE },
	{ "uint", "(double) -> uint", uint_double, ONE },
	{ "uint", "(string) -> uint", uint_string, ONE },
	{ "double", "(double) -> double", same, ONE },
	{ "double", "(int) -> double", double_int, ONE },
	{ "double", "(uint) -> double", double_uint, ONE },
	{ "double", "(string) -> double", double_string, ONE },
	{ "bool", "(bool) -> bool", same, ONE },
	{ "bool", "(string) -> bool", bool_string, ONE },
	{ "string", "(string) -> string", same, ONE },
	{ "string", "(bool) -> string", string_bool, ONE },
	{ "string", "(int) -> string", string_int, ONE },
	{ "string", "(uint) -> string", string_uint, ONE },
	{ "string", "(double) -> string", string_double, ONE },
	{ "string", "(bytes) -> string", string_bytes, SCAN },
	{ "string", "(timestamp) -> string", string_timestamp, ONE },
	{ "string", "(duration) -> string", string_duration, ONE },
	{ "bytes", "(bytes) -> bytes", same, ONE },
	{ "bytes", "(string) -> bytes", bytes_string, ONE },
	{ "timestamp", "(timestamp) -> timestamp", same, ONE },
	{ "timestamp", "(string) -> timestamp", timestamp_string, ONE },
	{ "timestamp", "(int) -> timestamp", timestamp_int, ONE },
	{ "duration", "(duration) -> duration", same, ONE },
	{ "duration", "(string) -> duration", duration_string, ONE },
	{ "duration", "(int) -> duration", duration_int, ONE },
	{ "dyn", "(A) -> dyn", same, ONE },
	{ "type", "(A) -> type<A>", type_of, ONE },
	{ "contains", "string.(string) -> bool", contains, SK_CEL_COST_PAIR, 0 },
	{ "startsWith", "string.(string) -> bool", starts_with, SCAN },
	{ "endsWith", "string.(string) -> bool", ends_with, SCAN },
	{ "matches", "string.(string) -> bool", matches, SK_CEL_COST_PAIR, 0 },
	{ "matches", "(string, string) -> bool", matches, SK_CEL_COST_PAIR, 0 },
	GETTER("getFullYear", full_year),
	GETTER("getMonth", month),
	GETTER("getDayOfMonth", day_of_month),
	GETTER("getDate", date),
	GETTER("getDayOfWeek", day_of_week),
	GETTER("getDayOfYear", day_of_year),
	GETTER("getHours", hours),
	GETTER("getMinutes", minutes),
	GETTER("getSeconds", seconds),
	GETTER("getMilliseconds", milliseconds),
	{ "getHours", "duration.() -> int", duration_hours, ONE },
	{ "getMinutes", "duration.() -> int", duration_minutes, ONE },
	{ "getSeconds", "duration.() -> int", duration_seconds, ONE },
	{ "getMilliseconds", "duration.() -> int", milliseconds, ONE },
	{ NULL, NULL, NULL, ONE },
};

/* ---- optional values ---- */

static value opt_none(eval *ev, const value *a, unsigned n)
{
	return sk_cel_none();
}

static value opt_of(eval *ev, const value *a, unsigned n)
{
	return sk_cel_new_optional(ev, a[0]);
}

static bool is_zero(value v)
{
	switch (v.kind) {
	case SK_CEL_NULL:
		return true;
	case SK_CEL_BOOL:
		return !v.truth;
	case SK_CEL_INT:
	case SK_CEL_UINT:
		return v.u == 0;
	case SK_CEL_DOUBLE:
		return v.d == 0;
	case SK_CEL_STRING:
	case SK_CEL_BYTES:
		return v.len == 0;
	case SK_CEL_LIST:
		return v.list->count == 0;
	case SK_CEL_MAP:
		return v.map->count == 0;
	case SK_CEL_TIMESTAMP:
	case SK_CEL_DURATION:
		return v.i == 0 && v.nanos == 0;
	case SK_CEL_OPTIONAL:
		return !v.some;
	case SK_CEL_STRUCT:
		for (int i = 0; v.object->type->fields[i].name; i++)
			if (v.object->fields[i].kind != SK_CEL_ABSENT)
				return false;
		return true;
	default:
		return false;
	}
}

static value opt_of_non_zero(eval *ev, const value *a, unsigned n)
{
	return is_zero(a[0]) ? sk_cel_none() : sk_cel_new_optional(ev, a[0]);
}

static value opt_value(eval *ev, const value *a, unsigned n)
{
	return a[0].some ? *a[0].some
			 : sk_cel_fail(ev, SK_CEL_EVALUE, "optional.none() dereference");
}

static value opt_has_value(eval *ev, const value *a, unsigned n)
{
	return sk_cel_bool(a[0].some != NULL);
}

/* The other side counts only when it is needed, and so do its errors. */
static value opt_or(eval *ev, const value *a, unsigned n)
{
	if (sk_cel_is_bad(a[0]))
		return a[0];
	return a[0].some ? a[0] : a[1];
}

static value opt_or_value(eval *ev, const value *a, unsigned n)
{
	if (sk_cel_is_bad(a[0]))
		return a[0];
	return a[0].some ? *a[0].some : a[1];
}

static value opt_unwrap(eval *ev, const value *a, unsigned n)
{
	value *items, list = sk_cel_new_list(ev, a[0].list->count, &items);
	uint32_t kept = 0;

	if (sk_cel_is_bad(list))
		return list;
	for (uint32_t i = 0; i < a[0].list->count; i++) {
		if (a[0].list->items[i].kind != SK_CEL_OPTIONAL)
			return sk_cel_fail(ev, SK_CEL_ENO_OVERLOAD,
					   "optional.unwrap wants a list of optional values");
		if (a[0].list->items[i].some)
			items[kept++] = *a[0].list->items[i].some;
	}
	((struct sk_cel_list *)list.list)->count = kept;
	return list;
}

const struct sk_cel_overload sk_cel_optional_overloads[] = {
	{ "optional.none", "() -> optional<A>", opt_none, ONE },
	{ "optional.of", "(A) -> optional<A>", opt_of, ONE },
	{ "optional.ofNonZeroValue", "(A) -> optional<A>", opt_of_non_zero, ONE },
	{ "value", "optional<A>.() -> A", opt_value, ONE },
	{ "hasValue", "optional<A>.() -> bool", opt_has_value, ONE },
	{ "or", "optional<A>.(optional<A>) -> optional<A>", opt_or, SK_CEL_COST_ONE,
	  SK_CEL_LENIENT },
	{ "orValue", "optional<A>.(A) -> A", opt_or_value, SK_CEL_COST_ONE, SK_CEL_LENIENT },
	{ "optional.unwrap", "(list<optional<A>>) -> list<A>", opt_unwrap, SCAN },
	{ "unwrapOpt", "list<optional<A>>.() -> list<A>", opt_unwrap, SCAN },
	{ NULL, NULL, NULL, ONE },
};
