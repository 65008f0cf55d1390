/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Versions as each ecosystem compares them. A scheme is one file in
 * versions/, one word in the list of meson.build, one constant
 * `sk_scheme_<name>`; its name is the purl type (deb, rpm, apk, npm, pypi,
 * maven, golang, gem, composer, nuget, cargo, cran, ...), other names that it goes by
 * stand in `aliases`.
 *
 * A comparison never allocates and never overflows, however long a run of digits is.
 */
#include "base/err.h"
#include "base/span.h"

struct sk_scheme {
	const char *name;
	/* NULL-terminated or NULL: OSV ecosystem names too ("PyPI", "crates.io"). */
	const char *const *aliases;
	/*
	 * -1, 0 or 1. A total order, also over versions that `valid` refuses. Two
	 * exceptions are the ecosystem's own: to alpm a version without a package
	 * release equals all with one, to composer "#" equals any number.
	 */
	int (*compare)(struct sk_span a, struct sk_span b);
	/* Whether the scheme allows this spelling at all. */
	bool (*valid)(struct sk_span version);
	/* Whether it is a pre-release in the scheme's own sense. NULL: there is no such thing. */
	bool (*prerelease)(struct sk_span version);
};

/* NULL-terminated; generated from the list in meson.build. */
extern const struct sk_scheme *const sk_schemes[];

/*
 * By name or alias, ASCII case ignored, without what follows a colon ("Debian:12"); NULL if
 * there is none.
 */
const struct sk_scheme *sk_scheme_find(struct sk_span name);
