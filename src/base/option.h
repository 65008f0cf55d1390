/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Options as tables. One row says everything about one option; parsing, help,
 * man pages, completion, sekisho.yaml and the environment all read the same
 * row. An option `fail-on` is --fail-on on the command line, `fail-on:` in
 * sekisho.yaml and SEKISHO_FAIL_ON in the environment.
 *
 * A row points at a field of the command's own struct; the SK_OPT_… macros
 * check that the field has the type's C type:
 *
 *	{ "format", 'f', SK_OPT_ENUM(struct scan_options, format, sk_choice_format),
 *	  .argument = "FORMAT", .fallback = "table", .help = "How the report is written" },
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/suggest.h"

enum sk_option_type {
	SK_OPTION_FLAG,	    /* bool; --name, --name=no */
	SK_OPTION_STRING,   /* const char *, NULL when not given */
	SK_OPTION_FILE,	    /* the same; completion offers files */
	SK_OPTION_FOLDER,   /* the same; completion offers folders */
	SK_OPTION_INT,	    /* int64_t within min and max */
	SK_OPTION_ENUM,	    /* int: index of the choice, -1 when not given and no fallback */
	SK_OPTION_SET,	    /* uint32_t: bit i for choice i; comma-separated and repeatable */
	SK_OPTION_LIST,	    /* struct sk_option_list; comma-separated and repeatable */
	SK_OPTION_SIZE,	    /* uint64_t bytes; 512K, 10MiB, 1.5GB */
	SK_OPTION_DURATION, /* int64_t seconds; 90, 90s, 1h30m, 7d */
};

struct sk_option_list {
	const char **items;
	size_t count;
};

/* Name of choice i (and a word about it, or NULL), NULL behind the last. */
typedef const char *sk_choice_fn(unsigned i, const char **ret_summary);

enum sk_option_flags {
	SK_OPTION_HIDDEN = 1 << 0, /* not in help, man pages and completion */
	SK_OPTION_LOCAL = 1 << 1,  /* on the command line alone: --help, --version */
	SK_OPTION_NOT_IN_FILE = 1 << 2, /* not in sekisho.yaml: --config */
};

struct sk_option {
	const char *name; /* NULL ends a table */
	char letter;	  /* 0: none */
	enum sk_option_type type;
	size_t offset;		/* of the field in the command's struct */
	sk_choice_fn *choice;	/* ENUM and SET */
	int64_t min, max;	/* INT; both 0: any */
	const char *argument;	/* "FILE"; every type but FLAG has one */
	const char *alone;	/* its value may be left out (and stands behind '=' else): what it is then */
	const char *fallback;	/* the value when nobody says anything, as one would write it */
	const char *otherwise;	/* without a fallback: what happens then, for the help */
	const char *group;	/* heading in the help; NULL: "Options" */
	const char *help;	/* one or two sentences without the final stop */
	unsigned flags;		/* enum sk_option_flags */
};

#define SK_OPT_FIELD(s, f, ctype) \
	(offsetof(s, f) + \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((s *)0)->f), ctype) ? 1 : -1]))
#define SK_OPT_FLAG(s, f) SK_OPTION_FLAG, SK_OPT_FIELD(s, f, bool)
#define SK_OPT_STRING(s, f) SK_OPTION_STRING, SK_OPT_FIELD(s, f, const char *)
#define SK_OPT_FILE(s, f) SK_OPTION_FILE, SK_OPT_FIELD(s, f, const char *)
#define SK_OPT_FOLDER(s, f) SK_OPTION_FOLDER, SK_OPT_FIELD(s, f, const char *)
#define SK_OPT_INT(s, f) SK_OPTION_INT, SK_OPT_FIELD(s, f, int64_t)
#define SK_OPT_ENUM(s, f, choices) SK_OPTION_ENUM, SK_OPT_FIELD(s, f, int), choices
#define SK_OPT_SET(s, f, choices) SK_OPTION_SET, SK_OPT_FIELD(s, f, uint32_t), choices
#define SK_OPT_LIST(s, f) SK_OPTION_LIST, SK_OPT_FIELD(s, f, struct sk_option_list)
#define SK_OPT_SIZE(s, f) SK_OPTION_SIZE, SK_OPT_FIELD(s, f, uint64_t)
#define SK_OPT_DURATION(s, f) SK_OPTION_DURATION, SK_OPT_FIELD(s, f, int64_t)

/* What it is without a value; NULL: it needs one. */
static inline const char *sk_option_alone(const struct sk_option *o)
{
	return o->type == SK_OPTION_FLAG ? "true" : o->alone;
}

#define sk_options_each(var, table) \
	for (const struct sk_option *var = (table); var && var->name; var++)

const struct sk_option *sk_option_find(const struct sk_option *table, struct sk_span name);
const struct sk_option *sk_option_find_letter(const struct sk_option *table, char letter);

/* Number of rows. */
size_t sk_option_count(const struct sk_option *table);

/* "SEKISHO_FAIL_ON" for "fail-on"; owned. */
char *sk_option_env(const struct sk_option *o);

/*
 * Puts the value that `text` means into the field. LIST and SET add to what is
 * there; sk_option_reset empties them (and every other type). Strings are
 * copied into arena. The error says what is allowed, not which option it was.
 */
int sk_option_set(const struct sk_option *o, void *base, struct sk_span text, struct sk_arena *arena,
		  struct sk_err *err);
void sk_option_reset(const struct sk_option *o, void *base);

/* Adds one item to a LIST as it is, commas and all. */
void sk_option_append(const struct sk_option *o, void *base, struct sk_span item,
		      struct sk_arena *arena);

bool sk_parse_size(struct sk_span text, uint64_t *ret_bytes);
bool sk_parse_duration(struct sk_span text, int64_t *ret_seconds);
bool sk_parse_bool(struct sk_span text, bool *ret_truth); /* true yes on 1, false no off 0 */
