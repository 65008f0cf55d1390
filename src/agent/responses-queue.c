/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/responses-internal.h"

#include "agent/harden.h"
#include "base/limits.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static void *work(void *context)
{
	struct sk_response_queue *q = context;

	sk_harden_thread(SK_THREAD_RESPONDS);
	pthread_mutex_lock(&q->lock);
	while (!q->ending) {
		struct sk_response *one = q->first;

		if (!one) {
			pthread_cond_wait(&q->more, &q->lock);
			continue;
		}
		q->first = one->next;
		if (!q->first)
			q->last = &q->first;
		one->next = NULL;
		pthread_mutex_unlock(&q->lock);
		q->run(q->responses, one);
		pthread_mutex_lock(&q->lock);
		q->count--;
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

int sk_response_queue_start(struct sk_response_queue *q, const char *name, struct sk_err *err)
{
	sigset_t all, before;
	int r;

	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->more, NULL);
	q->last = &q->first;
	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&q->thread, NULL, work, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r) {
		errno = r;
		return sk_err_errno(err, "thread %s", name);
	}
	pthread_setname_np(q->thread, name);
	q->started = true;
	return 0;
}

bool sk_response_queue_put(struct sk_response_queue *q, struct sk_response *response)
{
	bool room;

	pthread_mutex_lock(&q->lock);
	room = !q->ending && q->count < SK_MAX_RESPONSES_WAITING;
	if (room) {
		response->next = NULL;
		*q->last = response;
		q->last = &response->next;
		q->count++;
		pthread_cond_signal(&q->more);
	}
	pthread_mutex_unlock(&q->lock);
	return room;
}

struct sk_response *sk_response_queue_end(struct sk_response_queue *q)
{
	struct sk_response *left;

	if (!q->started)
		return NULL;
	pthread_mutex_lock(&q->lock);
	q->ending = true;
	pthread_cond_signal(&q->more);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	left = q->first;
	q->first = NULL;
	q->last = &q->first;
	q->started = false;
	pthread_cond_destroy(&q->more);
	pthread_mutex_destroy(&q->lock);
	return left;
}
