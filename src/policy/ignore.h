/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Exceptions: findings that somebody has accepted, in .sekishoignore.yaml. An
 * entry says what (id, package, version, path, purl; all that are given must
 * fit), why, who and until when. One that lacks any of it, is out of date or
 * has a key that nobody knows hides nothing and is reported itself.
 */
#include "base/arena.h"
#include "base/err.h"
#include "finding/finding.h"

struct sk_ignore_entry {
	const char *id, *package, *version, *path, *purl; /* NULL: any */
	const char *reason, *owner, *expires;
	uint32_t line;
	const char *problem_id; /* NULL: the entry counts; else "ignore-expired" or "ignore-invalid" */
	const char *problem;	/* in words */
	size_t hits;		/* findings that it has hidden so far */
	struct sk_ignore_entry *next; /* of the same id, or of those without one */
};

struct sk_ignore {
	struct sk_arena arena; /* findings that are hidden borrow their texts from here */
	const char *file;
	struct sk_ignore_entry **entries; /* in the order of the file */
	size_t count;
	struct sk_ignore_index *index;
};

/* The file of that name is looked for in the current directory when none is named. */
#define SK_IGNORE_FILE ".sekishoignore.yaml"

/*
 * Reads the entries. SK_ENOTFOUND where there is no such file, SK_EINVAL
 * where it is not an ignore file at all ("FILE: line 3: ..."); faults of
 * single entries are no errors but their problem_id.
 */
int sk_ignore_load(struct sk_ignore *ignore, const char *file, int64_t now, struct sk_err *err);
int sk_ignore_parse(struct sk_ignore *ignore, const char *file, struct sk_span text, int64_t now,
		    struct sk_err *err);
void sk_ignore_release(struct sk_ignore *ignore);

/*
 * Sets ignored_reason, ignored_owner and ignored_until of each finding that an
 * entry covers; again for each further target. Returns how many.
 */
size_t sk_ignore_apply(struct sk_ignore *ignore, struct sk_finding **findings, size_t count);

/*
 * A coverage finding about an entry that does not count, or that has hidden
 * nothing (id "ignore-unused"; ask after the last target); NULL if all is well
 * with it.
 */
struct sk_finding *sk_ignore_finding(const struct sk_ignore *ignore,
				     const struct sk_ignore_entry *entry, struct sk_arena *arena);
