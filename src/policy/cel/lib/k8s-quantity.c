/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes' quantities ("1.5Gi", "200m", "1e3"), as k8s.io/apimachinery's
 * resource.Quantity computes them. It has two forms, and which one a value has
 * can be seen: only the small one is ever an integer (isInteger), and adding
 * keeps it small as long as it fits.
 */
#include "policy/cel/decimal.h"
#include "policy/cel/text.h"
#include "policy/cel/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum format { DECIMAL, BINARY, EXPONENT };

struct quantity {
	struct sk_cel_opaque opaque;
	enum format format; /* how it is printed */
	int32_t scale;	    /* of the small form: value * 10^scale */
	int64_t value;
	const struct sk_cel_decimal *big; /* NULL: small. Shortened to the limbs that it has */
};

/* Fractions smaller than this are rounded away from zero. */
#define NANO 9

/* ---- forms ---- */

static size_t decimal_size(const struct sk_cel_decimal *d)
{
	return offsetof(struct sk_cel_decimal, limbs) + d->count * sizeof(d->limbs[0]);
}

static void to_decimal(const struct quantity *q, struct sk_cel_decimal *ret)
{
	if (q->big)
		memcpy(ret, q->big, decimal_size(q->big));
	else
		sk_cel_decimal_set(ret, q->value, -q->scale);
}

static bool is_zero(const struct quantity *q)
{
	return q->big ? sk_cel_decimal_is_zero(q->big) : q->value == 0;
}

static int compare(const struct quantity *a, const struct quantity *b)
{
	struct sk_cel_decimal x, y;

	if (!a->big && !b->big && a->scale == b->scale)
		return (a->value > b->value) - (a->value < b->value);
	to_decimal(a, &x);
	to_decimal(b, &y);
	return sk_cel_decimal_compare(&x, &y);
}

/* Of the small form, when it is a whole number of 64 bits. */
static bool as_integer(const struct quantity *q, int64_t *ret)
{
	int64_t value = q->value;

	if (q->big || q->scale < 0)
		return false;
	for (int32_t i = 0; i < q->scale && value != 0; i++)
		if (__builtin_mul_overflow(value, 10, &value))
			return false;
	*ret = value;
	return true;
}

/* 10^n as Go's math.Pow10 rounds it. */
static double power_of_ten(int64_t n)
{
	char text[16];
	double whole, rest;

	if (n < -323)
		return 0;
	if (n > 308)
		return INFINITY;
	snprintf(text, sizeof(text), "1e%d", (int)(n / 32 * 32));
	whole = strtod(text, NULL);
	snprintf(text, sizeof(text), "1e%d", (int)llabs(n % 32));
	rest = strtod(text, NULL);
	return n < 0 ? whole / rest : whole * rest;
}

static double as_double(const struct quantity *q)
{
	char digits[SK_CEL_DECIMAL_DIGITS + 1];
	double base = (double)q->value;
	int64_t exponent = q->scale;

	if (q->big) {
		sk_cel_decimal_digits(q->big, digits);
		base = q->big->negative ? -strtod(digits, NULL) : strtod(digits, NULL);
		exponent = -(int64_t)q->big->scale;
	}
	return exponent == 0 || base == 0 ? base : base * power_of_ten(exponent);
}

/* ---- printing ---- */

static const struct {
	char name[3];
	enum format format;
	int8_t exponent; /* of 10 or of 2 */
} suffixes[] = {
	{ "", DECIMAL, 0 },   { "n", DECIMAL, -9 }, { "u", DECIMAL, -6 }, { "m", DECIMAL, -3 },
	{ "k", DECIMAL, 3 },  { "M", DECIMAL, 6 },  { "G", DECIMAL, 9 },  { "T", DECIMAL, 12 },
	{ "P", DECIMAL, 15 }, { "E", DECIMAL, 18 }, { "Ki", BINARY, 10 }, { "Mi", BINARY, 20 },
	{ "Gi", BINARY, 30 }, { "Ti", BINARY, 40 }, { "Pi", BINARY, 50 }, { "Ei", BINARY, 60 },
};

static const char *suffix_of(enum format format, int64_t exponent)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (suffixes[i].format == format && suffixes[i].exponent == exponent)
			return suffixes[i].name;
	return NULL;
}

/* Whole and at least 1,024: then without fraction it is a multiple of a power of 1,024. */
static bool prints_binary(const struct quantity *q, const struct sk_cel_decimal *d)
{
	struct sk_cel_decimal limit, whole = *d;

	if (q->format != BINARY || !sk_cel_decimal_rescale(&whole, 0) ||
	    sk_cel_decimal_compare(&whole, d) != 0)
		return false;
	sk_cel_decimal_set(&limit, 1024, 0);
	whole.negative = false;
	return sk_cel_decimal_compare(&whole, &limit) >= 0;
}

static size_t print_binary(char *out, size_t size, struct sk_cel_decimal *d)
{
	char digits[SK_CEL_DECIMAL_DIGITS + 1];
	struct sk_cel_decimal next;
	const char *suffix;
	int times = 0;

	sk_cel_decimal_rescale(d, 0);
	for (next = *d; times < 6 && sk_cel_decimal_divide(&next, 1024) == 0; times++)
		*d = next;
	suffix = suffix_of(BINARY, times * 10);
	sk_cel_decimal_digits(d, digits);
	return (size_t)snprintf(out, size, "%s%s%s", d->negative ? "-" : "", digits,
				suffix ? suffix : "");
}

/* Without zeros at the end, the exponent a multiple of three. */
static size_t print_decimal(char *out, size_t size, const struct quantity *q,
			    const struct sk_cel_decimal *d)
{
	char digits[SK_CEL_DECIMAL_DIGITS + 3];
	size_t len = sk_cel_decimal_digits(d, digits);
	int64_t exponent = -(int64_t)d->scale;
	const char *sign = d->negative ? "-" : "", *suffix;

	for (; len > 1 && digits[len - 1] == '0'; len--)
		exponent++;
	for (; exponent % 3 != 0; exponent--)
		digits[len++] = '0';
	digits[len] = '\0';
	suffix = q->format == EXPONENT && exponent != 0 ? NULL : suffix_of(DECIMAL, exponent);
	if (suffix)
		return (size_t)snprintf(out, size, "%s%s%s", sign, digits, suffix);
	return (size_t)snprintf(out, size, "%s%se%lld", sign, digits, (long long)exponent);
}

static struct sk_cel_value text(struct sk_cel_arena *arena, const struct sk_cel_opaque *v)
{
	const struct quantity *q = (const struct quantity *)v;
	char out[SK_CEL_DECIMAL_DIGITS + 32] = "0";
	struct sk_cel_decimal d;
	size_t len = 1;

	to_decimal(q, &d);
	if (prints_binary(q, &d))
		len = print_binary(out, sizeof(out), &d);
	else if (!sk_cel_decimal_is_zero(&d))
		len = print_decimal(out, sizeof(out), q, &d);
	return sk_cel_string_checked(arena, out, len);
}

static bool equal(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b)
{
	return compare((const struct quantity *)a, (const struct quantity *)b) == 0;
}

static const struct sk_cel_opaque_type type = { "kubernetes.Quantity", equal, text };

static const struct quantity *quantity_of(struct sk_cel_value v)
{
	return (const struct quantity *)v.opaque;
}

/* q as a value; its decimal, when it has one, is kept too. */
static struct sk_cel_value new_quantity(struct sk_cel_eval *eval, const struct quantity *q)
{
	struct quantity *v = sk_cel_eval_alloc(eval, sizeof(*v));
	struct sk_cel_decimal *big =
		v && q->big ? sk_cel_eval_alloc(eval, decimal_size(q->big)) : NULL;

	if (!v || (q->big && !big))
		return sk_cel_full(eval);
	*v = *q;
	v->opaque.type = &type;
	v->big = big;
	if (big)
		memcpy(big, q->big, decimal_size(q->big));
	return sk_cel_opaque(&v->opaque);
}

/* ---- reading ---- */

struct parts {
	struct sk_cel_value number;	     /* with its sign */
	struct sk_cel_value whole, fraction; /* digits, without zeros before them */
	struct sk_cel_value suffix;
	bool negative;
};

static struct sk_cel_value span(const char *from, const char *to)
{
	return sk_cel_string(from, (size_t)(to - from));
}

static const char *digits_end(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* As leniently as Kubernetes does it: a sign, a point or nothing before a suffix is zero. */
static const char *take_apart(struct sk_cel_value v, struct parts *ret)
{
	const char *at = v.str, *end = v.str + v.len, *begin;

	ret->negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	while (at < end && *at == '0')
		at++;
	begin = at;
	at = digits_end(at, end);
	ret->whole = span(begin, at);
	ret->fraction = span(at, at);
	if (at < end && *at == '.') {
		begin = at + 1;
		at = digits_end(begin, end);
		ret->fraction = span(begin, at);
	}
	ret->number = span(v.str, at);
	ret->suffix = span(at, end);
	while (at < end && *at && strchr("eEinumkKMGTP", *at))
		at++;
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	return digits_end(at, end) == end ? NULL : "it is no number with a suffix";
}

/* The exponent of 10 or 2 that a suffix stands for; NULL, or what is wrong. */
static const char *read_suffix(struct sk_cel_value suffix, enum format *ret_format, int32_t *ret)
{
	int64_t exponent;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (strlen(suffixes[i].name) != suffix.len ||
		    (suffix.len && memcmp(suffixes[i].name, suffix.str, suffix.len) != 0))
			continue;
		*ret_format = suffixes[i].format;
		*ret = suffixes[i].exponent;
		return NULL;
	}
	*ret_format = EXPONENT;
	if (suffix.len < 2 || (suffix.str[0] != 'e' && suffix.str[0] != 'E'))
		return "its suffix is unknown";
	if (!sk_cel_parse_int(suffix.str + 1, suffix.len - 1, &exponent))
		return "its suffix is unknown";
	if (exponent > INT32_MAX || exponent < -INT32_MAX)
		return "its exponent is out of range";
	*ret = (int32_t)exponent;
	return NULL;
}

/* Few digits stay a small integer; false: they are too many, or their fraction is too fine. */
static bool read_small(const struct parts *parts, struct quantity *q, int32_t exponent)
{
	int64_t room = 18, scale = (int64_t)exponent - parts->fraction.len, value = 0;

	if (q->format == BINARY) {
		if (parts->fraction.len > 0)
			return false;
		room = 14 - exponent * 3 / 10;
		scale = 0;
	}
	/* No digits count as one, which is a zero. */
	room -= (parts->whole.len ? parts->whole.len : 1) + (int64_t)parts->fraction.len;
	if (room < 0 || scale < -NANO)
		return false;
	for (uint32_t i = 0; i < parts->whole.len; i++)
		value = value * 10 + (parts->whole.str[i] - '0');
	for (uint32_t i = 0; i < parts->fraction.len; i++)
		value = value * 10 + (parts->fraction.str[i] - '0');
	if (q->format == BINARY && __builtin_mul_overflow(value, INT64_C(1) << exponent, &value))
		return false;
	q->value = parts->negative ? -value : value;
	q->scale = (int32_t)scale;
	return true;
}

static const char *read_big(const struct parts *parts, struct quantity *q, int32_t exponent,
			    struct sk_cel_decimal *big)
{
	struct sk_cel_decimal most;
	int64_t scale;

	if (!sk_cel_decimal_parse(big, parts->number.str, parts->number.len))
		return parts->number.len > SK_CEL_DECIMAL_DIGITS ? "it has too many digits"
								 : "it has no digits";
	scale = (int64_t)big->scale - (q->format == BINARY ? 0 : exponent);
	if (scale > INT32_MAX || scale < INT32_MIN)
		return "its exponent is out of range";
	big->scale = (int32_t)scale;
	for (int i = 0; q->format == BINARY && i < exponent; i += 10)
		if (!sk_cel_decimal_multiply(big, 1024))
			return "it has too many digits";
	if (!sk_cel_decimal_is_zero(big) && !sk_cel_decimal_rescale(big, NANO))
		return "it is out of range";
	sk_cel_decimal_set(&most, big->negative ? -INT64_MAX : INT64_MAX, 0);
	if (q->format == BINARY && (big->negative ? sk_cel_decimal_compare(big, &most) < 0
						  : sk_cel_decimal_compare(big, &most) > 0))
		*big = most;
	q->big = big;
	return NULL;
}

/* NULL, or what is wrong. A big one refers to `big`. */
static const char *read_quantity(struct sk_cel_value v, struct quantity *q,
				 struct sk_cel_decimal *big)
{
	struct parts parts;
	int32_t exponent;
	const char *wrong = v.len > 0 ? take_apart(v, &parts) : "it is empty";

	*q = (struct quantity){ 0 };
	if (!wrong)
		wrong = read_suffix(parts.suffix, &q->format, &exponent);
	if (wrong || read_small(&parts, q, exponent))
		return wrong;
	return read_big(&parts, q, exponent, big);
}

static struct sk_cel_value make(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	struct sk_cel_decimal big;
	struct quantity q;
	const char *wrong = read_quantity(args[0], &q, &big);

	if (wrong)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "'%.*s' is no quantity: %s",
				   sk_cel_excerpt(args[0]), args[0].str, wrong);
	return new_quantity(eval, &q);
}

static struct sk_cel_value is_quantity(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				       unsigned count)
{
	struct sk_cel_decimal big;
	struct quantity q;

	return sk_cel_bool(!read_quantity(args[0], &q, &big));
}

/* ---- conversions ---- */

static struct sk_cel_value sign(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	const struct quantity *q = quantity_of(args[0]);
	bool negative = q->big ? q->big->negative : q->value < 0;

	return sk_cel_int(is_zero(q) ? 0 : negative ? -1 : 1);
}

static struct sk_cel_value is_integer(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	int64_t value;

	return sk_cel_bool(as_integer(quantity_of(args[0]), &value));
}

static struct sk_cel_value to_integer(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	int64_t value;

	if (!as_integer(quantity_of(args[0]), &value))
		return sk_cel_fail(eval, SK_CEL_EVALUE, "cannot convert value to integer");
	return sk_cel_int(value);
}

static struct sk_cel_value to_float(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	return sk_cel_double(as_double(quantity_of(args[0])));
}

/* ---- arithmetic and order ---- */

/* In the small form; false: it takes the big one. */
static bool add_small(struct quantity *a, const struct quantity *b)
{
	struct quantity more = *b, sum = *a;

	if (a->big || b->big)
		return false;
	if (b->value == 0)
		return true;
	if (a->value == 0) {
		a->value = b->value;
		a->scale = b->scale;
		return true;
	}
	for (; sum.scale > more.scale; sum.scale--)
		if (__builtin_mul_overflow(sum.value, 10, &sum.value))
			return false;
	for (; more.scale > sum.scale; more.scale--)
		if (__builtin_mul_overflow(more.value, 10, &more.value))
			return false;
	if (__builtin_add_overflow(sum.value, more.value, &sum.value))
		return false;
	*a = sum;
	return true;
}

/* a + b, or a - b. What is added to nothing keeps its own format. */
static struct sk_cel_value sum_of(struct sk_cel_eval *eval, struct sk_cel_value first,
				  struct quantity b, bool negative)
{
	struct quantity a = *quantity_of(first);
	struct sk_cel_decimal x, y;

	if (is_zero(&a))
		a.format = b.format;
	to_decimal(&b, &y);
	if (negative && !sk_cel_decimal_is_zero(&y))
		y.negative = !y.negative;
	if (negative && !b.big && __builtin_sub_overflow(0, b.value, &b.value))
		b.big = &y; /* the least integer has no opposite */
	if (add_small(&a, &b))
		return new_quantity(eval, &a);
	to_decimal(&a, &x);
	if (!sk_cel_decimal_add(&x, &y))
		return sk_cel_fail(eval, SK_CEL_EVALUE, "the quantity is out of range");
	a.big = &x;
	return new_quantity(eval, &a);
}

static struct quantity operand(struct sk_cel_value v)
{
	if (v.kind == SK_CEL_OPAQUE)
		return *quantity_of(v);
	return (struct quantity){ .format = EXPONENT, .value = v.i };
}

static struct sk_cel_value add(struct sk_cel_eval *eval, const struct sk_cel_value *args,
			       unsigned count)
{
	return sum_of(eval, args[0], operand(args[1]), false);
}

static struct sk_cel_value sub(struct sk_cel_eval *eval, const struct sk_cel_value *args,
			       unsigned count)
{
	return sum_of(eval, args[0], operand(args[1]), true);
}

static struct sk_cel_value compare_to(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	return sk_cel_int(compare(quantity_of(args[0]), quantity_of(args[1])));
}

static struct sk_cel_value is_less(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	return sk_cel_bool(compare(quantity_of(args[0]), quantity_of(args[1])) < 0);
}

static struct sk_cel_value is_greater(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	return sk_cel_bool(compare(quantity_of(args[0]), quantity_of(args[1])) > 0);
}

#define QUANTITY "kubernetes.Quantity"

static const struct sk_cel_overload overloads[] = {
	{ "quantity", "(string) -> " QUANTITY, make, .cost = SK_CEL_COST_SCAN },
	{ "isQuantity", "(string) -> bool", is_quantity, .cost = SK_CEL_COST_SCAN },
	/* Kubernetes documents the one and declares the other. */
	{ "sign", QUANTITY ".() -> int", sign },
	{ "sign", "(" QUANTITY ") -> int", sign },
	{ "isInteger", QUANTITY ".() -> bool", is_integer },
	{ "asInteger", QUANTITY ".() -> int", to_integer },
	{ "asApproximateFloat", QUANTITY ".() -> double", to_float },
	{ "add", QUANTITY ".(" QUANTITY ") -> " QUANTITY, add },
	{ "add", QUANTITY ".(int) -> " QUANTITY, add },
	{ "sub", QUANTITY ".(" QUANTITY ") -> " QUANTITY, sub },
	{ "sub", QUANTITY ".(int) -> " QUANTITY, sub },
	{ "compareTo", QUANTITY ".(" QUANTITY ") -> int", compare_to },
	{ "isLessThan", QUANTITY ".(" QUANTITY ") -> bool", is_less },
	{ "isGreaterThan", QUANTITY ".(" QUANTITY ") -> bool", is_greater },
	{ NULL },
};

static const struct sk_cel_opaque_type *const types[] = { &type, NULL };

const struct sk_cel_library sk_cel_library_k8s_quantity = {
	.name = "k8s-quantity",
	.doc = "Kubernetes' quantities of resources: quantity('1.5Gi'), their order and sums.",
	.overloads = overloads,
	.types = types,
};
