/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard-watch.h"

#include "base/fd.h"
#include "base/mem.h"
#include "guard/judge.h"
#include "guard/trail.h"

#include <fcntl.h>

struct record_options {
	struct sk_option_list rules;
	struct sk_option_list types;
	const char *output;
	bool reads;
	int64_t duration;
};

struct recorder {
	const char *path;
	int fd;
	struct sk_buf out;
	struct sk_trail_writer *writer;
	size_t events;
};

static int on_event(void *context, const struct sk_event *event, struct sk_err *err)
{
	struct recorder *r = context;

	sk_trail_write(r->writer, event);
	r->events++;
	return 0;
}

static int flush(void *context, struct sk_err *err)
{
	struct recorder *r = context;

	if (sk_write_full(r->fd, r->out.data, r->out.len) < 0)
		return sk_err_errno(err, "%s", r->path);
	sk_buf_reset(&r->out);
	return 0;
}

/* Unless types are named: whatever the rules would look at, so that a replay finds the same. */
static int what_is_wanted(const struct record_options *o, struct sk_sensor_want *ret, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf unseen = { 0 };
	struct sk_judge judge = { 0 };
	int r = sk_guard_want(&o->types, ret, err);

	if (r < 0 || o->types.count)
		return r;
	r = sk_judge_open(&judge, o->rules.items, o->rules.count, 0, err);
	if (r >= 0)
		sk_judge_want(&judge, ret, &unseen);
	sk_judge_release(&judge);
	return r;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct record_options *o = call->options;
	struct recorder r = { .path = o->output };
	struct sk_sensor_want want;
	int result = what_is_wanted(o, &want, err);

	if (result < 0)
		return result;
	if (!o->output)
		return sk_err_set(err, SK_EUSAGE, "--output is missing: the file that is written");
	want.reads |= o->reads;
	sk_autoclose int fd = open(o->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return sk_err_errno(err, "%s", o->output);
	r.fd = fd;
	r.writer = sk_trail_writer_new(&r.out);
	result = sk_guard_watch(call, &want, o->duration, &(struct sk_watcher){ on_event, flush, &r }, err);
	if (flush(&r, result < 0 ? NULL : err) < 0 && result >= 0)
		result = -err->code;
	sk_trail_writer_free(r.writer);
	sk_buf_release(&r.out);
	if (result < 0)
		return result;
	sk_say(call, "%zu events", r.events);
	return SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	{ "output", 'o', SK_OPT_FILE(struct record_options, output), .argument = "FILE", .help = "The file that is written",
	  .otherwise = "it must be given" },
	SK_RULES_OPTION(struct record_options, rules),
	SK_WATCH_TYPES(struct record_options, types),
	SK_WATCH_READS(struct record_options, reads),
	SK_WATCH_FOR(struct record_options, duration),
	{ NULL },
};

static const char *const text[] = {
	"Writes down what processes do, with their programs, parents and containers, so that 'sekisho guard replay' judges "
	"it by rules later and elsewhere, without privileges.",
	"Unless types are named, it is what the rules look at, and what a person would want to read.",
	"A record names everything that ran, with its arguments: it is made readable for its owner alone.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard record -o night.trail --for 8h", "Eight hours, to be looked at in the morning." },
	{ NULL, NULL },
};

const struct sk_command sk_guard_record = {
	.name = "record",
	.summary = "Write down what processes do, to be judged later",
	.synopsis = "[options] -o FILE",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct record_options),
	.run = run,
};
