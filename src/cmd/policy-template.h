/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The files of rules/policies/templates, as `sekisho policy init` writes them. */
struct sk_policy_template {
	const char *path; /* "internal/bundle.yaml"; NULL ends the table */
	const char *text;
};
extern const struct sk_policy_template sk_policy_templates[];
