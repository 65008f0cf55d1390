/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Builders: from what a subject is known by to its facts. All after sk_facts_begin. */
#include "analyze/inventory.h"
#include "doc/doc.h"
#include "finding/risk.h"
#include "policy/facts.h"

/* What a scan brought out; findings and accepted ones are both facts. */
struct sk_facts_scan {
	const struct sk_inventory *inventory;
	struct sk_finding *const *findings;
	size_t finding_count;
	struct sk_finding *const *accepted; /* hidden by an exception */
	size_t accepted_count;
	const char *reference;	  /* as the person named it; NULL: the artifact's name */
	int64_t scanned;	  /* time of the scan */
	const char *advisories;	  /* date of the database; NULL: vulnerabilities were not looked for */
	enum sk_risk_class risk_class;
	bool no_packages;	  /* the packages are not known: a report that does not list them */
};
void sk_facts_add_scan(struct sk_facts *facts, const struct sk_facts_scan *scan);

/* The exceptions of a call; without it they are unknown. */
struct sk_exceptions;
void sk_facts_add_exceptions(struct sk_facts *facts, const struct sk_exceptions *exceptions);
/* Those that a report tells of: what covers its findings, and what does not count any more. */
void sk_facts_add_told_exceptions(struct sk_facts *facts, const struct sk_facts_scan *scan);

/*
 * The workload of a Kubernetes object: a pod, or anything with a pod template.
 * Objects without one have no workload: false.
 */
bool sk_facts_add_workload(struct sk_facts *facts, const struct sk_node *object);

/* Docker's POST /containers/create. SK_EINVAL where the engine may read other fields in it than we do. */
int sk_facts_add_docker(struct sk_facts *facts, const struct sk_node *body, struct sk_err *err);

/*
 * Facts as a document names them, for tests of policies: variables and fields
 * that are not named stay unknown. A name or type that the schema does not know
 * is an error with its line.
 */
int sk_facts_add_document(struct sk_facts *facts, const struct sk_node *object, struct sk_err *err);
