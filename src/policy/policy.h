/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Policies (docs/policies.md). A set is what one call decides by: our own
 * policies, alone or in bundles, and Kubernetes' ValidatingAdmissionPolicies
 * with their bindings and parameters. Loaded once, then read-only: any number
 * of threads decide by it (decision.h).
 *
 * Files are somebody else's: every fault in them is told with its place, and
 * what they can cost is bounded by limits.h.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "doc/doc.h"
#include "finding/finding.h"
#include "policy/facts.h"

/* In the order in which one outweighs the other. */
enum sk_effect { SK_EFFECT_ALLOW, SK_EFFECT_WARN, SK_EFFECT_UNKNOWN, SK_EFFECT_DENY };
enum sk_rule_action { SK_ACTION_DENY, SK_ACTION_WARN, SK_ACTION_AUDIT };
const char *sk_effect_name(enum sk_effect effect); /* "allow", "warn", "unknown", "deny" */
const char *sk_rule_action_name(enum sk_rule_action action);

/* One file, kept as long as the set: nodes and places point into it. */
struct sk_policy_file {
	const char *path;
	struct sk_buf text;
	struct sk_doc doc;
};

struct sk_parameter {
	const char *name, *type, *description;
	const char *pattern;		/* what its texts must match as a whole; NULL: anything */
	const struct sk_node *fallback; /* NULL: it must be set */
	struct sk_cel_value value;	/* absent: nobody has set it */
	struct sk_policy_file *file;
	const struct sk_node *node;
};

struct sk_variable {
	const char *name;
	struct sk_span text;
	struct sk_cel_program *program;
	const struct sk_node *node;
};

struct sk_rule {
	const char *id, *title, *description;
	bool has_severity;
	enum sk_severity severity;
	enum sk_rule_action action;
	const char *remedy, *manual;	/* manual: for people alone, no program */
	struct sk_strings controls;	/* the policy's where the rule has none of its own */
	struct sk_span text;		/* of the expression, as it is written */
	struct sk_span message_text;
	bool offenders;			/* the program gives a list; else a bool */
	struct sk_cel_program *program, *message, *remedy_program;
	const struct sk_node *node;
};

/* What a policy is asked of; empty lists mean everything. */
struct sk_policy_match {
	struct sk_strings images, registries, namespaces, kinds;
	const struct sk_node *labels;
};

/* An environment in which `it` is declared. */
struct sk_it_env {
	struct sk_cel_env *env;
	const char *type;
	struct sk_it_env *next;
};

struct sk_policy {
	const char *name, *title, *rationale;
	struct sk_strings controls;
	struct sk_policy_file *file;
	struct sk_bundle *bundle;    /* NULL: a file on its own */
	uint32_t stages;	     /* bit 1 << enum sk_stage */
	struct sk_policy_match match;
	struct sk_parameter **parameters; /* its own, then its bundle's */
	size_t parameter_count, own_parameters;
	struct sk_variable *variables;
	size_t variable_count;
	enum sk_rule_action action;
	int on_unknown;		     /* enum sk_effect, or -1: by the stage */
	struct sk_rule *rules;
	size_t rule_count;
	struct sk_cel_env *env;
	struct sk_it_env *it_envs; /* one for each type that `it` has in a rule: programs need theirs to stay */
	struct sk_cel_struct_type *params_type;
	struct sk_cel_value params;  /* once the set is ready */
	struct sk_vap *vap;	     /* a ValidatingAdmissionPolicy; then there are no rules */
};

struct sk_bundle {
	const char *dir, *name, *title, *version, *description;
	struct sk_policy_file *file; /* bundle.yaml; NULL: a folder without one */
	struct sk_parameter **parameters;
	size_t parameter_count;
	bool locked;		     /* policy.lock was there, and is kept */
};

struct sk_policy_set {
	struct sk_arena arena;
	struct sk_facts constants;   /* the memory of parameters' values */
	SK_VEC(struct sk_policy_file *) files;
	SK_VEC(struct sk_policy *) policies;
	SK_VEC(struct sk_bundle *) bundles;
	SK_VEC(struct sk_vap_binding *) bindings;
	SK_VEC(const struct sk_node *) objects; /* what is no policy in a Kubernetes file: parameters */
	SK_VEC(const char *) problems;	     /* "file:line:column: text" */
};

/*
 * Adds a file (one or several YAML documents) or a bundle's folder. On error
 * set->problems has all of them, and err the first.
 */
int sk_policy_load(struct sk_policy_set *set, const char *path, struct sk_err *err);
/* The same from memory; for tests, fuzzing and policies that the program itself makes. */
int sk_policy_parse(struct sk_policy_set *set, const char *name, struct sk_span text, struct sk_err *err);

/* Sets a parameter of all policies that declare it; SK_EUSAGE where none does. */
int sk_policy_set_param(struct sk_policy_set *set, const char *name, struct sk_span text, struct sk_err *err);
/* A file of parameters: names and values, or Kubernetes objects for paramKind. */
int sk_policy_load_params(struct sk_policy_set *set, const char *path, struct sk_err *err);
/* The same from a node that lives as long as the set. */
int sk_policy_add_params(struct sk_policy_set *set, const struct sk_node *root, struct sk_err *err);
/* After all of these, before the first decision: parameters without a value are errors. */
int sk_policy_ready(struct sk_policy_set *set, struct sk_err *err);

void sk_policy_set_release(struct sk_policy_set *set);

/* The type of the elements: "sekisho.Finding" for "list<sekisho.Finding>"; "dyn" where it is not said. In arena. */
const char *sk_policy_element_type(const char *list_type, struct sk_arena *arena);
