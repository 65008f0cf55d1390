/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A finding: one problem with one subject. Vulnerabilities are one kind; what
 * could not be looked at is another (coverage), so that silence always means
 * "looked, and found nothing". Strings are borrowed from the scan's arena;
 * NULL is "not known".
 */
#include "analyze/package.h"

enum sk_finding_kind {
	SK_FINDING_VULNERABILITY,
	SK_FINDING_SECRET,
	SK_FINDING_MALWARE,
	SK_FINDING_MISCONFIGURATION,
	SK_FINDING_LICENCE,
	SK_FINDING_COVERAGE,
};

enum sk_severity {
	SK_SEVERITY_UNKNOWN,
	SK_SEVERITY_NEGLIGIBLE,
	SK_SEVERITY_LOW,
	SK_SEVERITY_MEDIUM,
	SK_SEVERITY_HIGH,
	SK_SEVERITY_CRITICAL,
};

/* What the publisher says about a fix. */
enum sk_fix_state {
	SK_FIX_UNKNOWN,
	SK_FIX_AVAILABLE, /* fixed_version has it */
	SK_FIX_NONE,	  /* affected, not fixed (yet) */
	SK_FIX_WONT,	  /* affected, and it is said that it will stay so */
};

/* What somebody says of a finding: VEX's words, and one for a risk that is taken knowingly. */
enum sk_vex_status {
	SK_VEX_ACCEPTED,     /* affected, and somebody lives with it until a date */
	SK_VEX_NOT_AFFECTED,
	SK_VEX_FIXED,
	SK_VEX_AFFECTED,     /* this one and the next hide nothing */
	SK_VEX_INVESTIGATED, /* "under_investigation" */
};

struct sk_statement {
	enum sk_vex_status status;
	const char *justification; /* OpenVEX's word: "component_not_present", ... */
	const char *reason;	   /* in the words of whoever said it */
	const char *owner;	   /* who said it: an entry's owner, a document's author */
	const char *until;	   /* date; NULL: no end */
	const char *ticket;
	const char *timestamp;	   /* when it was said, RFC 3339 */
	const char *source;	   /* the file that says so */
	uint32_t line;		   /* in it */
};

struct sk_finding {
	enum sk_finding_kind kind;
	enum sk_severity severity;
	const char *severity_source; /* who said so: "debian", "nvd", "github", "cvss:3.1", ... */
	const char *id;		     /* the best-known one: CVE before GHSA before the vendor's */
	struct sk_strings aliases;   /* all other ids, sorted */
	const struct sk_package *package;
	const char *fixed_version;
	enum sk_fix_state fix;
	const char *title;
	const char *description;
	const char *remedy;	     /* one sentence or command: what to do */
	struct sk_strings references; /* URLs */
	const char *advisory;	     /* id of the record that matched: "DEBIAN-CVE-2024-1", "GHSA-..." */
	const char *cvss_vector;
	double cvss_score;	     /* 0 to 10; below 0: none */
	bool kev;		     /* in CISA's catalogue of known exploited vulnerabilities */
	const char *kev_due;	     /* date by which US agencies must have acted */
	double epss;		     /* probability 0 to 1; below 0: none */
	double epss_percentile;	     /* 0 to 1 */
	const char *published, *modified; /* RFC 3339 */

	const char *path;
	uint32_t line;		     /* 0: none */
	int32_t layer;		     /* index; -1: none */

	const struct sk_statement *statement; /* of the exception that covers it (policy/exception.h); NULL: none */
};

/* Whether its package was seen in use at run time; UNKNOWN too where nobody has asked. */
enum sk_use_state sk_finding_use(const struct sk_finding *f);

/* Whether an exception hides it: then it is shown on request only and never fails a run. */
bool sk_finding_ignored(const struct sk_finding *f);

const char *sk_vex_status_name(enum sk_vex_status status); /* "accepted", "not_affected", ... */
bool sk_vex_status_parse(struct sk_span text, enum sk_vex_status *ret_status);

const char *sk_finding_kind_name(enum sk_finding_kind kind); /* "vulnerability", ... as in the JSON report */
const char *sk_severity_name(enum sk_severity severity);     /* "critical", ... */
bool sk_finding_kind_parse(struct sk_span text, enum sk_finding_kind *ret_kind);
bool sk_severity_parse(struct sk_span text, enum sk_severity *ret_severity); /* also "moderate", "important"; any case */
const char *sk_fix_state_name(enum sk_fix_state state);      /* "fixed", "affected", "will_not_fix", "unknown" */
bool sk_fix_state_parse(struct sk_span text, enum sk_fix_state *ret_state);

/* Sort order of reports: severity falling, KEV first, then id, package, path. For qsort over pointers. */
int sk_finding_cmp(const void *a, const void *b);
