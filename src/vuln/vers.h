/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * VERS, the version range specifier: "vers:npm/1.2.3|>=2.0.0|<5.0.0"
 * (https://github.com/package-url/vers-spec). A range is a list of constraints,
 * sorted by version; its texts live in the arena that it was made with, and
 * the list itself too.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "vuln/version.h"

/* In the order in which constraints of one version are written. */
enum sk_vers_op { SK_VERS_NE, SK_VERS_LT, SK_VERS_LE, SK_VERS_EQ, SK_VERS_GT, SK_VERS_GE };

struct sk_vers_constraint {
	enum sk_vers_op op;
	struct sk_span version; /* decoded */
};

struct sk_vers {
	struct sk_span type;		/* "npm"; also "all" and "none" */
	const struct sk_scheme *scheme; /* NULL for all and none */
	bool any;			/* "*": every version (of "none": no version) */
	struct sk_vers_constraint *constraints;
	size_t count;
};

/*
 * Reads the canonical form alone: everything else (blanks, wrong order, the
 * same version twice, comparators that make no sense after one another, needless
 * percent signs) is SK_EINVAL, a type without a scheme SK_EUNSUPPORTED.
 */
int sk_vers_parse(struct sk_vers *range, struct sk_span text, struct sk_arena *arena,
		  struct sk_err *err);

/* The same, but constraints may come in any order, twice, and redundant; they are sorted. */
int sk_vers_read(struct sk_vers *range, struct sk_span text, struct sk_arena *arena,
		 struct sk_err *err);

/*
 * A range as the ecosystem itself writes it: npm, conan, gem, pypi, nuget, maven, openssl, nginx,
 * and plain comparators ("< 2.0, != 1.5") for deb, rpm, apk, alpm, gentoo, golang, semver. VERS has
 * no word for "no version": a range that nothing fits is SK_EUNSUPPORTED.
 */
int sk_vers_from_native(struct sk_vers *range, struct sk_span type, struct sk_span native,
			struct sk_arena *arena, struct sk_err *err);

bool sk_vers_contains(const struct sk_vers *range, struct sk_span version);

/* Appends "vers:type/constraints". */
void sk_vers_format(const struct sk_vers *range, struct sk_buf *buf);
