/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Products as VEX documents and entries name them: an image (by digest,
 * reference or package URL), a package, or a package inside of either. A
 * product fits only where everything that it says is so: a version or
 * qualifier that it leaves out may be any.
 */
#include "analyze/inventory.h"
#include "analyze/purl.h"
#include "vuln/vers.h"

/* One thing; what is NULL is not said. With nothing said it fits nothing. */
struct sk_identity {
	const struct sk_purl *purl;
	const char *reference; /* of an image: "registry.example/shop:1.4", without a digest */
	const char *digest;    /* of an image: "sha256:..." */
	const char *cpe;       /* of an operating system */
	const struct sk_strings *versions; /* the package's version is one of these ... */
	const struct sk_vers *range;	   /* ... or in this */
};

struct sk_product {
	struct sk_identity self;
	struct sk_identity *parts; /* what in it is meant; none: all of it */
	size_t part_count;
};

/* Adds what the text names: a package URL, a digest, an image's reference; false if nothing. */
bool sk_identity_add(struct sk_identity *id, struct sk_span text, struct sk_arena *arena);

/* Whether the product is, or has as its part, this package of this artifact; purl is its own, parsed, or NULL. */
bool sk_product_fits(const struct sk_product *product, const struct sk_inventory *inv,
		     const struct sk_package *package, const struct sk_purl *purl);
