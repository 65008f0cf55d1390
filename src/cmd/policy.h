/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the policy commands share: policies and parameters from the command line, subjects from files. */
#include "cmd/command.h"
#include "policy/decision.h"
#include "policy/subject.h"
#include "policy/vap.h"
#include "report/read.h"

struct sk_policy_choices {
	struct sk_option_list params; /* NAME=VALUE */
	const char *params_file;      /* NULL: none */
};

#define SK_POLICY_OPTIONS(s, f, ...) \
	{ "param", 0, SK_OPT_LIST(s, f.params), .argument = "NAME=VALUE", __VA_ARGS__ \
	  .help = "Set a parameter of the policies; several times" }, \
	{ "params", 0, SK_OPT_FILE(s, f.params_file), .argument = "FILE", __VA_ARGS__ \
	  .help = "Parameters: names and values, or the Kubernetes objects that paramKind asks for" }

/* Loads files and bundles, sets the parameters; SK_EINVAL names the first fault. */
int sk_load_policies(const char *const *paths, size_t count, const struct sk_policy_choices *choices,
		     struct sk_policy_set *set, struct sk_err *err);
/* "NAME=VALUE"; a list's items may hold commas, which the option's own splitting has taken away. */
int sk_set_params(struct sk_policy_set *set, const struct sk_option_list *params, struct sk_err *err);

/* A document in JSON or YAML, whatever the file is called; "-" is standard input. */
int sk_load_document(const char *path, size_t max, struct sk_doc *doc, struct sk_err *err);

/* Called with the facts of each subject of a file: every document, item of a List, target of a report. */
typedef void sk_subject_fn(void *context, struct sk_facts *facts);
struct sk_subject_source {
	const char *path;
	const struct sk_node *old_object, *namespace_object; /* NULL: none */
	int stage;					     /* enum sk_stage; -1: by what it is */
	const char *image;				     /* the reference that a report is about; NULL: as it says */
};
/* 0, or the number of subjects; SK_EINVAL where the file is none of what can be a subject. */
int sk_each_subject(const struct sk_subject_source *source, sk_subject_fn *each, void *context, struct sk_err *err);
/* The facts of one target of a report. */
void sk_facts_of_result(struct sk_facts *facts, const struct sk_report *report, const struct sk_result *result,
			const char *reference, enum sk_stage stage);

const char *sk_choice_stage(unsigned i, const char **ret_summary);
const char *sk_choice_text_or_json(unsigned i, const char **ret_summary);

extern const struct sk_command sk_policy_eval, sk_policy_test, sk_policy_check, sk_policy_explain, sk_policy_replay,
	sk_policy_init, sk_policy_lock, sk_policy_facts;
