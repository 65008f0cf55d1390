/* SPDX-License-Identifier: Apache-2.0 */
/* What people write as values: truths, sizes, durations. */
#include "base/option.h"

bool sk_parse_bool(struct sk_span text, bool *ret_truth)
{
	static const char *const words[][2] = {
		{ "false", "true" }, { "no", "yes" }, { "off", "on" }, { "0", "1" },
	};

	for (size_t i = 0; i < SK_COUNT(words); i++)
		for (int truth = 0; truth < 2; truth++)
			if (sk_span_ieq(text, sk_span_str(words[i][truth]))) {
				*ret_truth = truth;
				return true;
			}
	return false;
}

/* Takes the digits at the start of text. */
static bool take_number(struct sk_span *text, uint64_t *ret_value)
{
	size_t n = 0;

	while (n < text->len && text->ptr[n] >= '0' && text->ptr[n] <= '9')
		n++;
	if (!sk_span_u64(sk_span_sub(*text, 0, n), ret_value))
		return false;
	*text = sk_span_from(*text, n);
	return true;
}

/* Up to three decimals after a '.', in thousandths. */
static bool take_thousandths(struct sk_span *text, uint64_t *ret_value)
{
	size_t before;
	uint64_t v;

	*ret_value = 0;
	if (!sk_span_starts(*text, "."))
		return true;
	*text = sk_span_from(*text, 1);
	before = text->len;
	if (!take_number(text, &v) || before - text->len > 3)
		return false;
	for (size_t digits = before - text->len; digits < 3; digits++)
		v *= 10;
	*ret_value = v;
	return true;
}

bool sk_parse_size(struct sk_span text, uint64_t *ret_bytes)
{
	/* K and KiB are powers of two, as in every tool that has caches; KB is the power of ten. */
	static const char letters[] = "KMGT";
	uint64_t v, thousandths, unit = 1, whole;

	if (!take_number(&text, &v) || !take_thousandths(&text, &thousandths))
		return false;
	if (text.len && !sk_span_ieq(text, SK_SPAN_LIT("B"))) {
		char letter = (char)(text.ptr[0] & ~0x20);
		const char *at = memchr(letters, letter, 4);
		struct sk_span rest = sk_span_from(text, 1);
		bool decimal = sk_span_ieq(rest, SK_SPAN_LIT("B"));

		if (!at || (rest.len && !decimal && !sk_span_ieq(rest, SK_SPAN_LIT("iB"))))
			return false;
		for (const char *c = letters; c <= at; c++)
			unit *= decimal ? 1000 : 1024;
	}
	if (__builtin_mul_overflow(v, unit, &whole) || (unit == 1 && thousandths))
		return false;
	return !__builtin_add_overflow(whole, unit / 1000 * thousandths + unit % 1000 * thousandths / 1000,
				       ret_bytes);
}

static int64_t seconds_of(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 0;
	}
}

bool sk_parse_duration(struct sk_span text, int64_t *ret_seconds)
{
	int64_t total = 0;
	uint64_t v;

	if (sk_span_u64(text, &v)) {
		*ret_seconds = (int64_t)v;
		return v <= INT64_MAX;
	}
	do {
		int64_t part;

		if (!take_number(&text, &v) || !text.len || !seconds_of(text.ptr[0]) ||
		    v > INT64_MAX ||
		    __builtin_mul_overflow((int64_t)v, seconds_of(text.ptr[0]), &part) ||
		    __builtin_add_overflow(total, part, &total))
			return false;
		text = sk_span_from(text, 1);
	} while (text.len);
	*ret_seconds = total;
	return true;
}
