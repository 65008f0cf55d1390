/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Unicode's categories, scripts and simple case folding, as tools/gen-cel-unicode.py writes them. */
#include <stddef.h>
#include <stdint.h>

/* start << 11 | length - 1; sorted within a set. */
#define SK_REGEX_UNICODE_START(range) ((range) >> 11)
#define SK_REGEX_UNICODE_END(range) (((range) >> 11) + ((range)&0x7ff))
extern const uint32_t sk_regex_unicode_ranges[];

/* By name: lower case, without "_", "-" and blanks. */
struct sk_regex_unicode_set {
	const char *name;
	uint16_t first, count;
};
extern const struct sk_regex_unicode_set sk_regex_unicode_sets[];
extern const size_t sk_regex_unicode_set_count;

/*
 * From each code point to the next one that differs in case alone; the last
 * leads to the first. delta 0: pairs, lo with lo + 1 and so on.
 */
struct sk_regex_fold {
	uint32_t lo, hi;
	int32_t delta;
};
extern const struct sk_regex_fold sk_regex_folds[];
extern const size_t sk_regex_fold_count;
