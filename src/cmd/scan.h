/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a person may ask of `sekisho scan`; the table is in cmd-scan.c. */
#include "cmd/command.h"
#include "cmd/inspect.h"
#include "cmd/policy.h"
#include "finding/finding.h"

enum sk_scan_sort { SK_SORT_SEVERITY, SK_SORT_RISK };

struct sk_scan_options {
	/* targets */
	struct sk_option_list exclude; /* path patterns (policy/glob.h) */
	/* what is looked for */
	const char *database;	   /* NULL: sk_db_default_path() */
	bool packages_only;	   /* no advisories are needed */
	const char *in_use;	   /* folder of what was seen in use at run time, or NULL */
	/* what is shown */
	int format;		   /* index into sk_formats */
	const char *output;	   /* NULL: standard output */
	bool list_packages, show_ignored;
	int sort;		   /* enum sk_scan_sort */
	int risk_class;		   /* enum sk_risk_class, or -1 */
	const char *compare;	   /* a JSON report, or NULL */
	const char *author, *author_url; /* of VEX formats */
	/* what counts */
	int fail_on;		   /* enum sk_severity, or -1 */
	struct sk_option_list policies; /* files and bundles */
	struct sk_policy_choices parameters;
	uint32_t severity;	   /* bit 1 << enum sk_severity; 0: all */
	bool ignore_unfixed;
	struct sk_option_list exceptions; /* files; none: ./.sekishoignore.yaml where there is one */
	struct sk_option_list ignore_file; /* the older name of the same */
	struct sk_option_list vex; /* VEX documents */
	int64_t exception_days;	   /* how far away an exception's end may be; 0: any */
	/* how */
	struct sk_inspect_choices inspect;
};

/* Scans call->args; returns an enum sk_exit or -SK_E…. */
int sk_scan(const struct sk_call *call, const struct sk_scan_options *options, struct sk_err *err);

/* Choices for option tables. */
const char *sk_choice_severity(unsigned i, const char **ret_summary);
const char *sk_choice_format(unsigned i, const char **ret_summary);
