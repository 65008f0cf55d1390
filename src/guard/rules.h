/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Rule files as Falco writes them (falco.org/docs/concepts/rules): lists,
 * macros and rules, one file after another, later ones changing earlier ones by
 * append, override, or a new definition. Reading collects what is written;
 * sk_rules_finish puts lists, macros and exceptions into the conditions.
 *
 * Nothing stops at the first mistake: all are collected as problems, each with
 * file, line and column. A rule with an error is left out of the others' way.
 */
#include "doc/doc.h"
#include "guard/addition.h"
#include "guard/filter.h"
#include "guard/selection.h"

/* The version of Falco's rule language that is understood: required_engine_version. */
#define SK_FALCO_ENGINE_VERSION "0.62.0"

enum sk_priority {
	SK_PRIORITY_EMERGENCY, SK_PRIORITY_ALERT, SK_PRIORITY_CRITICAL, SK_PRIORITY_ERROR, SK_PRIORITY_WARNING,
	SK_PRIORITY_NOTICE, SK_PRIORITY_INFORMATIONAL, SK_PRIORITY_DEBUG,
};
const char *sk_priority_name(enum sk_priority priority); /* "Warning", as Falco prints it */

/* One file as it was read; its texts and nodes live as long as the rules. */
struct sk_rule_file {
	const char *name;
	struct sk_span text;
	struct sk_doc doc;
};

/* Where something is written. */
struct sk_rule_place {
	const struct sk_rule_file *file;
	const struct sk_node *node;
};

/* A text of the file: conditions know the place of each of their bytes. */
struct sk_rule_text {
	struct sk_span text;	 /* ptr NULL: not given */
	struct sk_rule_place place;
	size_t lead;		 /* bytes of the node's text in front of it */
	const struct sk_rule_text *more; /* what append added behind it, with a blank */
};

/* fields, comps and values of an exception: a text, or a list of such. */
struct sk_exception_entry {
	bool is_list;
	struct sk_span text;
	struct sk_exception_entry *first, *next;
};

struct sk_rule_exception {
	struct sk_span name;
	struct sk_rule_place place;
	const struct sk_node *element; /* of the list that gave it last */
	struct sk_exception_entry *fields, *comps, *values; /* values: the first row; NULL: none */
	struct sk_rule_exception *next;
};

struct sk_detection {
	struct sk_span name, desc, source;
	struct sk_rule_text condition, output;
	enum sk_priority priority;
	const char **tags;
	size_t tag_count;
	struct sk_rule_exception *exceptions;
	bool enabled, skip_if_unknown, warn_evttypes;
	uint32_t number;	   /* its place among the rules; after sk_graph_new */
	bool left_out;		   /* of another source, or wrong: problems say why */
	struct sk_rule_place place;
	struct sk_filter *filter;  /* after sk_rules_finish: lists, macros and exceptions are put in */
};

enum sk_rule_problem_kind { SK_PROBLEM_ERROR, SK_PROBLEM_WARNING, SK_PROBLEM_NOTE };

struct sk_rule_problem {
	enum sk_rule_problem_kind kind;
	const char *file;
	uint32_t line, column; /* from 1 */
	const char *text;
};

struct sk_rules {
	struct sk_arena arena;
	struct sk_map lists, macros; /* by name: struct sk_rule_list, struct sk_rule_macro (rules.c) */
	SK_VEC(struct sk_detection *) rules; /* in the order of their first definition */
	struct sk_map by_name;
	SK_VEC(struct sk_rule_problem) problems;
	size_t errors;
	SK_VEC(struct sk_rule_file *) files;
	struct sk_selections selections; /* set before the rules are finished, or left empty */
	struct sk_additions additions; /* set before a graph is made, or left empty */
};

/*
 * Reads one file's text. Returns 0 also when problems were found; an error is
 * what is no rule file at all (no YAML, too large).
 */
int sk_rules_read(struct sk_rules *rules, const char *file, struct sk_span text, struct sk_err *err);

/*
 * Reads a rule file, or every *.yaml and *.yml of a folder in the order of
 * their names. With `trusted`, refuses what somebody else than root and this
 * user may write, files and the folder: who writes rules decides what is seen.
 */
int sk_rules_load(struct sk_rules *rules, const char *path, bool trusted, struct sk_err *err);

/* Reads those that ship with the program. */
int sk_rules_load_builtin(struct sk_rules *rules, struct sk_err *err);

/* Puts lists, macros and exceptions into the conditions; once, behind the last file. */
void sk_rules_finish(struct sk_rules *rules);

void sk_rules_release(struct sk_rules *rules);

/* A problem at byte `offset` of a text of the file. */
void sk_rules_problem(struct sk_rules *rules, enum sk_rule_problem_kind kind, const struct sk_rule_text *text,
		      size_t offset, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
