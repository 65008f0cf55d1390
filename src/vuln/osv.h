/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One advisory in the OSV schema (https://ossf.github.io/osv-schema/), read
 * into what a finding needs. Events become intervals here, once, so that a
 * look-up only compares.
 */
#include "doc/doc.h"
#include "finding/finding.h"

/* How an interval ends. */
enum sk_bound {
	SK_BOUND_OPEN,	/* no end: affected up to now */
	SK_BOUND_FIXED, /* `to` is the first version that is not affected */
	SK_BOUND_LAST,	/* `to` is the last affected version */
	SK_BOUND_LIMIT, /* the advisory says nothing of `to` and above */
};

struct sk_interval {
	struct sk_span from; /* the first affected version; empty: from the beginning */
	struct sk_span to;
	enum sk_bound end;
};

struct sk_affected {
	struct sk_span ecosystem; /* "Debian:12" */
	struct sk_span name;
	struct sk_interval *intervals;
	size_t interval_count;
	struct sk_span *versions; /* those that no interval covers */
	size_t version_count;
	enum sk_severity severity; /* in the vendor's own words; UNKNOWN: none given */
	bool wont_fix;
	bool modular; /* a fixed version is a module's build */
};

struct sk_spans {
	struct sk_span *items;
	size_t count;
};

struct sk_advisory {
	struct sk_span id, title, details;
	struct sk_spans aliases, upstream, related;
	struct sk_spans vectors;    /* CVSS, as written */
	struct sk_spans references; /* URLs, most useful first */
	struct sk_spans modules;    /* "nodejs:12", from the title of a module's erratum */
	enum sk_severity severity;  /* the vendor's word for the record as a whole */
	const struct sk_publisher *publisher;
	int64_t published, modified; /* 0: not known */
	bool withdrawn;
	struct sk_affected *affected;
	size_t affected_count;
};

/* Who publishes records with such ids. */
struct sk_publisher {
	const char *prefix; /* of the id */
	const char *name;   /* for severity_source: "debian", "github", ... */
	bool errata;   /* its `related` CVEs are what an erratum fixes, if it names no others */
	unsigned rank; /* whose title and severity describe a CVE best: lower first */
};

const struct sk_publisher *sk_publisher_of(struct sk_span id);
/* By its place in the table, as the database stores it; the last, "osv", for anything else. */
const struct sk_publisher *sk_publisher_at(size_t index);
size_t sk_publisher_index(const struct sk_publisher *publisher);

/* A vendor's word for a severity ("unimportant", "moderate", "end-of-life", ...). */
enum sk_severity sk_vendor_severity(struct sk_span word);

/*
 * Reads a record; strings borrow from the document or live in the arena.
 * SK_EINVAL: it is no OSV record.
 */
int sk_osv_read(const struct sk_node *root, struct sk_arena *arena, struct sk_advisory *adv,
		struct sk_err *err);
