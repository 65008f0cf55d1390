/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent's configuration file, guard.yaml, while it is read. A section is a
 * table of options (base/option.h): the rows that say what a command takes say
 * here what a section may have. Each module reads its own section into its own
 * struct, whose strings live as long as the settings.
 *
 * Errors say file, line and column: "guard.yaml:12:3: unknown key ...".
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/option.h"
#include "doc/doc.h"

struct sk_settings {
	const char *name; /* of the file */
	struct sk_buf text;
	struct sk_doc doc;
	struct sk_arena arena;
};

/* Reads a file; refuses one that others than root and this user may write. */
int sk_settings_open(struct sk_settings *settings, const char *path, struct sk_err *err);
/* The same of a text: for tests. */
int sk_settings_parse(struct sk_settings *settings, const char *name, struct sk_span text, struct sk_err *err);
void sk_settings_release(struct sk_settings *settings);

/*
 * Puts the section's members where the table's rows say, rows that it does not
 * have at their fallback; a NULL section has none. `others`, ended by NULL or
 * NULL itself, are keys that the caller reads for itself: lists, objects.
 */
int sk_settings_read(struct sk_settings *settings, const struct sk_node *section, const struct sk_option *table,
		     const char *const *others, void *base, struct sk_err *err);

/* What is wrong with a value (or, for an object, with its key); returns -SK_EUSAGE. */
int sk_settings_fault(const struct sk_settings *settings, const struct sk_node *node, struct sk_err *err,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5), cold));

/* A table that may stand in the file, for whoever explains it. */
struct sk_settings_part {
	const char *path; /* "responses.entries[]": a list below a section; NULL ends a list of parts */
	const char *help; /* one or two sentences without the final stop; NULL: the one before says it */
	const struct sk_option *rows;
};

/* An error unless it is a list, or absent. */
int sk_settings_want_list(const struct sk_settings *settings, const struct sk_node *node, struct sk_err *err);
