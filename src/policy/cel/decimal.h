/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Decimal numbers of up to 1,152 digits, exact: an integer and a scale, the
 * count of its digits that stand behind the point (negative: zeros before it).
 * What does not fit is refused, never rounded.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nine digits each. A double has at most 309 before and 1,074 after the point; quantities have a few dozen. */
#define SK_CEL_DECIMAL_LIMBS 128
#define SK_CEL_DECIMAL_DIGITS (SK_CEL_DECIMAL_LIMBS * 9)

struct sk_cel_decimal {
	bool negative;
	int32_t scale;
	uint32_t count; /* of limbs, the last of which is not 0; zero has none */
	uint32_t limbs[SK_CEL_DECIMAL_LIMBS]; /* base 1,000,000,000, the least first */
};

static inline bool sk_cel_decimal_is_zero(const struct sk_cel_decimal *d)
{
	return d->count == 0;
}

void sk_cel_decimal_set(struct sk_cel_decimal *d, int64_t value, int32_t scale);
/* "[+-]digits[.digits]", at least one digit; false: it is none, or has too many digits. */
bool sk_cel_decimal_parse(struct sk_cel_decimal *d, const char *text, size_t len);

/* Each of these is false, and d is of no more use, when the result does not fit. */
bool sk_cel_decimal_multiply(struct sk_cel_decimal *d, uint32_t by);  /* by < 1,000,000,000 */
bool sk_cel_decimal_rescale(struct sk_cel_decimal *d, int32_t scale); /* rounds away from zero */
bool sk_cel_decimal_add(struct sk_cel_decimal *a, const struct sk_cel_decimal *b);

/* Divides by `by` and tells the remainder. */
uint32_t sk_cel_decimal_divide(struct sk_cel_decimal *d, uint32_t by);
/* -1, 0, 1; never fails. */
int sk_cel_decimal_compare(const struct sk_cel_decimal *a, const struct sk_cel_decimal *b);

/* The integer's digits without sign and scale, NUL-terminated; returns their count. */
size_t sk_cel_decimal_digits(const struct sk_cel_decimal *d, char buf[SK_CEL_DECIMAL_DIGITS + 1]);
