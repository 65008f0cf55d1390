/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the readers of policy files share; for policy*.c and vap*.c alone. */
#include "policy/policy.h"

struct sk_policy_loader {
	struct sk_policy_set *set;
	struct sk_policy_file *file;
	struct sk_bundle *bundle; /* that the file belongs to; NULL */
};

/* Notes a fault at a node's key, or at byte `index` of its value. */
void sk_policy_fault(struct sk_policy_loader *l, const struct sk_node *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));
void sk_policy_fault_at(struct sk_policy_loader *l, const struct sk_node *n, size_t index, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), cold));

/*
 * The members that an object may have. Others are faults, with a suggestion;
 * so are members of another type and required ones that are missing.
 */
enum sk_key_type { SK_KEY_STRING, SK_KEY_BOOL, SK_KEY_LIST, SK_KEY_OBJECT, SK_KEY_ANY };
struct sk_key {
	const char *name; /* NULL ends the table */
	enum sk_key_type type;
	bool required;
};
/* false where n is no object at all. */
bool sk_policy_keys(struct sk_policy_loader *l, const struct sk_node *n, const struct sk_key *keys);

/* The texts of a list of strings; a single string is a list of one. */
struct sk_strings sk_policy_strings(struct sk_policy_loader *l, const struct sk_node *n);
/* A scalar as text, in the set's arena; NULL where it is missing. */
const char *sk_policy_text(struct sk_policy_loader *l, const struct sk_node *n);
/* One word of a NULL-terminated list; -1 (and a fault, with a suggestion) for any other. */
int sk_policy_word(struct sk_policy_loader *l, const struct sk_node *n, const char *const *words);

/*
 * A program of the expression that stands in n, which must give `type` ("bool",
 * "string"; NULL: anything) or dyn. NULL and faults, each at its place, where it does not.
 */
struct sk_cel_program *sk_policy_compile(struct sk_policy_loader *l, const struct sk_cel_env *env,
					 const struct sk_node *n, const char *type, unsigned flags);
/* The env of a policy: facts, parameters and the variables that are compiled so far; `it` if it has a type. */
struct sk_cel_env *sk_policy_env(struct sk_policy_loader *l, struct sk_policy *policy, size_t variables,
				 const char *it_type);

/* Declares variables.NAME; returns its slot, or -1. */
int sk_policy_declare_variable(struct sk_cel_env *env, struct sk_policy_loader *l, const struct sk_variable *v,
			       struct sk_cel_issues *issues);

/* One document each. */
void sk_policy_read(struct sk_policy_loader *l, const struct sk_node *root);
void sk_bundle_read(struct sk_policy_loader *l, struct sk_bundle *bundle, const struct sk_node *root);
void sk_vap_read(struct sk_policy_loader *l, const struct sk_node *root);
void sk_vap_read_binding(struct sk_policy_loader *l, const struct sk_node *root);
void sk_vap_free(struct sk_vap *vap);

/* Parameters: a table of name to type, default, description. */
/* Whether a value of the right type matches the parameter's pattern; of a list, each of its texts. */
bool sk_parameter_fits(const struct sk_parameter *p, const struct sk_node *value);
struct sk_parameter **sk_policy_read_parameters(struct sk_policy_loader *l, const struct sk_node *n, size_t *ret_count);

/* Variables, compiled one after the other: each sees those before it. */
void sk_policy_read_variables(struct sk_policy_loader *l, struct sk_policy *policy, const struct sk_node *list);
