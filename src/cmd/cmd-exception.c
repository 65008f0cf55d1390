/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "doc/json-write.h"
#include "policy/exception-entry.h"
#include "policy/exception.h"
#include "report/read.h"

#include <stdio.h>
#include <sys/stat.h>

enum { DAY = 86400 };

/* One struct for all of them: every sub has its own table over it. */
struct exception_options {
	const char *file;
	struct sk_entry entry;
	int64_t max_days;
	const char *report;
	int64_t soon;
	int format;
};

enum { FORMAT_TABLE, FORMAT_JSON };

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "table", "json" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

#define OPTION_FILE                                                                                \
	{                                                                                          \
		"file", 0, SK_OPT_FILE(struct exception_options, file), .argument = "FILE",        \
		    .help = "The exception file", .otherwise = SK_EXCEPTION_FILE                   \
	}
#define OPTION_DAYS                                                                                \
	{                                                                                          \
		"exception-max-days", 0, SK_OPT_INT(struct exception_options, max_days),           \
		    .argument = "DAYS", .max = 36500, .fallback = "366",                           \
		    .help = "How far away the end of an exception may be; 0 for any"               \
	}

static const char *file_of(const struct exception_options *o)
{
	return o->file ? o->file : SK_EXCEPTION_FILE;
}

/* The file as it is replaced: with the mode that it has. */
static int replace(const char *file, const struct sk_buf *text, struct sk_err *err)
{
	struct stat st;
	mode_t mode = stat(file, &st) == 0 ? st.st_mode & 07777 : 0644;

	return sk_path_replace(file, sk_buf_view(text), mode, err);
}

/* ---- add ---- */

/* "90d" and "12w" are counted from now; everything else is a date. */
static const char *end_of(const struct sk_call *call, const char *text, int64_t now)
{
	int64_t seconds, unused;
	char date[SK_TIME_TEXT];

	if (!text || sk_time_parse(sk_span_str(text), &unused) ||
	    !sk_parse_duration(sk_span_str(text), &seconds) || seconds > 36500ll * DAY)
		return text;
	return sk_arena_str(call->arena, sk_time_format_date(now + seconds, date));
}

/* Whether it would count: a later end is refused here, not found out in the next scan. */
static int check_length(const struct exception_options *o, const char *end, int64_t now,
			struct sk_err *err)
{
	struct sk_exceptions x = { .max_seconds = o->max_days * DAY };
	struct sk_exception e = { .ends = INT64_MAX };

	if (!sk_time_parse(sk_span_str(end), &e.ends))
		return 0; /* told with the other faults of the entry */
	e.ends += strlen(end) == strlen("2027-01-31") ? DAY : 0;
	switch (sk_exception_state(&x, &e, now)) {
	case SK_EXCEPTION_EXPIRED:
		return sk_err_set(err, SK_EUSAGE, "--expires: %s is over", end);
	case SK_EXCEPTION_TOO_LONG:
		return sk_err_set(err, SK_EUSAGE, "--expires: %s is more than %lld days from now", end,
				  (long long)o->max_days);
	default:
		return 0;
	}
}

/* What a new file would not take either is the entry's fault, and so that of whoever called. */
static int blame(const struct sk_call *call, const struct sk_entry *entry, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf alone = { 0 };
	struct sk_err why = SK_ERR_INIT;

	if (sk_entry_append(SK_SPAN_LIT(""), entry, &alone, &why) == -SK_EINVAL)
		return sk_err_set(err, SK_EUSAGE, "%s", sk_arena_str(call->arena, why.text));
	return -SK_EINVAL;
}

static int run_add(const struct sk_call *call, struct sk_err *err)
{
	const struct exception_options *o = call->options;
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, out = { 0 };
	struct sk_entry entry = o->entry;
	int64_t now = sk_time_now();
	int r;

	entry.expires = end_of(call, entry.expires, now);
	r = check_length(o, entry.expires, now, err);
	if (r < 0)
		return r;
	r = sk_path_slurp(file_of(o), SK_MAX_CONFIG, &text, err);
	if (r < 0 && r != -SK_ENOTFOUND)
		return r;
	r = sk_entry_append(sk_buf_view(&text), &entry, &out, err);
	if (r == -SK_EINVAL)
		r = blame(call, &entry, err);
	if (r == -SK_EUSAGE)
		return r;
	if (r < 0)
		return sk_err_wrap(err, "%s", file_of(o));
	r = replace(file_of(o), &out, err);
	if (r == 0)
		sk_say(call, "%s: accepted until %s", file_of(o), entry.expires);
	return r;
}

static const struct sk_option add_options[] = {
	OPTION_FILE,
	{ "id", 0, SK_OPT_STRING(struct exception_options, entry.id), .argument = "ID",
	  .help = "The finding's id or an alias of it" },
	{ "package", 0, SK_OPT_STRING(struct exception_options, entry.package), .argument = "NAME",
	  .help = "Findings in this package" },
	{ "version", 0, SK_OPT_STRING(struct exception_options, entry.version), .argument = "VERSION",
	  .help = "Only in this version of --package" },
	{ "path", 0, SK_OPT_STRING(struct exception_options, entry.path), .argument = "GLOB",
	  .help = "Findings in files that match" },
	{ "purl", 0, SK_OPT_STRING(struct exception_options, entry.purl), .argument = "PURL",
	  .help = "Findings in the package of this URL" },
	{ "scope", 0, SK_OPT_STRING(struct exception_options, entry.scope), .argument = "EXPRESSION",
	  .help = "Findings for which this expression over image and finding is true" },
	{ "reason", 0, SK_OPT_STRING(struct exception_options, entry.reason), .argument = "TEXT",
	  .help = "Why it is acceptable" },
	{ "owner", 0, SK_OPT_STRING(struct exception_options, entry.owner), .argument = "NAME",
	  .help = "Who decided it and will be asked again" },
	{ "ticket", 0, SK_OPT_STRING(struct exception_options, entry.ticket), .argument = "ID",
	  .help = "Where it is tracked" },
	{ "status", 0, SK_OPT_STRING(struct exception_options, entry.status), .argument = "WORD",
	  .help = "accepted, not_affected, fixed, affected or under_investigation",
	  .otherwise = "accepted" },
	{ "justification", 0, SK_OPT_STRING(struct exception_options, entry.justification),
	  .argument = "WORD", .help = "With not_affected: OpenVEX's word for why" },
	{ "expires", 0, SK_OPT_STRING(struct exception_options, entry.expires), .argument = "DATE",
	  .help = "The last day on which it counts, or how long from now: 2027-01-31, 90d" },
	OPTION_DAYS,
	{ NULL },
};

/* ---- list ---- */

struct listing {
	const struct sk_call *call;
	const struct exception_options *options;
	struct sk_exceptions exceptions;
	int64_t now;
};

/* Covers what the report holds, hidden or not, so that those that cover nothing can be told. */
static int use_report(struct listing *l, struct sk_err *err)
{
	sk_cleanup(sk_report_file_release) struct sk_report_file file = { 0 };
	int r = sk_report_load(&file, l->options->report, err);

	for (size_t i = 0; r == 0 && i < file.report.result_count; i++) {
		const struct sk_result *result = &file.report.results[i];

		sk_exceptions_apply(&l->exceptions, result->inventory, l->now, result->findings,
				    result->finding_count);
		sk_exceptions_apply(&l->exceptions, result->inventory, l->now, result->ignored,
				    result->ignored_count);
	}
	return r;
}

static const char *state_of(const struct listing *l, const struct sk_exception *e)
{
	enum sk_exception_state state = sk_exception_state(&l->exceptions, e, l->now);

	if (state != SK_EXCEPTION_ACTIVE)
		return sk_exception_state_name(state);
	if (l->options->report && !e->hits)
		return "unused";
	return e->ends - l->now <= l->options->soon ? "expiring" : "active";
}

static void put_text(struct sk_buf *out, const char *text)
{
	sk_text_plain(out, sk_span_str(text ? text : "-"));
}

static void put_row(const struct listing *l, const struct sk_exception *e, struct sk_buf *out)
{
	sk_buf_printf(out, "%-8s  %s:%u  ", state_of(l, e), file_of(l->options), e->says.line);
	put_text(out, sk_exception_label(e));
	sk_buf_puts(out, ": ");
	put_text(out, e->problem ? e->problem : e->says.reason);
	if (!e->problem) {
		sk_buf_puts(out, " (");
		put_text(out, e->says.owner);
		if (e->says.ticket) {
			sk_buf_puts(out, ", ");
			put_text(out, e->says.ticket);
		}
		sk_buf_puts(out, ", until ");
		put_text(out, e->says.until);
		sk_buf_putc(out, ')');
	}
	sk_buf_putc(out, '\n');
}

static void put_object(const struct listing *l, const struct sk_exception *e, struct sk_json_writer *w)
{
	sk_json_object(w);
	sk_json_put_str(w, "state", state_of(l, e));
	sk_json_put_opt(w, "problem", e->problem);
	sk_json_put_str(w, "file", file_of(l->options));
	sk_json_put_int(w, "line", e->says.line);
	sk_json_put_opt(w, "id", e->ids.count ? e->ids.items[0] : NULL);
	sk_json_put_opt(w, "package", e->package);
	sk_json_put_opt(w, "version", e->version);
	sk_json_put_opt(w, "path", e->path);
	sk_json_put_opt(w, "purl", e->purl);
	sk_json_put_opt(w, "scope", e->scope);
	sk_json_put_str(w, "status", sk_vex_status_name(e->says.status));
	sk_json_put_opt(w, "justification", e->says.justification);
	sk_json_put_opt(w, "reason", e->says.reason);
	sk_json_put_opt(w, "owner", e->says.owner);
	sk_json_put_opt(w, "ticket", e->says.ticket);
	sk_json_put_opt(w, "expires", e->says.until);
	sk_json_end(w);
}

static int run_list(const struct sk_call *call, struct sk_err *err)
{
	const struct exception_options *o = call->options;
	struct listing l = { .call = call, .options = o, .now = sk_time_now(),
			     .exceptions = { .max_seconds = o->max_days * DAY } };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_json_writer w = { .buf = &out, .indent = 2 };
	int r = sk_exceptions_load(&l.exceptions, file_of(o), err);

	if (r == 0 && o->report)
		r = use_report(&l, err);
	if (r == 0 && o->format == FORMAT_JSON)
		sk_json_array(&w);
	for (size_t i = 0; r == 0 && i < l.exceptions.list.len; i++) {
		if (o->format == FORMAT_JSON)
			put_object(&l, l.exceptions.list.data[i], &w);
		else
			put_row(&l, l.exceptions.list.data[i], &out);
	}
	if (r == 0 && o->format == FORMAT_JSON)
		sk_json_end(&w);
	sk_exceptions_release(&l.exceptions);
	return r < 0 ? r : sk_output(NULL, sk_buf_view(&out), err);
}

static const struct sk_option list_options[] = {
	OPTION_FILE,
	{ "report", 0, SK_OPT_FILE(struct exception_options, report), .argument = "REPORT.json",
	  .help = "A JSON report, best made with --show-ignored: entries that fit nothing in it are unused" },
	{ "soon", 0, SK_OPT_DURATION(struct exception_options, soon), .argument = "TIME",
	  .fallback = "30d", .help = "Entries that end within this time are expiring" },
	{ "format", 'f', SK_OPT_ENUM(struct exception_options, format, choice_format),
	  .argument = "FORMAT", .fallback = "table", .help = "How it is written" },
	OPTION_DAYS,
	{ NULL },
};

/* ---- expire ---- */

/* "CVE-2024-1", or ":12" for the entry of that line. */
static bool is_meant(const struct sk_exception *e, const char *name)
{
	uint64_t line;

	if (name[0] == ':' && sk_span_u64(sk_span_str(name + 1), &line))
		return e->says.line == line;
	return sk_span_ieq(sk_span_str(sk_exception_label(e)), sk_span_str(name));
}

static int find_entry(struct sk_exceptions *x, const char *name, int64_t now, uint32_t *ret_line,
		      struct sk_err *err)
{
	size_t found = 0;

	for (size_t i = 0; i < x->list.len; i++) {
		const struct sk_exception *e = x->list.data[i];

		if (!is_meant(e, name) || sk_exception_state(x, e, now) != SK_EXCEPTION_ACTIVE)
			continue;
		if (found++)
			return sk_err_set(err, SK_EUSAGE,
					  "several entries accept '%s': say which by its line, :%u or :%u", name,
					  *ret_line, e->says.line);
		*ret_line = e->says.line;
	}
	if (!found)
		return sk_err_set(err, SK_EUSAGE, "no entry that counts accepts '%s'", name);
	return 0;
}

static int run_expire(const struct sk_call *call, struct sk_err *err)
{
	const struct exception_options *o = call->options;
	sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, out = { 0 };
	int64_t now = sk_time_now();
	char end[SK_TIME_TEXT];
	uint32_t line = 0;
	int r = sk_path_slurp(file_of(o), SK_MAX_CONFIG, &text, err);

	if (r == 0)
		r = sk_exceptions_parse(&x, file_of(o), sk_buf_view(&text), err);
	if (r == 0)
		r = find_entry(&x, call->args[0], now, &line, err);
	if (r < 0)
		return r;
	r = sk_entry_expire(sk_buf_view(&text), line, sk_time_format(now, end), &out, err);
	if (r < 0)
		return sk_err_wrap(err, "%s", file_of(o));
	r = replace(file_of(o), &out, err);
	if (r == 0)
		sk_say(call, "%s:%u: ended", file_of(o), line);
	return r;
}

static const struct sk_option expire_options[] = { OPTION_FILE, { NULL } };

static const struct sk_command sub_add = {
	.name = "add",
	.summary = "Accept findings, with a reason and until a date",
	.synopsis = "[options]",
	.options = add_options,
	.options_size = sizeof(struct exception_options),
	.examples =
		(const struct sk_example[]){
			{ "sekisho exception add --id CVE-2023-45853 --package zlib1g --reason 'MiniZip is not built' "
			  "--owner 'platform team' --expires 90d",
			  "The entry goes to the end of " SK_EXCEPTION_FILE "; what is there stays as it is." },
			{ NULL } },
	.run = run_add,
};

static const struct sk_command sub_list = {
	.name = "list",
	.summary = "List exceptions and whether they count",
	.synopsis = "[options]",
	.options = list_options,
	.options_size = sizeof(struct exception_options),
	.examples =
		(const struct sk_example[]){
			{ "sekisho exception list --report app.json", "Also tells which fit nothing any more." },
			{ NULL } },
	.run = run_list,
};

static const struct sk_command sub_expire = {
	.name = "expire",
	.summary = "End an exception now",
	.synopsis = "[options] ID|:LINE",
	.options = expire_options,
	.options_size = sizeof(struct exception_options),
	.min_args = 1,
	.max_args = 1,
	.args_type = SK_OPTION_STRING,
	.run = run_expire,
};

const struct sk_command sk_command_exception = {
	.name = "exception",
	.summary = "Accepted findings: add, list, end",
	.synopsis = "add|list|expire [options]",
	.subs = (const struct sk_command *const[]){ &sub_add, &sub_list, &sub_expire, NULL },
};
