/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What engines say of a container when they are asked: Docker's API, which
 * podman has too. A thread of its own asks; nobody waits for it, and what does not
 * fit into its queue is not asked.
 */
#include "base/buf.h"
#include "base/span.h"

struct sk_container_engines;

/* Sockets to ask, one after the other, ended by NULL; copied. The thread begins with the first question. */
struct sk_container_engines *sk_container_engines_new(const char *const *sockets);
void sk_container_engines_free(struct sk_container_engines *engines);

/* False: the queue is full; it is counted. */
bool sk_container_engines_ask(struct sk_container_engines *engines, struct sk_span id);

/* An answer: documents of Docker's API about a container and about its image (empty: none). */
struct sk_engine_answer {
	char *id;
	struct sk_buf container, image;
};
/* The next answer that has come; false: none. To be released. */
bool sk_container_engines_take(struct sk_container_engines *engines, struct sk_engine_answer *ret);
void sk_engine_answer_release(struct sk_engine_answer *answer);

/* Questions that were not asked, and those that no engine had an answer to. */
void sk_container_engines_counts(struct sk_container_engines *engines, uint64_t *ret_dropped, uint64_t *ret_unanswered);
