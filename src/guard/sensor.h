/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The sensor: loads the kernel's programs (bpf/), attaches those that somebody
 * asks for and no others, and hands out events. Exec, fork and exit are always
 * followed, because every event names its processes; they are handed out only
 * where they are wanted.
 *
 * It needs root (or CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE), a kernel with
 * BTF and a build with the option `guard`.
 */
#include "base/err.h"
#include "guard/event.h"

struct sk_sensor_want {
	bool types[SK_EVENT_COUNT];
	bool reads; /* files that are opened for reading alone, too */
	bool env;   /* the environment of programs */
	bool names; /* of the peers of connections, from the answers that DNS gave */
};

struct sk_sensor;

/* Whether this build has it. */
bool sk_sensor_built(void);
/* Whether that type of event can be seen. */
bool sk_sensor_sees(enum sk_event_type type);

int sk_sensor_open(const struct sk_sensor_want *want, struct sk_sensor **ret_sensor, struct sk_err *err);
void sk_sensor_close(struct sk_sensor *sensor);

/* What is called with each event; a negative code ends the poll and is what it returns. */
typedef int sk_sensor_fn(void *context, const struct sk_event *event, struct sk_err *err);

/* Waits up to so many milliseconds for events and hands out those that are there; their number, or an error. */
int sk_sensor_poll(struct sk_sensor *sensor, int timeout, sk_sensor_fn *fn, void *context, struct sk_err *err);

/* The containers that it knows, which change while it is polled; its own. NULL: built without the sensor. */
struct sk_container_table;
struct sk_container_table *sk_sensor_containers(struct sk_sensor *sensor);

/* Events that were lost so far, by reason; the names are words for people. */
struct sk_sensor_loss {
	const char *reason;
	uint64_t count;
};
enum { SK_SENSOR_LOSSES = 5 };
void sk_sensor_losses(struct sk_sensor *sensor, struct sk_sensor_loss ret[SK_SENSOR_LOSSES]);
