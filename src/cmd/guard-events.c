/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard-watch.h"

#include "base/text.h"
#include "doc/json-write.h"
#include "guard/container.h"
#include "guard/print.h"
#include "guard/process.h"

#include <time.h>

struct events_options {
	struct sk_option_list types;
	const char *container;
	int format;
	int64_t duration;
	bool reads;
};

enum { FORMAT_TEXT, FORMAT_JSON };

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "text", "json" };
	static const char *const summaries[] = { "a line for a person", "JSON lines" };

	*ret_summary = i < SK_COUNT(summaries) ? summaries[i] : NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

struct watch {
	const struct sk_call *call;
	const struct events_options *options;
	struct sk_buf out, part;
};

static void put_plain(struct watch *w)
{
	sk_text_plain(&w->out, sk_buf_view(&w->part));
	sk_buf_reset(&w->part);
}

static void put_clock(struct sk_buf *out, int64_t time)
{
	time_t seconds = time / 1000000000;
	struct tm tm;

	localtime_r(&seconds, &tm);
	sk_buf_printf(out, "%02d:%02d:%02d.%06d", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(time % 1000000000 / 1000));
}

static struct sk_span container_name(const struct sk_container *c)
{
	if (!c)
		return SK_SPAN_LIT("host");
	return c->name.len ? c->name : sk_span_sub(c->id, 0, 12);
}

/* "bash>make>cc[1234]": at most so many above it. */
enum { CHAIN = 4 };

static void put_chain(struct sk_buf *out, const struct sk_process *p)
{
	for (unsigned i = CHAIN; i; i--) {
		const struct sk_process *above = sk_process_ancestor(p, i);

		if (above && above->pid != 1) {
			sk_buf_span(out, above->name);
			sk_buf_putc(out, '>');
		}
	}
	sk_buf_span(out, p->name);
	sk_buf_printf(out, "[%d]", p->pid);
}

/* Cuts the next of NUL-terminated strings off. */
static bool next_string(struct sk_span *rest, struct sk_span *ret)
{
	return rest->len && sk_span_split(rest, '\0', ret);
}

static void put_command(struct sk_buf *out, const struct sk_process *p)
{
	struct sk_span args = p->args, word;

	sk_buf_span(out, p->exe);
	while (next_string(&args, &word)) {
		sk_buf_putc(out, ' ');
		sk_buf_span(out, word);
	}
}

static void put_what(struct sk_buf *out, const struct sk_event *e)
{
	if (e->type == SK_EVENT_EXECVE || e->type == SK_EVENT_EXECVEAT) {
		sk_buf_span(out, e->process->exepath);
		sk_buf_puts(out, ": ");
		put_command(out, e->process);
		return;
	}
	if (e->file && e->file->socket) {
		sk_print_socket(out, e->file->socket);
		sk_buf_putc(out, ' ');
	} else if (e->file) {
		sk_buf_span(out, e->file->name);
		sk_buf_putc(out, ' ');
	}
	sk_print_args(out, e);
}

static void put_text(struct watch *w, const struct sk_event *e)
{
	put_clock(&w->out, e->time);
	sk_buf_putc(&w->out, ' ');
	sk_buf_span(&w->part, container_name(e->process->container));
	put_plain(w);
	sk_buf_putc(&w->out, ' ');
	put_chain(&w->part, e->process);
	put_plain(w);
	sk_buf_printf(&w->out, " %s ", sk_event_descs[e->type].name);
	put_what(&w->part, e);
	put_plain(w);
	while (w->out.len && w->out.data[w->out.len - 1] == ' ')
		w->out.len--;
	sk_buf_putc(&w->out, '\n');
}

static void json_text(struct sk_json_writer *w, const char *key, struct sk_span text)
{
	if (!text.len)
		return;
	sk_json_key(w, key);
	sk_json_span(w, text);
}

static void json_strings(struct sk_json_writer *w, const char *key, struct sk_span strings)
{
	struct sk_span word;

	sk_json_key(w, key);
	sk_json_array(w);
	while (next_string(&strings, &word))
		sk_json_span(w, word);
	sk_json_end(w);
}

static void json_process(struct sk_json_writer *w, const struct sk_process *p)
{
	static const char *const places[] = { [SK_EXE_UNKNOWN] = NULL, [SK_EXE_LOWER] = "lower", [SK_EXE_UPPER] = "upper",
					      [SK_EXE_PLAIN] = "plain", [SK_EXE_MEMFD] = "memfd" };

	sk_json_key(w, "process");
	sk_json_object(w);
	sk_json_put_int(w, "pid", p->pid);
	sk_json_put_int(w, "vpid", p->vpid);
	sk_json_put_int(w, "tid", p->tid);
	sk_json_put_int(w, "ppid", p->ppid);
	json_text(w, "name", p->name);
	json_text(w, "exe", p->exe);
	json_text(w, "exePath", p->exepath);
	sk_json_put_opt(w, "exePlace", places[p->exe_place]);
	json_strings(w, "args", p->args);
	json_text(w, "cwd", p->cwd);
	sk_json_put_int(w, "uid", p->uid);
	sk_json_put_int(w, "gid", p->gid);
	if (p->user)
		json_text(w, "user", p->user->name);
	json_text(w, "group", p->group);
	if (p->loginuid != UINT32_MAX)
		sk_json_put_int(w, "loginuid", p->loginuid);
	sk_json_put_int(w, "tty", p->tty);
	sk_json_key(w, "capEffective");
	sk_json_printf(w, "%016llx", (unsigned long long)p->cap_effective);
	sk_json_put_int(w, "start", p->start);
	sk_json_put_int(w, "mntNs", (int64_t)p->namespaces[SK_NS_MNT]);
	sk_json_put_int(w, "pidNs", (int64_t)p->namespaces[SK_NS_PID]);
	sk_json_key(w, "ancestors");
	sk_json_array(w);
	for (const struct sk_process *a = p->parent; a; a = a->parent)
		sk_json_span(w, a->name);
	sk_json_end(w);
	sk_json_end(w);
}

static void json_container(struct sk_json_writer *w, const struct sk_container *c)
{
	sk_json_key(w, "container");
	if (!c) {
		sk_json_null(w);
		return;
	}
	sk_json_object(w);
	json_text(w, "id", c->id);
	json_text(w, "engine", c->engine);
	json_text(w, "name", c->name);
	json_text(w, "image", c->image);
	json_text(w, "imageId", c->image_id);
	json_text(w, "imageDigest", c->image_digest);
	json_text(w, "podName", c->pod_name);
	json_text(w, "podNamespace", c->namespace);
	if (c->privileged >= 0)
		sk_json_put_bool(w, "privileged", c->privileged);
	sk_json_key(w, "labels");
	sk_json_object(w);
	for (uint32_t i = 0; i < c->label_count; i++) {
		sk_json_key_span(w, c->labels[i].name);
		sk_json_span(w, c->labels[i].value);
	}
	sk_json_end(w);
	sk_json_key(w, "mounts");
	sk_json_array(w);
	for (uint32_t i = 0; i < c->mount_count; i++)
		sk_json_span(w, c->mounts[i].destination);
	sk_json_end(w);
	sk_json_end(w);
}

static void json_file(struct sk_json_writer *w, struct sk_buf *part, const struct sk_file *f)
{
	sk_json_key(w, "file");
	sk_json_object(w);
	sk_json_put_str(w, "type", sk_file_type_name(f->type));
	json_text(w, "name", f->name);
	json_text(w, "rawName", f->raw_name);
	if (f->cut)
		sk_json_put_bool(w, "cut", true);
	if (f->inode)
		sk_json_put_int(w, "inode", (int64_t)f->inode);
	if (f->upper >= 0)
		sk_json_put_bool(w, "upperLayer", f->upper);
	if (f->socket) {
		sk_buf_reset(part);
		sk_print_socket(part, f->socket);
		json_text(w, "socket", sk_buf_view(part));
		sk_json_put_bool(w, "server", f->socket->server);
		json_text(w, "serverName", f->socket->server_name);
		sk_buf_reset(part);
	}
	sk_json_end(w);
}

static void json_args(struct sk_json_writer *w, struct sk_buf *part, const struct sk_event *e)
{
	const struct sk_arg_desc *desc = sk_event_descs[e->type].args;

	sk_json_key(w, "args");
	sk_json_object(w);
	for (uint8_t i = 0; i < e->arg_count && desc[i].name; i++) {
		if (e->args[i].type == SK_ARG_ABSENT)
			continue;
		sk_buf_reset(part);
		sk_print_arg(part, e, &desc[i], &e->args[i], false);
		json_text(w, desc[i].name, sk_buf_view(part));
	}
	sk_json_end(w);
	sk_buf_reset(part);
}

static void put_json(struct watch *watch, const struct sk_event *e)
{
	struct sk_json_writer w = { .buf = &watch->out };

	sk_json_object(&w);
	sk_json_put_int(&w, "number", (int64_t)e->number);
	sk_print_time(&watch->part, e->time);
	json_text(&w, "time", sk_buf_view(&watch->part));
	sk_json_put_str(&w, "type", sk_event_descs[e->type].name);
	sk_json_put_int(&w, "result", e->result);
	if (e->fd >= 0)
		sk_json_put_int(&w, "fd", e->fd);
	json_process(&w, e->process);
	json_container(&w, e->process->container);
	if (e->file)
		json_file(&w, &watch->part, e->file);
	json_args(&w, &watch->part, e);
	sk_json_end(&w);
	sk_buf_putc(&watch->out, '\n');
}

/* "host", a name, or the beginning of an id. */
static bool is_asked(const struct watch *w, const struct sk_container *c)
{
	const char *asked = w->options->container;

	if (!asked)
		return true;
	if (!c)
		return sk_span_is(SK_SPAN_LIT("host"), asked);
	return sk_span_is(c->name, asked) || sk_span_is(c->image, asked) || sk_span_starts(c->id, asked);
}

static int on_event(void *context, const struct sk_event *e, struct sk_err *err)
{
	struct watch *w = context;

	if (!is_asked(w, e->process->container))
		return 0;
	if (w->options->format == FORMAT_JSON)
		put_json(w, e);
	else
		put_text(w, e);
	return 0;
}

static int flush(void *context, struct sk_err *err)
{
	struct watch *w = context;
	int r = w->out.len ? sk_output(NULL, sk_buf_view(&w->out), err) : 0;

	sk_buf_reset(&w->out);
	return r;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct events_options *o = call->options;
	struct watch w = { .call = call, .options = o };
	struct sk_sensor_want want;
	int r = sk_guard_want(&o->types, &want, err);

	if (r < 0)
		return r;
	want.reads = o->reads;
	r = sk_guard_watch(call, &want, o->duration, &(struct sk_watcher){ on_event, flush, &w }, err);
	sk_buf_release(&w.out);
	sk_buf_release(&w.part);
	return r < 0 ? r : SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	SK_WATCH_TYPES(struct events_options, types),
	{ "container", 'c', SK_OPT_STRING(struct events_options, container), .argument = "CONTAINER",
	  .help = "Only those of the container of this name or image, or whose id begins so; 'host' for those of none",
	  .otherwise = "all, and the host's own" },
	SK_WATCH_READS(struct events_options, reads),
	{ "format", 'f', SK_OPT_ENUM(struct events_options, format, choice_format), .argument = "FORMAT",
	  .fallback = "text", .help = "How events are written" },
	SK_WATCH_FOR(struct events_options, duration),
	{ NULL },
};

static const char *const text[] = {
	"Shows what processes do while they do it, a line each: time, container, the processes above it and the process "
	"itself, the system call and what it was about. Names of files and both ends of connections are what the kernel "
	"has, not what the process said.",
	"It needs root and a kernel with BTF. What could not be told is counted and said at the end.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard events --type exec --container web", "Every program that starts in the container 'web'." },
	{ "guard events --format json --for 1m", "One minute of everything, to be looked at by programs." },
	{ NULL, NULL },
};

const struct sk_command sk_guard_events = {
	.name = "events",
	.summary = "Show what processes do, live",
	.synopsis = "[options]",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct events_options),
	.run = run,
};
