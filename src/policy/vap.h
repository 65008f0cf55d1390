/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Kubernetes' ValidatingAdmissionPolicy (admissionregistration.k8s.io/v1), as
 * the API server evaluates it. Without a binding in the set a policy counts as
 * bound everywhere with [Deny], and every object of its paramKind is its
 * parameter.
 */
#include "policy/load.h"

struct sk_vap_condition {
	const char *name;
	struct sk_cel_program *program;
};

struct sk_vap_validation {
	const char *id; /* "validations[0]" */
	struct sk_span text;
	const char *message, *code;
	struct sk_cel_program *program, *message_program;
};

struct sk_vap_annotation {
	const char *key;
	struct sk_cel_program *program;
};

struct sk_vap {
	bool ignore; /* failurePolicy: Ignore */
	const struct sk_node *constraints;
	const char *param_version, *param_kind; /* NULL: no parameters */
	struct sk_vap_condition *conditions;
	struct sk_vap_validation *validations;
	struct sk_vap_annotation *annotations;
	size_t condition_count, validation_count, annotation_count;
};

struct sk_vap_binding {
	const char *name, *policy;
	uint32_t actions; /* bit 1 << enum sk_rule_action */
	const struct sk_node *match, *param_ref;
	struct sk_policy_file *file;
	const struct sk_node *node;
};

/* Whether matchConstraints or matchResources take the request: no (0), yes (1), or a label is not known (-1). */
int sk_vap_match(const struct sk_facts *facts, const struct sk_node *constraints);
/* The object that are parameters of a binding. */
bool sk_vap_is_param(const struct sk_vap *vap, const struct sk_vap_binding *binding, const struct sk_facts *facts,
		     const struct sk_node *object);

/* A label selector over labels; NULL and the empty one take all. -1 where a label is not known. */
int sk_label_selector(const struct sk_node *selector, struct sk_cel_value labels);
/* A member of a map; absent where it is none, unknown where the map is. */
struct sk_cel_value sk_cel_member(struct sk_cel_value map, const char *key);
