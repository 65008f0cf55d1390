/* SPDX-License-Identifier: Apache-2.0 */
/* One output: opened, given what it is to tell, asked how it fares, closed. */
#include "agent/output-internal.h"

#include "base/fd.h"
#include "base/limits.h"

#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* What is granted to a call that is given up. */
enum { ABORT_MS = 2000 };

int64_t sk_output_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

void sk_output_wait_until(struct sk_output *o, int64_t deadline)
{
	struct timespec t = { deadline / 1000, deadline % 1000 * 1000000 };

	pthread_cond_timedwait(&o->news, &o->lock, &t);
}

/* ---- the list in memory ---- */

static void push(struct sk_output *o, struct sk_output_message *m)
{
	*o->last = m;
	o->last = &m->next;
	o->waiting++;
	o->waiting_bytes += m->len;
}

struct sk_output_message *sk_output_pop(struct sk_output *o)
{
	struct sk_output_message *m = o->first;

	o->first = m->next;
	if (!o->first)
		o->last = &o->first;
	o->waiting--;
	o->waiting_bytes -= m->len;
	m->next = NULL;
	return m;
}

static size_t memory_limit(const struct sk_output *o)
{
	return o->config->queue == SK_QUEUE_DISK ? SK_MAX_OUTPUT_MEMORY : (size_t)o->config->queue_size;
}

/* Room for so many bytes, by losing what is oldest if that is wanted. */
static bool make_room(struct sk_output *o, size_t len)
{
	while (o->waiting_bytes + len > memory_limit(o)) {
		if (o->config->full != SK_FULL_OLDEST || !o->first)
			return false;
		free(sk_output_pop(o));
		o->counts.lost[SK_OUTPUT_FULL]++;
	}
	return true;
}

void sk_output_push(struct sk_output *o, const struct sk_note *note)
{
	struct sk_note local = *note;
	struct sk_span bytes = note->line;
	struct sk_output_message *m;

	local.hostname = o->hostname;
	if (o->kind->render) {
		sk_buf_reset(&o->rendered);
		o->kind->render(o, &local, &o->rendered);
		bytes = sk_buf_view(&o->rendered);
	}
	pthread_mutex_lock(&o->lock);
	if (bytes.len > SK_MAX_OUTPUT_MESSAGE) {
		o->counts.lost[SK_OUTPUT_LARGE]++;
	} else if (o->broken || !make_room(o, bytes.len)) {
		o->counts.lost[o->broken ? SK_OUTPUT_CLOSED : SK_OUTPUT_FULL]++;
	} else {
		m = sk_alloc(sizeof(*m) + bytes.len);
		m->len = bytes.len;
		memcpy(m->bytes, bytes.ptr, bytes.len);
		push(o, m);
		pthread_cond_broadcast(&o->news);
	}
	pthread_mutex_unlock(&o->lock);
}

/* ---- open, close ---- */

static int start(struct sk_output *o, pthread_t *thread, bool *has, void *(*fn)(void *), struct sk_err *err)
{
	sigset_t all, before;
	int r;

	/* Signals are for the agent's thread; a reader that goes away is an error, not an end. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, NULL, fn, o);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return sk_err_set(err, SK_EIO, "no thread: %s", strerror(r));
	*has = true;
	o->threads++;
	return 0;
}

static int open_spool(struct sk_output *o, const char *state, struct sk_err *err)
{
	sk_autofree char *folder = NULL;
	struct sk_err inner = SK_ERR_INIT;

	if (o->config->queue != SK_QUEUE_DISK)
		return 0;
	folder = sk_printf("%s/outputs/%s", state, o->config->folder);
	errno = 0;
	if (sk_spool_open(folder, o->config->queue_size, o->config->full == SK_FULL_OLDEST, &o->spool, &inner) == 0)
		return 0;
	if (errno != ENOSPC && errno != EDQUOT)
		return sk_err_set(err, inner.code, "%s", inner.text);
	/* Who fills the disk does not keep the agent from its start: the queue is in memory then, and that is said. */
	o->trouble = inner;
	return 0;
}

static void init_locks(struct sk_output *o)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&o->news, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&o->lock, NULL);
}

static int open_parts(struct sk_output *o, const char *state, struct sk_err *err)
{
	int r = 0;

	o->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (o->wake < 0)
		return sk_err_errno(err, "eventfd");
	if (open_spool(o, state, err) < 0 || (o->kind->open && o->kind->open(o, err) < 0))
		return -err->code;
	pthread_mutex_lock(&o->lock);
	if (o->spool)
		r = start(o, &o->keeper, &o->has_keeper, sk_output_keeper, err);
	if (r == 0)
		r = start(o, &o->sender, &o->has_sender, sk_output_sender, err);
	pthread_mutex_unlock(&o->lock);
	return r;
}

int sk_output_open(const struct sk_output_config *config, enum sk_alert_format format, const char *state,
		   const char *hostname, struct sk_output **ret_output, struct sk_err *err)
{
	struct sk_output *o = sk_alloc(sizeof(*o));

	o->config = config;
	o->kind = config->kind;
	o->format = format;
	o->what = config->what ? config->what : SK_OUTPUT_ALERTS | (format == SK_ALERT_FALCO ? 0 : SK_OUTPUT_LINES);
	o->state = sk_alloc(o->kind->state_size + 1);
	o->last = &o->first;
	o->wake = -1;
	o->random = (uint32_t)sk_output_now() ^ (uint32_t)getpid();
	strncpy(o->hostname, hostname, sizeof(o->hostname) - 1);
	init_locks(o);
	if (open_parts(o, state, err) < 0) {
		sk_output_close(o, sk_output_now());
		return -err->code;
	}
	*ret_output = o;
	return 0;
}

static void set_phase(struct sk_output *o, enum sk_output_phase phase)
{
	pthread_mutex_lock(&o->lock);
	o->phase = phase;
	pthread_cond_broadcast(&o->news);
	pthread_mutex_unlock(&o->lock);
}

void sk_output_end(struct sk_output *o)
{
	set_phase(o, SK_OUTPUT_ENDS);
}

/* Until its threads have ended. */
static bool wait_threads(struct sk_output *o, int64_t deadline)
{
	bool ended;

	pthread_mutex_lock(&o->lock);
	while (o->threads && sk_output_now() < deadline)
		sk_output_wait_until(o, deadline);
	ended = !o->threads;
	pthread_mutex_unlock(&o->lock);
	return ended;
}

static void output_free(struct sk_output *o)
{
	if (o->kind->close)
		o->kind->close(o);
	sk_spool_close(o->spool);
	sk_output_free_list(o->first);
	sk_buf_release(&o->batch.bytes);
	sk_buf_release(&o->rendered);
	sk_closep(&o->wake);
	pthread_cond_destroy(&o->news);
	pthread_mutex_destroy(&o->lock);
	free(o->state);
	free(o);
}

uint64_t sk_output_close(struct sk_output *o, int64_t deadline)
{
	uint64_t one = 1, lost;
	bool ended = wait_threads(o, deadline);

	if (!ended) {
		set_phase(o, SK_OUTPUT_ABORTS);
		ended = write(o->wake, &one, sizeof(one)) == sizeof(one) && wait_threads(o, sk_output_now() + ABORT_MS);
	}
	lost = o->counts.lost[SK_OUTPUT_CLOSED] + o->waiting;
	/* A thread that waits for a name server cannot be called back: its memory stays, the program ends anyway. */
	if (o->has_sender)
		(void)(ended ? pthread_join(o->sender, NULL) : pthread_detach(o->sender));
	if (o->has_keeper)
		(void)(ended ? pthread_join(o->keeper, NULL) : pthread_detach(o->keeper));
	if (ended)
		output_free(o);
	return lost;
}

/* ---- what the agent asks ---- */

static bool matches_tag(const struct sk_detection *rule, const struct sk_option_list *tags)
{
	for (size_t i = 0; i < tags->count; i++)
		for (size_t j = 0; j < rule->tag_count; j++)
			if (strcmp(tags->items[i], rule->tags[j]) == 0)
				return true;
	return !tags->count;
}

static bool matches_name(const struct sk_detection *rule, const struct sk_option_list *patterns)
{
	sk_autofree char *name = patterns->count ? sk_strndup(rule->name.ptr, rule->name.len) : NULL;

	for (size_t i = 0; i < patterns->count; i++)
		if (fnmatch(patterns->items[i], name, 0) == 0)
			return true;
	return !patterns->count;
}

bool sk_output_wants(const struct sk_output *o, const struct sk_note *note)
{
	const struct sk_output_config *c = o->config;

	if (!note->alert)
		return o->what & SK_OUTPUT_LINES;
	return (o->what & SK_OUTPUT_ALERTS) && (int)note->priority <= c->priority &&
	       matches_tag(note->alert->rule, &c->tags) && matches_name(note->alert->rule, &c->rules);
}

enum sk_alert_format sk_output_format(const struct sk_output *o)
{
	return o->format;
}

static uint64_t queued(const struct sk_output *o)
{
	return o->waiting + o->held + (o->spool ? sk_spool_count(o->spool) : 0);
}

bool sk_output_flush(struct sk_output *o, int64_t deadline)
{
	bool idle;

	pthread_mutex_lock(&o->lock);
	while (queued(o) && !o->broken && sk_output_now() < deadline)
		sk_output_wait_until(o, deadline);
	idle = !queued(o);
	pthread_mutex_unlock(&o->lock);
	return idle;
}

bool sk_output_broken(struct sk_output *o)
{
	bool broken;

	pthread_mutex_lock(&o->lock);
	broken = o->broken;
	pthread_mutex_unlock(&o->lock);
	return broken;
}

void sk_output_reopen(struct sk_output *o)
{
	pthread_mutex_lock(&o->lock);
	o->reopen = o->hurry = true;
	pthread_cond_broadcast(&o->news);
	pthread_mutex_unlock(&o->lock);
}

void sk_output_counts(struct sk_output *o, struct sk_output_counts *ret)
{
	pthread_mutex_lock(&o->lock);
	*ret = o->counts;
	ret->trouble = o->trouble.text[0];
	ret->queued = queued(o);
	ret->unsaved = o->waiting + o->held;
	ret->queued_bytes = o->waiting_bytes + (o->spool ? sk_spool_bytes(o->spool) : 0);
	pthread_mutex_unlock(&o->lock);
}

/* A trouble is said once; so is its end. */
void sk_output_say(struct sk_output *o, sk_outputs_say_fn *say, void *context)
{
	char text[sizeof(o->trouble.text) + 128] = "";

	pthread_mutex_lock(&o->lock);
	if (!o->trouble.text[0] == o->said) {
		o->said = !o->said;
		snprintf(text, sizeof(text), "output %s: %s", o->config->name, o->said ? o->trouble.text : "works again");
	}
	pthread_mutex_unlock(&o->lock);
	if (text[0])
		say(context, o->said, text);
}

/* ---- what kinds ask ---- */

const void *sk_output_config_of(const struct sk_output *o)
{
	return o->config;
}

void *sk_output_state(struct sk_output *o)
{
	return o->state;
}

const char *sk_output_hostname(const struct sk_output *o)
{
	return o->hostname;
}

bool sk_output_wait(struct sk_output *o, int fd, short events, int ms)
{
	struct pollfd fds[] = { { o->wake, POLLIN, 0 }, { fd, events, 0 } };
	int64_t deadline = ms < 0 ? INT64_MAX : sk_output_now() + ms;

	for (;;) {
		int64_t left = ms < 0 ? -1 : deadline - sk_output_now();
		int n = poll(fds, fd < 0 ? 1 : 2, left < -1 ? 0 : (int)left);

		if (fds[0].revents || (n == 0 && ms >= 0 && sk_output_now() >= deadline))
			return false;
		if (n > 0)
			return true;
	}
}

bool sk_output_aborted(struct sk_output *o)
{
	struct pollfd fd = { o->wake, POLLIN, 0 };

	return poll(&fd, 1, 0) > 0;
}

bool sk_output_take_reopen(struct sk_output *o)
{
	bool reopen;

	pthread_mutex_lock(&o->lock);
	reopen = o->reopen;
	o->reopen = false;
	pthread_mutex_unlock(&o->lock);
	return reopen;
}

void sk_output_hold(struct sk_output *o, int64_t ms)
{
	o->hold = ms;
}

void sk_output_absent(struct sk_output *o)
{
	o->absent = true;
}

void sk_output_count_cut(struct sk_output *o)
{
	pthread_mutex_lock(&o->lock);
	o->counts.cut++;
	pthread_mutex_unlock(&o->lock);
}
