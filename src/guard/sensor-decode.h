/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Makes events of what the kernel's programs tell (bpf/event.h), and keeps the
 * tables of processes and containers while doing so.
 */
#include "base/err.h"
#include "guard/container-table.h"
#include "guard/event.h"
#include "guard/process-table.h"

struct sk_decoder;

/* The tables are borrowed. */
struct sk_decoder *sk_decoder_new(struct sk_process_table *processes, struct sk_container_table *containers);
void sk_decoder_free(struct sk_decoder *decoder);

/* The kernel's clock (since boot) plus this is the time since 1970, in nanoseconds. */
void sk_decoder_set_clock(struct sk_decoder *decoder, int64_t offset);

/* What the kernel calls the open that was decoded last (bpf/open.h); 0: it was none, or has no tag. */
uint64_t sk_decoder_tag(const struct sk_decoder *decoder);

/*
 * One record. 1 and an event, valid until the next call; 0: it says something
 * that is no event, and is known now; or an error: it is no record, or of another
 * version. ret_event's number counts the records.
 */
int sk_decode(struct sk_decoder *decoder, struct sk_span record, const struct sk_event **ret_event,
	      struct sk_err *err);
/*
 * The event once more, with its file under the name of the door that it was
 * opened by: /proc/self/fd/N and /proc/self/exe lead to files that have names of
 * their own, and rules know either. false: there is no such door.
 */
bool sk_decode_by_door(struct sk_decoder *decoder);

/*
 * All processes that are there, as records behind each other: those of the table
 * that are others or do something else are put right, and those that are not
 * there have ended, unless they were made after `before`, when the look began
 * (nanoseconds since 1970). false: what is there makes no sense.
 */
bool sk_decode_alive(struct sk_decoder *decoder, struct sk_span records, int64_t before);
