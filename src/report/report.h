/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a report is made of: one result for each target of the call. */
#include "analyze/inventory.h"
#include "base/buf.h"
#include "finding/risk.h"
#include "policy/decision.h"

/* With --compare: what of a target an earlier report knew. */
struct sk_comparison {
	const char *base;   /* its file */
	const char *created; /* when it was made, RFC 3339 */
	size_t known;	    /* findings that are in both, and not in this report */
	size_t gone;	    /* findings that are in that one alone */
};

struct sk_result {
	const struct sk_inventory *inventory;
	struct sk_finding **findings; /* sorted by sk_finding_cmp; ignored ones are in `ignored` */
	size_t finding_count;
	struct sk_finding **ignored;  /* shown on request */
	size_t ignored_count;
	const struct sk_comparison *comparison; /* NULL: everything is shown */
	const struct sk_decision *decision; /* of the policies that the person named; NULL: none */
};

struct sk_report {
	const struct sk_result *results;
	size_t result_count;
	int64_t created;		/* time of the scan */
	const char *database_created;	/* RFC 3339; NULL without a database */
	const char *database_newest;	/* the date of its newest record, as above */
	const char *command_line;	/* for SARIF's invocation; may be NULL */
	bool packages_only;		/* nobody asked for advisories; there is no database then */
	bool list_packages;		/* the person asked for all packages */
	bool show_ignored;
	enum sk_risk_class risk_class;
	bool by_risk; /* findings are in the order of their risk, and shall be shown so */
	const char *author, *author_url; /* who makes the statements of VEX formats; may be NULL */
	bool colour;			/* the table may use ANSI colours */
	unsigned width;			/* columns of the terminal; 0: not a terminal, 120 */
};
