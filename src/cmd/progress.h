/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One line on standard error that says how far it got: bytes and layers. It
 * is drawn only on a terminal and without --quiet or --no-progress, at most
 * ten times a second, and wiped before anything else is written. Everywhere
 * else all of this does nothing. Any thread may call sk_progress_add and
 * sk_progress_layer.
 */
#include "cmd/command.h"

struct sk_progress;

/* There is one at a time. Never NULL. */
struct sk_progress *sk_progress_new(const struct sk_call *call);
void sk_progress_free(struct sk_progress *p); /* wipes the line; accepts NULL */
void sk_progress_freep(struct sk_progress **p);

/* A new task of so many bytes and layers, both 0 where that is not known. Text is copied. */
void sk_progress_begin(struct sk_progress *p, const char *text, uint64_t bytes, unsigned layers);

/* What became known of the current task on the way. */
void sk_progress_expect(struct sk_progress *p, uint64_t bytes, unsigned layers);

void sk_progress_add(struct sk_progress *p, uint64_t bytes);
void sk_progress_layer(struct sk_progress *p); /* one more layer is done */

/* Wipes the line that is on the terminal now, if any; the next step draws it again. */
void sk_progress_interrupt(void);
