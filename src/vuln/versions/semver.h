/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Semantic Versioning 2.0.0 and its relatives: dotted numbers, then
 * "-pre.release", then "+build". Reading is lenient, so that every string has
 * a place in the order; what a scheme allows is asked for apart.
 */
#include "vuln/versions/scan.h"

struct sk_semver {
	struct sk_span numbers; /* digits and single dots */
	struct sk_span pre;	/* without its hyphen; empty: a release */
	struct sk_span build;	/* without its plus */
};

enum sk_semver_flags {
	SK_SEMVER_V = 1,	 /* a leading "v" */
	SK_SEMVER_LOOSE = 2,	 /* as node-semver's loose mode: " =v1.2.3beta" */
	SK_SEMVER_ZEROS = 4,	 /* leading zeros */
	SK_SEMVER_ANY_COUNT = 8, /* a pre-release behind more or fewer than three numbers */
	SK_SEMVER_FOUR = 16,	 /* at most four numbers */
};

struct sk_semver sk_semver_parse(struct sk_span s);

/* Missing numbers are zero; any count of them is compared. */
int sk_semver_numbers_cmp(struct sk_span a, struct sk_span b);
int sk_semver_id_cmp(struct sk_span a, struct sk_span b, bool icase);
/* Dotted identifiers: numbers before words, the longer list last (SemVer 2.0.0, item 11). */
int sk_semver_ids_cmp(struct sk_span a, struct sk_span b, bool icase);
/* Numbers and pre-release; build metadata says nothing (item 10). */
int sk_semver_compare(struct sk_span a, struct sk_span b);
bool sk_semver_valid(struct sk_span s, unsigned flags);
bool sk_semver_prerelease(struct sk_span s);
