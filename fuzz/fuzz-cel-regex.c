/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions: a byte of flags, the pattern, a NUL, the text. All engines say the same. */
#include "policy/cel/regex-internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
	if (!right)
		abort();
}

static void search(const struct sk_cel_regex *rx, const char *text, size_t len)
{
	size_t size = 2 * ((size_t)sk_cel_regex_groups(rx) + 1) * sizeof(ptrdiff_t);
	ptrdiff_t *a = malloc(size), *b = malloc(size);
	struct sk_cel_regex_scratch scratch = { 0 };
	struct sk_cel_regex_cursor cursor = { 0 };
	bool found = sk_cel_regex_find(rx, &scratch, text, len, 0, a);
	enum sk_regex_answer answer;
	size_t begin = 0;

	check(found == sk_cel_regex_test(rx, &scratch, text, len));
	check(found == sk_regex_nfa(rx, &scratch, text, len, 0, b));
	check(!found || memcmp(a, b, size) == 0);
	for (int i = 0; i < 2; i++) {
		/* Once without states, once with those of the first time. */
		answer = sk_regex_dfa(rx, &scratch, text, len, 0, &begin);
		check(answer == SK_REGEX_GIVE_UP || found == (answer == SK_REGEX_YES));
		check(answer != SK_REGEX_YES || (size_t)a[0] >= begin);
	}
	answer = sk_regex_backtrack(rx, &scratch, text, len, 0, b);
	check(answer == SK_REGEX_GIVE_UP || found == (answer == SK_REGEX_YES));
	check(answer != SK_REGEX_YES || memcmp(a, b, size) == 0);
	for (size_t last = 0; sk_cel_regex_next(rx, &scratch, text, len, &cursor, a);
	     last = cursor.at) {
		check(a[0] >= 0 && a[0] <= a[1] && (size_t)a[1] <= len && cursor.at > last);
		for (unsigned i = 0; i <= sk_cel_regex_groups(rx); i++)
			check((a[2 * i] < 0) == (a[2 * i + 1] < 0) && a[2 * i] <= a[2 * i + 1]);
	}
	check(!scratch.failed);
	sk_cel_regex_scratch_release(&scratch);
	free(a);
	free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *pattern = (const char *)data + 1, *error = NULL, *end;
	size_t offset = SIZE_MAX;
	struct sk_cel_regex *rx;

	if (size < 2)
		return 0;
	end = memchr(pattern, '\0', size - 1);
	if (!end)
		return 0;
	rx = sk_cel_regex_new(pattern, (size_t)(end - pattern), data[0] & 3, &error, &offset);
	check(rx || (error && offset <= (size_t)(end - pattern)));
	/* Code times text is what it may cost. */
	if (rx && sk_cel_regex_size(rx) * size < 1 << 20)
		search(rx, end + 1, (size_t)((const char *)data + size - end - 1));
	sk_cel_regex_free(rx);
	return 0;
}
