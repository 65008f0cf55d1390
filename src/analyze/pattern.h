/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which analyzers want a path: all patterns of all analyzers, looked up by
 * the path's last part, so that a file nobody wants costs three look-ups.
 */
#include "analyze/analyzer.h"

struct sk_patterns;

struct sk_match {
	const struct sk_analyzer *analyzer;
	size_t root_len; /* the part of the path before the match, with its '/' */
	bool by_magic;
};

enum { SK_MOST_MATCHES = 8 }; /* analyzers that want one and the same file */

struct sk_patterns *sk_patterns_new(const struct sk_analyzer *const *analyzers);
void sk_patterns_free(struct sk_patterns *patterns);

/* Fills ret with the analyzers that want this path; returns how many. */
size_t sk_patterns_match(const struct sk_patterns *patterns, struct sk_span path,
			 struct sk_match ret[SK_MOST_MATCHES]);
/* Adds those that want a file beginning so, and are not in ret yet; returns the new count. */
size_t sk_patterns_match_magic(const struct sk_patterns *patterns, struct sk_span head,
			       struct sk_match ret[SK_MOST_MATCHES], size_t count);

/* Whether path fits pattern (analyzer.h); *ret_root is where the match begins. */
bool sk_pattern_fits(const char *pattern, struct sk_span path, size_t *ret_root);
