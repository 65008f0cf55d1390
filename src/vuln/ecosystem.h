/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where a package's advisories are: which OSV ecosystems speak of it, under
 * which name, and how they compare versions. All of it is data (ecosystem.c).
 */
#include "analyze/package.h"
#include "vuln/version.h"

/* Which of a distribution's names its advisories use. */
enum sk_advisory_names {
	SK_NAMES_BINARY, /* the package as installed */
	SK_NAMES_SOURCE, /* the source package, with the source's version */
};

/* A distribution: its os-release ids and the ecosystems that are about it. */
struct sk_distribution {
	const char *const *ids; /* os-release ID, NULL-terminated */
	const char *name;	/* as people call it; severity_source is its lower-case form */
	const char *type;	/* purl type of its packages */
	enum sk_advisory_names names;
	/*
	 * Patterns of OSV ecosystems, NULL-terminated, first ones preferred: {V} the
	 * whole VERSION_ID, {M} its first number, {m} its second; '*' any run of
	 * bytes. A pattern with a number that the version has not is passed over.
	 */
	const char *const *ecosystems;
	const char *family; /* what all its ecosystems begin with: data of any release */
};

/* By os-release ID; NULL if it is not known. */
const struct sk_distribution *sk_distribution_find(const struct sk_os *os);

/* Writes a pattern's text for this release; false if the release lacks a part of it. */
bool sk_ecosystem_expand(const char *pattern, const struct sk_os *os, struct sk_buf *buf);

/* Whether name is of the pattern with '*' (linear). */
bool sk_ecosystem_like(struct sk_span name, struct sk_span pattern);

/* The OSV ecosystem of a language's packages, by purl type; NULL if there is none. */
const char *sk_ecosystem_of_type(const char *type);

/* The version scheme of an OSV ecosystem ("Debian:12", "crates.io"); NULL if none is known. */
const struct sk_scheme *sk_ecosystem_scheme(struct sk_span ecosystem);

/*
 * The name as it is compared in this ecosystem: PEP 503 for PyPI, lower case
 * for NuGet and Packagist, '_' as '-' for crates.io, as written elsewhere.
 * Builder and matcher both go through here.
 */
void sk_ecosystem_name(struct sk_span ecosystem, struct sk_span name, struct sk_buf *buf);

/* The name that a language package has in its ecosystem: "group:artifact", "@scope/name",
 * "vendor/name", a Go path. */
void sk_ecosystem_package_name(const struct sk_package *p, struct sk_buf *buf);
