/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The sensor's programs in the kernel: loaded once, hung on what is wanted, and their ring buffer. */
#include "guard/sensor.h"

struct sk_hooks;

/* Loads the programs; nothing is hooked yet. `record` is called for each record of a poll: -EAGAIN ends it. */
int sk_hooks_open(int (*record)(void *context, void *bytes, size_t size), void *context, struct sk_hooks **ret_hooks,
		  struct sk_err *err);
void sk_hooks_close(struct sk_hooks *hooks);

/* Hooks what is wanted and is not hooked yet, and lets go of the rest. Boring opens are forgotten. */
int sk_hooks_want(struct sk_hooks *hooks, const struct sk_sensor_want *want, struct sk_err *err);

/* As sk_sensor_hooks. */
const char *sk_hooks_kind(const struct sk_hooks *hooks);

/* Readable when there are records. */
int sk_hooks_fd(const struct sk_hooks *hooks);
int sk_hooks_poll(struct sk_hooks *hooks, int timeout, struct sk_err *err);

/* Records of all processes that are there now, behind each other (SK_WIRE_ALIVE); appended to ret. */
struct sk_buf;
int sk_hooks_alive(struct sk_hooks *hooks, struct sk_buf *ret, struct sk_err *err);

/* Opens of that tag are told no more. */
void sk_hooks_bore(struct sk_hooks *hooks, uint64_t tag);
void sk_hooks_forget_boring(struct sk_hooks *hooks);

size_t sk_hooks_cpus(const struct sk_hooks *hooks);
/* What was lost for that reason (enum sk_wire_loss), for each of sk_hooks_cpus. */
void sk_hooks_losses(const struct sk_hooks *hooks, uint32_t reason, uint64_t *ret_counts);
