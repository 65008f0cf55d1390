/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From a document to the facts of what it is: a Kubernetes object, an
 * AdmissionReview, or a request to Docker. For an object without a review the
 * request is the one that would create it (or change it, where the old one is
 * given); who asks is not known then.
 */
#include "policy/facts-subject.h"

struct sk_subject {
	const struct sk_node *object;
	const struct sk_node *old_object;	/* NULL: none */
	const struct sk_node *namespace_object; /* NULL: not known */
};

enum sk_subject_kind {
	SK_SUBJECT_KUBERNETES,
	SK_SUBJECT_REVIEW, /* admission.k8s.io AdmissionReview */
	SK_SUBJECT_DOCKER,
	SK_SUBJECT_REPORT, /* a scan's: report/read.h knows it */
	SK_SUBJECT_OTHER,
};
enum sk_subject_kind sk_subject_kind(const struct sk_node *root);

/* Begins facts for the stage. SK_EINVAL where the document is none of the first three kinds. */
int sk_facts_of_subject(struct sk_facts *facts, const struct sk_subject *subject, enum sk_stage stage, int64_t now,
			struct sk_err *err);

/* How Kubernetes calls the resource of a kind: "networkpolicies"; and whether it stands in namespaces. */
void sk_kube_resource(struct sk_span kind, struct sk_buf *ret_resource);
bool sk_kube_namespaced(struct sk_span group, struct sk_span kind, bool otherwise);
