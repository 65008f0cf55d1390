/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Test Anything Protocol, as much as our tests need. */
#include "base/span.h"

#include <stdio.h>
#include <stdlib.h>

static int tap_run, tap_failed;

#define ok(cond, ...) \
	do { \
		bool tap_ok = (cond); \
		printf("%sok %d - ", tap_ok ? "" : "not ", ++tap_run); \
		printf(__VA_ARGS__); \
		printf("\n"); \
		if (!tap_ok) { \
			tap_failed++; \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
		} \
	} while (0)

/* Like ok, but a success prints nothing: for loops over many cases, closed by one ok. */
#define expect(cond, ...) \
	do { \
		if (!(cond)) { \
			tap_failed++; \
			printf("not ok %d - ", ++tap_run); \
			printf(__VA_ARGS__); \
			printf("\n# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
		} \
	} while (0)

#define is_str(got, want) \
	do { \
		const char *tap_got = (got), *tap_want = (want); \
		ok(tap_got && strcmp(tap_got, tap_want) == 0, "%s is \"%s\"", #got, tap_want); \
		if (!tap_got || strcmp(tap_got, tap_want)) \
			printf("# got %s\n", tap_got ? tap_got : "(null)"); \
	} while (0)

#define is_int(got, want) \
	do { \
		long long tap_got = (long long)(got), tap_want = (long long)(want); \
		ok(tap_got == tap_want, "%s is %lld", #got, tap_want); \
		if (tap_got != tap_want) \
			printf("# got %lld\n", tap_got); \
	} while (0)

#define skip(why) printf("ok %d # SKIP %s\n", ++tap_run, why)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed ? 1 : 0;
}

/* $SK_CORPORA (shared third-party cases), or NULL where they are not there. */
static inline const char *corpora(void)
{
	const char *dir = getenv("SK_CORPORA");

	return dir && dir[0] ? dir : NULL;
}
