/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-engines.h"

#include "base/limits.h"
#include "base/mem.h"
#include "doc/doc.h"
#include "guard/container-runtime.h"
#include "net/local.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* A node starts some containers a second at most; more than that is known by files as well. */
enum { QUEUE = 64, MAX_SOCKETS = 8, ANSWER_SECONDS = 5 };

struct sk_container_engines {
	char *sockets[MAX_SOCKETS];
	size_t socket_count;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t asked;
	pthread_t thread;
	bool running, stop;
	char *questions[QUEUE]; /* ids */
	size_t question_count;
	struct sk_engine_answer answers[QUEUE];
	size_t answer_count;
	uint64_t dropped, unanswered;
	atomic_bool has_answers; /* so that looking costs nothing */
};

struct sk_container_engines *sk_container_engines_new(const char *const *sockets)
{
	struct sk_container_engines *e = sk_alloc(sizeof(*e));

	for (; *sockets && e->socket_count < MAX_SOCKETS; sockets++)
		e->sockets[e->socket_count++] = sk_strdup(*sockets);
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->asked, NULL);
	return e;
}

void sk_engine_answer_release(struct sk_engine_answer *answer)
{
	free(answer->id);
	sk_buf_release(&answer->container);
	sk_buf_release(&answer->image);
	*answer = (struct sk_engine_answer){ 0 };
}

void sk_container_engines_free(struct sk_container_engines *e)
{
	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->stop = true;
	pthread_cond_signal(&e->asked);
	pthread_mutex_unlock(&e->lock);
	if (e->running)
		pthread_join(e->thread, NULL);
	for (size_t i = 0; i < e->question_count; i++)
		free(e->questions[i]);
	for (size_t i = 0; i < e->answer_count; i++)
		sk_engine_answer_release(&e->answers[i]);
	for (size_t i = 0; i < e->socket_count; i++)
		free(e->sockets[i]);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->asked);
	free(e);
}

/* ---- the thread ---- */

static bool get(const char *socket, const char *what, const char *name, struct sk_buf *ret_body)
{
	sk_cleanup(sk_buf_release) struct sk_buf answer = { 0 }, request = { 0 };
	struct sk_span body;

	sk_buf_printf(&request, "GET /%s/%s/json HTTP/1.0\r\nHost: localhost\r\n\r\n", what, name);
	if (sk_local_request(socket, sk_buf_view(&request), ANSWER_SECONDS, SK_MAX_CONTAINER_STATE, &answer, &body, NULL) !=
	    200)
		return false;
	sk_buf_span(ret_body, body);
	return true;
}

/* The image's id ("sha256:..." or hexadecimal alone): a part of the next request. */
static char *image_of(struct sk_span json)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_span id;
	char *name = NULL;

	if (sk_doc_parse(&doc, SK_DOC_JSON, json, 0, NULL) < 0)
		return NULL;
	id = sk_node_str(sk_node_get(doc.root, "Image"));
	if (sk_span_starts(id, "sha256:"))
		id = sk_span_from(id, strlen("sha256:"));
	if (sk_container_id_valid(id))
		name = sk_strndup(id.ptr, id.len);
	return name;
}

static bool answer(const struct sk_container_engines *e, const char *id, struct sk_engine_answer *ret)
{
	for (size_t i = 0; i < e->socket_count; i++) {
		sk_autofree char *image = NULL;

		if (access(e->sockets[i], F_OK) < 0 || !get(e->sockets[i], "containers", id, &ret->container))
			continue;
		ret->id = sk_strdup(id);
		image = image_of(sk_buf_view(&ret->container));
		if (image)
			get(e->sockets[i], "images", image, &ret->image);
		return true;
	}
	return false;
}

static void *run(void *context)
{
	struct sk_container_engines *e = context;

	pthread_mutex_lock(&e->lock);
	while (!e->stop) {
		struct sk_engine_answer one = { 0 };
		char *id;
		bool found;

		if (!e->question_count || e->answer_count == QUEUE) {
			pthread_cond_wait(&e->asked, &e->lock);
			continue;
		}
		id = e->questions[0];
		memmove(e->questions, e->questions + 1, --e->question_count * sizeof(e->questions[0]));
		pthread_mutex_unlock(&e->lock);
		found = answer(e, id, &one);
		free(id);
		pthread_mutex_lock(&e->lock);
		if (found)
			e->answers[e->answer_count++] = one;
		e->unanswered += !found;
		atomic_store(&e->has_answers, e->answer_count > 0);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

/* ---- the others ---- */

/* Signals are for the threads that wait for them. */
static bool start(struct sk_container_engines *e)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	e->running = pthread_create(&e->thread, NULL, run, e) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return e->running;
}

bool sk_container_engines_ask(struct sk_container_engines *e, struct sk_span id)
{
	bool room;

	if (!sk_container_id_valid(id))
		return true;
	pthread_mutex_lock(&e->lock);
	room = e->question_count < QUEUE && (e->running || start(e));
	if (room) {
		e->questions[e->question_count++] = sk_strndup(id.ptr, id.len);
		pthread_cond_signal(&e->asked);
	}
	e->dropped += !room;
	pthread_mutex_unlock(&e->lock);
	return room;
}

bool sk_container_engines_take(struct sk_container_engines *e, struct sk_engine_answer *ret)
{
	bool found = false;

	if (!atomic_load(&e->has_answers))
		return false;
	pthread_mutex_lock(&e->lock);
	if (e->answer_count) {
		*ret = e->answers[0];
		memmove(e->answers, e->answers + 1, --e->answer_count * sizeof(e->answers[0]));
		found = true;
		pthread_cond_signal(&e->asked);
	}
	atomic_store(&e->has_answers, e->answer_count > 0);
	pthread_mutex_unlock(&e->lock);
	return found;
}

void sk_container_engines_counts(struct sk_container_engines *e, uint64_t *ret_dropped, uint64_t *ret_unanswered)
{
	pthread_mutex_lock(&e->lock);
	*ret_dropped = e->dropped;
	*ret_unanswered = e->unanswered;
	pthread_mutex_unlock(&e->lock);
}
