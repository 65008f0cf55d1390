/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Times are seconds since 1970-01-01T00:00:00Z without leap seconds, int64_t. */
#include "base/span.h"

enum { SK_TIME_TEXT = 32 }; /* room for one formatted time */

/* RFC 3339, section 5.6, or its full-date alone (midnight UTC); fractions are cut off. */
bool sk_time_parse(struct sk_span text, int64_t *ret_time);

/* "2026-03-01T12:00:00Z"; returns text. */
char *sk_time_format(int64_t time, char text[SK_TIME_TEXT]);
char *sk_time_format_date(int64_t time, char text[SK_TIME_TEXT]); /* "2026-03-01" */

/* Now; SOURCE_DATE_EPOCH wins, so that reports can be reproduced. */
int64_t sk_time_now(void);
