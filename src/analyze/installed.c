/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/installed.h"

#include "base/map.h"

/* The package URL without qualifiers: spelling rules of its type are settled in it. */
static struct sk_span identity(const struct sk_package *p)
{
	struct sk_span purl = sk_span_str(p->purl);
	ptrdiff_t end = sk_span_chr(purl, '?');

	return end < 0 ? purl : sk_span_sub(purl, 0, (size_t)end);
}

static bool is_installed(const struct sk_package *p)
{
	return (p->flags & SK_PACKAGE_INSTALLED) && !(p->flags & SK_PACKAGE_OWNED);
}

void sk_drop_locked(struct sk_inventory *inv)
{
	sk_cleanup(sk_map_release) struct sk_map installed = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < inv->package_count; i++)
		if (is_installed(inv->packages[i]) && inv->packages[i]->version)
			sk_map_put(&installed, identity(inv->packages[i]), inv->packages[i]);
	for (size_t i = 0; i < inv->package_count; i++) {
		struct sk_package *p = inv->packages[i];

		if ((p->flags & (SK_PACKAGE_INSTALLED | SK_PACKAGE_MAIN)) ||
		    !sk_map_get(&installed, identity(p)))
			inv->packages[kept++] = p;
	}
	inv->package_count = kept;
}
