/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/progress.h"
#include "doc/json-write.h"
#include "vuln/match.h"
#include "vuln/update.h"

#include <stdio.h>
#include <unistd.h>

/* One struct for all of them: every sub has its own table over it. */
struct db_options {
	const char *database;
	const char *from;
	struct sk_option_list ecosystems;
	int format;
	bool verify;
	int64_t backoff;
};

enum { FORMAT_TABLE, FORMAT_JSON };

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "table", "json" };
	static const char *const summaries[] = { "for people", "for programs" };

	if (i >= SK_COUNT(names))
		return NULL;
	if (ret_summary)
		*ret_summary = summaries[i];
	return names[i];
}

#define OPTION_DB SK_DATABASE_OPTION(struct db_options, database, .group = NULL)
#define OPTION_ECOSYSTEM(rest)                                                                     \
	{                                                                                          \
		"ecosystem", 'e', SK_OPT_LIST(struct db_options, ecosystems),                      \
		    .argument = "NAME",                                                            \
		    .help = "Only these ecosystems, by their OSV names (Debian, PyPI, crates.io)", \
		    .otherwise = rest                                                              \
	}

static const char *database_of(const struct sk_call *call)
{
	const struct db_options *o = call->options;
	sk_autofree char *path = NULL;

	if (o->database)
		return o->database;
	path = sk_db_default_path();
	return sk_arena_str(call->arena, path);
}

/* The list as the library wants it, NULL where none was given. */
static const char *const *ecosystems_of(const struct sk_call *call)
{
	const struct sk_option_list *list = &((const struct db_options *)call->options)->ecosystems;
	const char **items;

	if (!list->count)
		return NULL;
	items = sk_arena_alloc(call->arena, (list->count + 1) * sizeof(*items));
	memcpy(items, list->items, list->count * sizeof(*items));
	return items;
}

static void on_note(void *ctx, const char *text)
{
	sk_progress_interrupt();
	sk_complain(ctx, "%s", text);
}

/* "54,315" */
static const char *thousands(uint64_t n, struct sk_arena *arena)
{
	char digits[32], out[48];
	size_t used = 0;
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	return sk_arena_dup(arena, sk_span(out, used));
}

/* What is there now, in one line. */
static int say_done(const struct sk_call *call, const char *path, struct sk_err *err)
{
	sk_cleanup(sk_db_closep) struct sk_db *db = NULL;
	const struct sk_db_info *info;

	if (sk_db_open(path, &db, err) < 0)
		return -err->code;
	info = sk_db_info(db);
	sk_say(call, "%s: %s advisories for %s packages of %u ecosystems", path,
	       thousands(info->advisories, call->arena), thousands(info->packages, call->arena),
	       info->ecosystems);
	return SK_EXIT_CLEAN;
}

/* ---- update ---- */

struct update_progress {
	const struct sk_call *call;
	struct sk_progress *bar;
	const char *what;
	uint64_t shown;
};

static void on_progress(void *ctx, const char *what, uint64_t now, uint64_t total)
{
	struct update_progress *p = ctx;

	if (what != p->what) {
		p->what = what;
		p->shown = 0;
		sk_progress_begin(p->bar, what, total, 0);
	}
	if (now > p->shown)
		sk_progress_add(p->bar, now - p->shown);
	p->shown = now > p->shown ? now : p->shown;
}

static void on_update_note(void *ctx, const char *text)
{
	on_note((void *)((struct update_progress *)ctx)->call, text);
}

/* A folder for each source: what one server says of its files counts for no other. */
static const char *feeds_of(const struct sk_call *call)
{
	const struct db_options *o = call->options;
	struct sk_span from = sk_span_str(o->from ? o->from : "osv.dev");

	return sk_arena_printf(call->arena, "%s/feeds/%016llx", call->globals.cache_dir,
			       (unsigned long long)sk_hash_stable(from));
}

static int run_update(const struct sk_call *call, struct sk_err *err)
{
	const struct db_options *o = call->options;
	sk_cleanup(sk_progress_freep) struct sk_progress *bar = sk_progress_new(call);
	struct update_progress progress = { call, bar, NULL, 0 };
	const char *path = database_of(call);
	struct sk_update update = {
		.from = o->from,
		.feeds = feeds_of(call),
		.ecosystems = ecosystems_of(call),
		.backoff_ms = (unsigned)o->backoff,
		.note = on_update_note,
		.progress = on_progress,
		.ctx = &progress,
	};
	int r = sk_db_update(&update, path, err);

	sk_progress_interrupt();
	if (r < 0)
		return sk_err_wrap(err, "the database stays as it was");
	return say_done(call, path, err);
}

static const struct sk_option update_options[] = {
	{ "from", 0, SK_OPT_FOLDER(struct db_options, from), .argument = "URL|FOLDER",
	  .help = "A mirror: URL/osv/NAME.zip or URL/NAME/all.zip, URL/kev.json and "
		  "URL/epss_scores-current.csv.gz, or a folder laid out so",
	  .otherwise = "osv.dev, CISA and FIRST themselves" },
	OPTION_ECOSYSTEM("all that osv.dev publishes and Sekisho understands"),
	{ "update-backoff-ms", 0, SK_OPT_INT(struct db_options, backoff), .min = 1, .max = 60000,
	  .argument = "MS", .fallback = "1000", .flags = SK_OPTION_HIDDEN,
	  .help = "Before a failed transfer is tried again; doubled each time" },
	OPTION_DB,
	{ NULL },
};

static const char *const update_text[] = {
	"Fetches OSV's archives of advisories, CISA's catalogue of exploited vulnerabilities and "
	"FIRST's "
	"EPSS scores, builds a database of them and puts it into place in one step.",
	"What was fetched stays in the cache folder: the next update asks only for what changed, "
	"and a "
	"broken transfer is resumed. Whatever goes wrong, the database stays as it was. Scans that "
	"run "
	"meanwhile are not disturbed.",
	"Proxies are taken from https_proxy and no_proxy, further certificate authorities from "
	"SSL_CERT_FILE.",
	NULL,
};

static const struct sk_example update_examples[] = {
	{ "sekisho db update", "Everything, from its publishers." },
	{ "sekisho db update --ecosystem Debian,PyPI --from https://mirror.example.org/advisories",
	  "Two ecosystems from a mirror." },
	{ NULL, NULL },
};

static const struct sk_command command_update = {
	.name = "update",
	.summary = "Fetch what was published and rebuild the database",
	.synopsis = "[options]",
	.text = update_text,
	.examples = update_examples,
	.options = update_options,
	.options_size = sizeof(struct db_options),
	.run = run_update,
};

/* ---- build ---- */

static int run_build(const struct sk_call *call, struct sk_err *err)
{
	const struct db_options *o = call->options;
	const char *path = database_of(call);
	struct sk_db_build build = {
		.ecosystems = ecosystems_of(call),
		.sandbox = true,
		.note = on_note,
		.ctx = (void *)call,
	};

	if (!o->from)
		return sk_err_set(err, SK_EUSAGE,
				  "--from is missing: the folder that has osv/<ecosystem>.zip");
	if (sk_db_build(o->from, path, &build, err) < 0)
		return -err->code;
	return say_done(call, path, err);
}

static const struct sk_option build_options[] = {
	{ "from", 0, SK_OPT_FOLDER(struct db_options, from), .argument = "FOLDER",
	  .otherwise = "it must be given",
	  .help =
	      "The mirror: osv/NAME.zip or NAME/all.zip, kev.json, epss_scores-current.csv.gz" },
	OPTION_ECOSYSTEM("all that are there"),
	OPTION_DB,
	{ NULL },
};

static const struct sk_command command_build = {
	.name = "build",
	.summary = "Build the database from a folder, without a network",
	.synopsis = "--from FOLDER [options]",
	.options = build_options,
	.options_size = sizeof(struct db_options),
	.run = run_build,
};

/* ---- info ---- */

static const char *date_or_dash(int64_t time, char text[SK_TIME_TEXT])
{
	return time ? sk_time_format_date(time, text) : "-";
}

static void write_table(const char *path, const struct sk_db_info *info, struct sk_arena *arena,
			struct sk_buf *out)
{
	long long days = (sk_time_now() - info->created) / 86400;
	char text[SK_TIME_TEXT];

	sk_buf_puts(out, "Database     ");
	sk_text_plain(out, sk_span_str(path));
	sk_buf_printf(out, "\nCreated      %s", sk_time_format(info->created, text));
	if (days > SK_DB_FRESH_DAYS)
		sk_buf_printf(out, " (%lld days old: sekisho db update)", days);
	sk_buf_printf(out, "\nDigest       %s\n", info->digest);
	sk_buf_printf(out, "Size         %.1f MB\n", (double)info->size / 1e6);
	sk_buf_printf(out, "Advisories   %s\n", thousands(info->advisories, arena));
	sk_buf_printf(out, "Packages     %s in %u ecosystems\n\n", thousands(info->packages, arena),
		      info->ecosystems);
	sk_buf_puts(out, "Source             newest      records    broken  withdrawn\n");
	for (size_t i = 0; i < info->source_count; i++) {
		const struct sk_db_source *s = &info->sources[i];
		size_t start = out->len;

		sk_text_plain(out, sk_span_str(s->name));
		while (out->len < start + 19)
			sk_buf_putc(out, ' ');
		sk_buf_printf(out, "%-10s %8s %9u %10u\n", date_or_dash(s->date, text),
			      thousands(s->records, arena), s->broken, s->withdrawn);
	}
}

static void write_json(const char *path, const struct sk_db_info *info, const struct sk_db *db,
		       struct sk_buf *out)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };
	char text[SK_TIME_TEXT];

	sk_json_object(&w);
	sk_json_put_int(&w, "schemaVersion", 1);
	sk_json_put_str(&w, "path", path);
	sk_json_put_str(&w, "created", sk_time_format(info->created, text));
	sk_json_put_str(&w, "digest", info->digest);
	sk_json_put_int(&w, "size", (int64_t)info->size);
	sk_json_put_int(&w, "advisories", info->advisories);
	sk_json_put_int(&w, "packages", info->packages);
	sk_json_key(&w, "ecosystems");
	sk_json_array(&w);
	for (size_t i = 0; i < sk_db_ecosystem_count(db); i++)
		sk_json_span(&w, sk_db_ecosystem_name(db, i));
	sk_json_end(&w);
	sk_json_key(&w, "sources");
	sk_json_array(&w);
	for (size_t i = 0; i < info->source_count; i++) {
		const struct sk_db_source *s = &info->sources[i];

		sk_json_object(&w);
		sk_json_put_str(&w, "name", s->name);
		sk_json_put_str(&w, "newest", s->date ? sk_time_format(s->date, text) : NULL);
		sk_json_put_int(&w, "records", s->records);
		sk_json_put_int(&w, "broken", s->broken);
		sk_json_put_int(&w, "withdrawn", s->withdrawn);
		sk_json_end(&w);
	}
	sk_json_end(&w);
	sk_json_end(&w);
}

static int run_info(const struct sk_call *call, struct sk_err *err)
{
	const struct db_options *o = call->options;
	sk_cleanup(sk_db_closep) struct sk_db *db = NULL;
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	const char *path = database_of(call);

	if (sk_db_open(path, &db, err) < 0)
		return -err->code;
	if (o->verify && sk_db_check(db, err) < 0)
		return sk_err_wrap(err, "%s", path);
	if (o->format == FORMAT_JSON)
		write_json(path, sk_db_info(db), db, &out);
	else
		write_table(path, sk_db_info(db), call->arena, &out);
	return sk_output(NULL, sk_buf_view(&out), err);
}

static const struct sk_option info_options[] = {
	{ "format", 'f', SK_OPT_ENUM(struct db_options, format, choice_format),
	  .argument = "FORMAT", .fallback = "table", .help = "How it is written" },
	{ "verify", 0, SK_OPT_FLAG(struct db_options, verify),
	  .help = "Read all of it and compare its digest" },
	OPTION_DB,
	{ NULL },
};

static const struct sk_command command_info = {
	.name = "info",
	.summary = "Say what the database holds and how old it is",
	.synopsis = "[options]",
	.options = info_options,
	.options_size = sizeof(struct db_options),
	.run = run_info,
};

/* ---- export, import ---- */

static const struct sk_option path_options[] = {
	OPTION_DB,
	{ NULL },
};

static int run_export(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	const char *file = strcmp(call->args[0], "-") ? call->args[0] : NULL;

	if (sk_db_export(database_of(call), &out, err) < 0 ||
	    sk_output(file, sk_buf_view(&out), err) < 0)
		return -err->code;
	if (file)
		sk_say(call, "written to %s", file);
	return SK_EXIT_CLEAN;
}

static int run_import(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	const char *path = database_of(call), *file = call->args[0];
	int r = strcmp(file, "-") ? sk_path_slurp(file, SK_MAX_DATABASE, &bytes, err)
				  : sk_fd_slurp(STDIN_FILENO, SK_MAX_DATABASE, &bytes, err);

	if (r == 0 && sk_db_import(sk_buf_view(&bytes), path, err) < 0)
		r = sk_err_wrap(err, "%s", file);
	if (r < 0)
		return sk_err_wrap(err, "the database stays as it was");
	return say_done(call, path, err);
}

static const char *const transfer_text[] = {
	"FILE is - for standard output and input.",
	NULL,
};

static const struct sk_example export_examples[] = {
	{ "sekisho db export - | ssh host sekisho db import -",
	  "To a host that has no network but this." },
	{ NULL },
};

static const struct sk_command command_export = {
	.name = "export",
	.summary = "Write the database into one file, for a host without a network",
	.synopsis = "[options] FILE",
	.text = transfer_text,
	.examples = export_examples,
	.options = path_options,
	.options_size = sizeof(struct db_options),
	.min_args = 1,
	.max_args = 1,
	.args_type = SK_OPTION_FILE,
	.run = run_export,
};

static const struct sk_command command_import = {
	.name = "import",
	.summary = "Take over an exported database, after checking its digest and content",
	.synopsis = "[options] FILE",
	.text = transfer_text,
	.options = path_options,
	.options_size = sizeof(struct db_options),
	.min_args = 1,
	.max_args = 1,
	.args_type = SK_OPTION_FILE,
	.run = run_import,
};

static const struct sk_command *const subs[] = {
	&command_update, &command_build, &command_info, &command_export, &command_import, NULL,
};

static const char *const text[] = {
	"The advisory database is one file. It is never changed: a new one takes its place in one "
	"step, "
	"so any number of scans may read it meanwhile.",
	NULL,
};

const struct sk_command sk_command_db = {
	.name = "db",
	.summary = "Fetch, build and inspect the advisory database",
	.synopsis = "COMMAND",
	.text = text,
	.subs = subs,
};
