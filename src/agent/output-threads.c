/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of an output: from memory to disk, from disk or memory to the receiver. */
#include "agent/output-internal.h"

#include "agent/harden.h"

/* Asking anew where nobody takes the connection costs nobody anything, and alerts wait for it. */
enum { FIRST_PAUSE_MS = 250, DISK_PAUSE_MS = 1000, ABSENT_PAUSE_MS = 1000 };

/* ---- the keeper: from memory to disk ---- */

/*
 * Takes messages off the list; they are the batch's until release_batch. The disk
 * has the first try: `tried` takes only those that it refused.
 */
static void take_memory(struct sk_output *o, struct sk_output_batch *b, bool tried)
{
	struct sk_output_message **end = &b->list;
	size_t bytes = 0;

	while (o->first && (o->first->tried || !tried) && b->count < SK_OUTPUT_BATCH && (!b->count || bytes + o->first->len <= SK_OUTPUT_BATCH_BYTES)) {
		struct sk_output_message *m = sk_output_pop(o);

		bytes += m->len;
		b->messages[b->count++] = sk_span(m->bytes, m->len);
		*end = m;
		end = &m->next;
	}
	o->held += b->count;
}

void sk_output_free_list(struct sk_output_message *m)
{
	while (m) {
		struct sk_output_message *next = m->next;

		free(m);
		m = next;
	}
}

/* What the disk did not take goes back to where it came from. */
static void put_back(struct sk_output *o, struct sk_output_batch *b, size_t kept)
{
	struct sk_output_message **at = &b->list, **end, *rest;

	for (size_t i = 0; i < kept; i++)
		at = &(*at)->next;
	rest = *at;
	*at = NULL;
	if (!rest)
		return;
	for (end = &rest; *end; end = &(*end)->next) {
		o->waiting++;
		o->waiting_bytes += (*end)->len;
		(*end)->tried = true;
	}
	*end = o->first;
	if (!o->first)
		o->last = end;
	o->first = rest;
}

static void keep(struct sk_output *o, struct sk_output_batch *b)
{
	struct sk_err err = SK_ERR_INIT;
	size_t kept = 0, lost = 0;
	int r = sk_spool_append(o->spool, b->messages, b->count, &kept, &lost, &err);

	pthread_mutex_lock(&o->lock);
	o->held -= b->count;
	o->counts.lost[SK_OUTPUT_FULL] += lost;
	o->diskless = r < 0;
	if (r < 0) {
		o->trouble = err;
		put_back(o, b, kept);
	}
	pthread_cond_broadcast(&o->news);
	pthread_mutex_unlock(&o->lock);
	if (r == 0 && sk_spool_sync(o->spool, &err) < 0) {
		pthread_mutex_lock(&o->lock);
		o->trouble = err;
		pthread_mutex_unlock(&o->lock);
	}
	sk_output_free_list(b->list);
	b->list = NULL;
	b->count = 0;
}

static void thread_ends(struct sk_output *o)
{
	pthread_mutex_lock(&o->lock);
	o->threads--;
	pthread_cond_broadcast(&o->news);
	pthread_mutex_unlock(&o->lock);
}

void *sk_output_keeper(void *arg)
{
	struct sk_output *o = arg;
	struct sk_output_batch *b = sk_alloc(sizeof(*b));

	sk_harden_thread(SK_THREAD_NONE);
	pthread_mutex_lock(&o->lock);
	while (o->first || o->phase == SK_OUTPUT_RUNS) {
		if (o->diskless && o->phase != SK_OUTPUT_RUNS)
			break;
		if (o->diskless && (!o->first || o->first->tried))
			sk_output_wait_until(o, sk_output_now() + DISK_PAUSE_MS);
		while (!o->first && o->phase == SK_OUTPUT_RUNS)
			pthread_cond_wait(&o->news, &o->lock);
		take_memory(o, b, false);
		pthread_mutex_unlock(&o->lock);
		if (b->count)
			keep(o, b);
		pthread_mutex_lock(&o->lock);
	}
	pthread_mutex_unlock(&o->lock);
	free(b);
	thread_ends(o);
	return NULL;
}

/* ---- the sender ---- */

/* Whether what is in memory is the sender's: all of it, or with a spool what that refused, or will not be asked for. */
static bool may_take(const struct sk_output *o)
{
	if (!o->first || !o->spool)
		return o->first;
	return o->diskless && (o->first->tried || o->phase != SK_OUTPUT_RUNS);
}

/* Fills the batch, from disk first: what is there is older. The lock is not held while the disk is. */
static void take(struct sk_output *o, struct sk_output_batch *b)
{
	size_t damaged = 0;

	b->count = b->done = b->alone = 0;
	if (o->spool) {
		pthread_mutex_unlock(&o->lock);
		sk_buf_reset(&b->bytes);
		b->count = sk_spool_read(o->spool, &b->bytes, b->messages, SK_OUTPUT_BATCH, SK_OUTPUT_BATCH_BYTES, &damaged);
		pthread_mutex_lock(&o->lock);
		o->counts.lost[SK_OUTPUT_DAMAGED] += damaged;
	}
	if (!b->count && may_take(o))
		take_memory(o, b, o->spool && o->phase == SK_OUTPUT_RUNS);
}

/* Waits for messages; false: there are none and there will be none. */
static bool wait_batch(struct sk_output *o, struct sk_output_batch *b)
{
	for (;;) {
		if (o->phase == SK_OUTPUT_ABORTS || o->broken)
			return false;
		take(o, b);
		if (b->count)
			return true;
		if (o->spool && sk_spool_count(o->spool))
			continue; /* it came while nobody looked */
		if (o->phase != SK_OUTPUT_RUNS && !o->first && !o->held)
			return false;
		if (!may_take(o))
			pthread_cond_wait(&o->news, &o->lock);
	}
}

/* So many messages of the batch are dealt with. */
static void settle(struct sk_output *o, struct sk_output_batch *b, size_t count)
{
	struct sk_err err = SK_ERR_INIT;
	int r;

	b->done += count;
	b->alone -= count < b->alone ? count : b->alone;
	if (b->list) {
		o->held -= count;
	} else if (count) {
		pthread_mutex_unlock(&o->lock);
		r = sk_spool_done(o->spool, count, &err);
		pthread_mutex_lock(&o->lock);
		if (r < 0)
			o->trouble = err;
	}
	pthread_cond_broadcast(&o->news);
}

static void count_sent(struct sk_output *o, struct sk_output_batch *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		o->counts.bytes += b->messages[b->done + i].len;
	o->counts.sent += count;
	if (count && !o->diskless)
		o->trouble.text[0] = '\0';
}

/* A pause that the end of everything cuts short. */
static void pause_ms(struct sk_output *o, int64_t ms)
{
	int64_t deadline = sk_output_now() + (o->hold > ms ? o->hold : ms);

	o->hold = 0;
	o->hurry = false;
	while (o->phase == SK_OUTPUT_RUNS && !o->hurry && sk_output_now() < deadline)
		sk_output_wait_until(o, deadline);
}

/* Twice the last pause, give or take a quarter: receivers that come back are not met by all at once. */
static int64_t next_pause(struct sk_output *o, int64_t *pause)
{
	int64_t most = o->config->retry_max * 1000, now = *pause;

	if (o->absent && most > ABSENT_PAUSE_MS)
		most = ABSENT_PAUSE_MS;
	o->absent = false;
	if (now > most)
		now = most;
	*pause = now * 2;
	o->random = o->random * 1103515245u + 12345u;
	return now * 3 / 4 + (now / 2 + 1) * (o->random >> 16) / 65536;
}

/* One call of the kind, without the lock. */
static enum sk_send send_some(struct sk_output *o, struct sk_output_batch *b, size_t *ret_count, struct sk_err *err)
{
	size_t count = b->alone ? 1 : b->count - b->done;
	enum sk_send verdict;

	*ret_count = 0;
	pthread_mutex_unlock(&o->lock);
	verdict = o->kind->send(o, b->messages + b->done, count, ret_count, err);
	pthread_mutex_lock(&o->lock);
	return verdict;
}

static void reject(struct sk_output *o, struct sk_output_batch *b, size_t count, const struct sk_err *err)
{
	if (count > 1) { /* whose fault it is shows when each goes alone */
		b->alone = count;
		return;
	}
	o->trouble = *err;
	o->counts.lost[SK_OUTPUT_REJECTED]++;
	settle(o, b, 1);
}

/* False: it is over, what is left in the batch is not told. */
static bool send_batch(struct sk_output *o, struct sk_output_batch *b)
{
	int64_t pause = FIRST_PAUSE_MS;

	while (b->done < b->count) {
		struct sk_err err = SK_ERR_INIT;
		size_t count;
		enum sk_send verdict = send_some(o, b, &count, &err);
		bool was_run = o->phase == SK_OUTPUT_RUNS;

		if (verdict == SK_SEND_REJECTED) {
			reject(o, b, count, &err);
			continue;
		}
		count_sent(o, b, count);
		settle(o, b, count);
		if (verdict == SK_SEND_DONE)
			continue;
		o->trouble = err;
		o->broken = verdict == SK_SEND_BROKEN;
		o->counts.failures += !o->broken;
		if (o->broken || !was_run)
			return false;
		pause_ms(o, next_pause(o, &pause));
	}
	return true;
}

static void release_batch(struct sk_output *o, struct sk_output_batch *b)
{
	size_t left = b->count - b->done;

	if (b->list) {
		o->held -= left;
		o->counts.lost[SK_OUTPUT_CLOSED] += left;
	}
	sk_output_free_list(b->list);
	b->list = NULL;
	b->count = b->done = 0;
}

void *sk_output_sender(void *arg)
{
	struct sk_output *o = arg;
	struct sk_output_batch *b = &o->batch;
	bool more = true;

	sk_harden_thread(SK_THREAD_NONE);
	pthread_mutex_lock(&o->lock);
	while (more && wait_batch(o, b)) {
		more = send_batch(o, b);
		release_batch(o, b);
		pthread_cond_broadcast(&o->news);
	}
	pthread_mutex_unlock(&o->lock);
	thread_ends(o);
	return NULL;
}
