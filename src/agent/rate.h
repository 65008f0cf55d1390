/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A limit: so many within any span of so much time. It remembers when each of
 * the last ones was, so that the limit holds for every span and not only for
 * those that begin at full minutes.
 */
#include "base/err.h"
#include "base/span.h"

struct sk_rate {
	uint32_t count;	 /* 0: no limit */
	int64_t period;	 /* nanoseconds */
	int64_t *times;	 /* of the last `count`, a ring; made when the first is taken */
	uint32_t next;
	bool full;
};

/* "10/1m": ten a minute; "none": no limit. */
int sk_rate_parse(struct sk_rate *rate, struct sk_span text, struct sk_err *err);
void sk_rate_release(struct sk_rate *rate);

/* Whether one more would be within the limit at that time (nanoseconds of a clock that never goes back). */
bool sk_rate_allows(const struct sk_rate *rate, int64_t now);
/* One more. */
void sk_rate_take(struct sk_rate *rate, int64_t now);
