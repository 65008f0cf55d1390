/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands below `sekisho guard` share; each is a file guard-<name>.c. */
#include "base/buf.h"
#include "cmd/command.h"
#include "guard/graph.h"

extern const struct sk_command sk_guard_check, sk_guard_events, sk_guard_fields, sk_guard_record, sk_guard_replay,
	sk_guard_run;

/* "rules/x.yaml:12:5: error: what" */
void sk_guard_print_problem(struct sk_buf *out, const struct sk_rule_problem *problem);

/* Reads and compiles the rules of all paths; problems are in rules. */
int sk_guard_load(const char *const *paths, size_t count, struct sk_rules *rules, struct sk_graph **ret_graph,
		  struct sk_err *err);
