/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

enum { MAX_WORD = 32 }; /* longer words are no typing errors of ours */

/* Edit distance (Levenshtein, one row), '_' and '-' alike and case folded, as both are common slips. */
static size_t edit_distance(struct sk_span a, struct sk_span b)
{
	size_t row[MAX_WORD + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = a.ptr[i - 1] == '_' ? '-' : a.ptr[i - 1];
			bool same = (x | 0x20) == (b.ptr[j - 1] | 0x20);
			size_t best = diagonal + !same;

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[b.len];
}

void sk_suggest_try(struct sk_suggest *s, const char *candidate)
{
	struct sk_span word = sk_span_str(candidate);
	size_t distance;

	if (s->typed.len > MAX_WORD || word.len > MAX_WORD || !s->typed.len)
		return;
	/* The beginning of a word is as good as one slip: "sev" means "severity". */
	if (s->typed.len >= 3 && word.len > s->typed.len &&
	    memcmp(word.ptr, s->typed.ptr, s->typed.len) == 0)
		distance = 1;
	else
		distance = edit_distance(s->typed, word);
	if (distance > 1 + s->typed.len / 4)
		return;
	if (!s->best || distance < s->distance) {
		s->best = candidate;
		s->distance = distance;
	}
}
