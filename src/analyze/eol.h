/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether an operating system's release still gets security updates. The
 * dates are in rules/eol.txt. Past its end of life a distribution publishes no
 * advisories either: that nothing is found then means nothing.
 */
#include "analyze/package.h"

enum sk_eol_state {
	SK_EOL_UNKNOWN,	  /* of this system or release no dates are known */
	SK_EOL_ROLLING,	  /* there are no releases that end */
	SK_EOL_SUPPORTED, /* also by a free extension, as Debian's LTS */
	SK_EOL_EXTENDED,  /* only who pays for it gets updates */
	SK_EOL_ENDED,
};

struct sk_eol {
	enum sk_eol_state state;
	const char *release;  /* as the table names it: "3.20" for 3.20.2 */
	const char *ends;     /* last day of the regular support, free extensions included */
	const char *phase;    /* the paid extension that it has or had: "ESM" */
	const char *extended; /* its last day */
	const char *source;   /* the vendor's page */
	const char *newer_id; /* system and newest release that is supported; NULL: there is none */
	const char *newer;
};

/* `now` is a time as in time.h. */
enum sk_eol_state sk_eol_lookup(const struct sk_os *os, int64_t now, struct sk_eol *ret_eol);
