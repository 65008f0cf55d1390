/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-aside.h"

#include "base/mem.h"
#include "guard/container-find.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

/* A bundle and a list are read in less than one; the events of a moment fit into the ring meanwhile. */
enum { WAIT_MS = 20 };

struct job {
	struct sk_arena arena;
	struct sk_container container;
	char *bundle;
};

struct sk_container_aside {
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct job *asked, *done; /* one at a time */
	bool busy;	      /* with one that may be waited for by nobody */
	bool stop, running;
	unsigned users;	      /* the owner and the thread: who goes last frees it */
};

static void job_free(struct job *job)
{
	if (!job)
		return;
	sk_arena_release(&job->arena);
	free(job->bundle);
	free(job);
}

/* The lock is held, and is no more. */
static void leave(struct sk_container_aside *a)
{
	bool last = --a->users == 0;

	pthread_mutex_unlock(&a->lock);
	if (!last)
		return;
	job_free(a->asked);
	job_free(a->done);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->changed);
	free(a);
}

static void *run(void *context)
{
	static const struct sk_process nobody = { 0 };
	struct sk_container_aside *a = context;

	pthread_mutex_lock(&a->lock);
	while (!a->stop) {
		struct job *job = a->asked;

		if (!job) {
			pthread_cond_wait(&a->changed, &a->lock);
			continue;
		}
		a->asked = NULL;
		pthread_mutex_unlock(&a->lock);
		sk_container_look(&job->container, &nobody, &job->bundle, &job->arena);
		pthread_mutex_lock(&a->lock);
		a->done = job;
		a->busy = false;
		pthread_cond_broadcast(&a->changed);
	}
	leave(a);
	return NULL;
}

struct sk_container_aside *sk_container_aside_new(void)
{
	struct sk_container_aside *a = sk_alloc(sizeof(*a));
	pthread_condattr_t clock;

	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, &clock);
	pthread_condattr_destroy(&clock);
	a->users = 1;
	return a;
}

void sk_container_aside_free(struct sk_container_aside *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->changed);
	leave(a);
}

/* The lock is held. A thread that hangs for ever must not be waited for at the end: it is nobody's. */
static bool start(struct sk_container_aside *a)
{
	sigset_t all, old;
	pthread_t thread;

	if (a->running)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	a->running = pthread_create(&thread, NULL, run, a) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (a->running) {
		pthread_detach(thread);
		a->users++;
	}
	return a->running;
}

static struct job *job_new(const struct sk_container *container, const char *bundle)
{
	struct job *job = sk_alloc(sizeof(*job));

	job->container = sk_container_copy(container, &job->arena);
	job->bundle = bundle ? sk_strdup(bundle) : NULL;
	return job;
}

static struct job *wait_for(struct sk_container_aside *a)
{
	struct timespec until;
	struct job *done;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (a->busy && pthread_cond_timedwait(&a->changed, &a->lock, &until) == 0)
		;
	done = a->busy ? NULL : a->done;
	if (done)
		a->done = NULL;
	return done;
}

bool sk_container_aside_look(struct sk_container_aside *a, struct sk_container *container, char **bundle,
			     struct sk_arena *arena)
{
	struct job *done = NULL;

	pthread_mutex_lock(&a->lock);
	if (!a->busy && start(a)) {
		job_free(a->done); /* of somebody who did not wait for it */
		a->done = NULL;
		a->busy = true;
		a->asked = job_new(container, *bundle);
		pthread_cond_broadcast(&a->changed);
		done = wait_for(a);
	}
	pthread_mutex_unlock(&a->lock);
	if (!done)
		return false;
	*container = sk_container_copy(&done->container, arena);
	free(*bundle);
	*bundle = done->bundle;
	done->bundle = NULL;
	job_free(done);
	return true;
}
