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

/*
 * Whether an open can be of no interest to anybody, whoever opens that file in
 * that way: then the kernel tells no more of them. It may look at the event's
 * type, flags and file, and at nothing that depends on the process, the time or
 * the descriptor: not at the name as it was written, not at fd.num.
 */
typedef bool sk_sensor_boring_fn(void *context, const struct sk_event *event);

struct sk_sensor_want {
	bool types[SK_EVENT_COUNT];
	bool not_failed[SK_EVENT_COUNT]; /* calls of that type that failed are of no interest */
	bool reads; /* files that are opened for reading alone, too */
	bool env;   /* the environment of programs */
	bool names; /* of the peers of connections, from the answers that DNS gave */
	sk_sensor_boring_fn *boring; /* NULL: every open is wanted */
	void *boring_context;
};

struct sk_sensor;

/* What system calls hang on, and why on nothing better: "functions", "tracepoints (...)". */
const char *sk_sensor_hooks(const struct sk_sensor *sensor);

/* Whether this build has it. */
bool sk_sensor_built(void);
/* Whether that type of event can be seen. */
bool sk_sensor_sees(enum sk_event_type type);

/* Makes tracefs reachable, where it is not in a mount namespace of this process alone. */
int sk_sensor_tracefs(struct sk_err *err);
/*
 * Has the kernel's module of overlays loaded, as the first container would:
 * programs that are loaded before it cannot learn where an overlay keeps its layers.
 */
void sk_sensor_overlay(void);

int sk_sensor_open(const struct sk_sensor_want *want, struct sk_sensor **ret_sensor, struct sk_err *err);
/*
 * From now on something else is wanted (rules were read again). What was wanted
 * before and still is goes on without a gap; after an error all is as it was.
 */
int sk_sensor_rewant(struct sk_sensor *sensor, const struct sk_sensor_want *want, struct sk_err *err);
void sk_sensor_close(struct sk_sensor *sensor);

/* What is called with each event; a negative code ends the poll and is what it returns. */
typedef int sk_sensor_fn(void *context, const struct sk_event *event, struct sk_err *err);

/* Readable (poll(2), epoll(7)) when events wait for the next poll; not to be read or closed. */
int sk_sensor_fd(const struct sk_sensor *sensor);

/* Waits up to so many milliseconds (0: not at all) for events and hands out those that are there; their number, or an error. */
int sk_sensor_poll(struct sk_sensor *sensor, int timeout, sk_sensor_fn *fn, void *context, struct sk_err *err);

/* The processes that it knows, which change while it is polled; its own. NULL: built without the sensor. */
struct sk_process_table;
struct sk_process_table *sk_sensor_processes(struct sk_sensor *sensor);

/* The containers that it knows, which change while it is polled; its own. NULL: built without the sensor. */
struct sk_container_table;
struct sk_container_table *sk_sensor_containers(struct sk_sensor *sensor);

/* The same of processes. */
struct sk_process_table;
struct sk_process_table *sk_sensor_processes(struct sk_sensor *sensor);

/* Events that were lost so far, by reason; the names are words for people. */
struct sk_sensor_loss {
	const char *reason;
	uint64_t count;
};
enum { SK_SENSOR_LOSSES = 5 };
void sk_sensor_losses(struct sk_sensor *sensor, struct sk_sensor_loss ret[SK_SENSOR_LOSSES]);

/* How many counts there are for each reason (an index of the above), and what they are. */
size_t sk_sensor_cpus(const struct sk_sensor *sensor);
void sk_sensor_losses_by_cpu(struct sk_sensor *sensor, size_t reason, uint64_t *ret_counts);

/* How often all processes were looked at because exec, fork or exit were lost. */
uint64_t sk_sensor_heals(const struct sk_sensor *sensor);
