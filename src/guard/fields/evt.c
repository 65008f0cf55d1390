/* SPDX-License-Identifier: Apache-2.0 */
/* The event itself: type, time, result and arguments. */
#include "guard/fields/fields.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct sk_event_desc *desc_of(const struct sk_event *e)
{
	return &sk_event_descs[e->type];
}

/* ---- type ---- */

static bool type(SK_FIELD_PARAMS) { return sk_give_str(ret, desc_of(e)->name); }

/* Types that are no system call: what the sensor sees elsewhere. */
static bool syscall_type(SK_FIELD_PARAMS)
{
	return e->type != SK_EVENT_PROCEXIT && e->type != SK_EVENT_DNS && e->type != SK_EVENT_DRIFT &&
	       sk_give_str(ret, desc_of(e)->name);
}

static bool dir(SK_FIELD_PARAMS) { return sk_give_str(ret, "<"); }
static bool source(SK_FIELD_PARAMS) { return sk_give_str(ret, "syscall"); }
static bool is_async(SK_FIELD_PARAMS) { return sk_give_bool(ret, false); }

/* Input and output belong to what is read or written. */
static const char *io_category(const struct sk_event *e)
{
	switch (e->file ? e->file->type : SK_FILE_UNKNOWN) {
	case SK_FILE_REGULAR:
	case SK_FILE_DIRECTORY:
	case SK_FILE_TTY:
		return "file";
	case SK_FILE_IPV4:
	case SK_FILE_IPV6:
		return "net";
	case SK_FILE_PIPE:
	case SK_FILE_UNIX:
		return "ipc";
	default:
		return "other";
	}
}

static bool category(SK_FIELD_PARAMS)
{
	static const char *const names[] = {
		[SK_CATEGORY_FILE] = "file",	 [SK_CATEGORY_NET] = "net",	  [SK_CATEGORY_PROCESS] = "process",
		[SK_CATEGORY_USER] = "user",	 [SK_CATEGORY_MEMORY] = "memory", [SK_CATEGORY_SIGNAL] = "signal",
		[SK_CATEGORY_IPC] = "ipc",	 [SK_CATEGORY_OTHER] = "other",	  [SK_CATEGORY_IO_READ] = NULL,
		[SK_CATEGORY_IO_WRITE] = NULL, [SK_CATEGORY_IO_OTHER] = NULL,
	};
	const char *name = names[desc_of(e)->category];

	return sk_give_str(ret, name ? name : io_category(e));
}

static bool is_io_read(SK_FIELD_PARAMS) { return sk_give_bool(ret, desc_of(e)->category == SK_CATEGORY_IO_READ); }
static bool is_io_write(SK_FIELD_PARAMS) { return sk_give_bool(ret, desc_of(e)->category == SK_CATEGORY_IO_WRITE); }

static bool is_io(SK_FIELD_PARAMS)
{
	return sk_give_bool(ret, desc_of(e)->category == SK_CATEGORY_IO_READ ||
					 desc_of(e)->category == SK_CATEGORY_IO_WRITE);
}

static bool io_dir(SK_FIELD_PARAMS)
{
	switch (desc_of(e)->category) {
	case SK_CATEGORY_IO_READ:
		return sk_give_str(ret, "read");
	case SK_CATEGORY_IO_WRITE:
		return sk_give_str(ret, "write");
	default:
		return false;
	}
}

/* ---- time and place ---- */

static bool number(SK_FIELD_PARAMS) { return sk_give_int(ret, (int64_t)e->number); }
static bool cpu(SK_FIELD_PARAMS) { return sk_give_int(ret, e->cpu); }

static bool rawtime(SK_FIELD_PARAMS)
{
	ret->type = SK_FIELD_TIME;
	ret->i = e->time;
	return true;
}

static bool rawtime_s(SK_FIELD_PARAMS) { return sk_give_int(ret, e->time / 1000000000); }
static bool rawtime_ns(SK_FIELD_PARAMS) { return sk_give_int(ret, e->time % 1000000000); }

static bool local_time(const struct sk_event *e, bool date, bool fraction, struct sk_scratch *scratch,
		       struct sk_field_value *ret)
{
	time_t seconds = (time_t)(e->time / 1000000000);
	char text[64];
	struct tm tm;
	size_t len = 0;

	if (!localtime_r(&seconds, &tm))
		return false;
	if (date)
		len = strftime(text, sizeof(text), "%Y-%m-%d ", &tm);
	len += strftime(text + len, sizeof(text) - len, "%H:%M:%S", &tm);
	if (fraction)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ".%09lld", (long long)(e->time % 1000000000));
	return sk_give_copy(scratch, ret, sk_span(text, len));
}

static bool time_iso(SK_FIELD_PARAMS)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	sk_print_time(&text, e->time);
	return sk_give_copy(scratch, ret, sk_buf_view(&text));
}

static bool time_ns(SK_FIELD_PARAMS) { return local_time(e, false, true, scratch, ret); }
static bool time_s(SK_FIELD_PARAMS) { return local_time(e, false, false, scratch, ret); }
static bool datetime(SK_FIELD_PARAMS) { return local_time(e, true, true, scratch, ret); }
static bool datetime_s(SK_FIELD_PARAMS) { return local_time(e, true, false, scratch, ret); }

static bool hostname(SK_FIELD_PARAMS)
{
	char name[256];

	return gethostname(name, sizeof(name)) == 0 && sk_give_copy(scratch, ret, sk_span(name, strnlen(name, sizeof(name))));
}

/* ---- arguments ---- */

static int find_arg(const struct sk_event *e, const struct sk_field_arg *arg)
{
	const struct sk_arg_desc *d = desc_of(e)->args;

	for (int i = 0; i < e->arg_count && d[i].name; i++)
		if (arg->index >= 0 ? arg->index == i : sk_span_is(arg->text, d[i].name))
			return e->args[i].type == SK_ARG_ABSENT ? -1 : i;
	return -1;
}

static bool printed(const struct sk_event *e, int i, bool raw, struct sk_scratch *scratch, struct sk_field_value *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (i < 0)
		return false;
	if (e->args[i].type == SK_ARG_TEXT || e->args[i].type == SK_ARG_BYTES)
		return sk_give_text(ret, e->args[i].text);
	sk_print_arg(&text, e, &desc_of(e)->args[i], &e->args[i], raw);
	return sk_give_copy(scratch, ret, sk_buf_view(&text));
}

static bool arg_text(SK_FIELD_PARAMS) { return printed(e, find_arg(e, arg), false, scratch, ret); }

static bool arg_raw(SK_FIELD_PARAMS)
{
	int i = find_arg(e, arg);

	if (i < 0)
		return false;
	switch (e->args[i].type) {
	case SK_ARG_STRINGS:
	case SK_ARG_SOCKET:
		return printed(e, i, true, scratch, ret);
	case SK_ARG_TEXT:
	case SK_ARG_PATH:
		return sk_give_text(ret, e->args[i].text);
	case SK_ARG_BYTES:
		sk_give_text(ret, e->args[i].text);
		ret->type = SK_FIELD_BYTES;
		return true;
	default:
		return sk_give_int(ret, e->args[i].i);
	}
}

static bool args(SK_FIELD_PARAMS)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	sk_print_args(&text, e);
	return sk_give_copy(scratch, ret, sk_buf_view(&text));
}

static bool named(const struct sk_event *e, const char *const *names, struct sk_scratch *scratch,
		  struct sk_field_value *ret)
{
	for (size_t i = 0; names[i]; i++) {
		struct sk_field_arg arg = { .text = sk_span_str(names[i]), .index = -1 };
		int at = find_arg(e, &arg);

		if (at >= 0 && e->args[at].type == SK_ARG_PATH)
			return printed(e, at, false, scratch, ret);
	}
	return false;
}

static bool abspath(SK_FIELD_PARAMS)
{
	static const char *const names[] = { "name", "path", "filename", "pathname", "linkpath", "dir", NULL };

	return named(e, names, scratch, ret);
}

static bool abspath_src(SK_FIELD_PARAMS)
{
	static const char *const names[] = { "oldpath", NULL };

	return named(e, names, scratch, ret);
}

static bool abspath_dst(SK_FIELD_PARAMS)
{
	static const char *const names[] = { "newpath", "linkpath", NULL };

	return named(e, names, scratch, ret);
}

/* ---- result ---- */

static bool rawres(SK_FIELD_PARAMS) { return e->type != SK_EVENT_PROCEXIT && sk_give_int(ret, e->result); }

static bool res(SK_FIELD_PARAMS)
{
	const char *name;

	if (e->type == SK_EVENT_PROCEXIT)
		return false;
	if (e->result >= 0)
		return sk_give_str(ret, "SUCCESS");
	name = e->result > -4096 ? sk_errno_name((int)-e->result) : NULL;
	return sk_give_str(ret, name ? name : "UNKNOWN");
}

static bool failed(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->type != SK_EVENT_PROCEXIT && e->result < 0); }

static bool buffer(SK_FIELD_PARAMS)
{
	struct sk_arg data = sk_event_arg(e, SK_SPAN_LIT("data"));

	if (data.type != SK_ARG_BYTES)
		return false;
	sk_give_text(ret, data.text);
	ret->type = SK_FIELD_BYTES;
	return true;
}

static bool buflen(SK_FIELD_PARAMS)
{
	struct sk_arg data = sk_event_arg(e, SK_SPAN_LIT("data"));

	return data.type == SK_ARG_BYTES && e->result >= 0 && sk_give_int(ret, e->result);
}

/* ---- opens ---- */

static bool is_open(const struct sk_event *e)
{
	return e->type == SK_EVENT_OPEN || e->type == SK_EVENT_OPENAT || e->type == SK_EVENT_OPENAT2;
}

static uint64_t open_flags(const struct sk_event *e)
{
	struct sk_arg flags = sk_event_arg(e, SK_SPAN_LIT("flags"));

	return flags.type == SK_ARG_FLAGS ? flags.u : 0;
}

static bool is_open_read(SK_FIELD_PARAMS)
{
	return sk_give_bool(ret, is_open(e) && (open_flags(e) & O_ACCMODE) != O_WRONLY);
}

static bool is_open_write(SK_FIELD_PARAMS)
{
	return sk_give_bool(ret, is_open(e) && (open_flags(e) & O_ACCMODE) != O_RDONLY);
}

static bool is_open_exec(SK_FIELD_PARAMS)
{
	struct sk_arg mode = sk_event_arg(e, SK_SPAN_LIT("mode"));
	bool makes = e->type == SK_EVENT_CREAT ||
		     (is_open(e) && (open_flags(e) & O_CREAT || (open_flags(e) & O_TMPFILE) == O_TMPFILE));

	return sk_give_bool(ret, makes && mode.type == SK_ARG_OCT && mode.u & (S_IXUSR | S_IXGRP | S_IXOTH));
}

static bool is_open_create(SK_FIELD_PARAMS)
{
	bool unnamed = (open_flags(e) & O_TMPFILE) == O_TMPFILE && e->result >= 0;

	return sk_give_bool(ret, is_open(e) && (unnamed || (e->file && e->file->created)));
}

#define TEXT SK_FIELD_TEXT
#define INT SK_FIELD_INT
#define BOOL SK_FIELD_BOOL

static const struct sk_field fields[] = {
	{ "evt.num", INT, 0, "number of the event, from 1; losses leave gaps", number },
	{ "evt.time", TEXT, 0, "local time with nanoseconds: \"15:47:19.123456789\"", time_ns },
	{ "evt.time.s", TEXT, 0, "local time: \"15:47:19\"", time_s },
	{ "evt.time.iso8601", TEXT, 0, "time in UTC: \"2026-11-26T15:47:19.123456789+0000\"", time_iso },
	{ "evt.datetime", TEXT, 0, "local date and time with nanoseconds", datetime },
	{ "evt.datetime.s", TEXT, 0, "local date and time", datetime_s },
	{ "evt.rawtime", SK_FIELD_TIME, 0, "nanoseconds since 1970", rawtime },
	{ "evt.rawtime.s", INT, 0, "seconds since 1970", rawtime_s },
	{ "evt.rawtime.ns", INT, 0, "nanoseconds in that second", rawtime_ns },
	{ "evt.hostname", TEXT, 0, "name of this host", hostname },
	{ "evt.source", TEXT, SK_FIELD_OF_TYPE, "always \"syscall\"", source },
	{ "evt.is_async", BOOL, SK_FIELD_OF_TYPE, "always false", is_async },
	{ "evt.dir", TEXT, SK_FIELD_OF_TYPE, "always \"<\": events are made when the call returns", dir },
	{ "evt.type", TEXT, SK_FIELD_OF_TYPE, "name of the system call, or of what else happened", type },
	{ "syscall.type", TEXT, SK_FIELD_OF_TYPE, "name of the system call; absent for other events", syscall_type },
	{ "evt.category", TEXT, SK_FIELD_OF_OPEN, "file, net, process, user, memory, signal, ipc or other", category },
	{ "evt.cpu", INT, 0, "number of the processor", cpu },
	{ "evt.args", TEXT, 0, "all arguments: \"res=0 path=/tmp/x\"", args },
	{ "evt.info", TEXT, 0, "as evt.args", args },
	{ "evt.arg", TEXT, SK_FIELD_ARG_REQUIRED | SK_FIELD_OF_ARG,
	  "one argument by name or number, with what it means: flags by name, paths absolute", arg_text },
	{ "evt.rawarg", INT, SK_FIELD_ARG_REQUIRED | SK_FIELD_OF_ARG | SK_FIELD_ARG_TYPE,
	  "one argument by name, as the number or text that it is", arg_raw },
	{ "evt.abspath", TEXT, 0, "absolute path of a call that names one", abspath },
	{ "evt.abspath.src", TEXT, 0, "absolute path that is renamed or linked", abspath_src },
	{ "evt.abspath.dst", TEXT, 0, "absolute path of the new name", abspath_dst },
	{ "evt.buffer", SK_FIELD_BYTES, 0, "first bytes of what was sent or received", buffer },
	{ "evt.buflen", INT, 0, "how many bytes were sent or received", buflen },
	{ "evt.res", TEXT, SK_FIELD_OF_OPEN, "\"SUCCESS\", or the name of the error: \"ENOENT\"", res },
	{ "evt.rawres", INT, 0, "what the call returned; errors are negative", rawres },
	{ "evt.failed", BOOL, SK_FIELD_OF_OPEN, "did the call return an error?", failed },
	{ "evt.is_io", BOOL, SK_FIELD_OF_TYPE, "does the call read or write?", is_io },
	{ "evt.is_io_read", BOOL, SK_FIELD_OF_TYPE, "does the call read?", is_io_read },
	{ "evt.is_io_write", BOOL, SK_FIELD_OF_TYPE, "does the call write?", is_io_write },
	{ "evt.io_dir", TEXT, SK_FIELD_OF_TYPE, "read or write", io_dir },
	{ "evt.is_open_read", BOOL, SK_FIELD_OF_OPEN, "was a file opened for reading?", is_open_read },
	{ "evt.is_open_write", BOOL, SK_FIELD_OF_OPEN, "was a file opened for writing?", is_open_write },
	{ "evt.is_open_exec", BOOL, SK_FIELD_OF_OPEN, "was a file opened that would be made executable?", is_open_exec },
	{ "evt.is_open_create", BOOL, 0, "did the open make the file?", is_open_create },
	{ NULL },
};

const struct sk_field_class sk_field_class_evt = { "evt", "The event: its type, time, result and arguments", fields };
