/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Help texts out of the commands' tables. */
#include "base/buf.h"
#include "cmd/command.h"

/* What `--help` prints; name is the full one ("sekisho db update"), width in columns. */
void sk_help(struct sk_buf *out, const struct sk_command *command, const char *name, unsigned width,
	     bool colour);

/* Appends text, broken at blanks, each line behind `indent` blanks; the cursor stands at column `at`. */
void sk_help_wrap(struct sk_buf *out, const char *text, unsigned indent, unsigned at, unsigned width);

/* The option's help with its choices and its default, as all texts show it; owned. */
char *sk_option_help(const struct sk_option *o);

/* "-f, --format FORMAT"; owned. */
char *sk_option_label(const struct sk_option *o);

/* The headings of a table's groups in order: heading of group i, or NULL behind the last. */
const char *sk_option_group(const struct sk_option *table, unsigned i);
/* o's heading. */
const char *sk_option_heading(const struct sk_option *o);
