/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A command: one file cmd-<name>.c, one word in meson.build, one constant
 * `sk_command_<name>`. What it says of itself is all that help, man pages,
 * completion and configuration know of it.
 */
#include "base/option.h"

struct sk_command;

enum sk_exit {
	SK_EXIT_CLEAN = 0,
	SK_EXIT_POLICY = 1,	/* a policy, --fail-on for one, says no */
	SK_EXIT_USAGE = 2,	/* the call makes no sense */
	SK_EXIT_UNFINISHED = 3, /* something could not be done or looked at */
};

enum sk_colour_mode { SK_COLOUR_AUTO, SK_COLOUR_ALWAYS, SK_COLOUR_NEVER };

/* Options that every command takes. */
struct sk_globals {
	bool quiet;
	bool no_progress;
	int colour;		/* enum sk_colour_mode */
	const char *config;	/* the only configuration file, instead of the usual two */
	const char *cache_dir;	/* never NULL when a command runs */
	bool help, version;	/* answered before a command runs */
};
extern const struct sk_option sk_global_options[];
/* Whether the command has an option of that name itself, which then is the one that is meant. */
bool sk_command_hides(const struct sk_command *command, const struct sk_option *global);

/* One call of a command, options and configuration already put together. */
struct sk_call {
	const struct sk_command *command;
	const char *name;	  /* "sekisho db update" */
	const void *options;	  /* the command's struct; NULL if it has none */
	struct sk_globals globals;
	char **args;		  /* what is no option; NULL-terminated */
	size_t arg_count;
	const char *command_line; /* as it was typed, for reports */
	struct sk_arena *arena;	  /* lives as long as the call */
};

/* Of every command that opens the advisory database; further members of the row follow. */
#define SK_DATABASE_OPTION(s, f, ...)                                                              \
	{                                                                                          \
		"db", 0, SK_OPT_FILE(s, f), .argument = "PATH", .help = "The advisory database",   \
					    .otherwise = "~/.local/share/sekisho/advisories.mdb",  \
					    __VA_ARGS__                                            \
	}

struct sk_example {
	const char *command; /* as it is typed */
	const char *what;    /* what it does, one sentence */
};

struct sk_command {
	const char *name;
	const char *summary;	 /* one line, no final stop */
	const char *synopsis;	 /* behind the name: "[options] TARGET..." */
	const char *const *text; /* NULL-terminated paragraphs, or NULL; a leading blank keeps a line as it is */
	const struct sk_example *examples;    /* ends with a NULL command; or NULL */
	const struct sk_option *options;      /* ends with a NULL name; or NULL */
	size_t options_size;		      /* sizeof the struct that options fill in */
	const struct sk_command *const *subs; /* NULL-terminated; then `run` is NULL */
	unsigned min_args, max_args;
	enum sk_option_type args_type;	      /* FILE, FOLDER or STRING: what completion offers for arguments */
	sk_choice_fn *args_choice;	      /* or these words */
	bool hidden;
	/*
	 * Returns an enum sk_exit, or -SK_E… with err set, which the caller prints:
	 * SK_EUSAGE exits with 2, all others with 3.
	 */
	int (*run)(const struct sk_call *call, struct sk_err *err);
};

/* All of them, NULL-terminated; generated from the list in meson.build. */
extern const struct sk_command *const sk_commands[];

/* `sekisho` itself, whose subs are sk_commands. */
extern const struct sk_command sk_program;

/* The sub of that name, or NULL. */
const struct sk_command *sk_command_find(const struct sk_command *parent, const char *name);

/* Runs a whole command line; returns the exit code. */
int sk_run(int argc, char **argv);

/* One line on standard error, made safe to show; not with --quiet. */
void sk_say(const struct sk_call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with "sekisho scan: " in front, and with --quiet too: what goes wrong is never hidden. */
void sk_complain(const struct sk_call *call, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The bytes to standard output, or to path by atomic replacement. */
int sk_output(const char *path, struct sk_span bytes, struct sk_err *err);
