/* SPDX-License-Identifier: Apache-2.0 */
/* A scheme's index, then three versions parted by newlines: comparing them is a total order. */
#include "vuln/version.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The two that are none on purpose: Arch's versions without package release, and PHP's "#". */
static bool is_exempt(const struct sk_scheme *s, struct sk_span v)
{
	return s == sk_scheme_find(SK_SPAN_LIT("alpm"))
		   ? sk_span_chr(v, '-') < 0
		   : s == sk_scheme_find(SK_SPAN_LIT("composer")) && sk_span_chr(v, '#') >= 0;
}

static void check_order(const struct sk_scheme *s, const struct sk_span v[3])
{
	int ab = s->compare(v[0], v[1]), bc = s->compare(v[1], v[2]), ac = s->compare(v[0], v[2]);

	if (ab != -s->compare(v[1], v[0]) || s->compare(v[0], v[0]) != 0)
		abort();
	for (int i = 0; i < 3; i++)
		if (is_exempt(s, v[i]))
			return;
	if (ab <= 0 && bc <= 0 && (ac > 0 || (ac == 0 && (ab < 0 || bc < 0))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span rest, v[3] = { 0 };
	size_t count = 0;

	if (size < 1)
		return 0;
	while (sk_schemes[count])
		count++;

	const struct sk_scheme *s = sk_schemes[data[0] % count];

	rest = sk_span(data + 1, size - 1);
	sk_span_split(&rest, '\n', &v[0]);
	sk_span_split(&rest, '\n', &v[1]);
	v[2] = rest;
	check_order(s, v);
	s->valid(v[0]);
	if (s->prerelease)
		s->prerelease(v[0]);
	return 0;
}
