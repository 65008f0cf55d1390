/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Package URLs (ECMA-427): pkg:type/namespace/name@version?qualifiers#subpath.
 *
 * The parts here are decoded, as the rules of their type spell them (lower
 * case where case does not count, '-' for '_' in pypi names, ...); NULL is an
 * absent part. Written, everything but letters, digits and ".-_~:" is
 * percent-encoded, '/' stays between segments, qualifiers are sorted by key.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct sk_purl_qualifier {
	const char *key, *value;
};

struct sk_purl {
	const char *type, *ns, *name, *version, *subpath;
	struct sk_purl_qualifier *qualifiers; /* sorted by key, no key twice, no empty value */
	size_t qualifier_count;
};

/* Parses text; strings live in arena. SK_EINVAL if it is no purl, or breaks the rules of its type.
 */
int sk_purl_parse(struct sk_purl *purl, struct sk_span text, struct sk_arena *arena,
		  struct sk_err *err);

/* Brings purl's parts, in any spelling, into the canonical one, and checks them; replaces the
 * strings. */
int sk_purl_normalize(struct sk_purl *purl, struct sk_arena *arena, struct sk_err *err);

/* Appends the purl as text, without changing the spelling of its parts. */
void sk_purl_write(struct sk_buf *buf, const struct sk_purl *purl);

/* A qualifier's value, or NULL. */
const char *sk_purl_qualifier(const struct sk_purl *purl, const char *key);
