/* SPDX-License-Identifier: Apache-2.0 */
/* From a command line to a command's run function. */
#include "base/fd.h"
#include "base/text.h"
#include "cmd/help.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"
#include "cmd/values.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *choice_colour(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "auto", "always", "never" };
	static const char *const summaries[] = { "on a terminal", NULL, NULL };

	*ret_summary = i < SK_COUNT(summaries) ? summaries[i] : NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

#define GLOBAL .group = "Global options"
const struct sk_option sk_global_options[] = {
	{ "quiet", 'q', SK_OPT_FLAG(struct sk_globals, quiet), GLOBAL,
	  .help = "No progress and no messages but errors" },
	{ "no-progress", 0, SK_OPT_FLAG(struct sk_globals, no_progress), GLOBAL,
	  .help = "No progress bar, also on a terminal" },
	{ "color", 0, SK_OPT_ENUM(struct sk_globals, colour, choice_colour), GLOBAL,
	  .argument = "WHEN", .fallback = "auto",
	  .help = "Colours in tables and messages; NO_COLOR in the environment turns them off" },
	{ "config", 0, SK_OPT_FILE(struct sk_globals, config), GLOBAL, .argument = "FILE",
	  .flags = SK_OPTION_NOT_IN_FILE,
	  .help = "Read this configuration instead of ./sekisho.yaml and "
		  "~/.config/sekisho/sekisho.yaml" },
	{ "cache-dir", 0, SK_OPT_FOLDER(struct sk_globals, cache_dir), GLOBAL, .argument = "DIR",
	  .help = "Where what is known of layers is kept",
	  .otherwise = "~/.cache/sekisho" },
	{ "help", 'h', SK_OPT_FLAG(struct sk_globals, help), GLOBAL, .flags = SK_OPTION_LOCAL,
	  .help = "Show this help" },
	{ "version", 'V', SK_OPT_FLAG(struct sk_globals, version), GLOBAL,
	  .flags = SK_OPTION_LOCAL, .help = "Show the version" },
	{ NULL },
};

static const char *const program_text[] = {
	"Sekisho reads container images layer by layer, lists the packages in them, and says which "
	"have known vulnerabilities and what to do about each. Images never run and are never "
	"unpacked to disk.",
	"Exit codes: 0 clean, 1 a policy says no, 2 wrong usage, 3 something could not be "
	"finished.",
	NULL,
};

static const struct sk_example program_examples[] = {
	{ "sekisho db update", "Fetch the advisories and build the database." },
	{ "sekisho scan app.tar", "Scan an image archive, as 'docker save' or 'podman save' write it." },
	{ "docker save app | sekisho scan -", "Scan an image straight from the engine." },
	{ NULL },
};

bool sk_command_hides(const struct sk_command *command, const struct sk_option *global)
{
	const struct sk_option *own = sk_option_find(command->options, sk_span_str(global->name));

	return own && own != global;
}

const struct sk_command sk_program = {
	.name = "sekisho",
	.summary = "Scan container images for vulnerable packages",
	.synopsis = "COMMAND [options]",
	.text = program_text,
	.examples = program_examples,
	.subs = sk_commands,
};

__attribute__((format(printf, 2, 0))) static void print_line(const char *prefix, const char *fmt,
								va_list args)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	sk_autofree char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		abort();
	if (prefix)
		sk_buf_printf(&out, "%s: ", prefix);
	sk_text_plain(&out, sk_span_str(text));
	sk_buf_putc(&out, '\n');
	sk_progress_interrupt();
	sk_write_full(STDERR_FILENO, out.data, out.len);
}

void sk_say(const struct sk_call *call, const char *fmt, ...)
{
	va_list args;

	if (call->globals.quiet)
		return;
	va_start(args, fmt);
	print_line(NULL, fmt, args);
	va_end(args);
}

void sk_complain(const struct sk_call *call, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(call->name, fmt, args);
	va_end(args);
}

/* By whatever name: /dev/stdout, which must not be replaced, may lead to a plain file. */
static bool is_standard_output(const struct stat *st)
{
	struct stat out;

	return fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == st->st_dev &&
	       out.st_ino == st->st_ino;
}

int sk_output(const char *path, struct sk_span bytes, struct sk_err *err)
{
	struct stat st = { 0 };
	bool there = path && stat(path, &st) == 0;

	sk_progress_interrupt();
	if (path && !(there && is_standard_output(&st)) && (!there || S_ISREG(st.st_mode))) {
		/* A link stays one: what it leads to is replaced. */
		sk_autofree char *real = realpath(path, NULL);

		return sk_path_replace(real ? real : path, bytes, 0666, err);
	}
	/* A device or a pipe (>(...)) cannot be replaced by a rename. */
	if (path && !is_standard_output(&st)) {
		sk_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

		if (fd < 0 || sk_write_full(fd, bytes.ptr, bytes.len) < 0)
			return sk_err_errno(err, "%s", path);
		return 0;
	}
	if (sk_write_full(STDOUT_FILENO, bytes.ptr, bytes.len) < 0)
		return sk_err_errno(err, "standard output");
	return 0;
}

static int show(const struct sk_parse *parse)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	unsigned width = sk_terminal_width(STDOUT_FILENO);

	if (parse->help)
		sk_help(&out, parse->command, parse->name, width ? width : 80,
			sk_terminal_colour(STDOUT_FILENO, SK_COLOUR_AUTO));
	else
		sk_buf_puts(&out, "sekisho " SK_VERSION "\n");
	return sk_output(NULL, sk_buf_view(&out), NULL) < 0 ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static int report_error(const struct sk_call *call, const struct sk_err *err)
{
	sk_complain(call, "%s", err->text);
	if (err->code != SK_EUSAGE)
		return SK_EXIT_UNFINISHED;
	fprintf(stderr, "Try '%s --help'.\n", call->name);
	return SK_EXIT_USAGE;
}

static const char *join(int argc, char **argv, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf line = { 0 };

	sk_buf_puts(&line, "sekisho");
	for (int i = 1; i < argc; i++)
		sk_buf_printf(&line, " %s", argv[i]);
	return sk_arena_dup(arena, sk_buf_view(&line));
}

static int run_command(const struct sk_parse *parse, struct sk_call *call, struct sk_err *err)
{
	const struct sk_command *c = parse->command;
	struct sk_values values = {
		.options = c->options,
		.base = sk_arena_alloc(call->arena, c->options_size + 1),
		.sources = sk_arena_alloc(call->arena, sk_option_count(c->options) + 1),
		.globals = &call->globals,
		.global_sources = sk_arena_alloc(call->arena, sk_option_count(sk_global_options)),
		.arena = call->arena,
	};
	int r = sk_values_collect(&values, parse, err);

	if (r < 0)
		return r;
	if (!call->globals.cache_dir) {
		sk_autofree char *dir = sk_xdg_cache_dir();

		call->globals.cache_dir = sk_arena_str(call->arena, dir);
	}
	call->options = values.base;
	call->args = parse->args.data;
	call->arg_count = parse->args.len;
	return c->run(call, err);
}

int sk_run(int argc, char **argv)
{
	struct sk_arena arena = { 0 };
	struct sk_parse parse = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_call call = { .arena = &arena, .command_line = join(argc, argv, &arena) };
	int r;

	/* A reader that has seen enough (| head) is an error of write, not the end of the process. */
	signal(SIGPIPE, SIG_IGN);
	r = sk_parse_args(&parse, argc, argv, &arena, &err);
	call.command = parse.command;
	call.name = parse.name;
	if (r == 0 && (parse.help || parse.version))
		r = show(&parse);
	else if (r == 0)
		r = run_command(&parse, &call, &err);
	if (r < 0)
		r = report_error(&call, &err);
	sk_parse_release(&parse);
	sk_arena_release(&arena);
	return r;
}
