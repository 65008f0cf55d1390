/* SPDX-License-Identifier: Apache-2.0 */
/* A scheme's index, then two versions parted by a newline: comparing is antisymmetric and keeps to its bytes. */
#include "vuln/version.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span rest, a;
	size_t count = 0;

	if (size < 1)
		return 0;
	while (sk_schemes[count])
		count++;

	const struct sk_scheme *s = sk_schemes[data[0] % count];

	rest = sk_span(data + 1, size - 1);
	sk_span_split(&rest, '\n', &a);
	if (s->compare(a, rest) != -s->compare(rest, a) || s->compare(a, a) != 0)
		abort();
	s->valid(a);
	if (s->prerelease)
		s->prerelease(a);
	return 0;
}
