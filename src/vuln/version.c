/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/version.h"

static bool goes_by(const struct sk_scheme *scheme, struct sk_span name)
{
	if (sk_span_ieq(sk_span_str(scheme->name), name))
		return true;
	for (const char *const *alias = scheme->aliases; alias && *alias; alias++)
		if (sk_span_ieq(sk_span_str(*alias), name))
			return true;
	return false;
}

const struct sk_scheme *sk_scheme_find(struct sk_span name)
{
	ptrdiff_t colon = sk_span_chr(name, ':');

	if (colon >= 0)
		name.len = (size_t)colon;
	for (const struct sk_scheme *const *s = sk_schemes; *s; s++)
		if (goes_by(*s, name))
			return *s;
	return NULL;
}
