/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the types of package URLs demand of their parts: the table behind purl.c. */
#include "analyze/purl.h"

enum sk_purl_rule {
	SK_PURL_NS_LOWER = 1 << 0, /* case does not count: written in lower case */
	SK_PURL_NAME_LOWER = 1 << 1,
	SK_PURL_VERSION_LOWER = 1 << 2,
	SK_PURL_NS_NEVER = 1 << 3, /* must not have a namespace */
	SK_PURL_NS_NEEDED = 1 << 4,
	SK_PURL_PATH_NAME = 1 << 5, /* the namespace is one segment, the name may have several */
};

unsigned sk_purl_rules(const char *type);
char *sk_purl_lower(const char *s, struct sk_arena *arena);

/* Spells and checks the parts by the rules of their type, which is lower case already. */
int sk_purl_apply_type(struct sk_purl *purl, struct sk_arena *arena, struct sk_err *err);
