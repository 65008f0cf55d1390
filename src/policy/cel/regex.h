/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Regular expressions with the syntax and meaning of RE2
 * (github.com/google/re2/wiki/Syntax), in time linear in the text whatever the
 * pattern: no back references, no look-around. Patterns and texts are UTF-8.
 *
 * Where RE2 and Go's regexp differ it is Go's way, since CEL in Go is what
 * policies are written for: \C is refused, a group's name may occur twice,
 * (?<name>...) is one, \p{...} knows aliases ("Letter") and ignores case, "_",
 * "-" and blanks, and a byte that is not UTF-8 is matched as U+FFFD.
 *
 * A compiled pattern is immutable and may be used by any number of threads;
 * what a search needs besides is a struct sk_cel_regex_scratch of the caller.
 */
#include "policy/cel/cel.h"

struct sk_cel_regex;

enum sk_cel_regex_flags {
	SK_CEL_REGEX_ICASE = 1 << 0,
	SK_CEL_REGEX_FULL = 1 << 1, /* the whole text must match */
};

/* Bounds of a pattern: compiled instructions, counted repetition, nesting (the last two as in Go). */
#define SK_CEL_REGEX_MAX_CODE 100000u
#define SK_CEL_REGEX_MAX_REPEAT 1000u
#define SK_CEL_REGEX_MAX_DEPTH 1000u

/*
 * The compiled pattern, or NULL with *ret_error (a constant text) and
 * *ret_offset (the byte in the pattern). Memory is malloc's.
 */
struct sk_cel_regex *sk_cel_regex_new(const char *pattern, size_t len, unsigned flags,
				      const char **ret_error, size_t *ret_offset);
void sk_cel_regex_free(struct sk_cel_regex *regex);

/* Number of capture groups, without the whole match; name of group i (from 1) or NULL. */
unsigned sk_cel_regex_groups(const struct sk_cel_regex *regex);
const char *sk_cel_regex_group_name(const struct sk_cel_regex *regex, unsigned i);
/* Rough size, for cost estimates: compiled instructions. */
size_t sk_cel_regex_size(const struct sk_cel_regex *regex);

/*
 * Memory of searches, reused from one to the next; zero-initialised is empty.
 * Not for two threads at once. It keeps states of up to 16 patterns, half a
 * MiB each.
 *
 * A search takes time linear in the text, but the factor is the pattern's
 * size, and finding all matches may look at the text once for each. So work is
 * counted, and where a limit is given a search ends at it.
 */
struct sk_cel_regex_scratch {
	void *memory;
	uint64_t work;	/* instructions tried, since the caller set it to 0: some ns each */
	uint64_t limit; /* of work; 0: none */
	bool failed; /* the last search got no memory or reached the limit: its "no" means nothing */
};
void sk_cel_regex_scratch_release(struct sk_cel_regex_scratch *scratch);

/* Does it match anywhere (or, FULL, all of it)? */
bool sk_cel_regex_test(const struct sk_cel_regex *regex, struct sk_cel_regex_scratch *scratch,
		       const char *text, size_t len);

/*
 * The leftmost match that begins at or after `start`, with Perl's preference
 * among those (as RE2 and Go). ret_groups has 2 * (groups + 1) byte offsets,
 * -1 for groups that took no part.
 */
bool sk_cel_regex_find(const struct sk_cel_regex *regex, struct sk_cel_regex_scratch *scratch,
		       const char *text, size_t len, size_t start, ptrdiff_t *ret_groups);

/*
 * All matches, one after the other, as Go has them: none that is empty right
 * after the one before. Begins zero-initialised.
 */
struct sk_cel_regex_cursor {
	size_t at;  /* where to look next */
	size_t end; /* of the last match, + 1; 0: none yet */
};
bool sk_cel_regex_next(const struct sk_cel_regex *regex, struct sk_cel_regex_scratch *scratch,
		       const char *text, size_t len, struct sk_cel_regex_cursor *cursor,
		       ptrdiff_t *ret_groups);
