/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What several formats need of a result: names, places and counts. Nothing here escapes. */
#include "report/report.h"

enum { SK_SEVERITY_COUNT = SK_SEVERITY_CRITICAL + 1, SK_KIND_COUNT = SK_FINDING_COVERAGE + 1 };

struct sk_counts {
	size_t findings;		    /* all but coverage */
	size_t severity[SK_SEVERITY_COUNT]; /* of these */
	size_t kind[SK_KIND_COUNT];	    /* of all */
	size_t kev;			    /* known to be exploited */
	size_t used;			    /* vulnerabilities of packages that were seen in use */
	size_t fixable;			    /* vulnerabilities with a fixed version */
	size_t vulnerable_packages;	    /* distinct */
};
struct sk_counts sk_report_counts(const struct sk_result *result);
void sk_counts_add(struct sk_counts *sum, const struct sk_counts *more);

/* What a report that lists no finding may call its target. */
enum sk_outcome {
	SK_OUTCOME_FINDINGS,   /* there are some */
	SK_OUTCOME_UNASKED,    /* packages alone were wanted */
	SK_OUTCOME_UNMATCHED,  /* there was no advisory database */
	SK_OUTCOME_UNREADABLE, /* nothing could be looked at */
	SK_OUTCOME_EMPTY,      /* there is no package */
	SK_OUTCOME_PARTLY,     /* clean as far as it could be looked at */
	SK_OUTCOME_CLEAN,
};
enum sk_outcome sk_report_outcome(const struct sk_report *report, const struct sk_result *result,
				  const struct sk_counts *counts);

/* A package's name as its ecosystem writes it: "@babel/core", "org.slf4j:slf4j-api",
 * "github.com/a/b", "curl". */
void sk_report_name(const struct sk_package *package, struct sk_buf *buf);

/* Whether it is a distribution's package (deb, rpm, apk, ...). */
bool sk_report_is_distribution(const struct sk_package *package);

/* The operating system of the artifact itself, or NULL. */
const struct sk_os *sk_report_os(const struct sk_result *result);

/* "Debian GNU/Linux 12 (bookworm)" or the best that is known. */
const char *sk_report_os_name(const struct sk_os *os);

/* Index of the layer that a finding or package is in, or -1. */
int32_t sk_report_finding_layer(const struct sk_result *result, const struct sk_finding *finding);
int32_t sk_report_package_layer(const struct sk_result *result, const struct sk_package *package);

/* The layer's diff id, or NULL. */
const char *sk_report_diff_id(const struct sk_result *result, int32_t layer);

/* The file that the finding is about: its own path, or its package's; or NULL. */
const char *sk_report_path(const struct sk_finding *finding);

const char *sk_report_artifact_type(const struct sk_result *result); /* "image", "filesystem" */

/* Score in the range that GitHub and others give the severity: the CVSS score where it lies there,
 * else the range's middle. */
double sk_report_score(const struct sk_finding *finding);

/* One line about what somebody says of a finding: "reason (owner, until 2027-01-31)". */
void sk_report_statement(const struct sk_statement *statement, struct sk_buf *buf);

/* "Compared with main.json of 2026-11-20: 2 new, 5 known already, 1 gone"; false without a comparison. */
bool sk_report_comparison(const struct sk_result *result, struct sk_buf *buf);

/* "Risk 87 of 100: CVE-2024-1 87, 2 more of 50 and above 2"; false where nothing was found. */
bool sk_report_risk(const struct sk_report *report, const struct sk_result *result,
		    struct sk_buf *buf);

/* Neither version nor line is in it: the same problem tomorrow has the same one. */
uint64_t sk_report_fingerprint(const struct sk_finding *finding);

/* Findings in the order of a reading person: layer (base first), file, then as sorted. */
struct sk_finding **sk_report_by_place(const struct sk_result *result, struct sk_arena *arena);

/*
 * A name-based UUID (RFC 9562, version 8 over SHA-256) of what the report is
 * about, so that the same scan gives the same bytes. text has room for 37.
 */
void sk_report_uuid(const struct sk_report *report, const char *format, char *text);

/* The layer's Dockerfile step as a person wrote it: without "/bin/sh -c #(nop)" and "# buildkit",
 * blanks folded. */
void sk_report_step(const char *created_by, struct sk_buf *buf);

/* Appends s with every run of blanks and line ends as one blank. */
void sk_report_fold(const char *s, struct sk_buf *buf);

/* Whether s is a plain http(s) URL that may become a link: printable ASCII without what ends a
 * link. */
bool sk_report_is_url(const char *s);

/* Page about an id at its publisher (NVD, GitHub, else OSV); false for ids of unusual characters.
 */
bool sk_report_id_url(const char *id, struct sk_buf *buf);

/* Appends path as a relative URI reference (RFC 3986) that stays below its root. */
void sk_report_uri(const char *path, struct sk_buf *buf);

/*
 * How many findings from the first one on a person reads as one: the same
 * vulnerability in the binary packages of one source, in one layer and version. At least 1 where
 * count is.
 */
size_t sk_report_run(const struct sk_result *result, struct sk_finding *const *findings,
		     size_t count);

/* Whether any of a run is of a package that was seen in use. */
bool sk_report_run_used(struct sk_finding *const *run, size_t count);
/* The names of the packages of such a run: all of them, or the first ones and "+N more" above
 * `most`. */
void sk_report_run_names(struct sk_finding *const *run, size_t count, size_t most,
			 struct sk_buf *buf);
