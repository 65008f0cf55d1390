/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/decimal.h"

#include <stdio.h>
#include <string.h>

#define BASE 1000000000u

static const uint32_t powers[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
};

static void trim(struct sk_cel_decimal *d)
{
	while (d->count > 0 && d->limbs[d->count - 1] == 0)
		d->count--;
	if (d->count == 0)
		d->negative = false;
}

static bool append(struct sk_cel_decimal *d, uint64_t limb)
{
	if (limb == 0)
		return true;
	if (d->count == SK_CEL_DECIMAL_LIMBS)
		return false;
	d->limbs[d->count++] = (uint32_t)limb;
	return true;
}

/* d = d * by + add */
static bool multiply_add(struct sk_cel_decimal *d, uint32_t by, uint32_t add)
{
	uint64_t carry = add;

	for (uint32_t i = 0; i < d->count; i++) {
		carry += (uint64_t)d->limbs[i] * by;
		d->limbs[i] = (uint32_t)(carry % BASE);
		carry /= BASE;
	}
	return append(d, carry);
}

bool sk_cel_decimal_multiply(struct sk_cel_decimal *d, uint32_t by)
{
	return multiply_add(d, by, 0);
}

uint32_t sk_cel_decimal_divide(struct sk_cel_decimal *d, uint32_t by)
{
	uint64_t rest = 0;

	for (uint32_t i = d->count; i-- > 0;) {
		rest = rest * BASE + d->limbs[i];
		d->limbs[i] = (uint32_t)(rest / by);
		rest %= by;
	}
	trim(d);
	return (uint32_t)rest;
}

void sk_cel_decimal_set(struct sk_cel_decimal *d, int64_t value, int32_t scale)
{
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	d->negative = value < 0;
	d->scale = scale;
	for (d->count = 0; left > 0; left /= BASE)
		d->limbs[d->count++] = (uint32_t)(left % BASE);
}

bool sk_cel_decimal_parse(struct sk_cel_decimal *d, const char *text, size_t len)
{
	size_t i = 0, digits = 0, point = SIZE_MAX;
	bool negative = len > 0 && text[0] == '-';

	d->count = 0;
	d->scale = 0;
	if (len > 0 && (text[0] == '-' || text[0] == '+'))
		i++;
	for (; i < len; i++) {
		if (text[i] == '.' && point == SIZE_MAX) {
			point = i;
			continue;
		}
		if (text[i] < '0' || text[i] > '9' ||
		    !multiply_add(d, 10, (uint32_t)(text[i] - '0')))
			return false;
		digits++;
		if (point != SIZE_MAX && ++d->scale > SK_CEL_DECIMAL_DIGITS)
			return false;
	}
	d->negative = negative && d->count > 0;
	return digits > 0;
}

static uint32_t digit_count(const struct sk_cel_decimal *d)
{
	uint32_t digits = d->count > 0 ? (d->count - 1) * 9 + 1 : 0;

	if (d->count > 0)
		for (int i = 1; i < 9 && d->limbs[d->count - 1] >= powers[i]; i++)
			digits++;
	return digits;
}

/* By 10 to the power of n. */
static bool shift_up(struct sk_cel_decimal *d, int64_t n)
{
	uint32_t whole;

	if (d->count == 0 || n == 0)
		return true;
	if (n > SK_CEL_DECIMAL_DIGITS || !multiply_add(d, powers[n % 9], 0))
		return false;
	whole = (uint32_t)(n / 9);
	if (d->count + whole > SK_CEL_DECIMAL_LIMBS)
		return false;
	memmove(d->limbs + whole, d->limbs, d->count * sizeof(*d->limbs));
	memset(d->limbs, 0, whole * sizeof(*d->limbs));
	d->count += whole;
	return true;
}

/* By 10 to the power of -n; true if anything but zeros was lost. */
static bool shift_down(struct sk_cel_decimal *d, int64_t n)
{
	bool lost = false;

	if (n > SK_CEL_DECIMAL_DIGITS) {
		lost = d->count > 0;
		d->count = 0;
	}
	for (; n > 0 && d->count > 0; n -= n > 8 ? 8 : n)
		lost |= sk_cel_decimal_divide(d, powers[n > 8 ? 8 : n]) != 0;
	return lost;
}

bool sk_cel_decimal_rescale(struct sk_cel_decimal *d, int32_t scale)
{
	int64_t up = (int64_t)scale - d->scale;
	bool negative = d->negative;

	d->scale = scale;
	if (up >= 0)
		return shift_up(d, up);
	if (!shift_down(d, -up))
		return true;
	d->negative = negative;
	return d->count > 0 ? multiply_add(d, 1, 1) : append(d, 1);
}

static int compare_limbs(const struct sk_cel_decimal *a, const struct sk_cel_decimal *b)
{
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (uint32_t i = a->count; i-- > 0;)
		if (a->limbs[i] != b->limbs[i])
			return a->limbs[i] < b->limbs[i] ? -1 : 1;
	return 0;
}

/* a += b without signs, of one scale. */
static bool add_limbs(struct sk_cel_decimal *a, const struct sk_cel_decimal *b)
{
	uint32_t carry = 0;

	for (uint32_t i = 0; i < b->count || carry > 0; i++) {
		if (i == SK_CEL_DECIMAL_LIMBS)
			return false;
		if (i == a->count)
			a->limbs[a->count++] = 0;
		carry += a->limbs[i] + (i < b->count ? b->limbs[i] : 0);
		a->limbs[i] = carry % BASE;
		carry /= BASE;
	}
	return true;
}

/* a = |greater| - |less| */
static void subtract_limbs(struct sk_cel_decimal *a, const struct sk_cel_decimal *greater,
			   const struct sk_cel_decimal *less)
{
	int64_t borrow = 0;

	for (uint32_t i = 0; i < greater->count; i++) {
		borrow += (int64_t)greater->limbs[i] - (i < less->count ? less->limbs[i] : 0);
		a->limbs[i] = (uint32_t)(borrow < 0 ? borrow + BASE : borrow);
		borrow = borrow < 0 ? -1 : 0;
	}
	a->count = greater->count;
	a->negative = greater->negative;
	trim(a);
}

bool sk_cel_decimal_add(struct sk_cel_decimal *a, const struct sk_cel_decimal *b)
{
	struct sk_cel_decimal other = *b;
	int32_t scale = a->scale > b->scale ? a->scale : b->scale;

	if (!sk_cel_decimal_rescale(a, scale) || !sk_cel_decimal_rescale(&other, scale))
		return false;
	if (a->count == 0)
		a->negative = other.negative;
	if (a->negative == other.negative || other.count == 0)
		return add_limbs(a, &other);
	if (compare_limbs(a, &other) >= 0)
		subtract_limbs(a, a, &other);
	else
		subtract_limbs(a, &other, a);
	return true;
}

static int compare_magnitudes(const struct sk_cel_decimal *a, const struct sk_cel_decimal *b)
{
	int64_t x = (int64_t)digit_count(a) - a->scale, y = (int64_t)digit_count(b) - b->scale;
	struct sk_cel_decimal copy;

	if (x != y)
		return x < y ? -1 : 1;
	/* As many digits before the point: the shorter one, filled up, is as long as the other. */
	if (a->scale < b->scale) {
		copy = *a;
		shift_up(&copy, (int64_t)b->scale - a->scale);
		return compare_limbs(&copy, b);
	}
	copy = *b;
	shift_up(&copy, (int64_t)a->scale - b->scale);
	return compare_limbs(a, &copy);
}

static int sign_of(const struct sk_cel_decimal *d)
{
	return d->count == 0 ? 0 : d->negative ? -1 : 1;
}

int sk_cel_decimal_compare(const struct sk_cel_decimal *a, const struct sk_cel_decimal *b)
{
	int x = sign_of(a), y = sign_of(b);

	if (x != y)
		return x < y ? -1 : 1;
	return x == 0 ? 0 : x * compare_magnitudes(a, b);
}

size_t sk_cel_decimal_digits(const struct sk_cel_decimal *d, char buf[SK_CEL_DECIMAL_DIGITS + 1])
{
	size_t len = 0;

	if (d->count == 0)
		return (size_t)snprintf(buf, SK_CEL_DECIMAL_DIGITS + 1, "0");
	for (uint32_t i = d->count; i-- > 0;)
		len += (size_t)snprintf(buf + len, SK_CEL_DECIMAL_DIGITS + 1 - len,
					i + 1 == d->count ? "%u" : "%09u", d->limbs[i]);
	return len;
}
