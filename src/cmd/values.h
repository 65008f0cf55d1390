/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where an option's value comes from. Sources are asked from the weakest to
 * the strongest; a stronger one replaces what a weaker one said, lists too,
 * while within one source lists and sets grow.
 */
#include "cmd/command.h"

enum sk_source {
	SK_SOURCE_FALLBACK,
	SK_SOURCE_USER_FILE = 2,     /* $XDG_CONFIG_HOME/sekisho/sekisho.yaml */
	SK_SOURCE_USER_FILE_SECTION, /* its part under the command's name: bit 0 set */
	SK_SOURCE_FILE,		     /* ./sekisho.yaml, or --config */
	SK_SOURCE_FILE_SECTION,
	SK_SOURCE_ENVIRONMENT,
	SK_SOURCE_COMMAND_LINE,
};

/* One option as it stood on the command line. */
struct sk_setting {
	const struct sk_option *option;
	const char *written;  /* "--format" or "-f" */
	const char *text;     /* "true" for a bare flag */
};

/* A command line taken apart, before any value is looked at. */
struct sk_parse {
	const struct sk_command *command;
	const struct sk_command *parent; /* "db" for "db update", else NULL */
	const char *name;		 /* "sekisho db update" */
	SK_VEC(struct sk_setting) settings;
	SK_VEC(char *) args;
	bool help, version;
};
int sk_parse_args(struct sk_parse *parse, int argc, char **argv, struct sk_arena *arena,
		  struct sk_err *err);
void sk_parse_release(struct sk_parse *parse);

/* The fields of one call: the command's own options and the global ones. */
struct sk_values {
	const struct sk_option *options;
	void *base;
	uint8_t *sources; /* of each row: enum sk_source */
	struct sk_globals *globals;
	uint8_t *global_sources;
	struct sk_arena *arena;
};

/* The command's row of that name or the global one; NULL: this command has no such option. */
const struct sk_option *sk_values_find(const struct sk_values *values, struct sk_span name);

/*
 * Sets one option that sk_values_find gave, or a row of the call's tables;
 * does nothing where a stronger source has spoken.
 */
int sk_values_set(struct sk_values *values, const struct sk_option *o, enum sk_source source,
		  struct sk_span text, struct sk_err *err);
/* One literal item of a LIST. */
void sk_values_append(struct sk_values *values, const struct sk_option *o, enum sk_source source,
		      struct sk_span item);

/* All sources in their order. */
int sk_values_collect(struct sk_values *values, const struct sk_parse *parse, struct sk_err *err);

/*
 * A configuration file (config.c): YAML, its keys the long names of options,
 * at the top for every command that has the option, under a command's name
 * for that command alone (source | 1). A file that is
 * not there is an error only if required.
 */
int sk_config_apply(struct sk_values *values, const struct sk_parse *parse, const char *path,
		    enum sk_source source, bool required, struct sk_err *err);
