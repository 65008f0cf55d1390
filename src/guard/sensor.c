/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/sensor.h"

#include "base/buf.h"
#include "base/mem.h"
#include "bpf/event.h"
#include "guard/sensor-decode.h"
#include "guard/sensor-hooks.h"

#include <errno.h>
#include <time.h>

/* Records of one poll: where processes are quicker than we are, the caller must come to its turn all the same. */
enum { MAX_TAKEN = 1 << 14 };
/*
 * How often is asked whether exec, fork or exit were lost. Not at each poll: the
 * question is a system call, which another agent on this host would tell, and
 * ask for its part.
 */
#define ASK_EVERY INT64_C(250000000)

struct sk_sensor {
	struct sk_hooks *hooks;
	struct sk_process_table *processes;
	struct sk_container_table *containers;
	struct sk_decoder *decoder;
	struct sk_sensor_want want;
	uint64_t broken; /* records that are none */
	uint64_t lost;	 /* of exec, fork and exit, when all processes were looked at the last time */
	uint64_t heals;	 /* how often that was since the first time */
	int64_t asked;	 /* when it was asked whether any were lost */
	/* of the poll that runs */
	sk_sensor_fn *fn;
	void *context;
	struct sk_err *err;
	int handed, taken, failed;
};

bool sk_sensor_built(void)
{
	return true;
}

/* Any file can also be opened by a door (sk_decode_by_door), and rules may know the door. */
static bool is_boring(struct sk_sensor *s, const struct sk_event *event)
{
	static const char *const doors[] = { "/proc/self/exe", "/proc/self/fd/0", "/proc/self/fd/3" };
	struct sk_file file;
	struct sk_event by_door = *event;

	if (!s->want.boring || !event->file || !s->want.boring(s->want.boring_context, event))
		return false;
	file = *event->file;
	file.type = SK_FILE_REGULAR;
	by_door.file = &file;
	for (size_t i = 0; i < SK_COUNT(doors); i++) {
		file.name = sk_span_str(doors[i]);
		if (!s->want.boring(s->want.boring_context, &by_door))
			return false;
	}
	return true;
}

static void hand_out(struct sk_sensor *s, const struct sk_event *event)
{
	uint64_t tag = sk_decoder_tag(s->decoder);

	bool boring = tag && is_boring(s, event);

	do {
		s->handed++;
		s->failed = s->fn(s->context, event, s->err);
	} while (s->failed >= 0 && sk_decode_by_door(s->decoder));
	if (boring)
		sk_hooks_bore(s->hooks, tag);
}

static int on_record(void *context, void *bytes, size_t size)
{
	struct sk_sensor *s = context;
	const struct sk_event *event;
	int r = sk_decode(s->decoder, sk_span(bytes, size), &event, NULL);

	s->broken += r < 0;
	if (r <= 0)
		return 0;
	if (s->want.types[event->type])
		hand_out(s, event);
	return s->failed < 0 || ++s->taken >= MAX_TAKEN ? -EAGAIN : 0;
}

static void set_clock(struct sk_sensor *s)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	sk_decoder_set_clock(s->decoder,
			     (wall.tv_sec - boot.tv_sec) * INT64_C(1000000000) + wall.tv_nsec - boot.tv_nsec);
}

static uint64_t lost_for(struct sk_sensor *s, uint32_t reason)
{
	size_t cpus = sk_hooks_cpus(s->hooks);
	sk_autofree uint64_t *counts = sk_alloc((cpus + 1) * sizeof(*counts));
	uint64_t sum = 0;

	sk_hooks_losses(s->hooks, reason, counts);
	for (size_t cpu = 0; cpu < cpus; cpu++)
		sum += counts[cpu];
	return sum;
}

static int64_t clock_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* All that are there now: from the kernel's own list, which no mount can hide, or else from /proc. */
static int look_at_all(struct sk_sensor *s, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf records = { 0 };
	int64_t before = clock_of(CLOCK_REALTIME);

	s->lost = lost_for(s, SK_LOSS_RING_PROCESS);
	if (sk_hooks_alive(s->hooks, &records, NULL) == 0 && sk_decode_alive(s->decoder, sk_buf_view(&records), before))
		return 0;
	return sk_process_table_seed(s->processes, err);
}

int sk_sensor_open(const struct sk_sensor_want *want, struct sk_sensor **ret_sensor, struct sk_err *err)
{
	struct sk_sensor *s = sk_alloc(sizeof(*s));

	s->want = *want;
	s->processes = sk_process_table_new(0);
	s->containers = sk_container_table_new();
	s->decoder = sk_decoder_new(s->processes, s->containers);
	set_clock(s);
	/* First the hooks, then those that run already: nobody falls between. */
	if (sk_hooks_open(on_record, s, &s->hooks, err) < 0 || sk_hooks_want(s->hooks, want, err) < 0 ||
	    look_at_all(s, err) < 0) {
		sk_sensor_close(s);
		return -err->code;
	}
	sk_container_table_seed(s->containers, s->processes);
	*ret_sensor = s;
	return 0;
}

int sk_sensor_rewant(struct sk_sensor *s, const struct sk_sensor_want *want, struct sk_err *err)
{
	int r = sk_hooks_want(s->hooks, want, err);

	if (r < 0) {
		struct sk_err again = SK_ERR_INIT;

		sk_hooks_want(s->hooks, &s->want, &again);
		return r;
	}
	s->want = *want;
	return 0;
}

void sk_sensor_close(struct sk_sensor *s)
{
	if (!s)
		return;
	sk_hooks_close(s->hooks);
	sk_decoder_free(s->decoder);
	sk_container_table_free(s->containers);
	sk_process_table_free(s->processes);
	free(s);
}

int sk_sensor_fd(const struct sk_sensor *s)
{
	return sk_hooks_fd(s->hooks);
}

static bool has_lost(struct sk_sensor *s)
{
	int64_t now = clock_of(CLOCK_MONOTONIC);

	if (now - s->asked < ASK_EVERY)
		return false;
	s->asked = now;
	return lost_for(s, SK_LOSS_RING_PROCESS) != s->lost;
}

int sk_sensor_poll(struct sk_sensor *s, int timeout, sk_sensor_fn *fn, void *context, struct sk_err *err)
{
	int r;

	s->fn = fn;
	s->context = context;
	s->err = err;
	s->handed = s->taken = s->failed = 0;
	set_clock(s);
	sk_process_table_sweep(s->processes);
	sk_container_table_sweep(s->containers, s->processes);
	r = sk_hooks_poll(s->hooks, timeout, err);
	if (s->failed < 0)
		return s->failed;
	/* What is still in the ring is older than what was lost: it comes first. */
	if (r == 0 && s->taken < MAX_TAKEN && has_lost(s)) {
		r = look_at_all(s, err);
		s->heals++;
	}
	return r < 0 ? r : s->handed;
}

struct sk_process_table *sk_sensor_processes(struct sk_sensor *s)
{
	return s->processes;
}

const char *sk_sensor_hooks(const struct sk_sensor *s)
{
	return sk_hooks_kind(s->hooks);
}

uint64_t sk_sensor_heals(const struct sk_sensor *s)
{
	return s->heals;
}

struct sk_container_table *sk_sensor_containers(struct sk_sensor *s)
{
	return s->containers;
}

/* The last is not the kernel's. */
static const char *const reasons[SK_SENSOR_LOSSES] = {
	[SK_LOSS_RING_FULL] = "calls that were not read in time",
	[SK_LOSS_RING_PROCESS] = "exec, fork and exit that were not read in time",
	[SK_LOSS_SCRATCH] = "no room in the kernel",
	[SK_LOSS_FLOOD] = "calls of processes that made more than their share",
	[SK_LOSS_COUNT] = "records that make no sense",
};
_Static_assert(SK_SENSOR_LOSSES == SK_LOSS_COUNT + 1, "a reason of the kernel has no words");

void sk_sensor_losses(struct sk_sensor *s, struct sk_sensor_loss ret[SK_SENSOR_LOSSES])
{
	for (uint32_t i = 0; i < SK_LOSS_COUNT; i++)
		ret[i] = (struct sk_sensor_loss){ reasons[i], lost_for(s, i) };
	ret[SK_LOSS_COUNT] = (struct sk_sensor_loss){ reasons[SK_LOSS_COUNT], s->broken };
}

size_t sk_sensor_cpus(const struct sk_sensor *s)
{
	return sk_hooks_cpus(s->hooks);
}

void sk_sensor_losses_by_cpu(struct sk_sensor *s, size_t reason, uint64_t *ret_counts)
{
	if (reason < SK_LOSS_COUNT) {
		sk_hooks_losses(s->hooks, (uint32_t)reason, ret_counts);
		return;
	}
	memset(ret_counts, 0, sk_hooks_cpus(s->hooks) * sizeof(*ret_counts));
}
