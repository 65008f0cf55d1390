/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Feeds are what others wrote: the program parses them in a worker (sandbox.h).
 *
 *	builder                       worker
 *	FEED (fd), one for each    →
 *	BUILD                      →
 *	                           ←  NOTE …
 *	                           ←  DONE (memfd: the sections); or
 *	                           ←  FAILED, with the feed that it failed at
 */
#include "sandbox/sandbox.h"
#include "vuln/build.h"

#define SK_ROLE_BUILD "build"

struct sk_build_worker {
	struct sk_worker process;
	struct sk_span sections; /* mapped */
	size_t bad_feed;	 /* the one that it failed at; SIZE_MAX: none, or it is not known */
};
void sk_build_worker_release(struct sk_build_worker *w);

int sk_build_worker_start(struct sk_build_worker *w, struct sk_err *err);
int sk_build_worker_feed(struct sk_build_worker *w, const struct sk_build_feed *feed, int fd,
			 struct sk_err *err);
/* Waits for the sections, which live as long as w. */
int sk_build_worker_finish(struct sk_build_worker *w, const struct sk_db_build *options,
			   struct sk_db_sections *ret_sections, struct sk_err *err);

/* The worker's side: runs until it has answered; returns the exit code. */
int sk_build_worker_main(void);
